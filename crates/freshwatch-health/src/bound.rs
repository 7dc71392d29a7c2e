//! How old the data of a dataset may be.

use std::time::Duration;

/// So far into the future is still now: clocks of two machines are never quite the same.
const MAX_SKEW: Duration = Duration::from_mins(2);

/// How old the data of a dataset may be.
///
/// ```
/// use std::time::Duration;
/// use freshwatch_health::Bound;
///
/// let nightly = Bound::max_age(Duration::from_hours(36)).warn_age(Duration::from_hours(26));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    pub(crate) max_age: Duration,
    pub(crate) warn_age: Option<Duration>,
    pub(crate) max_skew: Duration,
}

impl Bound {
    /// Data that is older fails.
    pub const fn max_age(max_age: Duration) -> Self {
        Self {
            max_age,
            warn_age: None,
            max_skew: MAX_SKEW,
        }
    }

    /// Data that is older is a warning; shorter than `max_age`.
    pub const fn warn_age(self, warn_age: Duration) -> Self {
        Self {
            warn_age: Some(warn_age),
            ..self
        }
    }

    /// So far into the future a time of update may lie and still be now; beyond it fails, as a time that cannot be
    /// true says nothing about the data. Two minutes without it.
    pub const fn max_skew(self, max_skew: Duration) -> Self {
        Self { max_skew, ..self }
    }

    pub(crate) fn has_room(&self) -> bool {
        let millisecond = Duration::from_millis(1);
        self.max_age >= millisecond && self.warn_age.is_none_or(|warn_age| warn_age < self.max_age)
    }
}
