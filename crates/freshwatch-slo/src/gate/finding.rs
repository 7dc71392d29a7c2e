//! What was found of a condition: an outcome, a code, a value and a sentence.

use std::fmt;

use super::Verdict;
use super::answer::{Kind, Trouble};

/// What was found of a condition, or of one of the probes or series that it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The probe or the series, where a condition may be about several.
    pub subject: Option<String>,
    /// What it means for the gate.
    pub outcome: Outcome,
    /// Why, in one word that machines compare.
    pub code: Code,
    /// The number that was compared. Always finite.
    pub value: Option<f64>,
    /// What was seen, in the unit of the bound.
    pub shown: Option<String>,
    /// Why, in plain words.
    pub message: String,
}

/// What a finding means for the gate, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The bound is kept.
    Pass,
    /// The condition does not apply.
    Skipped,
    /// Nobody knows.
    Inconclusive,
    /// The bound is broken.
    Block,
}

impl Outcome {
    /// The word that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Skipped => "skipped",
            Self::Inconclusive => "inconclusive",
            Self::Block => "block",
        }
    }

    /// What it means for the gate as a whole.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Pass | Self::Skipped => Verdict::Pass,
            Self::Inconclusive => Verdict::Inconclusive,
            Self::Block => Verdict::Block,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal),+ $(,)?) => {
        /// Why, in one word that machines compare: stable and documented.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $name),+ }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word of the code.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

codes! {
    /// The bound is kept.
    Kept = "kept",
    /// The bound is broken.
    Broken = "broken",
    /// There is less than the floor.
    BelowFloor = "below_floor",
    /// The query gives no series, or nothing was counted.
    NoData = "no_data",
    /// The value is not a number.
    NotANumber = "not_a_number",
    /// The value is infinite, on the side of the bound that would pass.
    Infinite = "infinite",
    /// More series than one, and nothing says what to do with many.
    SeveralSeries = "several_series",
    /// Counts that cannot be: negative, or a part that is more than the whole.
    NoCount = "no_count",
    /// Not the buckets of one histogram.
    NoHistogram = "no_histogram",
    /// No bucket ends at the bound, and the others do not tell on which side of it the quantile is.
    NoBucket = "no_bucket",
    /// The last run of the probe told nothing of its service.
    UnknownVerdict = "unknown_verdict",
    /// The bound is kept, by a result that the backend warns of.
    Warned = "warned",
    /// The backend cannot be reached, or is not well.
    Unavailable = "unavailable",
    /// The backend did not answer in time.
    Slow = "slow",
    /// The backend does not take the query.
    Refused = "refused",
    /// What the backend answers is no result.
    Unreadable = "unreadable",
}

impl Code {
    /// Whether the backend has answered and there is nothing to look at.
    pub const fn is_no_data(self) -> bool {
        matches!(self, Self::NoData | Self::NotANumber)
    }
}

impl Finding {
    /// That nobody knows, and why.
    pub(super) fn inconclusive(code: Code, message: impl Into<String>) -> Self {
        Self {
            subject: None,
            outcome: Outcome::Inconclusive,
            code,
            value: None,
            shown: None,
            message: message.into(),
        }
    }

    /// That the backend gave nothing to judge.
    pub(super) fn trouble(trouble: &Trouble) -> Self {
        let code = match trouble.kind {
            Kind::Unavailable => Code::Unavailable,
            Kind::Slow => Code::Slow,
            Kind::Refused => Code::Refused,
            Kind::Unreadable => Code::Unreadable,
        };
        Self::inconclusive(code, format!("the backend {}", trouble.message))
    }

    /// The same of one probe or series.
    pub(super) fn of(self, subject: impl Into<String>) -> Self {
        Self {
            subject: Some(subject.into()),
            ..self
        }
    }

    /// A result that the backend warns of may lack a part: it can show a violation, and cannot show that there is none.
    pub(super) fn doubt(&mut self, warnings: &[&str]) {
        let Some(first) = warnings.first() else { return };
        if self.outcome == Outcome::Pass {
            self.outcome = Outcome::Inconclusive;
            self.code = Code::Warned;
        }
        self.message = format!("{}; the backend warns: {first}", self.message);
    }
}
