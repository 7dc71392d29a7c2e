//! A dataset: when it was updated last, and whether that is too long ago.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use crate::bound::Bound;
use crate::clock::Clock;
use crate::finding::{About, Finding, Status};
use crate::moment::{self, words};

/// No update yet.
const NEVER: i64 = i64::MIN;

/// A dataset that was declared: keep it where the data is written.
///
/// Recording costs one atomic write. It may be cloned, and recorded from any thread.
#[derive(Debug, Clone)]
pub struct Dataset(Arc<Declared>);

#[derive(Debug)]
struct Declared {
    name: String,
    bound: Bound,
    clock: Clock,
    /// Milliseconds since the epoch.
    updated: AtomicI64,
}

impl Dataset {
    pub(crate) fn new(name: &str, bound: Bound, clock: Clock) -> Self {
        Self(Arc::new(Declared {
            name: name.to_owned(),
            bound,
            clock,
            updated: AtomicI64::new(NEVER),
        }))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The data was updated just now.
    pub fn updated(&self) {
        self.updated_at(self.0.clock.now());
    }

    /// The data is as of this time: what the backend's own database says after a restart, the time of a batch, or of
    /// the newest record. The newest of all times counts, in whatever order they come, so that a backfill of old data
    /// makes nothing older and nothing fresher. Milliseconds count.
    pub fn updated_at(&self, time: SystemTime) {
        let time = moment::since_epoch(time).max(NEVER + 1);
        self.0.updated.fetch_max(time, Ordering::Relaxed);
    }

    /// Puts another time in the place of the one that is known, older or none: for a time that was wrong, and for data
    /// that was withdrawn.
    pub fn correct(&self, time: Option<SystemTime>) {
        let time = time.map_or(NEVER, |time| moment::since_epoch(time).max(NEVER + 1));
        self.0.updated.store(time, Ordering::Relaxed);
    }

    /// When it was updated last, in whole milliseconds; `None`: nobody has said so since the process started.
    pub fn last_updated(&self) -> Option<SystemTime> {
        self.known().and_then(moment::at)
    }

    fn known(&self) -> Option<i64> {
        let updated = self.0.updated.load(Ordering::Relaxed);
        (updated != NEVER).then_some(updated)
    }

    /// What is found at `now`, in milliseconds since the epoch.
    pub(crate) fn finding(&self, now: i64) -> Finding {
        let updated = self.known();
        let age = updated.map(|updated| now.saturating_sub(updated));
        let (status, output) = match age {
            None => (
                Status::Fail,
                Some("nobody has recorded an update since the service started".to_owned()),
            ),
            Some(age) => judge(age, self.0.bound),
        };
        let skew = moment::millis(self.0.bound.max_skew);
        Finding {
            key: format!("{}:age", self.name()),
            component: self.name().to_owned(),
            about: About::Age {
                // Clocks differ a little: data of the near future is of now.
                age: age.map(|age| if age >= -skew { age.max(0) } else { age }),
                updated,
            },
            status,
            output,
            time: now,
        }
    }
}

/// What an age in milliseconds means.
fn judge(age: i64, bound: Bound) -> (Status, Option<String>) {
    let skew = moment::millis(bound.max_skew);
    let (status, output) = if age < skew.saturating_neg() {
        let ahead = words(age.unsigned_abs());
        let believed = words(skew.unsigned_abs());
        (
            Status::Fail,
            format!("the last update lies {ahead} in the future, and only {believed} is believed"),
        )
    } else if age > moment::millis(bound.max_age) {
        let limit = words(moment::millis(bound.max_age).unsigned_abs());
        (
            Status::Fail,
            format!(
                "the data is {} old; at most {limit} is promised",
                words(age.unsigned_abs())
            ),
        )
    } else if let Some(warn_age) = bound.warn_age.map(moment::millis).filter(|limit| age > *limit) {
        let limit = words(warn_age.unsigned_abs());
        (
            Status::Warn,
            format!(
                "the data is {} old; a warning is due after {limit}",
                words(age.unsigned_abs())
            ),
        )
    } else {
        return (Status::Pass, None);
    };
    (status, Some(output))
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::{Duration, SystemTime};

    use super::Dataset;
    use crate::bound::Bound;
    use crate::clock::Clock;
    use crate::finding::{About, Status};
    use crate::moment;

    const HOUR: Duration = Duration::from_hours(1);

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000)
    }

    fn dataset() -> Dataset {
        let bound = Bound::max_age(36 * HOUR).warn_age(26 * HOUR);
        Dataset::new("prices", bound, Clock::of(now))
    }

    /// Data that was updated at this time: the status, and what is told.
    #[track_caller]
    fn check(updated: Option<SystemTime>, status: Status, told: &str) {
        let dataset = dataset();
        dataset.correct(updated);
        let finding = dataset.finding(moment::since_epoch(now()));
        assert_eq!(
            (finding.status, finding.output.as_deref().unwrap_or_default()),
            (status, told)
        );
    }

    #[test]
    fn around_each_edge() {
        let ms = Duration::from_millis(1);
        check(Some(now()), Status::Pass, "");
        check(Some(now() - 26 * HOUR), Status::Pass, "");
        let aging = "the data is 1d2h old; a warning is due after 1d2h";
        check(Some(now() - 26 * HOUR - ms), Status::Warn, aging);
        let aging = "the data is 1d12h old; a warning is due after 1d2h";
        check(Some(now() - 36 * HOUR), Status::Warn, aging);
        let old = "the data is 1d12h old; at most 1d12h is promised";
        check(Some(now() - 36 * HOUR - ms), Status::Fail, old);
        check(Some(now() + Duration::from_mins(2)), Status::Pass, "");
        let ahead = "the last update lies 2m in the future, and only 2m is believed";
        check(Some(now() + Duration::from_mins(2) + ms), Status::Fail, ahead);
    }

    #[test]
    fn what_is_not_known_fails() {
        let never = "nobody has recorded an update since the service started";
        check(None, Status::Fail, never);
        let old = "the data is 20775d11h old; at most 1d12h is promised";
        check(Some(SystemTime::UNIX_EPOCH), Status::Fail, old);
    }

    #[test]
    fn the_newest_time_counts_in_whatever_order() {
        let dataset = dataset();
        dataset.updated_at(now() - HOUR);
        dataset.updated_at(now() - 40 * HOUR);
        assert_eq!(dataset.last_updated(), Some(now() - HOUR));
        dataset.updated();
        assert_eq!(dataset.last_updated(), Some(now()));
        dataset.correct(Some(now() - 40 * HOUR));
        assert_eq!(dataset.last_updated(), Some(now() - 40 * HOUR));
        dataset.correct(None);
        assert_eq!(dataset.last_updated(), None);
    }

    #[test]
    fn the_age_in_seconds_is_never_a_little_below_zero() {
        let age = |updated| {
            let dataset = dataset();
            dataset.updated_at(updated);
            dataset.finding(moment::since_epoch(now())).about
        };
        let aged = |about: About| match about {
            About::Age { age, .. } => age,
            About::Other => panic!("it is about an age"),
        };
        assert_eq!(aged(age(now() - HOUR)), Some(3_600_000));
        assert_eq!(aged(age(now() + Duration::from_secs(9))), Some(0));
        assert_eq!(aged(age(now() + HOUR)), Some(-3_600_000));
    }

    #[test]
    fn many_threads_record() {
        let dataset = dataset();
        thread::scope(|scope| {
            for thread in 0..8_u32 {
                let dataset = dataset.clone();
                scope.spawn(move || {
                    for step in 0..1000 {
                        dataset.updated_at(now() - HOUR + Duration::from_secs(1) * (step * 8 + thread));
                    }
                });
            }
        });
        assert_eq!(
            dataset.last_updated(),
            Some(now() - HOUR + Duration::from_secs(7_999))
        );
    }
}
