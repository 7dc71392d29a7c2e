//! Where a signal's value is.

use freshwatch_probe::freshness::source::Join;
use freshwatch_probe::freshness::{Format, Source};
use freshwatch_probe::path::Path;

use super::Rule;
use crate::block::{Block, Value};
use crate::context::Context;
use crate::elements::{headers, path, pattern, scalar};
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::Shape;
use crate::yaml::{Content, Node};

pub(in crate::elements) const SOURCE: Shape =
    Shape::closed("a source", &["header", "text", "of", "join", "keys"]);

/// The keys of which a source has one; `of` comes with `join`.
pub(in crate::elements) const KINDS: [&str; 4] = ["header", "text", "join", "keys"];

/// The patterns of a year, of a month and of a day, by how many parts they have.
const DATES: [&str; 3] = ["%Y", "%Y-%m", "%Y-%m-%d"];

/// A JSONPath, `{header: Name}`, `{text: regex}`, `{of: …, join: […]}` or `{keys: …}`.
pub(super) fn read(value: Value, context: &Context) -> Option<Source> {
    if matches!(value.node.content, Content::Scalar(_)) {
        return path::read(value.node, context).map(Source::Path);
    }
    let block = Block::open(value, &SOURCE, context)?;
    let kinds: Vec<_> = KINDS.iter().filter_map(|kind| block.field(kind)).collect();
    if let [first, second, ..] = kinds.as_slice() {
        context.report(
            Found::new(
                second.key.place,
                Code::Conflict,
                format!(
                    "a source is one thing, and here are `{}` and `{}`",
                    first.key.text, second.key.text
                ),
            )
            .also(first.key.place, "the other one")
            .help("keep one of them"),
        );
    }
    let Some(kind) = kinds.first() else {
        // Where nothing else is written, that is a mistake already.
        if block.field("of").is_some() {
            block.required("join", block.place, JOIN, context);
        }
        return None;
    };
    let node = kind.value.node;
    if let Some(of) = block.field("of").filter(|_| kind.key.text.as_str() != "join") {
        context.report(
            Found::new(
                of.key.place,
                Code::MisplacedKey,
                "`of` has no meaning without `join`",
            )
            .help("remove it: it says which items hold the parts of a date"),
        );
    }
    match kind.key.text.as_str() {
        "header" => {
            let name = scalar::text(node, context)?;
            headers::name(name, node.place, context).map(Source::Header)
        }
        "text" => text(node, context),
        "keys" => path::read(node, context).map(Source::Keys),
        _ => join(&block, node, context),
    }
}

const JOIN: &str = "write it like `{of: \"$.items[*]\", join: [$.year, $.month, $.day]}`";

fn join(block: &Block, node: &Node, context: &Context) -> Option<Source> {
    let of = block.required("of", block.place, JOIN, context);
    let of = of.and_then(|value| path::read(value.node, context));
    let items = scalar::list(node, "JSONPaths: year, month, day", context)?;
    let parts: Vec<Option<Path>> = items.iter().map(|item| lone(item, context)).collect();
    if parts.len() > DATES.len() {
        return context.refuse(
            Found::new(
                node.place,
                Code::OutOfRange,
                format!("a date has three parts at most, and here are {}", parts.len()),
            )
            .help("name the year, the month and the day, in this order; a clock is not joined"),
        );
    }
    let parts = parts.into_iter().collect::<Option<Vec<_>>>()?;
    Some(Source::Join(Box::new(Join { of: of?, parts })))
}

/// A path that can match one value at most.
pub(super) fn lone(node: &Node, context: &Context) -> Option<Path> {
    let path = path::read(node, context)?;
    if path.is_singular() {
        return Some(path);
    }
    context.refuse(
        Found::new(
            node.place,
            Code::ManyMatches,
            format!("`{path}` can match many values, and one is due here"),
        )
        .help("write names and indices alone, such as `$.code`; `$` is the item"),
    )
}

fn text(node: &Node, context: &Context) -> Option<Source> {
    let regex = pattern::read(node, context)?;
    if regex.captures_len() > 1 {
        return Some(Source::Text(regex));
    }
    context.refuse(
        Found::new(
            node.place,
            Code::BadRegex,
            "the regex has no group that holds the value",
        )
        .help("put parentheses around the value: `'Updated: (\\S+)'`"),
    )
}

/// The source of a rule's signal.
pub(super) fn of_signal(rule: &Rule, context: &Context) -> Option<Source> {
    let source = read(rule.signal.value, context)?;
    check_within_item(rule, rule.signal.value, &source, context);
    if let Source::Join(_) = &source {
        let place = rule.signal.value.place();
        if rule.is(&["age", "advances", "changes"]) {
            context.report(
                Found::new(
                    place,
                    Code::Conflict,
                    format!(
                        "`join` makes a date of its parts, and `{}` is none",
                        rule.signal.key.text
                    ),
                )
                .help("use `at` or `period`"),
            );
        }
        if let Some(format) = rule.block.field("format").filter(|field| !field.value.inherited) {
            context.report(
                Found::new(
                    format.key.place,
                    Code::MisplacedKey,
                    "`format` has no meaning beside `join`",
                )
                .also(place, "the parts of a date")
                .help("remove it: the parts are read as year, month and day"),
            );
        }
    }
    Some(source)
}

/// The producer that a cursor follows.
pub(super) fn producer(value: Value, rule: &Rule, context: &Context) -> Option<Source> {
    let source = read(value, context)?;
    check_within_item(rule, value, &source, context);
    if can_match_many(&source) || matches!(source, Source::Join(_)) {
        return context.refuse(
            Found::new(
                value.place(),
                Code::ManyMatches,
                format!("{source} can match many values, and a producer is one number or text"),
            )
            .help("write names and indices alone, such as `$.produced`"),
        );
    }
    Some(source)
}

/// Headers and the raw body are no part of an item.
fn check_within_item(rule: &Rule, value: Value, source: &Source, context: &Context) {
    let is_outside = matches!(source, Source::Header(_) | Source::Text(_));
    if let Some(each) = rule.block.field("each").filter(|_| is_outside) {
        context.report(
            Found::new(
                value.place(),
                Code::Conflict,
                format!("{source} is the same for every item of `each`"),
            )
            .also(each.key.place, "the items")
            .help("write a JSONPath within the item, such as `$.updatedAt`, or remove `each`"),
        );
    }
}

/// Whether nothing but `pick` says which of its values counts.
pub(super) fn can_match_many(source: &Source) -> bool {
    match source {
        Source::Path(path) => !path.is_singular(),
        Source::Join(join) => !join.of.is_singular(),
        Source::Keys(_) => true,
        Source::Header(_) | Source::Text(_) => false,
    }
}

/// How a source writes the times that it makes itself.
pub(super) fn own_format(source: &Source) -> Option<Format> {
    let Source::Join(join) = source else { return None };
    let pattern = DATES.get(join.parts.len().checked_sub(1)?)?;
    Format::parse(pattern).ok()
}
