//! `freshwatch.report/v1`: one object for each run.
//!
//! The shape is a promise: members are added, never renamed or removed within v1. Durations are seconds, times are
//! RFC 3339, and what was not seen is null.

use std::collections::BTreeMap;
use std::time::Duration;

use freshwatch_probe::observation::{Exchange, Phase};
use freshwatch_probe::run::{DataAge, Run};
use freshwatch_probe::verdict::Reason;
use serde::Serialize;

use super::mistakes::Entry;
use crate::exit_code::ExitCode;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    runs: Vec<RunEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<DeliveryEntry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mistakes: Vec<Entry>,
    exit_code: u8,
}

#[derive(Serialize)]
struct RunEntry<'a> {
    probe: &'a str,
    verdict: &'static str,
    reasons: Vec<ReasonEntry<'a>>,
    notes: &'a [String],
    attempts: u32,
    started: String,
    duration_seconds: f64,
    http: Http,
    phases: BTreeMap<&'static str, Option<f64>>,
    data: Option<Data>,
    labels: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct ReasonEntry<'a> {
    code: &'static str,
    verdict: &'static str,
    message: &'a str,
    seen: Option<&'a str>,
    wanted: Option<&'a str>,
}

#[derive(Serialize)]
struct Http {
    status: Option<u16>,
}

#[derive(Serialize)]
struct Data {
    timestamp: Option<String>,
    age_seconds: Option<f64>,
    max_age_seconds: Option<f64>,
    due: Option<String>,
}

/// What came of the delivery.
#[derive(Debug, Serialize)]
pub struct DeliveryEntry {
    /// Whether everything was delivered.
    pub delivered: bool,
    /// What stood in the way.
    pub message: Option<String>,
}

/// The report of a round.
pub fn round(runs: &[Run], delivery: Option<DeliveryEntry>, code: ExitCode) -> String {
    pretty(&Document {
        schema: "freshwatch.report/v1",
        runs: runs.iter().map(RunEntry::from).collect(),
        delivery,
        mistakes: Vec::new(),
        exit_code: code as u8,
    })
}

/// The report of a round that did not begin.
pub fn no_round(mistakes: Vec<Entry>) -> String {
    pretty(&Document {
        schema: "freshwatch.report/v1",
        runs: Vec::new(),
        delivery: None,
        mistakes,
        exit_code: ExitCode::Mistakes as u8,
    })
}

impl<'a> From<&'a Run> for RunEntry<'a> {
    fn from(run: &'a Run) -> Self {
        Self {
            probe: run.probe().as_str(),
            verdict: run.judgment.verdict.as_str(),
            reasons: run.judgment.reasons.iter().map(ReasonEntry::from).collect(),
            notes: &run.judgment.notes,
            attempts: run.attempts,
            started: run.started.to_string(),
            duration_seconds: run.took.as_secs_f64(),
            http: Http {
                status: run.exchange.status,
            },
            phases: phases(&run.exchange),
            data: run.judgment.data.map(Data::from),
            labels: run.labels(),
        }
    }
}

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

fn phases(exchange: &Exchange) -> BTreeMap<&'static str, Option<f64>> {
    let taken = |phase: Phase| exchange.phase(phase).as_ref().map(Duration::as_secs_f64);
    Phase::ALL
        .into_iter()
        .map(|phase| (phase.as_str(), taken(phase)))
        .collect()
}

/// JSON for machines that a person may have to read.
pub(super) fn pretty(document: &impl Serialize) -> String {
    // Nothing in our documents can fail to serialize: their maps have text keys and their numbers are finite.
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}
