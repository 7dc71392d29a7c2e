//! What is fresh, in words: the signal, where it is, how it is read, and its bound.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::percentage;
use crate::calendar::{Calendar, Holiday};
use crate::freshness::due::{Covered, Due, Roll, Wants, Which};
use crate::freshness::{AgeUnit, Bound, Each, Format, Freshness, MaxAge, Pick, Reading, Signal};
use crate::{duration, show};

pub(super) fn sentences(rule: &Freshness) -> Vec<String> {
    let mut sentences: Vec<String> = rule.each.as_deref().map(each).into_iter().collect();
    sentences.push(signal(rule));
    sentences.extend(reading(rule));
    sentences.extend(rule.pick.map(|pick| picked(pick).to_owned()));
    sentences.extend(bound(rule));
    sentences.extend(rule.each.as_deref().map(quorum).unwrap_or_default());
    if takes_times(&rule.signal) {
        let skew = duration::show(rule.max_skew);
        sentences.push(format!(
            "a time up to {skew} ahead counts as now, one further ahead is `invalid` (`max_skew`)"
        ));
    }
    sentences.push("what is missing, `null` or cannot be read is `invalid`, never fresh".into());
    sentences.extend(rule.max_cache_age.map(|most| {
        format!(
            "`stale` when a cache has kept the answer for longer than {} (the header `age`)",
            duration::show(most)
        )
    }));
    sentences
}

fn signal(rule: &Freshness) -> String {
    let source = &rule.source;
    match &rule.signal {
        Signal::At { .. } => format!("{source} is a point in time, and the data is as old as that"),
        Signal::Age { unit, .. } => format!("{source} is the age of the data in {}", unit_word(*unit)),
        Signal::Period { .. } => {
            format!("{source} is the period that the data covers, and the data is as old as its end")
        }
        Signal::Advances { follows: None, .. } => {
            format!("{source} must move on, a number never back; the data is as old as its last move")
        }
        Signal::Advances {
            follows: Some(producer),
            ..
        } => format!(
            "{source} must move on when its producer {producer} has, a number never back; the data is as old as what \
             it owes"
        ),
        Signal::Changes { .. } => format!("{source} must change; the data is as old as its last change"),
        Signal::Expires { .. } => {
            format!("{source} is the time until which the data is good, and past it the data is `stale`")
        }
    }
}

const fn unit_word(unit: AgeUnit) -> &'static str {
    match unit {
        AgeUnit::Milliseconds => "milliseconds",
        AgeUnit::Seconds => "seconds",
        AgeUnit::Minutes => "minutes",
        AgeUnit::Hours => "hours",
        AgeUnit::Days => "days",
    }
}

const fn takes_times(signal: &Signal) -> bool {
    match signal {
        Signal::At { .. } | Signal::Age { .. } | Signal::Period { .. } => true,
        Signal::Advances { .. } | Signal::Changes { .. } | Signal::Expires { .. } => false,
    }
}

fn reading(rule: &Freshness) -> Vec<String> {
    let (Signal::At { reading, .. } | Signal::Period { reading, .. } | Signal::Expires { reading }) =
        &rule.signal
    else {
        return Vec::new();
    };
    let Reading { format, timezone } = reading;
    let zone = match timezone.as_ref().map(zone_name) {
        Some(zone) => format!("one without a zone is taken for one of {zone} (`timezone`)"),
        None => "one without a zone is `invalid`, as there is no `timezone`".into(),
    };
    let how = match format {
        Format::Auto => "may be in any form that cannot be mistaken for another (`format: auto`)".into(),
        Format::Rfc3339
        | Format::Http
        | Format::Unix
        | Format::UnixMs
        | Format::UnixUs
        | Format::UnixNs
        | Format::Pattern(_) => format!("is read as {}", format_words(format)),
    };
    vec![format!("the value {how}; {zone}")]
}

/// How a value is read, for behind "as".
pub(crate) fn format_words(format: &Format) -> String {
    match format {
        Format::Auto => "what it looks like".into(),
        Format::Rfc3339 => "an RFC 3339 time".into(),
        Format::Http => "an HTTP date".into(),
        Format::Unix => "seconds since 1970".into(),
        Format::UnixMs => "milliseconds since 1970".into(),
        Format::UnixUs => "microseconds since 1970".into(),
        Format::UnixNs => "nanoseconds since 1970".into(),
        Format::Pattern(pattern) => format!("`{pattern}`"),
    }
}

/// A zone as people name it.
pub fn zone_name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("a fixed offset")
}

const fn picked(pick: Pick) -> &'static str {
    match pick {
        Pick::Newest => "of many values the newest counts; `null` among others is passed over",
        Pick::Oldest => "of many values the oldest counts, and none may be missing",
    }
}

fn each(each: &Each) -> String {
    let key = each.key.as_ref();
    let named = key.map_or_else(|| "its place".into(), |key| format!("`{key}`"));
    format!(
        "each item at `{}` is judged on its own and called by {named}; `$` is the item here",
        each.items
    )
}

fn quorum(each: &Each) -> Vec<String> {
    let quorum = each.quorum.map_or_else(
        || "all".into(),
        |quorum| format!("at least {}", percentage(quorum)),
    );
    let mut sentences = vec![format!("{quorum} of the items must be fresh")];
    if !each.ignore.is_empty() {
        let count = each.ignore.len();
        let names: Vec<String> = each
            .ignore
            .iter()
            .take(5)
            .map(|name| format!("`{name}`"))
            .collect();
        let more = if count > 5 { ", …" } else { "" };
        let items = show::counted(count, "item does", "items do");
        sentences.push(format!("{items} not count: {}{more}", names.join(", ")));
    }
    sentences
}

fn bound(rule: &Freshness) -> Vec<String> {
    match &rule.signal {
        Signal::At { bound, .. } | Signal::Period { bound, .. } => match bound {
            Bound::MaxAge(bound) => max_age(bound, "older than"),
            Bound::Due(bound) => due(bound),
        },
        Signal::Age { bound, .. } => max_age(bound, "older than"),
        Signal::Advances { bound, follows: None } => max_age(bound, "it has stood still for longer than"),
        Signal::Advances {
            bound,
            follows: Some(_),
        } => max_age(bound, "it has owed a move for longer than"),
        Signal::Changes { bound } => max_age(bound, "it has not changed for longer than"),
        Signal::Expires { .. } => Vec::new(),
    }
}

fn max_age(bound: &MaxAge, when: &str) -> Vec<String> {
    let warning = bound.warn_age.map(duration::show);
    let warning = warning.map(|warn_age| format!(", `degraded` when {when} {warn_age}"));
    let mut sentences = vec![format!(
        "`stale` when {when} {}{}",
        duration::show(bound.max_age),
        warning.unwrap_or_default()
    )];
    if let Some(calendar) = &bound.calendar {
        sentences.push(format!(
            "only open time counts, by the calendar {}",
            self::calendar(calendar)
        ));
    }
    sentences
}

fn due(due: &Due) -> Vec<String> {
    let zone = zone_name(due.zone());
    let mut sentences = vec![format!(
        "{} must have landed at every due moment (the cron line `{}` in {zone})",
        wants(due.wants()),
        due.line()
    )];
    sentences.push(if due.grace().is_zero() {
        "what has not landed then is `stale`".into()
    } else {
        format!(
            "what has not landed then is `degraded` for {}, and `stale` after that",
            duration::show(due.grace())
        )
    });
    if let Some((calendar, roll)) = due.calendar() {
        let roll = match roll {
            Roll::Skip => "falls away",
            Roll::Forward => "moves to the same time on the next open day",
        };
        sentences.push(format!(
            "a due moment on a closed day {roll}, by the calendar {}",
            self::calendar(calendar)
        ));
    }
    sentences
}

fn wants(wants: Wants) -> String {
    match wants {
        Wants::Covers(covers) => {
            let which = match covers.which {
                Which::Current => "current",
                Which::Previous => "previous",
            };
            match covers.of {
                Covered::Period(unit) => format!("the {which} {unit}'s data"),
                Covered::BusinessDay => format!("the {which} business day's data"),
            }
        }
        Wants::Window(window) => format!("data that is no older than {} then", duration::show(window)),
    }
}

/// `kr-business` (Monday to Friday, 09:00 to 18:00, …)
fn calendar(calendar: &Calendar) -> String {
    let rules = calendar.rules();
    let days = weekdays(&rules.days);
    let mut parts = vec![if days.is_empty() {
        "no day of the week".into()
    } else {
        days
    }];
    if let Some((opens, closes)) = rules.open {
        parts.push(format!(
            "{} to {}",
            opens.strftime("%H:%M"),
            closes.strftime("%H:%M")
        ));
    }
    let closed: i64 = rules.holidays.iter().map(days_of).sum();
    let closed = usize::try_from(closed).unwrap_or(usize::MAX);
    if closed > 0 {
        parts.push(format!(
            "but {} of holidays",
            show::counted(closed, "day", "days")
        ));
    }
    if !rules.extra_days.is_empty() {
        parts.push(format!(
            "and {}",
            show::counted(rules.extra_days.len(), "extra day", "extra days")
        ));
    }
    parts.push(format!("in {}", zone_name(&rules.timezone)));
    let through: Option<Date> = rules.through;
    parts.push(through.map_or_else(
        || "without an end".into(),
        |through| format!("known through {through} and `unknown` after that"),
    ));
    format!("`{}` ({})", calendar.name(), parts.join(", "))
}

fn days_of(holiday: &Holiday) -> i64 {
    holiday.to.duration_since(holiday.from).as_hours() / 24 + 1
}

fn weekdays(days: &[Weekday]) -> String {
    const WEEK: [(Weekday, &str); 7] = [
        (Weekday::Monday, "Monday"),
        (Weekday::Tuesday, "Tuesday"),
        (Weekday::Wednesday, "Wednesday"),
        (Weekday::Thursday, "Thursday"),
        (Weekday::Friday, "Friday"),
        (Weekday::Saturday, "Saturday"),
        (Weekday::Sunday, "Sunday"),
    ];
    let open: Vec<usize> = (0..7).filter(|index| days.contains(&WEEK[*index].0)).collect();
    match open[..] {
        [first, .., last] if last - first + 1 == open.len() && open.len() > 2 => {
            format!("{} to {}", WEEK[first].1, WEEK[last].1)
        }
        _ => {
            let names: Vec<&str> = open.iter().map(|index| WEEK[*index].1).collect();
            names.join(", ")
        }
    }
}
