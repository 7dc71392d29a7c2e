//! Whether an age keeps its bound.

use jiff::{SignedDuration, Timestamp};

use super::choice::{At, Choice, Look, invalid, signed};
use super::due::{Due, Outcome, Undecided};
use super::timestamp::Moment;
use super::{Bound, MaxAge, Signal};
use crate::calendar::PastThrough;
use crate::duration;
use crate::explain::Stage;
use crate::run::DataAge;
use crate::verdict::{Code, Reason, Verdict};

/// What a rule says of one value.
#[derive(Debug, Default)]
pub(super) struct Finding {
    pub reason: Option<Reason>,
    pub data: Option<DataAge>,
}

impl Finding {
    /// What an age says by its bound.
    fn of_age(
        choice: &Choice<'_>,
        age: SignedDuration,
        timestamp: Option<Timestamp>,
        bound: &MaxAge,
    ) -> Finding {
        let reason = bound.exceeded(age).map(|exceeded| {
            let Exceeded { seen, wanted, .. } = &exceeded;
            let message = format!(
                "the data is {seen} old{}; {}: {}",
                bound.clock(),
                exceeded.promise(),
                choice.subject()
            );
            let code = if exceeded.is_warning {
                Code::Aging
            } else {
                Code::TooOld
            };
            Reason::new(exceeded.verdict(), code, message)
                .contrast(format!("{seen} old"), format!("at most {wanted}"))
        });
        Finding {
            reason,
            data: Some(DataAge {
                timestamp,
                age: Some(age),
                max_age: Some(bound.max_age),
                due: None,
                landed: None,
            }),
        }
    }
}

impl Look<'_, '_> {
    /// Judges the value that counts.
    pub fn judge(&self, choice: &Choice<'_>) -> Finding {
        match (&self.rule.signal, choice.at) {
            (Signal::Expires { .. }, At::Moment(moment)) => self.judge_expiry(choice, moment),
            (Signal::At { bound, .. } | Signal::Period { bound, .. }, At::Moment(moment)) => match bound {
                Bound::MaxAge(bound) => self.judge_moment(choice, moment, bound),
                Bound::Due(due) => self.judge_landing(choice, moment, due),
            },
            (Signal::Age { bound, .. }, At::Age(age)) => {
                let timestamp = self.now.checked_sub(age).ok();
                let age = age.max(SignedDuration::ZERO);
                self.tell_bound(age, bound);
                Finding::of_age(choice, age, timestamp, bound)
            }
            // No other signal reads such a value.
            (Signal::Expires { .. } | Signal::At { .. } | Signal::Period { .. }, At::Age(_))
            | (Signal::Age { .. }, At::Moment(_))
            | (Signal::Advances { .. } | Signal::Changes { .. }, At::Age(_) | At::Moment(_)) => {
                Finding::default()
            }
        }
    }

    fn judge_moment(&self, choice: &Choice<'_>, moment: Moment, bound: &MaxAge) -> Finding {
        let timestamp = Some(self.data_time(moment));
        match bound.age_since(moment.end(), self.now) {
            Ok(age) => {
                self.tell_age(moment.end(), age, bound);
                self.tell_bound(age, bound);
                Finding::of_age(choice, age, timestamp, bound)
            }
            Err(past) => {
                self.tell_undecided(&past);
                Finding {
                    reason: Some(past_through(&past)),
                    data: Some(DataAge {
                        timestamp,
                        age: None,
                        max_age: Some(bound.max_age),
                        due: None,
                        landed: None,
                    }),
                }
            }
        }
    }

    fn judge_expiry(&self, choice: &Choice<'_>, moment: Moment) -> Finding {
        let end = moment.end();
        self.tell_expiry(end);
        let data = Some(DataAge {
            timestamp: None,
            age: None,
            max_age: None,
            due: Some(end),
            // Newer data is good until later.
            landed: Some(false),
        });
        if end >= self.now {
            return Finding { reason: None, data };
        }
        let past = duration::show(self.now.duration_since(end).unsigned_abs());
        let message = format!("the data was good until {past} ago: {}", choice.subject());
        let reason = Reason::new(Verdict::Stale, Code::Expired, message);
        Finding {
            reason: Some(reason.contrast(choice.shown(), format!("later than {}", self.now))),
            data,
        }
    }

    fn judge_landing(&self, choice: &Choice<'_>, moment: Moment, due: &Due) -> Finding {
        let timestamp = self.data_time(moment);
        // Where the calendar ends, nobody knows when the next one is.
        let next = due.next_after(self.now).ok().flatten();
        let data = Some(DataAge {
            timestamp: Some(timestamp),
            age: Some(self.now.duration_since(timestamp).max(SignedDuration::ZERO)),
            max_age: None,
            due: next.map(|next| next.at),
            landed: next.and_then(|next| due.has_landed(moment, next.wanted).ok()),
        });
        let landing = match due.judge(moment, self.now) {
            Ok(landing) => landing,
            Err(why) => {
                self.tell_undecided(&why);
                return Finding {
                    reason: Some(undecided(&why, choice)),
                    data,
                };
            }
        };
        self.trace.tell(Stage::Bound, || landing.message.clone());
        let (verdict, code) = match landing.outcome {
            Outcome::Landed => return Finding { reason: None, data },
            Outcome::Late => (Verdict::Degraded, Code::Late),
            Outcome::NotLanded => (Verdict::Stale, Code::NotLanded),
        };
        let message = format!("{}: {}", landing.message, choice.subject());
        let reason = Reason::new(verdict, code, message);
        Finding {
            reason: Some(reason.contrast(choice.shown(), due.show_wanted(landing.due.wanted))),
            data,
        }
    }

    /// The data's own time. A day that is not over yet is as fresh as can be; its end would lie in the future.
    fn data_time(&self, moment: Moment) -> Timestamp {
        match moment {
            Moment::Period { end, .. } => end.min(self.now),
            Moment::Instant(at) => at,
        }
    }
}

/// An age beyond a bound.
pub(super) struct Exceeded {
    /// Whether it is beyond `warn_age` alone.
    pub is_warning: bool,
    /// The age.
    pub seen: String,
    /// The bound.
    pub wanted: String,
}

impl Exceeded {
    pub const fn verdict(&self) -> Verdict {
        if self.is_warning {
            Verdict::Degraded
        } else {
            Verdict::Stale
        }
    }

    /// What was promised, for the middle of a sentence.
    pub fn promise(&self) -> String {
        let wanted = &self.wanted;
        if self.is_warning {
            format!("a warning is due after {wanted}")
        } else {
            format!("at most {wanted} is promised")
        }
    }
}

impl MaxAge {
    /// How old something is that is as old as a moment; with a calendar in its open time alone.
    pub(super) fn age_since(&self, since: Timestamp, now: Timestamp) -> Result<SignedDuration, PastThrough> {
        match &self.calendar {
            Some(calendar) => calendar.open_between(since, now),
            None => Ok(now.duration_since(since).max(SignedDuration::ZERO)),
        }
    }

    /// Whether an age is beyond a bound.
    pub(super) fn exceeded(&self, age: SignedDuration) -> Option<Exceeded> {
        let (is_warning, limit) = match self.warn_age {
            _ if age > signed(self.max_age) => (false, self.max_age),
            Some(warn_age) if age > signed(warn_age) => (true, warn_age),
            Some(_) | None => return None,
        };
        let (seen, wanted) = duration::show_apart(age.unsigned_abs(), limit);
        Some(Exceeded {
            is_warning,
            seen,
            wanted,
        })
    }

    /// Which clock the age runs by, for the middle of a sentence.
    pub(crate) fn clock(&self) -> String {
        let calendar = self.calendar.as_ref();
        calendar.map_or_else(String::new, |calendar| {
            format!(" in the open time of `{}`", calendar.name())
        })
    }
}

/// A calendar that does not know the day never fails open.
pub(super) fn past_through(past: &PastThrough) -> Reason {
    Reason::new(Verdict::Unknown, Code::Calendar, past.to_string())
}

fn undecided(why: &Undecided, choice: &Choice<'_>) -> Reason {
    match why {
        Undecided::PastThrough(past) => past_through(past),
        Undecided::NeverDue { .. } => Reason::new(Verdict::Unknown, Code::Calendar, why.to_string()),
        Undecided::TooCoarse { wanted, .. } => {
            let message = format!("{}: {why}", choice.subject());
            invalid(Code::BadTimestamp, message).contrast(choice.shown(), format!("a {wanted}"))
        }
    }
}
