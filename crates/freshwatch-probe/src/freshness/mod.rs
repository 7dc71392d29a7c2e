//! The freshness rule: which value of the answer tells how old the data is, and how old it may be.

pub mod assess;
pub mod cache;
pub mod due;
pub mod memory;
pub mod origin;
pub mod period;
pub mod timestamp;

use std::fmt;
use std::time::Duration;

use http::header::HeaderName;
use jiff::tz::TimeZone;
use regex::Regex;
use serde_json::Value;

use crate::path::Path;
use memory::Mark;
pub use timestamp::Format;

/// One signal, one bound.
#[derive(Debug, Clone)]
pub struct Freshness {
    /// What tells the age, and the bound on it.
    pub signal: Signal,
    /// Where the signal's value is.
    pub source: Source,
    /// Which of many values counts; without it there must be exactly one.
    pub pick: Option<Pick>,
    /// So far into the future is still now.
    pub max_skew: Duration,
    /// The largest `Age` header (RFC 9111, section 5.1) that is believed.
    pub max_cache_age: Option<Duration>,
}

/// What the signal's value means.
#[derive(Debug, Clone)]
pub enum Signal {
    /// A point in time: the age is now minus it.
    At {
        /// How the value is read.
        reading: Reading,
        /// How old the data may be.
        bound: MaxAge,
    },
    /// An age as a number.
    Age {
        /// The unit of the number.
        unit: AgeUnit,
        /// How old the data may be.
        bound: MaxAge,
    },
    /// A point in time, and the bound in one: past it the data is stale.
    Expires {
        /// How the value is read.
        reading: Reading,
    },
}

/// How a value is read as a point in time.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The format.
    pub format: Format,
    /// For values without a zone.
    pub timezone: Option<TimeZone>,
}

/// How old the data may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxAge {
    /// Older is stale.
    pub max_age: Duration,
    /// Older is degraded; shorter than `max_age`.
    pub warn_age: Option<Duration>,
}

/// Where the signal's value is.
#[derive(Debug, Clone)]
pub enum Source {
    /// What a JSONPath selects.
    Path(Path),
    /// A header field.
    Header(HeaderName),
    /// The first group of every match of a regex on the raw body.
    Text(Regex),
}

impl Freshness {
    /// What tells this rule from the others of its probe: its memory is kept by it.
    pub fn name(&self) -> String {
        let signal = match &self.signal {
            Signal::At { .. } => "at",
            Signal::Age { .. } => "age",
            Signal::Expires { .. } => "expires",
        };
        format!("{signal} {}", self.source)
    }

    /// What is remembered of a value of this rule.
    fn mark(&self, value: &Value) -> Result<Mark, String> {
        let in_text = !matches!(self.source, Source::Path(_));
        Mark::of_cursor(value, in_text)
    }

    /// Whether the rule cannot do without a memory of earlier runs.
    pub const fn needs_memory(&self) -> bool {
        false
    }

    /// Whether a memory of earlier runs is of use to the rule.
    pub const fn remembers(&self) -> bool {
        self.needs_memory()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(formatter, "`{path}`"),
            Self::Header(name) => write!(formatter, "the header `{name}`"),
            Self::Text(regex) => write!(formatter, "the text `{regex}`"),
        }
    }
}

/// Which of many values counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// The newest; `null` among others is passed over.
    Newest,
    /// The oldest; `null` is invalid.
    Oldest,
}

/// The unit of an `age`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum AgeUnit {
    Milliseconds,
    Seconds,
    Minutes,
    Hours,
    Days,
}

impl AgeUnit {
    /// All of them, with the word of the grammar.
    pub const ALL: [(&'static str, Self); 5] = [
        ("ms", Self::Milliseconds),
        ("s", Self::Seconds),
        ("m", Self::Minutes),
        ("h", Self::Hours),
        ("d", Self::Days),
    ];

    /// How many seconds one is.
    pub const fn seconds(self) -> f64 {
        match self {
            Self::Milliseconds => 0.001,
            Self::Seconds => 1.0,
            Self::Minutes => 60.0,
            Self::Hours => 3600.0,
            Self::Days => 86_400.0,
        }
    }
}
