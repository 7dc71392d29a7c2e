//! What is promised of the data: how old it may be, or by when it is due.

use std::sync::Arc;
use std::time::Duration;

use freshwatch_probe::calendar::Calendar;
use freshwatch_probe::freshness::due::{Covers, Due, Roll, Wants};
use freshwatch_probe::freshness::{Bound, MaxAge};
use jiff::tz::TimeZone;

use super::{Rule, lacks};
use crate::block::{Block, Field};
use crate::clash::{Party, clash};
use crate::context::Context;
use crate::elements::{calendars, scalar, schedule};
use crate::mistake::Code;

/// Reads the bound of a rule; `expires` is its own.
pub(super) fn read(rule: &Rule, zone: Option<&TimeZone>, context: &Context) -> Option<Bound> {
    let block = rule.block;
    let words = words(block, context);
    check_warn_age(block, &words, context);
    if rule.is(&["expires"]) {
        return None;
    }
    // A key of `defaults` that has no meaning here is passed over.
    let due = block.field("due").filter(|_| rule.is(&["at", "period"]));
    let max_age = block.field("max_age");
    if let (Some(due), Some(max_age)) = (due, max_age) {
        context.report(clash(
            Party::key(due),
            &[Some(Party::key(max_age))],
            Code::Conflict,
            "a rule has one bound: `due` or `max_age`",
            "keep one of them; two rules that must both hold are a list under `fresh`",
        ));
        return None;
    }
    if let Some(due) = due {
        return read_due(rule, due, words, zone, context).map(|due| Bound::Due(Box::new(due)));
    }
    if max_age.is_none() && !block.is_damaged {
        context.report(no_bound(rule));
    }
    Some(Bound::MaxAge(MaxAge {
        max_age: words.max_age?,
        warn_age: words.warn_age,
        calendar: words.calendar.ok()?.filter(|_| !rule.is(&["age"])),
    }))
}

/// Reads what is there of a bound, for `defaults`.
pub(super) fn check_alone(block: &Block, context: &Context) {
    let words = words(block, context);
    check_warn_age(block, &words, context);
    block.read("due", |node| schedule::cron(node, context));
}

/// The bound of a signal that knows no due moments.
pub(super) fn max_age(bound: Bound) -> Option<MaxAge> {
    match bound {
        Bound::MaxAge(bound) => Some(bound),
        Bound::Due(_) => None,
    }
}

struct Words {
    max_age: Option<Duration>,
    warn_age: Option<Duration>,
    covers: Option<Covers>,
    window: Option<Duration>,
    grace: Option<Duration>,
    roll: Option<Roll>,
    calendar: Result<Option<Arc<Calendar>>, Mistaken>,
}

/// What is written there is a mistake, and reported.
struct Mistaken;

fn words(block: &Block, context: &Context) -> Words {
    let positive = |key: &str| block.read(key, |node| scalar::positive_duration(node, context));
    Words {
        max_age: positive("max_age"),
        warn_age: positive("warn_age"),
        covers: block.read("covers", |node| scalar::word(node, &Covers::ALL, context)),
        window: positive("window"),
        grace: block.read("grace", |node| scalar::duration(node, context)),
        roll: block.read("roll", |node| scalar::word(node, &Roll::ALL, context)),
        calendar: match block.value("calendar") {
            Some(value) => calendars::named(value.node, context).map(Some).ok_or(Mistaken),
            None => Ok(None),
        },
    }
}

fn read_due(
    rule: &Rule,
    due: Field,
    words: Words,
    zone: Option<&TimeZone>,
    context: &Context,
) -> Option<Due> {
    let line = schedule::cron(due.value.node, context);
    let zone_is_mistaken = rule.block.field("timezone").is_some();
    if zone.is_none() && !zone_is_mistaken && !rule.block.is_damaged {
        context.report(lacks(
            rule,
            due.key.place,
            Code::MissingKey,
            "`due` does not say whose clock it goes by",
            "add `timezone: Asia/Seoul` (the zone of whoever waits for it)",
        ));
    }
    let (key, remedy) = if rule.is(&["period"]) {
        (
            "covers",
            "add `covers: previous_day` (the period that must have landed by then)",
        )
    } else {
        (
            "window",
            "add `window: 8h` (it landed no earlier than so long before)",
        )
    };
    // One that is for the other signal is told of already.
    let has_another = ["covers", "window"].iter().any(|key| {
        let field = rule.block.field(key);
        field.is_some_and(|field| !field.value.inherited)
    });
    if rule.block.field(key).is_none() && !has_another && !rule.block.is_damaged {
        let message = format!("`due` does not say what must have landed by then: there is no `{key}`");
        context.report(lacks(rule, due.key.place, Code::MissingKey, &message, remedy));
    }
    let wants = if rule.is(&["period"]) {
        Wants::Covers(words.covers?)
    } else {
        Wants::Window(words.window?)
    };
    let due = Due::new(line?, zone?.clone(), wants).with_grace(words.grace.unwrap_or_default());
    Some(match words.calendar.ok()? {
        Some(calendar) => due.on_open_days(calendar, words.roll.unwrap_or_default()),
        None => due,
    })
}

fn no_bound(rule: &Rule) -> crate::found::Found {
    let name = &rule.signal.key.text;
    let (message, remedy) = if rule.is(&["advances", "changes"]) {
        (
            format!("`{name}` has no bound: how long may it stand still?"),
            "add `max_age: 1h`",
        )
    } else if rule.is(&["period"]) {
        (
            format!("`{name}` has no bound: how old may the data be?"),
            "add `max_age: 1d`, or `due` with `covers`,",
        )
    } else {
        (
            format!("`{name}` has no bound: how old may the data be?"),
            "add `max_age: 1h`",
        )
    };
    lacks(rule, rule.signal.key.place, Code::MissingKey, &message, remedy)
}

fn check_warn_age(block: &Block, words: &Words, context: &Context) {
    let (Some(warn_age), Some(max_age)) = (words.warn_age, words.max_age) else {
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
