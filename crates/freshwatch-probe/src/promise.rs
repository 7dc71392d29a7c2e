//! What a probe can promise, each with a budget of its own: one lump would let a late batch freeze code deploys.

use std::fmt;

/// A promise of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Promise {
    /// Of all runs that are not unknown, those not down.
    Up,
    /// Of the runs that got an answer, those not invalid.
    Valid,
    /// Of the runs with a valid answer, those not stale.
    Fresh,
    /// Of the runs that got an answer, those within the bound of `warn.latency`.
    Latency,
}

impl Promise {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Up, Self::Valid, Self::Fresh, Self::Latency];

    /// The word of the grammar, and the value of the label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Valid => "valid",
            Self::Fresh => "fresh",
            Self::Latency => "latency",
        }
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
