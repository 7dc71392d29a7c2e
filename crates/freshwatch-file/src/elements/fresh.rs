//! The freshness rules: each has one signal and one bound.

mod bound;
pub(super) mod company;
mod each;
pub(super) mod source;

use freshwatch_probe::freshness::{AgeUnit, Format, Freshness, MAX_SKEW, Pick, Reading, Signal};
use jiff::tz::TimeZone;

use super::{scalar, timezone};
use crate::block::{Block, Field};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::{Elsewhere, Shape};
use crate::yaml::{Content, Node, Place};

pub(super) const FRESH: Shape = Shape {
    later: &["visible_within", "origin"],
    elsewhere: &[Elsewhere::built(
        &["$"],
        "a path stands behind a signal: `at: $.updatedAt`",
    )],
    exclusive: &[
        &[
            "at",
            "age",
            "expires",
            "period",
            "advances",
            "changes",
            "visible_within",
        ],
        &["max_age", "due"],
        &["covers", "window"],
    ],
    ..Shape::closed(
        "`fresh`",
        &[
            "at",
            "age",
            "expires",
            "period",
            "advances",
            "changes",
            "follows",
            "pick",
            "format",
            "timezone",
            "unit",
            "max_age",
            "warn_age",
            "due",
            "covers",
            "window",
            "grace",
            "roll",
            "calendar",
            "each",
            "key",
            "quorum",
            "ignore",
            "max_skew",
            "max_cache_age",
        ],
    )
};

pub(super) const SIGNALS: [&str; 6] = ["at", "age", "period", "advances", "changes", "expires"];
pub(super) const PICK: [(&str, Pick); 2] = [("newest", Pick::Newest), ("oldest", Pick::Oldest)];
const FORMATS: &str = "write `auto`, `rfc3339`, `http`, `unix`, `unix_ms`, `unix_us`, `unix_ns` or a pattern such as `%Y-%m-%d %H:%M`";

/// Reads the key `fresh` of a probe whose zone is `zone`: a rule, or a list of rules that must all hold. With
/// `has_strays` some of its keys stand beside it, and are reported there: that they are missing here is no mistake of
/// its own.
pub(crate) fn read(
    field: Field,
    has_strays: bool,
    zone: Option<&TimeZone>,
    context: &Context,
) -> Vec<Freshness> {
    let rules = rules(field, context).into_iter();
    rules
        .filter_map(|(rule, at)| read_rule(rule, at, has_strays, zone, context))
        .collect()
}

/// Reads the key `fresh` of `defaults`: a part of a rule is enough there.
pub(crate) fn read_defaults(field: Field, context: &Context) {
    for (rule, _) in rules(field, context) {
        let Some(block) = Block::open(rule.value, &FRESH, context) else {
            continue;
        };
        words(&block, context);
        bound::check_alone(&block, context);
        each::read(&block, context);
        for key in SIGNALS.iter().chain(&["follows"]) {
            if let Some(signal) = block.field(key) {
                source::read(signal.value, context);
            }
        }
        if let Some(signal) = signal(&block) {
            company::check_one_signal(&block, signal, context);
        }
    }
}

/// The rules under `fresh`, each as if it stood there alone, and where it is to be found.
fn rules<'n>(field: Field<'n>, context: &Context) -> Vec<(Field<'n>, Place)> {
    let Content::List(_) = &field.value.node.content else {
        return vec![(field, field.key.place)];
    };
    let items = scalar::list(field.value.node, "rules", context);
    let rule = |item: &'n Node| {
        let value = field.value.item(item);
        (Field { value, ..field }, item.place)
    };
    items.unwrap_or_default().iter().map(rule).collect()
}

/// A rule before it is known to be whole.
struct Rule<'n, 'b> {
    /// The key `fresh`, with the rule as its value.
    fresh: Field<'n>,
    block: &'b Block<'n>,
    signal: Field<'n>,
}

impl Rule<'_, '_> {
    fn is(&self, words: &[&str]) -> bool {
        words.contains(&self.signal.key.text.as_str())
    }
}

fn read_rule(
    fresh: Field,
    at: Place,
    has_strays: bool,
    zone: Option<&TimeZone>,
    context: &Context,
) -> Option<Freshness> {
    let mut block = Block::open(fresh.value, &FRESH, context)?;
    let has_lone_path = block.fields().any(|field| field.key.text.starts_with('$'));
    block.is_damaged |= has_strays || has_lone_path;
    let words = words(&block, context);
    let Some(signal) = signal(&block) else {
        no_signal(&block, fresh, at, context);
        return None;
    };
    let block = &block;
    let rule = Rule { fresh, block, signal };
    company::check_one_signal(block, signal, context);
    company::check(&rule, context);
    let each = each::read(block, context);
    each::check(&rule, context);
    let source = source::of_signal(&rule, context);
    let follows = block
        .value("follows")
        .filter(|_| rule.is(&["advances"]))
        .map(|value| source::producer(value, &rule, context));
    if let Some(source) = &source
        && !rule.is(&["changes"])
        && source::can_match_many(source)
        && block.field("pick").is_none()
    {
        context.report(lacks(
            &rule,
            signal.value.place(),
            Code::ManyMatches,
            &format!("{source} can match many values, and nothing says which counts"),
            "add `pick: newest` or `pick: oldest`",
        ));
    }
    let zone = words.timezone.or_else(|| zone.cloned());
    let bound = bound::read(&rule, zone.as_ref(), context);
    let format = source.as_ref().and_then(source::own_format);
    let reading = Reading {
        format: format.unwrap_or(words.format),
        timezone: zone,
    };
    let signal = match signal.key.text.as_str() {
        "at" => Signal::At {
            reading,
            bound: bound?,
        },
        "period" => Signal::Period {
            reading,
            bound: bound?,
        },
        "age" => Signal::Age {
            unit: words.unit,
            bound: bound::max_age(bound?)?,
        },
        "advances" => Signal::Advances {
            follows: match follows {
                Some(follows) => Some(follows?),
                None => None,
            },
            bound: bound::max_age(bound?)?,
        },
        "changes" => Signal::Changes {
            bound: bound::max_age(bound?)?,
        },
        _ => Signal::Expires { reading },
    };
    let pick = words.pick.filter(|_| !rule.is(&["changes"]));
    Some(Freshness {
        pick,
        each: each.map(Box::new),
        max_skew: words.max_skew,
        max_cache_age: words.max_cache_age,
        ..Freshness::new(signal, source?)
    })
}

fn signal<'n>(block: &Block<'n>) -> Option<Field<'n>> {
    SIGNALS.iter().find_map(|key| block.field(key))
}

/// Bounds alone in `defaults` are for the probes that have a signal.
fn no_signal(block: &Block, fresh: Field, at: Place, context: &Context) {
    if fresh.value.inherited || block.is_damaged || block.field("visible_within").is_some() {
        return;
    }
    context.report(
        Found::new(at, Code::MissingKey, "`fresh` does not say what tells the age").help(
            "add a signal: `at` (a point in time), `age` (a number), `period` (a date or month), `advances` (a cursor), \
             `changes` (any content) or `expires`, such as `at: $.updatedAt`",
        ),
    );
}

/// Everything of a rule that is neither its signal nor its bound.
struct Words {
    pick: Option<Pick>,
    format: Format,
    timezone: Option<TimeZone>,
    unit: AgeUnit,
    max_skew: std::time::Duration,
    max_cache_age: Option<std::time::Duration>,
}

fn words(block: &Block, context: &Context) -> Words {
    let duration = |key: &str| block.read(key, |node| scalar::duration(node, context));
    Words {
        pick: block.read("pick", |node| scalar::word(node, &PICK, context)),
        format: block
            .read("format", |node| format(node, context))
            .unwrap_or(Format::Auto),
        timezone: block.read("timezone", |node| timezone::read(node, context)),
        unit: block
            .read("unit", |node| scalar::word(node, &AgeUnit::ALL, context))
            .unwrap_or(AgeUnit::Seconds),
        max_skew: duration("max_skew").unwrap_or(MAX_SKEW),
        max_cache_age: duration("max_cache_age"),
    }
}

fn format(node: &Node, context: &Context) -> Option<Format> {
    let text = scalar::text(node, context)?;
    match Format::parse(text) {
        Ok(format) => Some(format),
        Err(why) => context.refuse(scalar::found_with_remedy(node, Code::BadFormat, &why, FORMATS)),
    }
}

/// The mistake of a rule that lacks something beside its signal: at the signal, or, where `defaults` say the signal to
/// every probe, at the rule of the one probe that adds to it.
fn lacks(rule: &Rule, at: Place, code: Code, message: &str, remedy: &str) -> Found {
    let (fresh, signal) = (rule.fresh, rule.signal);
    if signal.value.inherited && !fresh.value.inherited {
        return Found::new(fresh.key.place, code, message)
            .also(at, format!("`{}` of `defaults`", signal.key.text))
            .help(format!("{remedy} here"));
    }
    Found::new(at, code, message).help(format!("{remedy} beside it"))
}
