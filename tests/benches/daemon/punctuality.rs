//! What was due against what reached the target.

use std::collections::HashSet;
use std::time::Duration;

use freshwatch_agent::schedule::Schedule;
use jiff::{SignedDuration, Timestamp};

use crate::target::Arrival;

/// A request may be this much early: the clocks of two cores, and a due moment that was rounded.
const EARLY: SignedDuration = SignedDuration::from_millis(2);

/// A time in which slots are due: after `from`, up to and with `to`.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Its start.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
}

/// How the slots of a window were met.
#[derive(Debug, Clone, Default)]
pub struct Punctuality {
    /// How many there were.
    pub due: u32,
    /// How many had a request.
    pub done: u32,
    /// Requests that reached the target in the interval of a slot that had its request already: later than an interval,
    /// or twice.
    pub doubled: u32,
    /// Of each run that was done: the request's arrival at the target minus the moment when it was due; sorted.
    lateness: Vec<Duration>,
    /// When the last first request of a slot came.
    pub last: Option<Timestamp>,
}

impl Punctuality {
    /// Matches each request with the last slot before it.
    pub fn of(schedules: &[Schedule], arrivals: &[Arrival], window: Window) -> Self {
        let due = schedules
            .iter()
            .map(|schedule| schedule.missed_between(window.from, window.to))
            .sum::<u64>();
        let mut seen = Self {
            due: u32::try_from(due).unwrap_or(u32::MAX),
            ..Self::default()
        };
        let mut met = HashSet::new();
        for arrival in arrivals {
            let Some(due) = slot_of(schedules, arrival) else {
                continue;
            };
            if due <= window.from || due > window.to {
                continue;
            }
            if met.insert((arrival.probe, due)) {
                seen.done += 1;
                seen.lateness.push(
                    arrival
                        .at
                        .duration_since(due)
                        .try_into()
                        .unwrap_or(Duration::ZERO),
                );
                seen.last = seen.last.max(Some(arrival.at));
            } else {
                seen.doubled += 1;
            }
        }
        seen.lateness.sort_unstable();
        seen
    }

    /// Slots without a request.
    pub fn lost(&self) -> u32 {
        self.due.saturating_sub(self.done)
    }

    /// The lateness that so many in a thousand runs did not exceed, in milliseconds.
    pub fn lateness(&self, per_mille: usize) -> f64 {
        let rank = (self.lateness.len() * per_mille).div_ceil(1000);
        let lateness = self.lateness.get(rank.saturating_sub(1)).copied();
        lateness.unwrap_or_default().as_secs_f64() * 1e3
    }
}

fn slot_of(schedules: &[Schedule], arrival: &Arrival) -> Option<Timestamp> {
    let schedule = schedules.get(usize::try_from(arrival.probe).ok()?)?;
    Some(schedule.latest(arrival.at.checked_add(EARLY).ok()?)?.due)
}
