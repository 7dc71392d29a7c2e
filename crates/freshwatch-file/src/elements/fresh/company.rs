//! Which keys of a rule go together. What `defaults` bring is passed over: it was meant for the others.

use super::{Rule, SIGNALS};
use crate::block::{Block, Field};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;

const UNIT: &str = "`unit` is for `age`; a point in time has a `format`";
const NO_TIME: &str = "a cursor is no time: its age counts from when it last moved";
const NO_CONTENT: &str = "a content is no time: its age counts from when it last changed";
const FOLLOWS: &str = "`follows` is for `advances`";
const LANDS: &str = "due moments are for `at` (with `window`) and `period` (with `covers`)";

/// Keys that mean nothing beside a signal, and why.
pub(in crate::elements) fn strangers(signal: &str) -> Vec<(&'static str, &'static str)> {
    let landing = ["due", "covers", "window", "grace", "roll"].map(|key| (key, LANDS));
    let times = |why| ["format", "timezone", "unit", "max_skew"].map(|key| (key, why));
    match signal {
        "at" => vec![
            ("unit", UNIT),
            ("follows", FOLLOWS),
            (
                "covers",
                "`covers` is for `period`; a point in time lands within a `window`",
            ),
        ],
        "period" => vec![
            ("unit", UNIT),
            ("follows", FOLLOWS),
            (
                "window",
                "`window` is for `at`; a period is held against what is due by `covers`",
            ),
        ],
        "age" => {
            let own = [
                ("format", "`format` is for points in time; an age has a `unit`"),
                ("timezone", "an age has no time zone"),
                ("calendar", "the endpoint counts the age, and not by a calendar"),
                ("follows", FOLLOWS),
            ];
            own.into_iter().chain(landing).collect()
        }
        "advances" => times(NO_TIME).into_iter().chain(landing).collect(),
        "changes" => {
            let own = [
                ("pick", "all that it finds is one content; none of it is picked"),
                ("follows", FOLLOWS),
            ];
            own.into_iter().chain(times(NO_CONTENT)).chain(landing).collect()
        }
        _ => {
            let own = [
                ("unit", UNIT),
                ("max_age", "`expires` is its own bound: past it the data is stale"),
                ("warn_age", "`expires` is its own bound, and tells no age"),
                ("calendar", "`expires` tells no age that could run by a calendar"),
                ("follows", FOLLOWS),
            ];
            own.into_iter().chain(landing).collect()
        }
    }
}

/// Keys that mean nothing without another one, and that one.
const COMPANIONS: [(&str, &str, &str); 8] = [
    (
        "covers",
        "due",
        "add `due: \"0 9 * * *\"`, the cron line of the moments at which it must have landed",
    ),
    (
        "window",
        "due",
        "add `due: \"0 9 * * *\"`, the cron line of the moments at which it must have landed",
    ),
    (
        "grace",
        "due",
        "add `due: \"0 9 * * *\"`: a grace begins at a due moment",
    ),
    (
        "roll",
        "due",
        "add `due: \"0 9 * * *\"`: a due moment is what rolls",
    ),
    ("roll", "calendar", "add `calendar`: without one no day is closed"),
    (
        "key",
        "each",
        "add `each`, the items that it names, such as `each: $.districts[*]`",
    ),
    (
        "quorum",
        "each",
        "add `each`, the items that it counts, such as `each: $.districts[*]`",
    ),
    (
        "ignore",
        "key",
        "add `key`, which names the items, such as `key: $.code`",
    ),
];

/// Refuses keys that mean nothing in this rule.
pub(super) fn check(rule: &Rule, context: &Context) {
    let name = rule.signal.key.text.as_str();
    let strangers = strangers(name);
    let own = |key: &str| rule.block.field(key).filter(|field| !field.value.inherited);
    for (key, why) in &strangers {
        if let Some(field) = own(key) {
            context.report(
                Found::new(
                    field.key.place,
                    Code::MisplacedKey,
                    format!("`{key}` has no meaning beside `{name}`"),
                )
                .also(rule.signal.key.place, "the signal")
                .help(format!("remove it: {why}")),
            );
        }
    }
    let is_stranger = |key: &str| strangers.iter().any(|(stranger, _)| *stranger == key);
    let mut alone = "";
    for (key, companion, remedy) in COMPANIONS {
        let lone = own(key).filter(|_| !is_stranger(key) && rule.block.field(companion).is_none());
        // What lacks several companions is told of the first.
        if let Some(field) = lone.filter(|_| !rule.block.is_damaged && alone != key) {
            alone = key;
            context.report(
                Found::new(
                    field.key.place,
                    Code::MissingKey,
                    format!("`{key}` has no meaning without `{companion}`"),
                )
                .help(format!("{remedy}; or remove `{key}`")),
            );
        }
    }
}

/// Refuses a second signal.
pub(super) fn check_one_signal(block: &Block, signal: Field, context: &Context) {
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
            .help("keep one of them; two rules that must both hold are a list under `fresh`"),
        );
    }
}
