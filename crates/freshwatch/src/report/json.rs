//! `freshwatch.report/v1`: one object for each run.
//!
//! The shape is a promise: members are added, never renamed or removed within v1. Durations are seconds, times are
//! RFC 3339, and what was not seen is null.

use std::collections::BTreeMap;

use freshwatch_page::wire::{Data, Http, Phases, ReasonEntry};
use freshwatch_probe::freshness::origin::StaleAt;
use freshwatch_probe::run::Run;
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
    /// The trace of its requests; null where none is recorded.
    trace_id: Option<String>,
    reasons: Vec<ReasonEntry<'a>>,
    notes: &'a [String],
    attempts: u32,
    started: String,
    duration_seconds: f64,
    http: Http,
    phases: Phases,
    data: Option<Data>,
    stale_at: Option<&'static str>,
    labels: &'a BTreeMap<String, String>,
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
        exit_code: code.number(),
    })
}

/// The report of a round that did not begin.
pub fn no_round(mistakes: Vec<Entry>) -> String {
    pretty(&Document {
        schema: "freshwatch.report/v1",
        runs: Vec::new(),
        delivery: None,
        mistakes,
        exit_code: ExitCode::Mistakes.number(),
    })
}

impl<'a> From<&'a Run> for RunEntry<'a> {
    fn from(run: &'a Run) -> Self {
        Self {
            probe: run.probe().as_str(),
            verdict: run.judgment.verdict.as_str(),
            trace_id: run.trace_id().as_ref().map(ToString::to_string),
            reasons: run.judgment.reasons.iter().map(ReasonEntry::from).collect(),
            notes: &run.judgment.notes,
            attempts: run.attempts,
            started: run.started.to_string(),
            duration_seconds: run.took.as_secs_f64(),
            http: Http::from(&run.exchange),
            phases: Phases::from(&run.exchange),
            data: run.judgment.data.map(Data::from),
            stale_at: run.judgment.stale_at.map(StaleAt::as_str),
            labels: run.labels(),
        }
    }
}

/// JSON for machines that a person may have to read.
pub(super) fn pretty(document: &impl Serialize) -> String {
    // Nothing in our documents can fail to serialize: their maps have text keys and their numbers are finite.
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}
