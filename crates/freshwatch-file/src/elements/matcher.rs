//! Matchers: conditions on values.

use freshwatch_probe::matcher::{Comparison, Condition, JsonType, Matcher};

use super::comparison::{self, Unit};
use super::{json, pattern, scalar};
use crate::block::{Block, Field, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::Shape;
use crate::yaml::{Content, Node, Place, Plain};

pub(super) const MATCHER: Shape = Shape::closed(
    "a matcher",
    &[
        "equals",
        "not",
        "one_of",
        "above",
        "at_least",
        "below",
        "at_most",
        "matches",
        "contains",
        "starts_with",
        "ends_with",
        "exists",
        "empty",
        "type",
        "count",
        "length",
        "each",
        "any",
    ],
);
pub(super) const COUNT: Shape =
    Shape::closed("`count`", &["equals", "above", "at_least", "below", "at_most"]);
pub(super) const LENGTH: Shape =
    Shape::closed("`length`", &["equals", "above", "at_least", "below", "at_most"]);

/// What a matcher is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject<'t> {
    /// What this path selects, which matches one value at most.
    One(&'t str),
    /// What a path selects that can match many.
    Many,
    /// One of many, under `each` or `any`.
    Item,
    /// The raw body.
    Text,
    /// A header.
    Header,
}

/// Reads a matcher.
pub(crate) fn read(node: &Node, subject: Subject, context: &Context) -> Option<Matcher> {
    let before = context.reported();
    let conditions = match &node.content {
        Content::Map(_) => map(node, subject, context)?,
        Content::List(_) => {
            return context.refuse(
                Found::new(node.place, Code::BadMatcher, "a list is no matcher")
                    .help("write `equals: […]` for this very list, or `one_of: […]` for one of its values"),
            );
        }
        Content::Scalar(scalar) if scalar.plain && scalar.text.is_empty() => {
            return context.refuse(
                Found::new(
                    node.place,
                    Code::Empty,
                    "nothing is written here, and a matcher is due",
                )
                .help("write `null` to want null, or `{exists: true}` to want any value"),
            );
        }
        Content::Scalar(_) => {
            check_allowed("a bare value", node.place, subject, context)?;
            vec![Condition::Equals(wanted(node, subject, context)?)]
        }
    };
    (context.reported() == before).then_some(Matcher { conditions })
}

fn map(node: &Node, subject: Subject, context: &Context) -> Option<Vec<Condition>> {
    let block = Block::open(Value::own(node), &MATCHER, context)?;
    let conditions: Vec<Condition> = block
        .fields()
        .filter(|field| MATCHER.keys.contains(&field.key.text.as_str()))
        .filter_map(|field| {
            check_allowed(&field.key.text, field.key.place, subject, context)?;
            condition(field, subject, context)
        })
        .collect();
    let comparisons: Vec<Comparison> = conditions.iter().filter_map(as_comparison).collect();
    comparison::check_satisfiable(&comparisons, node, context);
    if let Some(field) = block.field("exists")
        && conditions.len() > 1
        && conditions
            .iter()
            .any(|condition| matches!(condition, Condition::Exists(false)))
    {
        context.report(
            Found::new(
                field.key.place,
                Code::BadMatcher,
                "what does not exist cannot satisfy anything else",
            )
            .help("leave `exists: false` alone, or remove it"),
        );
    }
    Some(conditions)
}

const fn as_comparison(condition: &Condition) -> Option<Comparison> {
    match condition {
        Condition::Compare(comparison) => Some(*comparison),
        Condition::Equals(_)
        | Condition::Not(_)
        | Condition::OneOf(_)
        | Condition::Matches(_)
        | Condition::Contains(_)
        | Condition::StartsWith(_)
        | Condition::EndsWith(_)
        | Condition::Exists(_)
        | Condition::Empty(_)
        | Condition::Type(_)
        | Condition::Count(_)
        | Condition::Length(_)
        | Condition::Each(_)
        | Condition::Any(_) => None,
    }
}

fn condition(field: Field, subject: Subject, context: &Context) -> Option<Condition> {
    let node = field.value.node;
    let word = field.key.text.as_str();
    if let Some(operator) = comparison::WORDS
        .into_iter()
        .find_map(|(known, op)| (known == word).then_some(op))
    {
        return comparison::number(node, operator, context).map(Condition::Compare);
    }
    match word {
        "equals" => wanted(node, subject, context).map(Condition::Equals),
        "not" => wanted(node, subject, context).map(Condition::Not),
        "one_of" => {
            let items = scalar::list(node, "values", context)?;
            let values: Vec<_> = items
                .iter()
                .filter_map(|item| wanted(item, subject, context))
                .collect();
            Some(Condition::OneOf(values))
        }
        "matches" => pattern::read(node, context).map(Condition::Matches),
        "contains" => contains(node, subject, context).map(Condition::Contains),
        "starts_with" => scalar::text(node, context).map(|text| Condition::StartsWith(text.to_owned())),
        "ends_with" => scalar::text(node, context).map(|text| Condition::EndsWith(text.to_owned())),
        "exists" => scalar::flag(node, context).map(Condition::Exists),
        "empty" => scalar::flag(node, context).map(Condition::Empty),
        "type" => json_type(node, context).map(Condition::Type),
        "count" => Some(Condition::Count(comparison::read(
            field.value,
            &COUNT,
            Unit::Count,
            context,
        ))),
        "length" => Some(Condition::Length(comparison::read(
            field.value,
            &LENGTH,
            Unit::Count,
            context,
        ))),
        "each" => read(node, Subject::Item, context).map(Condition::Each),
        "any" => read(node, Subject::Item, context).map(Condition::Any),
        // `Block::open` has reported every other word.
        _ => None,
    }
}

/// A value to compare with. Headers and the raw body are texts: a number would never equal one.
fn wanted(node: &Node, subject: Subject, context: &Context) -> Option<serde_json::Value> {
    match subject {
        Subject::Text | Subject::Header => {
            let Some(scalar) = node.scalar().filter(|scalar| scalar.plain() != Plain::Text) else {
                return scalar::text(node, context).map(serde_json::Value::from);
            };
            let what = if subject == Subject::Header {
                "headers are texts"
            } else {
                "the raw body is a text"
            };
            context.refuse(
                Found::new(
                    node.place,
                    Code::BadMatcher,
                    format!("{what}, and `{}` is {}", scalar.text, node.kind()),
                )
                .help(format!("put it in quotes: `\"{}\"`", scalar.text)),
            )
        }
        Subject::One(_) | Subject::Many | Subject::Item => {
            refuse_matcher_as_value(node, context)?;
            json::value(node, context)
        }
    }
}

/// `not: {contains: x}` looks like a negated matcher, but would compare with that very object.
fn refuse_matcher_as_value(node: &Node, context: &Context) -> Option<()> {
    let members = node.members().unwrap_or_default();
    let looks_like_matcher = !members.is_empty()
        && members
            .iter()
            .all(|member| MATCHER.keys.contains(&member.key.text.as_str()));
    if !looks_like_matcher {
        return Some(());
    }
    context.refuse(
        Found::new(
            node.place,
            Code::BadMatcher,
            "a value is due here, and this is a matcher",
        )
        .help("`equals`, `not` and `one_of` compare with values; there is no negated matcher"),
    )
}

fn contains(node: &Node, subject: Subject, context: &Context) -> Option<serde_json::Value> {
    let value = wanted(node, subject, context)?;
    if value.as_str().is_some_and(str::is_empty) {
        return context.refuse(
            Found::new(node.place, Code::Empty, "every text contains the empty one")
                .help("write what it should contain"),
        );
    }
    Some(value)
}

fn json_type(node: &Node, context: &Context) -> Option<JsonType> {
    let words = JsonType::ALL.map(|json_type| (json_type.as_str(), json_type));
    if node
        .scalar()
        .is_some_and(|scalar| scalar.plain && scalar.text == "null")
    {
        return Some(JsonType::Null);
    }
    scalar::word(node, &words, context)
}

/// Refuses a condition that cannot work on what it is given.
fn check_allowed(word: &str, place: Place, subject: Subject, context: &Context) -> Option<()> {
    let shown = if MATCHER.keys.contains(&word) {
        format!("`{word}`")
    } else {
        word.to_owned()
    };
    let refuse =
        |message: String, help: &str| context.refuse(Found::new(place, Code::BadMatcher, message).help(help));
    match (subject, word) {
        (Subject::Many, "each" | "any" | "count" | "exists") => Some(()),
        (Subject::Many, _) => context.refuse(
            Found::new(
                place,
                Code::ManyMatches,
                format!("{shown} looks at one value, and this path can match many"),
            )
            .help("put it under `each` (all of them) or `any` (at least one), or use `count` or `exists`"),
        ),
        (Subject::One(path), "each" | "any") => refuse(
            format!("{shown} is for paths that can match many, and this one matches one value at most"),
            &format!("select the elements of what it matches: `{path}[*]`"),
        ),
        (Subject::Item, "each" | "any") => refuse(
            format!("{shown} inside `each` or `any`"),
            "it looks at one value already; go deeper with the path: `$.items[*].prices[*]`",
        ),
        (Subject::Item, "exists") => refuse(
            "`exists` inside `each` or `any`: what is looked at there exists".into(),
            "put `exists` beside `each`",
        ),
        (Subject::Text, "exists" | "type" | "count" | "above" | "at_least" | "below" | "at_most") => refuse(
            format!("{shown} cannot work on the raw body, which is a text"),
            "use `contains`, `matches`, `starts_with`, `ends_with`, `length` or `empty`, or a JSONPath under `body`",
        ),
        (Subject::Text | Subject::Header, "each" | "any") | (Subject::Header, "type" | "count") => refuse(
            format!("{shown} cannot work on a text"),
            "use `contains`, `matches`, `starts_with`, `ends_with`, `length` or `empty`",
        ),
        (Subject::One(_) | Subject::Item | Subject::Text | Subject::Header, _) => Some(()),
    }
}
