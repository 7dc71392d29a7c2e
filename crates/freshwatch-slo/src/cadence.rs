//! How often a probe runs, as far as rules need to know it.

use std::iter;
use std::time::Duration;

use freshwatch_probe::definition::{Schedule, When};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The time from one run to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence {
    /// The shortest.
    pub shortest: Duration,
    /// The longest: a line of business hours has its weekends.
    pub longest: Duration,
}

/// So many runs of a cron line tell its rhythm: a night and a weekend of one that runs every minute of business hours.
const MOST_RUNS: usize = 1500;

/// Where there is no second run, or none soon, this is how long it takes.
const LONGEST: Duration = Duration::from_hours(366 * 24);

/// From when on the runs of a cron line are looked at. It is fixed, so that the same files give the same rules on every
/// day, and the end of a Thursday, so that a weekend comes soon.
pub(crate) const REFERENCE: Timestamp = Timestamp::constant(1_735_862_340, 0);

impl Cadence {
    /// The cadence of a schedule.
    pub fn of(schedule: &Schedule) -> Self {
        let line = match &schedule.when {
            When::Every(interval) => {
                return Self {
                    shortest: *interval,
                    longest: *interval,
                };
            }
            When::Cron(line) => line,
        };
        let zone = schedule.timezone.clone().unwrap_or(TimeZone::UTC);
        let runs = iter::successors(line.next_after(REFERENCE, &zone), |after| {
            line.next_after(*after, &zone)
        });
        Self::of_runs(runs.take(MOST_RUNS))
    }

    /// The cadence of some moments, in their order.
    pub(crate) fn of_runs(runs: impl Iterator<Item = Timestamp>) -> Self {
        let runs: Vec<Timestamp> = runs.collect();
        let gaps = runs
            .windows(2)
            .map(|two| two[1].duration_since(two[0]).unsigned_abs());
        Self {
            shortest: gaps.clone().min().unwrap_or(LONGEST),
            longest: gaps.max().unwrap_or(LONGEST),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use freshwatch_probe::cron::CronLine;
    use freshwatch_probe::definition::{Schedule, When};

    use super::Cadence;

    #[track_caller]
    fn check(when: When, minutes: (u64, u64)) {
        let schedule = Schedule {
            when,
            timezone: None,
            jitter: None,
        };
        let expected = Cadence {
            shortest: Duration::from_mins(minutes.0),
            longest: Duration::from_mins(minutes.1),
        };
        assert_eq!(Cadence::of(&schedule), expected);
    }

    #[test]
    fn nights_and_weekends_are_seen() {
        check(When::Every(Duration::from_mins(5)), (5, 5));
        let line = |line| When::Cron(CronLine::parse(line).unwrap());
        check(line("*/5 * * * *"), (5, 5));
        check(line("* 9-17 * * mon-fri"), (1, 63 * 60 + 1));
        check(line("0 9 * * mon-fri"), (24 * 60, 72 * 60));
        check(line("0 9,10 * * *"), (60, 23 * 60));
    }
}
