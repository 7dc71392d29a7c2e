//! What lies ahead: moments as the wall of their zone shows them, and what must have landed by then.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::freshness::zone_name;
use crate::definition::Definition;
use crate::duration;
use crate::freshness::due::Due;
use crate::freshness::{Bound, Signal};

/// The due moments of one freshness rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upcoming {
    /// Which rule: its signal and where that is.
    pub rule: String,
    /// The zone on whose clocks they are shown.
    pub zone: String,
    /// In order.
    pub moments: Vec<Landing>,
    /// Why there are no more, where there are none.
    pub end: Option<String>,
}

/// A due moment that lies ahead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    /// When.
    pub at: Ahead,
    /// What must have landed by then, in words: `October 2026`.
    pub wanted: String,
    /// From when on it is `stale` that it has not.
    pub stale_from: Timestamp,
    /// The same as the clocks of the zone show it, with its day when that is another: `09:30`.
    pub stale_from_shown: String,
}

/// A moment that lies ahead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ahead {
    /// When.
    pub at: Timestamp,
    /// As the clocks of its zone show it and those of UTC: `Sun 2026-03-29 03:00 +02:00 (01:00 UTC)`.
    pub shown: String,
    /// That clocks were set since the moment before it, and by how much.
    pub clock_change: Option<String>,
}

impl Ahead {
    /// Moments in their order, of which the first follows on `now`.
    pub fn all(now: Timestamp, moments: impl IntoIterator<Item = Timestamp>, zone: &TimeZone) -> Vec<Self> {
        let mut before = now;
        let ahead = moments.into_iter().map(|at| {
            let ahead = Self {
                at,
                shown: wall_and_utc(at, zone),
                clock_change: clock_change(before, at, zone),
            };
            before = at;
            ahead
        });
        ahead.collect()
    }
}

/// The next due moments of every rule that has some, so many of each.
pub fn upcoming(definition: &Definition, now: Timestamp, count: usize) -> Vec<Upcoming> {
    let dues = definition.fresh.iter().filter_map(|rule| match &rule.signal {
        Signal::At { bound, .. } | Signal::Period { bound, .. } => match bound {
            Bound::Due(due) => Some((rule.name(), &**due)),
            Bound::MaxAge(_) => None,
        },
        Signal::Age { .. } | Signal::Advances { .. } | Signal::Changes { .. } | Signal::Expires { .. } => {
            None
        }
    });
    dues.map(|(rule, due)| of_rule(rule, due, now, count)).collect()
}

fn of_rule(rule: String, due: &Due, now: Timestamp, count: usize) -> Upcoming {
    let mut end = None;
    let mut wanted = Vec::new();
    for moment in due.upcoming(now).take(count) {
        match moment {
            Ok(moment) => wanted.push(moment),
            Err(past) => end = Some(past.to_string()),
        }
    }
    if wanted.is_empty() && end.is_none() {
        end = Some(format!("the cron line `{}` never comes again", due.line()));
    }
    let stale_from = |due_at: Timestamp| due_at.saturating_add(due.grace()).unwrap_or(Timestamp::MAX);
    let ahead = Ahead::all(now, wanted.iter().map(|moment| moment.at), due.zone());
    let moments = ahead.into_iter().zip(wanted).map(|(at, moment)| Landing {
        stale_from: stale_from(moment.at),
        stale_from_shown: shown_after(moment.at, stale_from(moment.at), due.zone()),
        wanted: due.show_wanted(moment.wanted),
        at,
    });
    Upcoming {
        rule,
        zone: zone_name(due.zone()).to_owned(),
        moments: moments.collect(),
        end,
    }
}

/// A moment as the clocks of a zone show it, with its day of the week, its offset and the zone's name.
pub fn shown(at: Timestamp, zone: &TimeZone) -> String {
    let wall = wall(at, zone);
    match zone.iana_name() {
        Some("UTC") | None => wall,
        Some(name) => format!("{wall} in {name}"),
    }
}

/// `Sun 2026-03-29 03:00 +02:00`, or with ` UTC` at its end.
fn wall(at: Timestamp, zone: &TimeZone) -> String {
    let zoned = at.to_zoned(zone.clone());
    let offset = if zone.iana_name() == Some("UTC") {
        "UTC"
    } else {
        "%:z"
    };
    zoned
        .strftime(&format!("%a %F {} {offset}", clock_format(at)))
        .to_string()
}

/// The clocks of UTC in brackets, with their day where it is another.
fn wall_and_utc(at: Timestamp, zone: &TimeZone) -> String {
    let wall = wall(at, zone);
    if zone.iana_name() == Some("UTC") {
        return wall;
    }
    let day = at.to_zoned(zone.clone()).date();
    let utc = at.to_zoned(TimeZone::UTC);
    let utc_day = if utc.date() == day { "" } else { "%a %F " };
    let utc = utc
        .strftime(&format!("{utc_day}{}", clock_format(at)))
        .to_string();
    format!("{wall} ({utc} UTC)")
}

/// `09:30`, with its day where that is not the one of the moment before it.
fn shown_after(before: Timestamp, at: Timestamp, zone: &TimeZone) -> String {
    let (before, zoned) = (before.to_zoned(zone.clone()), at.to_zoned(zone.clone()));
    let day = if before.date() == zoned.date() {
        ""
    } else {
        "%a %F "
    };
    zoned.strftime(&format!("{day}{}", clock_format(at))).to_string()
}

/// Seconds only where there are some.
fn clock_format(at: Timestamp) -> &'static str {
    if at.as_second() % 60 == 0 && at.subsec_nanosecond() == 0 {
        "%H:%M"
    } else {
        "%H:%M:%S"
    }
}

fn clock_change(before: Timestamp, at: Timestamp, zone: &TimeZone) -> Option<String> {
    let changed = zone.to_offset(at).duration_since(zone.to_offset(before));
    let by = duration::show(changed.unsigned_abs());
    if changed.is_zero() {
        return None;
    }
    let way = if changed.is_positive() { "forward" } else { "back" };
    Some(format!("clocks have gone {way} by {by} before it"))
}
