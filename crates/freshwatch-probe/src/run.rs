//! One run of a probe: what the channel from the agent to the reports, the telemetry and the page carries.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::definition::ProbeName;
use crate::observation::Exchange;
use crate::verdict::{Reason, Verdict};

/// One run of a probe, judged.
#[derive(Debug, Clone)]
pub struct Run {
    /// Which probe.
    pub probe: ProbeName,
    /// The probe's labels.
    pub labels: BTreeMap<String, String>,
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
}
