//! Targets that allow for less than one failed run in their window, so that the first one breaks them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Code, Odd};
use crate::cron::CronLine;
use crate::definition::{Definition, Ratio, When};
use crate::duration;

/// All of it, in parts per million.
const WHOLE: u32 = 1_000_000;

const ONE_DAY: u64 = 24 * 3600;

/// The targets of a probe that its schedule cannot attain.
pub(super) fn unattainable(definition: &Definition, now: Timestamp) -> impl Iterator<Item = Odd> {
    let slo = definition.slo.into_iter();
    let targets = slo.flat_map(|slo| {
        let targets = [
            ("up", slo.up),
            ("valid", slo.valid),
            ("fresh", slo.fresh),
            ("latency", slo.latency),
        ];
        let targets = targets.into_iter();
        targets.filter_map(move |(key, ratio)| Some((key, ratio?, slo.window)))
    });
    targets.filter_map(move |(key, ratio, window)| {
        let left = u64::from(WHOLE - ratio.parts_per_million());
        // In millionths of a run.
        let allowed = left.saturating_mul(runs_within(definition, window, now));
        (allowed < u64::from(WHOLE)).then(|| broken_at_once(definition, (key, ratio), window, allowed))
    })
}

fn broken_at_once(
    definition: &Definition,
    (key, ratio): (&str, Ratio),
    window: Duration,
    allowed: u64,
) -> Odd {
    let allows = match allowed / 10_000 {
        _ if allowed == 0 => "no failed run".to_owned(),
        0 => "less than 0.01 failed runs".to_owned(),
        hundredths => format!("0.{hundredths:02} failed runs"),
    };
    let rhythm = match &definition.schedule.when {
        When::Every(interval) => format!("every {}", duration::show(*interval)),
        When::Cron(line) => format!("by `{line}`"),
    };
    let window = duration::show(window);
    let help = if ratio.parts_per_million() == WHOLE {
        "promise less than all runs".to_owned()
    } else {
        format!("run it more often, promise less, or promise it over a `window` longer than {window}")
    };
    Odd {
        code: Code::Unattainable,
        message: format!(
            "`slo.{key}: {ratio}` over {window} allows {allows} of a probe that runs {rhythm}: the first one breaks it"
        ),
        help,
    }
}

/// How many runs there are in a window.
pub fn runs_within(definition: &Definition, window: Duration, now: Timestamp) -> u64 {
    let runs = match &definition.schedule.when {
        When::Every(interval) => window.as_millis() / interval.as_millis().max(1),
        When::Cron(line) => return runs_of_line(line, window, now),
    };
    u64::try_from(runs).unwrap_or(u64::MAX)
}

/// As many as the line has on its days, of which whole ones are counted from midnight on. On a day on which clocks are
/// set it may be some more or fewer.
fn runs_of_line(line: &CronLine, window: Duration, now: Timestamp) -> u64 {
    let days = window.as_secs().div_ceil(ONE_DAY).max(1);
    let whole = Duration::from_secs(days * ONE_DAY);
    let runs = u128::from(line.runs_a_day()) * u128::from(named_days(line, whole, now));
    u64::try_from(runs * window.as_millis() / whole.as_millis()).unwrap_or(u64::MAX)
}

/// On how many days of a time a line runs: which these are is the same in every zone.
fn named_days(line: &CronLine, time: Duration, now: Timestamp) -> u64 {
    let day_of = |at: Timestamp| at.as_second().div_euclid(ONE_DAY.cast_signed());
    let end_of = |day: i64| Timestamp::from_second((day + 1) * ONE_DAY.cast_signed() - 1).ok();
    let last_before = end_of(day_of(now) - 1);
    let end = last_before.and_then(|before| before.checked_add(time).ok());
    let (Some(mut after), Some(end)) = (last_before, end) else {
        return 0;
    };
    let mut days = 0;
    while let Some(next) = line.next_after(after, &TimeZone::UTC).filter(|next| *next <= end) {
        days += 1;
        let Some(end_of_day) = end_of(day_of(next)) else {
            break;
        };
        after = end_of_day;
    }
    days
}
