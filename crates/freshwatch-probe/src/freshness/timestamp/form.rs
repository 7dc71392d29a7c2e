//! In which form a value told its time.

use std::fmt;

use super::epoch::EpochUnit;
use crate::freshness::period::Unit;

/// In which form a value told its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A number since 1970-01-01T00:00:00Z.
    Epoch(EpochUnit),
    /// A day, week, month, quarter or year.
    Period(Unit),
    /// ISO 8601 (RFC 3339 and its near misses).
    Iso {
        /// Whether it names its zone.
        zoned: bool,
    },
    /// An HTTP date (RFC 9110, section 5.6.7).
    Http,
    /// A date of a mail (RFC 5322).
    Mail,
    /// What C's `asctime` writes, which does not tell its zone.
    Asctime,
    /// `/Date(1715678990000)/`
    Microsoft,
    /// The file's own pattern.
    Pattern {
        /// Whether the value names its zone.
        zoned: bool,
    },
}

impl Form {
    /// Whether the value leaves its zone to the probe file.
    pub const fn is_naive(self) -> bool {
        match self {
            Self::Period(_) | Self::Asctime => true,
            Self::Iso { zoned } | Self::Pattern { zoned } => !zoned,
            Self::Epoch(_) | Self::Http | Self::Mail | Self::Microsoft => false,
        }
    }
}

impl fmt::Display for Form {
    /// For behind "as".
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epoch(unit) => write!(formatter, "{} since 1970", unit.name()),
            Self::Period(unit) => write!(formatter, "a {unit}"),
            Self::Iso { zoned: true } => formatter.write_str("an ISO time with its zone"),
            Self::Iso { zoned: false } => formatter.write_str("an ISO time without a zone"),
            Self::Http => formatter.write_str("an HTTP date"),
            Self::Mail => formatter.write_str("a date of mails (RFC 5322)"),
            Self::Asctime => formatter.write_str("a date of C's asctime, without a zone"),
            Self::Microsoft => formatter.write_str("milliseconds since 1970, in ASP.NET's form"),
            Self::Pattern { .. } => formatter.write_str("the pattern has it"),
        }
    }
}
