//! The freshness rule: which value of the answer tells how old the data is, and how old it may be.

pub mod assess;
pub mod cache;
pub mod due;
pub mod each;
pub mod memory;
pub mod origin;
pub mod period;
pub mod source;
pub mod timestamp;

mod age;
mod aloud;
mod choice;
mod cursor;
mod stamp;

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::calendar::Calendar;
use crate::path::Path;
use due::Due;
pub use each::Each;
pub use source::Source;
pub use stamp::Stamp;
pub use timestamp::Format;

/// One signal, one bound.
#[derive(Debug, Clone)]
pub struct Freshness {
    /// What tells the age, and the bound on it.
    pub signal: Signal,
    /// Where the signal's value is; within its item where there is `each`.
    pub source: Source,
    /// Which of many values counts; without it there must be exactly one.
    pub pick: Option<Pick>,
    /// The items that are judged each on its own.
    pub each: Option<Box<Each>>,
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
        /// How old the data may be, or by when it is due.
        bound: Bound,
    },
    /// An age as a number.
    Age {
        /// The unit of the number.
        unit: AgeUnit,
        /// How old the data may be.
        bound: MaxAge,
    },
    /// A date, month, quarter, week or year that the data covers: the age counts from its end.
    Period {
        /// How the value is read.
        reading: Reading,
        /// How old the data may be, or by when it is due.
        bound: Bound,
    },
    /// A number or text that must move on: the age counts from when it last did. Numbers may not go back.
    Advances {
        /// The producer: the value needs to move only when this one has.
        follows: Option<Source>,
        /// How long it may stand still.
        bound: MaxAge,
    },
    /// Anything: the age counts from when it last changed.
    Changes {
        /// How long it may stay the same.
        bound: MaxAge,
    },
    /// A point in time, and the bound in one: past it the data is stale.
    Expires {
        /// How the value is read.
        reading: Reading,
    },
}

impl Signal {
    /// The key of the grammar.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::At { .. } => "at",
            Self::Age { .. } => "age",
            Self::Period { .. } => "period",
            Self::Advances { .. } => "advances",
            Self::Changes { .. } => "changes",
            Self::Expires { .. } => "expires",
        }
    }
}

/// How a value is read as a point in time.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The format.
    pub format: Format,
    /// For values without a zone.
    pub timezone: Option<TimeZone>,
}

/// What is promised of the data.
#[derive(Debug, Clone)]
pub enum Bound {
    /// That it is not older than so much.
    MaxAge(MaxAge),
    /// That it has landed at due moments.
    Due(Box<Due>),
}

/// How old the data may be.
#[derive(Debug, Clone)]
pub struct MaxAge {
    /// Older is stale.
    pub max_age: Duration,
    /// Older is degraded; shorter than `max_age`.
    pub warn_age: Option<Duration>,
    /// Age runs only while it is open.
    pub calendar: Option<Arc<Calendar>>,
}

/// So far into the future is still now, unless a rule says otherwise.
pub const MAX_SKEW: Duration = Duration::from_mins(2);

impl Freshness {
    /// A rule of a signal that is there exactly once, with every default of the grammar.
    pub const fn new(signal: Signal, source: Source) -> Self {
        Self {
            signal,
            source,
            pick: None,
            each: None,
            max_skew: MAX_SKEW,
            max_cache_age: None,
        }
    }

    /// What tells this rule from the others of its probe: its memory is kept by it.
    pub fn name(&self) -> String {
        let follows = self.follows().map(|producer| format!(" follows {producer}"));
        let each = self.each.as_ref().map(|each| format!(" of {each}"));
        format!(
            "{} {}{}{}",
            self.signal.word(),
            self.source,
            follows.unwrap_or_default(),
            each.unwrap_or_default()
        )
    }

    /// The producer that the value follows.
    pub const fn follows(&self) -> Option<&Source> {
        match &self.signal {
            Signal::Advances { follows, .. } => follows.as_ref(),
            Signal::At { .. }
            | Signal::Age { .. }
            | Signal::Period { .. }
            | Signal::Changes { .. }
            | Signal::Expires { .. } => None,
        }
    }

    /// Whether the rule cannot do without a memory of earlier runs.
    pub const fn needs_memory(&self) -> bool {
        match self.signal {
            Signal::Advances { .. } | Signal::Changes { .. } => true,
            Signal::At { .. } | Signal::Age { .. } | Signal::Period { .. } | Signal::Expires { .. } => false,
        }
    }

    /// Whether a memory of earlier runs is of use to the rule: for its verdict, or to note a timestamp that is made when
    /// the answer is.
    pub fn remembers(&self) -> bool {
        self.decides_by_memory() || self.may_be_stamped()
    }

    /// Whether a verdict can depend on a memory of earlier runs: the rule has cursors, or items that can vanish.
    pub fn decides_by_memory(&self) -> bool {
        self.needs_memory() || self.each.as_ref().is_some_and(|each| each.key.is_some())
    }

    /// Whether looking its values up takes no longer than reading the document.
    pub fn is_plain(&self) -> bool {
        let is_plain = |source: &Source| source.paths().all(Path::is_plain);
        let each = self.each.as_ref();
        is_plain(&self.source)
            && self.follows().is_none_or(is_plain)
            && each.is_none_or(|each| each.paths().all(Path::is_plain))
    }
}

impl MaxAge {
    /// A bound alone.
    pub const fn new(max_age: Duration) -> Self {
        Self {
            max_age,
            warn_age: None,
            calendar: None,
        }
    }
}

impl From<MaxAge> for Bound {
    fn from(bound: MaxAge) -> Self {
        Self::MaxAge(bound)
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
