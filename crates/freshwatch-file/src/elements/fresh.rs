//! The freshness rule: one signal, one bound.

use std::time::Duration;

use freshwatch_probe::freshness::{AgeUnit, Format, Freshness, MaxAge, Pick, Reading, Signal, Source};
use jiff::tz::TimeZone;

use super::{headers, path, pattern, scalar, timezone};
use crate::block::{Block, Field, Value};
use crate::clash::{Party, clash};
use crate::context::Context;
use crate::found::Found;
use crate::misfit::not_supported_yet;
use crate::mistake::Code;
use crate::shape::{Elsewhere, Shape};
use crate::yaml::{Content, Node, Place};

const LATER_SIGNALS: [&str; 4] = ["period", "advances", "changes", "visible_within"];

const FRESH: Shape = Shape {
    later: &[
        "period",
        "advances",
        "changes",
        "visible_within",
        "follows",
        "due",
        "covers",
        "window",
        "grace",
        "roll",
        "each",
        "key",
        "quorum",
        "ignore",
        "calendar",
        "origin",
    ],
    elsewhere: &[Elsewhere::built(
        &["$"],
        "a path stands behind a signal: `at: $.updatedAt`",
    )],
    exclusive: &[&[
        "at",
        "age",
        "expires",
        "period",
        "advances",
        "changes",
        "visible_within",
    ]],
    ..Shape::closed(
        "`fresh`",
        &[
            "at",
            "age",
            "expires",
            "pick",
            "format",
            "timezone",
            "unit",
            "max_age",
            "warn_age",
            "max_skew",
            "max_cache_age",
        ],
    )
};

const SOURCE: Shape = Shape {
    later: &["of", "join", "keys"],
    ..Shape::closed("a source", &["header", "text"])
};

const SIGNALS: [&str; 3] = ["at", "age", "expires"];
const PICK: [(&str, Pick); 2] = [("newest", Pick::Newest), ("oldest", Pick::Oldest)];
const FORMATS: &str = "write `auto`, `rfc3339`, `http`, `unix`, `unix_ms`, `unix_us`, `unix_ns` or a pattern such as `%Y-%m-%d %H:%M`";
const MAX_SKEW: Duration = Duration::from_mins(2);

/// Reads the key `fresh` of a probe whose zone is `zone`. With `has_strays` some of its keys stand beside it, and are
/// reported there: that they are missing here is no mistake of its own.
pub(crate) fn read(
    field: Field,
    has_strays: bool,
    zone: Option<&TimeZone>,
    context: &Context,
) -> Option<Freshness> {
    let mut block = open(field, context)?;
    let has_lone_path = block.fields().any(|field| field.key.text.starts_with('$'));
    block.is_damaged |= has_strays || has_lone_path;
    let bounds = bounds(&block, context);
    let Some(signal) = signal(&block) else {
        // Bounds alone in `defaults` are for the probes that have a signal.
        if !field.value.inherited
            && !block.is_damaged
            && !LATER_SIGNALS.iter().any(|key| block.field(key).is_some())
        {
            context.report(
                Found::new(field.key.place, Code::MissingKey, "`fresh` does not say what tells the age")
                    .help("add one of `at` (a point in time), `age` (a number) and `expires`, such as `at: $.updatedAt`"),
            );
        }
        return None;
    };
    check_one_signal(&block, signal, context);
    check_company(&block, signal, context);
    let source = source(signal.value, context);
    if let Some(Source::Path(path)) = &source
        && !path.is_singular()
        && block.field("pick").is_none()
    {
        context.report(lacks(
            field,
            signal,
            signal.value.place(),
            Code::ManyMatches,
            &format!("`{path}` can match many values, and nothing says which counts"),
            "add `pick: newest` or `pick: oldest`",
        ));
    }
    let bound = max_age(&block, field, signal, &bounds, context);
    let reading = Reading {
        format: bounds.format,
        timezone: bounds.timezone.or_else(|| zone.cloned()),
    };
    let signal = match signal.key.text.as_str() {
        "at" => Signal::At {
            reading,
            bound: bound?,
        },
        "age" => Signal::Age {
            unit: bounds.unit,
            bound: bound?,
        },
        _ => Signal::Expires { reading },
    };
    Some(Freshness {
        signal,
        source: source?,
        pick: bounds.pick,
        max_skew: bounds.max_skew,
        max_cache_age: bounds.max_cache_age,
    })
}

/// Reads the key `fresh` of `defaults`: a part of a block is enough there.
pub(crate) fn read_defaults(field: Field, context: &Context) {
    let Some(block) = open(field, context) else { return };
    let bounds = bounds(&block, context);
    check_warn_age(&block, &bounds, context);
    if let Some(signal) = signal(&block) {
        check_one_signal(&block, signal, context);
        source(signal.value, context);
    }
}

fn open<'n>(field: Field<'n>, context: &Context) -> Option<Block<'n>> {
    if matches!(field.value.node.content, Content::List(_)) {
        let at = Place {
            end: field.value.place().start + 1,
            ..field.value.place()
        };
        return context.refuse(
            not_supported_yet(at, "a list under fresh")
                .help("write one block; a probe of its own for each further rule"),
        );
    }
    Block::open(field.value, &FRESH, context)
}

fn signal<'n>(block: &Block<'n>) -> Option<Field<'n>> {
    SIGNALS.iter().find_map(|key| block.field(key))
}

fn check_one_signal(block: &Block, signal: Field, context: &Context) {
    let others = SIGNALS.iter().filter_map(|key| block.field(key)).skip(1);
    for other in others {
        context.report(
            Found::new(
                other.key.place,
                Code::Conflict,
                format!(
                    "one signal tells the age, and here are `{}` and `{}`",
                    signal.key.text, other.key.text
                ),
            )
            .also(signal.key.place, "the other one")
            .help("keep one of them"),
        );
    }
}

/// Everything of the block that is not its signal.
struct Bounds {
    pick: Option<Pick>,
    format: Format,
    timezone: Option<TimeZone>,
    unit: AgeUnit,
    max_age: Option<Duration>,
    warn_age: Option<Duration>,
    max_skew: Duration,
    max_cache_age: Option<Duration>,
}

fn bounds(block: &Block, context: &Context) -> Bounds {
    let duration = |key: &str| block.read(key, |node| scalar::duration(node, context));
    let positive = |key: &str| block.read(key, |node| scalar::positive_duration(node, context));
    Bounds {
        pick: block.read("pick", |node| scalar::word(node, &PICK, context)),
        format: block
            .read("format", |node| format(node, context))
            .unwrap_or(Format::Auto),
        timezone: block.read("timezone", |node| timezone::read(node, context)),
        unit: block
            .read("unit", |node| scalar::word(node, &AgeUnit::ALL, context))
            .unwrap_or(AgeUnit::Seconds),
        max_age: positive("max_age"),
        warn_age: positive("warn_age"),
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

/// Keys that mean nothing beside this signal. What `defaults` brings is passed over: it was meant for the others.
fn check_company(block: &Block, signal: Field, context: &Context) {
    let name = signal.key.text.as_str();
    let strangers: &[(&str, &str)] = match name {
        "age" => &[
            ("format", "`format` is for points in time; an age has a `unit`"),
            ("timezone", "an age has no time zone"),
        ],
        "at" => &[("unit", "`unit` is for `age`; a point in time has a `format`")],
        _ => &[
            ("unit", "`unit` is for `age`; a point in time has a `format`"),
            ("max_age", "`expires` is its own bound: past it the data is stale"),
            ("warn_age", "`expires` is its own bound, and tells no age"),
        ],
    };
    for (key, why) in strangers {
        if let Some(field) = block.field(key).filter(|field| !field.value.inherited) {
            context.report(
                Found::new(
                    field.key.place,
                    Code::MisplacedKey,
                    format!("`{key}` has no meaning beside `{name}`"),
                )
                .also(signal.key.place, "the signal")
                .help(format!("remove it: {why}")),
            );
        }
    }
}

/// The bound of a signal that tells an age; `expires` needs none.
fn max_age(block: &Block, fresh: Field, signal: Field, bounds: &Bounds, context: &Context) -> Option<MaxAge> {
    if signal.key.text == "expires" {
        return None;
    }
    let later_bound = block.field("due").is_some();
    if block.field("max_age").is_none() && !later_bound && !block.is_damaged {
        context.report(lacks(
            fresh,
            signal,
            signal.key.place,
            Code::MissingKey,
            &format!("`{}` has no bound: how old may the data be?", signal.key.text),
            "add `max_age: 1h`",
        ));
    }
    check_warn_age(block, bounds, context);
    Some(MaxAge {
        max_age: bounds.max_age?,
        warn_age: bounds.warn_age,
    })
}

/// The mistake of a rule that lacks something beside its signal: at the signal, or, where `defaults` say the signal to
/// every probe, at the rule of the one probe that adds to it.
fn lacks(fresh: Field, signal: Field, at: Place, code: Code, message: &str, remedy: &str) -> Found {
    if signal.value.inherited && !fresh.value.inherited {
        return Found::new(fresh.key.place, code, message)
            .also(at, format!("`{}` of `defaults`", signal.key.text))
            .help(format!("{remedy} here"));
    }
    Found::new(at, code, message).help(format!("{remedy} beside it"))
}

fn check_warn_age(block: &Block, bounds: &Bounds, context: &Context) {
    let (Some(warn_age), Some(max_age)) = (bounds.warn_age, bounds.max_age) else {
        return;
    };
    if let Some(field) = block.field("warn_age").filter(|_| warn_age >= max_age) {
        context.report(clash(
            Party::value(field),
            &[block.field("max_age").map(Party::value)],
            Code::OutOfRange,
            "`warn_age` is not shorter than `max_age`",
            "`warn_age` warns before the data is stale: make it shorter",
        ));
    }
}

/// A JSONPath, `{header: Name}` or `{text: regex}`.
fn source(value: Value, context: &Context) -> Option<Source> {
    if matches!(value.node.content, Content::Scalar(_)) {
        return path::read(value.node, context).map(Source::Path);
    }
    let block = Block::open(value, &SOURCE, context)?;
    if let (Some(first), Some(second)) = (block.field("header"), block.field("text")) {
        context.report(
            Found::new(
                second.key.place,
                Code::Conflict,
                "a source is a header or a text, not both",
            )
            .also(first.key.place, "the other one")
            .help("keep one of them"),
        );
    }
    let header = block.read("header", |node| {
        let name = scalar::text(node, context)?;
        headers::name(name, node.place, context).map(Source::Header)
    });
    header.or_else(|| block.read("text", |node| text(node, context)))
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
