//! What every JSON document that tells of runs has in common: the API of the daemon and the report of a round.
//!
//! The shape is a promise: members are added, never renamed or removed within a version of a document. Durations are
//! seconds, times are RFC 3339, and what was not seen is null.

use std::collections::BTreeMap;
use std::time::Duration;

use freshwatch_probe::observation::{Exchange, Phase};
use freshwatch_probe::run::DataAge;
use freshwatch_probe::verdict::Reason;
use serde::Serialize;

/// One reason of a verdict.
#[derive(Debug, Serialize)]
pub struct ReasonEntry<'a> {
    code: &'static str,
    verdict: &'static str,
    message: &'a str,
    seen: Option<&'a str>,
    wanted: Option<&'a str>,
}

/// How old the data was.
#[derive(Debug, Serialize)]
pub struct Data {
    timestamp: Option<String>,
    age_seconds: Option<f64>,
    max_age_seconds: Option<f64>,
    due: Option<String>,
}

/// What HTTP said.
#[derive(Debug, Serialize)]
pub struct Http {
    status: Option<u16>,
}

/// How long each phase took in seconds; null where it was not reached.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Phases(BTreeMap<&'static str, Option<f64>>);

impl<'a> From<&'a Reason> for ReasonEntry<'a> {
    fn from(reason: &'a Reason) -> Self {
        Self {
            code: reason.code.as_str(),
            verdict: reason.verdict.as_str(),
            message: &reason.message,
            seen: reason.seen.as_deref(),
            wanted: reason.wanted.as_deref(),
        }
    }
}

impl From<DataAge> for Data {
    fn from(data: DataAge) -> Self {
        Self {
            timestamp: data.timestamp.map(|at| at.to_string()),
            age_seconds: data.age.map(|age| age.as_secs_f64()),
            max_age_seconds: data.max_age.map(|age| age.as_secs_f64()),
            due: data.due.map(|at| at.to_string()),
        }
    }
}

impl From<&Exchange> for Http {
    fn from(exchange: &Exchange) -> Self {
        Self {
            status: exchange.status,
        }
    }
}

impl From<&Exchange> for Phases {
    fn from(exchange: &Exchange) -> Self {
        let taken = |phase: Phase| exchange.phase(phase).as_ref().map(Duration::as_secs_f64);
        let phases = Phase::ALL.into_iter();
        Self(phases.map(|phase| (phase.as_str(), taken(phase))).collect())
    }
}
