//! Whether what was due has landed.

use jiff::Timestamp;

use super::{Due, DueMoment, Undecided, Wanted, signed};
use crate::duration;
use crate::freshness::period::Period;
use crate::freshness::timestamp::Moment;

/// Whether what was due has landed, and which due moment decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    /// Whether it has.
    pub outcome: Outcome,
    /// The due moment that decides: the last one, or the last one whose grace is over where that is not kept.
    pub due: DueMoment,
    /// A plain sentence without a full stop, without what was seen.
    pub message: String,
}

/// Whether what was due has landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It has.
    Landed,
    /// It has not, and its grace is not over: degraded (`late`).
    Late,
    /// It has not, and its grace is over: stale (`not_landed`).
    NotLanded,
}

impl Due {
    /// Judges the newest data at `now`. A grace is for its own due moment alone: whatever was due before and is still
    /// missing stays missing while a later grace runs.
    ///
    /// # Errors
    /// Nobody can tell.
    pub fn judge(&self, newest: Moment, now: Timestamp) -> Result<Landing, Undecided> {
        let last = self.last(now)?;
        let grace = signed(self.grace);
        let overdue = match now.checked_sub(grace).map(|then| self.last(then)) {
            Ok(Ok(overdue)) => Some(overdue),
            // Only the first due moment of all can have nothing before it.
            Ok(Err(Undecided::NeverDue { .. })) | Err(_) => None,
            Ok(Err(undecided)) => return Err(undecided),
        };
        if let Some(overdue) = overdue
            && !self.has_landed(newest, overdue.wanted)?
        {
            return Ok(self.landing(Outcome::NotLanded, overdue, now));
        }
        let outcome = if self.has_landed(newest, last.wanted)? {
            Outcome::Landed
        } else {
            Outcome::Late
        };
        Ok(self.landing(outcome, last, now))
    }

    /// Whether the newest data is what is wanted, or newer.
    ///
    /// # Errors
    /// Its period does not tell.
    pub fn has_landed(&self, newest: Moment, wanted: Wanted) -> Result<bool, Undecided> {
        match (wanted, newest) {
            (Wanted::Period(wanted), Moment::Period { period, .. }) => {
                period.reaches(wanted).ok_or(Undecided::TooCoarse {
                    seen: period,
                    wanted: wanted.unit(),
                })
            }
            (Wanted::Period(wanted), Moment::Instant(at)) => {
                let period = Period::containing(self.zone.to_datetime(at), wanted.unit());
                Ok(period.is_some_and(|period| period >= wanted))
            }
            (Wanted::Since(since), newest) => Ok(newest.end() >= since),
        }
    }

    fn landing(&self, outcome: Outcome, due: DueMoment, now: Timestamp) -> Landing {
        let wanted = self.show_wanted(due.wanted);
        let when = self.show(due.at);
        let ago = duration::show(now.duration_since(due.at).unsigned_abs());
        let grace = duration::show(self.grace);
        let message = match outcome {
            Outcome::Landed => format!("{wanted} has landed, which was due at {when}"),
            Outcome::Late => {
                format!(
                    "{wanted} was due at {when}, {ago} ago, and has not landed; its grace of {grace} is not over"
                )
            }
            Outcome::NotLanded if self.grace.is_zero() => {
                format!("{wanted} was due at {when}, {ago} ago, and has not landed")
            }
            Outcome::NotLanded => format!(
                "{wanted} was due at {when}, {ago} ago, and has not landed; its grace of {grace} is over"
            ),
        };
        Landing {
            outcome,
            due,
            message,
        }
    }
}
