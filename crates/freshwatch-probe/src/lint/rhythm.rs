//! Bounds that are shorter than the time between two runs.

use std::iter;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Code, Odd};
use crate::calendar::Calendar;
use crate::definition::{Definition, When};
use crate::duration;
use crate::freshness::{Bound, Freshness, MaxAge, Signal};

/// So many runs of a cron line tell its rhythm.
const MOST_RUNS: usize = 12;

const ONE_DAY: Duration = Duration::from_hours(24);

/// That data can be too old, and fresh again, without anybody seeing it.
pub(super) fn too_rare(definition: &Definition, rule: &Freshness, now: Timestamp) -> Option<Odd> {
    let bound = max_age(rule)?;
    let between = shortest_gap(definition, now)?;
    let calendar = bound.calendar.as_deref();
    let ageing = calendar.map_or(between, |calendar| open_within(between, calendar));
    if bound.max_age >= ageing {
        return None;
    }
    let (max_age, ageing) = duration::show_apart(bound.max_age, ageing);
    let (why, help) = if rule.needs_memory() {
        (
            "a value that moves all the time is `stale` at every run",
            format!("run it at least every {max_age}, or give it more than {ageing}"),
        )
    } else {
        (
            "data can be too old for as long as that before a run sees it",
            format!("run it at least every {max_age}"),
        )
    };
    let open = bound.clock();
    Some(Odd {
        code: Code::RunsTooRarely,
        message: format!(
            "`max_age: {}` of {} is shorter than the {ageing}{open} between two runs: {why}",
            duration::spell(bound.max_age),
            rule.source
        ),
        help,
    })
}

fn max_age(rule: &Freshness) -> Option<&MaxAge> {
    match &rule.signal {
        Signal::At { bound, .. } | Signal::Period { bound, .. } => match bound {
            Bound::MaxAge(bound) => Some(bound),
            Bound::Due(_) => None,
        },
        Signal::Age { bound, .. } | Signal::Advances { bound, .. } | Signal::Changes { bound } => Some(bound),
        Signal::Expires { .. } => None,
    }
}

/// The shortest time between two runs: a line of some hours is not blamed for its nights.
fn shortest_gap(definition: &Definition, now: Timestamp) -> Option<Duration> {
    let line = match &definition.schedule.when {
        When::Every(interval) => return Some(*interval),
        When::Cron(line) => line,
    };
    let zone = definition.schedule.timezone.clone().unwrap_or(TimeZone::UTC);
    let runs = iter::successors(Some(now), |after| line.next_after(*after, &zone));
    let runs: Vec<Timestamp> = runs.skip(1).take(MOST_RUNS).collect();
    let gaps = runs.windows(2).map(|two| two[1].duration_since(two[0]));
    gaps.filter_map(|gap| Duration::try_from(gap).ok()).min()
}

/// How long a calendar is open at most within a time, where every day is open.
fn open_within(time: Duration, calendar: &Calendar) -> Duration {
    let open = calendar.rules().open;
    let a_day = open.map(|(opens, closes)| closes.duration_since(opens).unsigned_abs());
    let Some(a_day) = a_day else { return time };
    let days = u32::try_from(time.as_secs() / ONE_DAY.as_secs()).unwrap_or(u32::MAX);
    let rest = time.saturating_sub(ONE_DAY.saturating_mul(days));
    a_day.saturating_mul(days).saturating_add(rest.min(a_day))
}
