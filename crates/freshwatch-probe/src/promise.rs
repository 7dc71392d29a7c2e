//! What a probe promises over time: four promises, each of which some verdicts break and some leave alone.

use std::fmt;
use std::time::Duration;

use crate::verdict::Verdict;

/// The windows whose burn rates are recorded, from the shortest to the longest.
pub const BURN_RATE_WINDOWS: [Duration; 8] = [
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(1),
    Duration::from_hours(2),
    Duration::from_hours(6),
    Duration::from_hours(24),
    Duration::from_hours(3 * 24),
    Duration::from_hours(30 * 24),
];

/// One promise. The value of the label `promise` of everything that is recorded about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Promise {
    /// Of the runs that are not unknown, those not down.
    Up,
    /// Of the runs that got an answer, those not invalid.
    Valid,
    /// Of the runs with a valid answer, those not stale.
    Fresh,
    /// Of the runs with a valid answer, those that took no longer than `warn.latency` allows.
    Latency,
}

impl Promise {
    /// All of them, in the order in which a run can break them.
    pub const ALL: [Self; 4] = [Self::Up, Self::Valid, Self::Fresh, Self::Latency];

    /// The word of the promise, as `slo` and the label `promise` have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Valid => "valid",
            Self::Fresh => "fresh",
            Self::Latency => "latency",
        }
    }

    /// The promise of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|promise| promise.as_str() == word)
    }

    /// The verdict that breaks it; the latency is broken by how long a run took, not by its verdict.
    pub const fn breaker(self) -> Option<Verdict> {
        match self {
            Self::Up => Some(Verdict::Down),
            Self::Valid => Some(Verdict::Invalid),
            Self::Fresh => Some(Verdict::Stale),
            Self::Latency => None,
        }
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
