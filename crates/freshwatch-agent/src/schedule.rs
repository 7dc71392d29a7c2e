//! When a probe is to start. Pure: time is an argument, so that a test can simulate a week.
//!
//! The slots of a schedule lie fixed on the time line, whoever asks and whenever: a restart, a second replica or a
//! reload does not move them.
//!
//! - `every: 1m` has a slot in each interval counted from 1970-01-01T00:00:00Z. Where in it is told by the probe's
//!   name, in steps of 10 ms, so that probes start evenly spread over the interval; with `jitter: 10s`, over its first
//!   ten seconds.
//! - `cron` has a slot at each moment of the line in its zone, as [`freshwatch_probe::cron`] rules; with
//!   `jitter: 10s`, at a place within the ten seconds after it that is told by the name as well.
//!
//! So `jitter` is a width, not a die: the distance between two runs of a probe stays even, and no run can overtake the
//! one before.
//!
//! [`Schedule`] is the rule; [`Plan`] is where one probe stands in it, and what it does when a clock is set.

mod plan;
mod spread;

use std::time::Duration;

use freshwatch_probe::cron::CronLine;
use freshwatch_probe::definition::{self, ProbeName, When};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub use plan::{Plan, Waking};

/// A slot that is later than this is missed, however long the schedule's interval: what a run says then is not about
/// its slot, and what a suspended machine missed must not start all at once.
const LONGEST_LATENESS: Duration = Duration::from_mins(1);

/// The missed slots of a cron line are counted one by one, up to a day of minutes; beyond that the clock was wrong.
const MOST_COUNTED: usize = 24 * 60;

/// When a probe is to start.
#[derive(Debug, Clone)]
pub struct Schedule {
    rhythm: Rhythm,
    /// From where the rhythm has its moment to where this probe has its slot.
    shift: SignedDuration,
}

#[derive(Debug, Clone)]
enum Rhythm {
    /// Nanoseconds, more than 0.
    Every(i128),
    Cron {
        line: CronLine,
        zone: TimeZone,
    },
}

/// One start that a schedule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// When the run is to start.
    pub due: Timestamp,
    /// From here on it is missed: the next slot is due, or a minute has gone by.
    pub start_by: Timestamp,
}

impl Slot {
    /// How much later than due it is now; 0 before.
    pub fn lateness(&self, now: Timestamp) -> Duration {
        now.duration_since(self.due).try_into().unwrap_or(Duration::ZERO)
    }
}

impl Schedule {
    /// The schedule of the probe with this name.
    pub fn new(name: &ProbeName, declared: &definition::Schedule) -> Self {
        let (rhythm, width) = match &declared.when {
            When::Every(interval) => {
                // The grammar has no shorter interval than a second; whatever comes, time must move on.
                let interval = (*interval).max(Duration::from_millis(1));
                let nanoseconds = i128::try_from(interval.as_nanos()).unwrap_or(i128::MAX);
                (Rhythm::Every(nanoseconds), declared.jitter.unwrap_or(interval))
            }
            When::Cron(line) => {
                let zone = declared.timezone.clone().unwrap_or(TimeZone::UTC);
                let rhythm = Rhythm::Cron {
                    line: line.clone(),
                    zone,
                };
                (rhythm, declared.jitter.unwrap_or(Duration::ZERO))
            }
        };
        Self {
            rhythm,
            shift: spread::place_within(width, name.as_str()),
        }
    }

    /// The first slot after a point in time, not at it; none when a cron line has come to its end, the year 2100.
    pub fn next(&self, after: Timestamp) -> Option<Slot> {
        let after = after.checked_sub(self.shift).ok()?;
        let moment = match &self.rhythm {
            Rhythm::Every(interval) => {
                let passed = after.as_nanosecond().div_euclid(*interval);
                Timestamp::from_nanosecond((passed + 1).checked_mul(*interval)?).ok()?
            }
            Rhythm::Cron { line, zone } => line.next_after(after, zone)?,
        };
        self.slot(moment)
    }

    /// The last slot at a point in time or before it; none when a cron line has not yet begun, before the year 1970.
    pub fn latest(&self, now: Timestamp) -> Option<Slot> {
        let now = now.checked_sub(self.shift).ok()?;
        let moment = match &self.rhythm {
            Rhythm::Every(interval) => {
                let passed = now.as_nanosecond().div_euclid(*interval);
                Timestamp::from_nanosecond(passed.checked_mul(*interval)?).ok()?
            }
            Rhythm::Cron { line, zone } => {
                let just_after = now.checked_add(SignedDuration::from_nanos(1)).ok()?;
                line.previous_before(just_after, zone)?
            }
        };
        self.slot(moment)
    }

    /// How many slots there are after a point in time, not at it, up to and with another one. Exact for `every`; for a
    /// cron line at most 1,440.
    pub fn missed_between(&self, last: Timestamp, now: Timestamp) -> u64 {
        if now <= last {
            return 0;
        }
        let count = match &self.rhythm {
            Rhythm::Every(interval) => {
                let shift = self.shift.as_nanos();
                let passed = |moment: Timestamp| (moment.as_nanosecond() - shift).div_euclid(*interval);
                u64::try_from(passed(now) - passed(last)).ok()
            }
            Rhythm::Cron { .. } => {
                let slots = std::iter::successors(self.next(last), |slot| self.next(slot.due));
                let missed = slots.take_while(|slot| slot.due <= now);
                u64::try_from(missed.take(MOST_COUNTED).count()).ok()
            }
        };
        count.unwrap_or(u64::MAX)
    }

    fn slot(&self, moment: Timestamp) -> Option<Slot> {
        let due = moment.checked_add(self.shift).ok()?;
        let patience = match &self.rhythm {
            Rhythm::Every(interval) => {
                Duration::from_nanos_u128(interval.unsigned_abs()).min(LONGEST_LATENESS)
            }
            // No line runs more than once a minute.
            Rhythm::Cron { .. } => LONGEST_LATENESS,
        };
        let start_by = due.checked_add(patience).ok()?;
        Some(Slot { due, start_by })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use freshwatch_probe::cron::CronLine;
    use freshwatch_probe::definition::{self, ProbeName, When};
    use freshwatch_probe::duration;
    use jiff::Timestamp;
    use jiff::tz::TimeZoneDatabase;

    use super::{Schedule, Slot};

    /// `every` or a cron line, the zone, the jitter.
    pub(super) fn schedule(name: &str, when: &str, zone: &str, jitter: Option<&str>) -> Schedule {
        let name = ProbeName::parse(name).unwrap();
        let when = match duration::parse(when) {
            Ok(interval) => When::Every(interval),
            Err(_) => When::Cron(CronLine::parse(when).unwrap()),
        };
        let timezone = Some(TimeZoneDatabase::bundled().get(zone).unwrap());
        let jitter = jitter.map(|jitter| duration::parse(jitter).unwrap());
        Schedule::new(
            &name,
            &definition::Schedule {
                when,
                timezone,
                jitter,
            },
        )
    }

    pub(super) fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn slots(schedule: &Schedule, after: &str, count: usize) -> Vec<String> {
        let slots = std::iter::successors(schedule.next(at(after)), |slot| schedule.next(slot.due));
        slots.take(count).map(|slot| slot.due.to_string()).collect()
    }

    #[test]
    fn every_has_one_slot_an_interval_at_a_place_of_its_name() {
        let schedule = schedule("real-price", "1m", "UTC", None);
        let expected = ["2026-11-20T12:00:28.32Z", "2026-11-20T12:01:28.32Z"];
        assert_eq!(slots(&schedule, "2026-11-20T12:00:00Z", 2), expected);
        // Whoever asks, whenever.
        assert_eq!(
            slots(&schedule, "2026-11-20T12:00:28.319999999Z", 1),
            expected[..1]
        );
        assert_eq!(slots(&schedule, "2026-11-20T12:00:28.32Z", 1), expected[1..]);
        assert_eq!(
            slots(&schedule, "1969-12-31T23:59:00Z", 1),
            ["1969-12-31T23:59:28.32Z"]
        );
    }

    #[test]
    fn jitter_is_the_width_of_the_spread() {
        let every = |jitter| {
            slots(
                &schedule("real-price", "1m", "UTC", Some(jitter)),
                "2026-11-20T12:00:00Z",
                1,
            )
        };
        assert_eq!(every("10s"), ["2026-11-20T12:00:04.72Z"]);
        assert_eq!(every("0s"), ["2026-11-20T12:01:00Z"]);
        let cron = |jitter| {
            slots(
                &schedule("real-price", "0 9 * * *", "Asia/Seoul", jitter),
                "2026-11-20T00:00:00Z",
                1,
            )
        };
        assert_eq!(cron(None), ["2026-11-21T00:00:00Z"]);
        assert_eq!(cron(Some("1h")), ["2026-11-20T00:28:19.76Z"]);
    }

    #[test]
    fn cron_runs_in_its_zone() {
        let schedule = schedule("a", "30 2 * * *", "America/New_York", None);
        let expected = [
            "2026-03-07T07:30:00Z",
            "2026-03-08T07:00:00Z",
            "2026-03-09T06:30:00Z",
        ];
        assert_eq!(slots(&schedule, "2026-03-07T00:00:00Z", 3), expected);
    }

    #[test]
    fn all_start_once_within_one_interval_of_a_cold_start() {
        let now = at("2026-11-20T12:34:56.789Z");
        let mut tenths = [0; 10];
        for number in 0..1000 {
            let schedule = schedule(&format!("probe-{number}"), "1m", "UTC", None);
            let wait = schedule.next(now).unwrap().due.duration_since(now).as_millis();
            assert!((1..=60_000).contains(&wait), "{wait}");
            tenths[usize::try_from((wait - 1) / 6000).unwrap()] += 1;
        }
        assert!(
            tenths.iter().all(|count| (60..=140).contains(count)),
            "{tenths:?}"
        );
    }

    #[test]
    fn a_slot_is_missed_when_the_next_is_due_or_after_a_minute() {
        let patience = |when| {
            let Slot { due, start_by } = schedule("a", when, "UTC", None)
                .next(at("2026-11-20T12:00:00Z"))
                .unwrap();
            start_by.duration_since(due).as_secs()
        };
        assert_eq!(patience("5s"), 5);
        assert_eq!(patience("10m"), 60);
        assert_eq!(patience("* * * * *"), 60);
    }

    #[test]
    fn missed_slots_are_counted_as_they_are_found() {
        let (from, to) = (at("2026-11-20T12:00:00Z"), at("2026-11-20T17:23:45Z"));
        for when in ["1s", "7s", "10m", "3h", "* * * * *", "*/15 * * * *", "0 16 * * *"] {
            let schedule = schedule("real-price", when, "Asia/Kathmandu", None);
            let found = std::iter::successors(schedule.next(from), |slot| schedule.next(slot.due));
            let found: Vec<Slot> = found.take_while(|slot| slot.due <= to).collect();
            assert_eq!(schedule.missed_between(from, to), found.len() as u64, "{when}");
            assert_eq!(schedule.missed_between(to, from), 0, "{when}");
            assert_eq!(
                schedule.latest(to),
                found.last().copied().or(schedule.latest(from)),
                "{when}"
            );
            if let Some(last) = found.last() {
                assert_eq!(schedule.latest(last.due), Some(*last), "{when}");
                assert_eq!(
                    schedule.missed_between(from, last.due),
                    found.len() as u64,
                    "{when}"
                );
            }
        }
    }

    #[test]
    fn a_clock_that_was_years_off_is_counted_in_no_time() {
        let (from, to) = (at("1970-01-02T00:00:00Z"), at("2026-11-20T12:00:00Z"));
        let missed = |when| schedule("a", when, "Europe/Berlin", None).missed_between(from, to);
        assert_eq!(missed("1m"), 29_918_160);
        assert_eq!(missed("* * * * *"), 1440);
        assert_eq!(missed("0 0 29 2 *"), 14);
    }

    #[test]
    fn nothing_overflows() {
        for when in ["1ms", "1s", "100w", "* * * * *"] {
            let schedule = schedule("a", when, "Pacific/Apia", Some("36500d"));
            for moment in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
                let _ = (schedule.next(moment), schedule.latest(moment));
            }
            let _ = schedule.missed_between(Timestamp::MIN, Timestamp::MAX);
        }
        let name = ProbeName::parse("a").unwrap();
        let when = When::Every(Duration::MAX);
        let declared = definition::Schedule {
            when,
            timezone: None,
            jitter: Some(Duration::MAX),
        };
        let _ = Schedule::new(&name, &declared).next(Timestamp::UNIX_EPOCH);
    }
}
