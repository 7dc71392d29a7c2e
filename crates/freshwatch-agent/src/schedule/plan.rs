//! Where one probe stands in its schedule.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Schedule, Slot};

/// The longest sleep that ends at a slot. A longer one ends before, to look at the clock again: a clock that is slewed
/// by the 0.05 % that time services allow themselves is then 30 ms off at most.
const LONGEST_STRAIGHT_SLEEP: Duration = Duration::from_mins(1);

/// When nothing is due any more.
const FOR_EVER: Duration = Duration::from_hours(24);

/// A `Retry-After` counts for a day at most.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// Where one probe stands in its schedule. It sleeps for [`Plan::sleep`], asks [`Plan::wake`] what to do, and says
/// when a run has ended: [`Plan::end`].
///
/// # When the clock is set, or the machine was suspended
/// - Forwards: the slots that were jumped over are missed, and counted. They are not made up for; the last of them
///   runs when it is still in time ([`Slot::start_by`]).
/// - Backwards: a slot that has run does not run again when the clock comes by it a second time, unless that lies
///   further ahead than the distance from it to the next slot: then the schedule goes on from the new time.
///
/// So a change of the clock brings one start more at most, and costs at most twice the distance between two slots
/// and the minute until it is noticed.
#[derive(Debug, Clone)]
pub struct Plan {
    schedule: Schedule,
    next: Option<Slot>,
    /// The slot that was started last.
    last: Option<Timestamp>,
    put_off: Option<PutOff>,
}

/// What a `Retry-After` asked for.
#[derive(Debug, Clone, Copy)]
struct PutOff {
    until: Timestamp,
    wait: Duration,
}

/// What to do on waking up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waking {
    /// Nothing yet.
    Sleep,
    /// Start the run of this slot; so many before it were missed.
    Start {
        /// What is started.
        slot: Slot,
        /// The slots before it that were not started in time.
        missed: u64,
    },
    /// So many slots were missed, and none is due.
    Missed(u64),
}

impl Plan {
    /// The plan of a probe that starts now: its first slot comes within one interval.
    pub fn new(schedule: Schedule, now: Timestamp) -> Self {
        Self {
            next: schedule.next(now),
            schedule,
            last: None,
            put_off: None,
        }
    }

    /// The slot that is waited for; none when the schedule has come to its end.
    pub const fn next(&self) -> Option<Slot> {
        self.next
    }

    /// How long to sleep before waking up: to the next slot, or where that is more than a minute away, nine tenths of
    /// the way. Whoever sleeps must be woken when the clock is set.
    pub fn sleep(&self, now: Timestamp) -> Duration {
        let wait = self.next.map(|slot| slot.due.duration_since(now));
        let wait = wait.map(|wait| Duration::try_from(wait).unwrap_or(Duration::ZERO));
        match wait {
            Some(wait) if wait <= LONGEST_STRAIGHT_SLEEP => wait,
            Some(wait) => wait / 10 * 9,
            None => FOR_EVER,
        }
    }

    /// What to do now.
    pub fn wake(&mut self, now: Timestamp) -> Waking {
        let Some(planned) = self.next else {
            return Waking::Sleep;
        };
        if now < planned.due {
            // The clock may have gone back.
            self.next = self.first_after(now);
            return Waking::Sleep;
        }
        let slot = match self.schedule.latest(now) {
            Some(latest) if now >= planned.start_by && latest.due > planned.due => latest,
            Some(_) | None => planned,
        };
        let missed = self.schedule.missed_between(planned.due, slot.due);
        if now >= slot.start_by {
            self.next = self.first_after(now);
            return Waking::Missed(missed.saturating_add(1));
        }
        self.last = Some(slot.due);
        self.next = self.schedule.next(slot.due);
        Waking::Start { slot, missed }
    }

    /// Says that what was started has ended, and how long the answer asked to be left alone (`Retry-After`, RFC 9110,
    /// section 10.2.3; a day at most). Gives the number of slots that fell due meanwhile: a run does not overlap the
    /// one before, so they are passed over.
    pub fn end(&mut self, now: Timestamp, retry_after: Option<Duration>) -> u64 {
        let overlapped = match self.next {
            Some(slot) if slot.due <= now => self.schedule.missed_between(slot.due, now).saturating_add(1),
            Some(_) | None => 0,
        };
        self.put_off = retry_after.and_then(|wait| {
            let wait = wait.min(LONGEST_WAIT);
            let until = now.checked_add(wait).ok()?;
            Some(PutOff { until, wait })
        });
        self.next = self.first_after(now);
        overlapped
    }

    /// Goes on by another schedule. What has run does not run again, and what was asked for by `Retry-After` holds. A
    /// slot that is due already was promised: it is started or counted as if nothing had changed.
    pub fn reschedule(&mut self, schedule: Schedule, now: Timestamp) {
        self.schedule = schedule;
        if self.next.is_none_or(|slot| slot.due > now) {
            self.next = self.first_after(now);
        }
    }

    /// The first slot that may still run.
    fn first_after(&mut self, now: Timestamp) -> Option<Slot> {
        let mut after = now;
        if let Some(last) = self.last
            && last > now
            && let Some(following) = self.schedule.next(last)
            && following.due.duration_since(last) > last.duration_since(now)
        {
            after = last;
        }
        if let Some(put_off) = &mut self.put_off {
            // A clock that goes back does not make the wait longer than what was asked for.
            put_off.until = put_off.until.min(now.checked_add(put_off.wait).ok()?);
            // The slot may lie exactly where the wait ends.
            after = after.max(put_off.until.checked_sub(SignedDuration::from_nanos(1)).ok()?);
        }
        self.schedule.next(after)
    }
}

#[cfg(test)]
mod tests;
