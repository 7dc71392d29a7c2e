//! `fresh`.

use freshwatch_probe::freshness::AgeUnit;
use freshwatch_probe::freshness::due::{Covers, Roll};
use serde_json::{Value, json};

use super::build::{
    about, any_of, at_most_one_of, block, cron, default, duration, exactly_one_of, filled, list, listed,
    path, percentage, positive_duration, refer, refusing, timezone,
};
use crate::elements::fresh::company::strangers;
use crate::elements::fresh::{FRESH, PICK, SIGNALS, source};

/// One rule, or some that must all hold.
pub(super) fn of_probe() -> Value {
    schema("fresh")
}

/// The same of `defaults`.
pub(super) fn of_defaults() -> Value {
    schema("fresh_of_defaults")
}

fn schema(rule: &str) -> Value {
    about(
        json!({"anyOf": [refer(rule), list(refer(rule))]}),
        "How fresh the data must be: one signal that tells the age, and one bound. Several rules in a list must all hold.",
        [json!({"at": "$.updatedAt", "max_age": "1h"})],
    )
}

/// One rule. `defaults` may hold a part of it, so that nothing has to be there.
pub(super) fn rule() -> Value {
    let signals = SIGNALS.into_iter();
    let pairs = signals.flat_map(|signal| strangers(signal).into_iter().map(move |(key, _)| [signal, key]));
    let rule = refusing(rule_of_defaults(), pairs);
    refusing(rule, [["max_age", "due"], ["covers", "window"]])
}

/// A rule of which parts are for some probes and parts for others.
pub(super) fn rule_of_defaults() -> Value {
    let keys = signals()
        .into_iter()
        .chain(reading())
        .chain(bounds())
        .chain(items());
    at_most_one_of(block(&FRESH, keys), &SIGNALS)
}

/// What tells the age.
fn signals() -> [(&'static str, Value); 7] {
    let signal = |description: &str, example: Value| about(refer("source"), description, [example]);
    [
        (
            "at",
            signal(
                "A point in time: the age is what has passed since.",
                json!("$.updatedAt"),
            ),
        ),
        ("age", signal("An age, in `unit`.", json!("$.ageSeconds"))),
        (
            "expires",
            signal(
                "A point in time past which the data is stale.",
                json!("$.validUntil"),
            ),
        ),
        (
            "period",
            signal(
                "A date, week, month, quarter or year that the data covers: the age counts from its end.",
                json!("$.baseDate"),
            ),
        ),
        (
            "advances",
            signal(
                "A number or text that must move on; the age counts from when it last moved.",
                json!("$.offset"),
            ),
        ),
        (
            "changes",
            signal(
                "Any content: the age counts from when it last changed.",
                json!("$.quotes"),
            ),
        ),
        (
            "follows",
            signal(
                "For `advances`: the producer. The value needs to move only when this one has.",
                json!("$.produced"),
            ),
        ),
    ]
}

/// How it is read.
fn reading() -> [(&'static str, Value); 6] {
    [
        ("pick", about(listed(&PICK), "Which of many matches counts.", [])),
        (
            "format",
            default(
                about(
                    json!({"anyOf": [
                        {"type": "string", "enum": ["auto", "rfc3339", "http", "unix", "unix_ms", "unix_us", "unix_ns"]},
                        {"type": "string", "pattern": "%"},
                    ]}),
                    "How a point in time is written: a word, or a pattern of strftime.",
                    [json!("%Y-%m-%d %H:%M")],
                ),
                "auto",
            ),
        ),
        (
            "timezone",
            about(
                timezone(),
                "For values without a zone, and for `due`: a name of the IANA database. It is never guessed.",
                [json!("Asia/Seoul")],
            ),
        ),
        (
            "unit",
            default(about(listed(&AgeUnit::ALL), "The unit of `age`.", []), "s"),
        ),
        (
            "max_skew",
            default(
                about(duration(), "So far into the future is still now.", []),
                "2m",
            ),
        ),
        (
            "max_cache_age",
            about(
                duration(),
                "The `Age` header of the answer may not exceed it.",
                [json!("5m")],
            ),
        ),
    ]
}

/// What is promised.
fn bounds() -> [(&'static str, Value); 8] {
    [
        (
            "max_age",
            about(positive_duration(), "Older is stale.", [json!("1h")]),
        ),
        (
            "warn_age",
            about(
                positive_duration(),
                "Older is degraded; shorter than `max_age`.",
                [json!("30m")],
            ),
        ),
        (
            "due",
            about(
                cron(),
                "The moments at which the data must have landed, as a cron line of five fields.",
                [json!("0 9 * * *")],
            ),
        ),
        (
            "covers",
            about(
                listed(&Covers::ALL),
                "For `period`: the period that must have landed at a due moment.",
                [],
            ),
        ),
        (
            "window",
            about(
                positive_duration(),
                "For `at`: it landed no earlier than so long before the due moment.",
                [json!("8h")],
            ),
        ),
        (
            "grace",
            about(
                duration(),
                "So long after a due moment the data is late, which is degraded; then it is stale.",
                [json!("30m")],
            ),
        ),
        (
            "roll",
            default(
                about(
                    listed(&Roll::ALL),
                    "What becomes of a due moment on a closed day: it moves to the same time of the next open day, or falls away.",
                    [],
                ),
                "skip",
            ),
        ),
        (
            "calendar",
            about(
                filled(),
                "The name of a calendar: the age runs only while it is open.",
                [json!("kr-business")],
            ),
        ),
    ]
}

/// What is judged each on its own.
fn items() -> [(&'static str, Value); 4] {
    [
        (
            "each",
            about(
                path(),
                "The items, each of which is judged on its own; inside, `$` is the item.",
                [json!("$.districts[*]")],
            ),
        ),
        ("key", about(path(), "What names an item.", [json!("$.code")])),
        (
            "quorum",
            default(
                about(percentage(), "So many items are fresh at least.", [json!("95%")]),
                "100%",
            ),
        ),
        (
            "ignore",
            about(
                list(json!({"type": ["string", "number", "boolean"]})),
                "The names of items that are dormant by design.",
                [json!(["A1", "B2"])],
            ),
        ),
    ]
}

/// Where a value is.
pub(super) fn source() -> Value {
    let parts = json!({"type": "array", "items": path(), "minItems": 1, "maxItems": 3});
    let map = block(
        &source::SOURCE,
        [
            (
                "header",
                about(filled(), "A header of the answer.", [json!("Last-Modified")]),
            ),
            (
                "text",
                about(
                    json!({"type": "string", "pattern": r"\("}),
                    "A regular expression on the raw body; its first group is the value.",
                    [json!(r"Updated: (\S+)")],
                ),
            ),
            (
                "of",
                about(
                    path(),
                    "For `join`: the items that hold the parts of a date.",
                    [json!("$.items[*]")],
                ),
            ),
            (
                "join",
                about(
                    parts,
                    "The parts of a date within an item: year, month, day.",
                    [json!(["$.year", "$.month", "$.day"])],
                ),
            ),
            (
                "keys",
                about(
                    path(),
                    "The names of the members of an object.",
                    [json!("$.data")],
                ),
            ),
        ],
    );
    let mut map = exactly_one_of(map, &source::KINDS);
    map["dependencies"] = json!({"of": ["join"], "join": ["of"]});
    any_of([path(), map])
}
