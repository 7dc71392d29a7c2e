//! One run of a probe: what the channel from the agent to the reports, the telemetry and the page carries.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::definition::{Definition, ProbeName};
use crate::freshness::memory::{Memory, Recall};
use crate::freshness::origin::StaleAt;
use crate::judge::judge;
use crate::observation::{Exchange, NotMade, Observation, Outcome};
use crate::redact::Redactor;
use crate::trace::{Trace, TraceId};
use crate::verdict::{Reason, Verdict};

/// One run of a probe, judged.
#[derive(Debug, Clone)]
pub struct Run {
    /// What the probe promised when it ran.
    pub definition: Arc<Definition>,
    /// When it started.
    pub started: Timestamp,
    /// How long it took, all attempts and the waits between them.
    pub took: Duration,
    /// How many attempts it took; 0: none was made.
    pub attempts: u32,
    /// What was measured of the last attempt.
    pub exchange: Exchange,
    /// The judgment.
    pub judgment: Judgment,
    /// The trace that its requests belong to; none: no request was made.
    pub trace: Option<Trace>,
}

impl Run {
    /// The result of a run that could not be made, as of `now`: `unknown`, and the reason tells why.
    pub fn not_made(definition: &Arc<Definition>, why: NotMade, now: Timestamp) -> Self {
        let observation = Observation {
            exchange: Exchange::default(),
            outcome: Outcome::NotMade(why),
            secrets: Redactor::default(),
        };
        Self {
            started: now,
            took: Duration::ZERO,
            attempts: 0,
            judgment: judge(definition, &observation, Recall::Nowhere, now),
            exchange: observation.exchange,
            definition: Arc::clone(definition),
            trace: None,
        }
    }

    /// Which probe.
    pub fn probe(&self) -> &ProbeName {
        &self.definition.name
    }

    /// The probe's labels.
    pub fn labels(&self) -> &BTreeMap<String, String> {
        &self.definition.labels
    }

    /// The trace that leads to what it saw and to what the backend did; none: nobody was asked to record one.
    pub fn trace_id(&self) -> Option<TraceId> {
        let trace = self.trace.as_ref().filter(|trace| trace.is_sampled);
        trace.map(|trace| trace.id)
    }

    /// Whether a valid answer took longer than `warn.latency` allows; none: it allows anything, or no valid answer came.
    pub fn is_slow(&self) -> Option<bool> {
        let warn = self.definition.warn.as_deref()?;
        match self.judgment.verdict {
            Verdict::Ok | Verdict::Degraded | Verdict::Stale => warn.is_slow(self.exchange.took),
            Verdict::Invalid | Verdict::Down | Verdict::Unknown => None,
        }
    }

    /// When it ended.
    pub fn ended(&self) -> Timestamp {
        self.started.saturating_add(self.took).unwrap_or(self.started)
    }
}

/// What the judge says of one observation.
#[derive(Debug, Clone)]
pub struct Judgment {
    /// The verdict.
    pub verdict: Verdict,
    /// All reasons found, the worst first; empty when ok.
    pub reasons: Vec<Reason>,
    /// What is worth knowing and changes nothing.
    pub notes: Vec<String>,
    /// How old the data is, whenever that could be told: also while stale.
    pub data: Option<DataAge>,
    /// The items that were judged each on its own.
    pub items: Option<Box<Items>>,
    /// What to remember from now on; none: nothing new.
    pub memory: Option<Arc<Memory>>,
    /// Where it is stale, when the probe names an origin that could tell.
    pub stale_at: Option<StaleAt>,
}

/// The items of a probe, judged each on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Items {
    /// How many were judged; those that a probe ignores do not count.
    pub judged: usize,
    /// How many of them are fresh.
    pub fresh: usize,
    /// The oldest of those whose age could be told, at most [`Items::SHOWN`], the oldest first.
    pub oldest: Vec<ItemAge>,
}

impl Items {
    /// So many of the oldest are shown.
    pub const SHOWN: usize = 10;
}

/// How old an item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemAge {
    /// The item, secrets removed.
    pub name: String,
    /// Its age as judged.
    pub age: SignedDuration,
}

/// How old the data is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DataAge {
    /// The data's own time.
    pub timestamp: Option<Timestamp>,
    /// The age as judged.
    pub age: Option<SignedDuration>,
    /// How old it may be.
    pub max_age: Option<Duration>,
    /// The next moment at which the data is due: when it expires.
    pub due: Option<Timestamp>,
    /// Whether what is wanted at that moment has landed already.
    pub landed: Option<bool>,
}

impl DataAge {
    /// Whether it is older than the data of another rule or item, measured by what is promised of each.
    pub fn is_older_than(&self, other: &Self) -> bool {
        self.strain().total_cmp(&other.strain()).is_gt()
    }

    /// The age in parts of the bound; without a bound whatever is younger than a bound's is.
    fn strain(&self) -> f64 {
        match (self.age, self.max_age) {
            (Some(age), Some(max_age)) => age.as_secs_f64() / max_age.as_secs_f64().max(f64::MIN_POSITIVE),
            (Some(age), None) => age.as_secs_f64() * f64::MIN_POSITIVE,
            (None, _) => -1.0,
        }
    }
}
