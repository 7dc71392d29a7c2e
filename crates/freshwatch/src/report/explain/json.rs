//! `freshwatch.explain/v1`: the shape is a promise. Members are added, never renamed or removed within v1; times are
//! RFC 3339, durations are seconds, and what is not there is null.

use freshwatch_file::Mistakes;
use freshwatch_page::wire::{Data, ReasonEntry};
use freshwatch_probe::explain::{Ahead, Clause, Landing, Step, Upcoming};
use serde::Serialize;

use super::{Asked, Explained, Way};
use crate::exit_code::ExitCode;
use crate::report::json::pretty;
use crate::report::mistakes::Entry;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    probe: Option<ProbeEntry<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mistakes: Vec<Entry>,
    exit_code: u8,
}

#[derive(Serialize)]
struct ProbeEntry<'a> {
    name: &'a str,
    description: Option<&'a str>,
    enabled: bool,
    now: String,
    promises: Vec<ClauseEntry<'a>>,
    next_runs: Vec<MomentEntry<'a>>,
    next_due: Vec<DueEntry<'a>>,
    judged: Option<WayEntry<'a>>,
}

#[derive(Serialize)]
struct ClauseEntry<'a> {
    topic: &'static str,
    sentences: &'a [String],
}

#[derive(Serialize)]
struct MomentEntry<'a> {
    at: String,
    zone: &'a str,
    shown: &'a str,
    clock_change: Option<&'a str>,
}

#[derive(Serialize)]
struct DueEntry<'a> {
    rule: &'a str,
    moments: Vec<LandingEntry<'a>>,
    end: Option<&'a str>,
}

#[derive(Serialize)]
struct LandingEntry<'a> {
    at: String,
    zone: &'a str,
    shown: &'a str,
    clock_change: Option<&'a str>,
    wanted: &'a str,
    stale_from: String,
}

#[derive(Serialize)]
struct WayEntry<'a> {
    from: &'static str,
    file: Option<String>,
    now: String,
    duration_seconds: Option<f64>,
    steps: Vec<StepEntry<'a>>,
    omitted_steps: usize,
    verdict: &'static str,
    reasons: Vec<ReasonEntry<'a>>,
    notes: &'a [String],
    data: Option<Data>,
}

#[derive(Serialize)]
struct StepEntry<'a> {
    stage: &'static str,
    message: &'a str,
}

/// The document of a probe.
pub fn json(explained: &Explained<'_>) -> String {
    let definition = explained.definition;
    pretty(&Document {
        schema: "freshwatch.explain/v1",
        probe: Some(ProbeEntry {
            name: definition.name.as_str(),
            description: definition.description.as_deref(),
            enabled: definition.enabled,
            now: explained.now.to_string(),
            promises: explained.promises.iter().map(ClauseEntry::from).collect(),
            next_runs: moments(&explained.runs, &explained.zone),
            next_due: explained.due.iter().map(DueEntry::from).collect(),
            judged: explained.way.as_ref().map(WayEntry::from),
        }),
        mistakes: Vec::new(),
        exit_code: ExitCode::Ok.number(),
    })
}

/// The document of files with mistakes.
pub fn json_of_mistakes(mistakes: &Mistakes) -> String {
    pretty(&Document {
        schema: "freshwatch.explain/v1",
        probe: None,
        mistakes: mistakes.iter().map(Entry::from).collect(),
        exit_code: ExitCode::Mistakes.number(),
    })
}

impl<'a> From<&'a Clause> for ClauseEntry<'a> {
    fn from(clause: &'a Clause) -> Self {
        Self {
            topic: clause.topic.as_str(),
            sentences: &clause.sentences,
        }
    }
}

fn moments<'a>(moments: &'a [Ahead], zone: &'a str) -> Vec<MomentEntry<'a>> {
    let entry = |ahead: &'a Ahead| MomentEntry {
        at: ahead.at.to_string(),
        zone,
        shown: &ahead.shown,
        clock_change: ahead.clock_change.as_deref(),
    };
    moments.iter().map(entry).collect()
}

impl<'a> From<&'a Upcoming> for DueEntry<'a> {
    fn from(due: &'a Upcoming) -> Self {
        let entry = |landing: &'a Landing| LandingEntry {
            at: landing.at.at.to_string(),
            zone: &due.zone,
            shown: &landing.at.shown,
            clock_change: landing.at.clock_change.as_deref(),
            wanted: &landing.wanted,
            stale_from: landing.stale_from.to_string(),
        };
        Self {
            rule: &due.rule,
            moments: due.moments.iter().map(entry).collect(),
            end: due.end.as_deref(),
        }
    }
}

impl<'a> From<&'a Way> for WayEntry<'a> {
    fn from(way: &'a Way) -> Self {
        let (from, file, duration) = match &way.asked {
            Asked::Endpoint { .. } => ("endpoint", None, Some(way.took.as_secs_f64())),
            Asked::File(path) => ("file", Some(path.display().to_string()), None),
        };
        Self {
            from,
            file,
            now: way.now.to_string(),
            duration_seconds: duration,
            steps: way.steps.iter().map(StepEntry::from).collect(),
            omitted_steps: way.omitted,
            verdict: way.judgment.verdict.as_str(),
            reasons: way.judgment.reasons.iter().map(ReasonEntry::from).collect(),
            notes: &way.judgment.notes,
            data: way.judgment.data.map(Data::from),
        }
    }
}

impl<'a> From<&'a Step> for StepEntry<'a> {
    fn from(step: &'a Step) -> Self {
        Self {
            stage: step.stage.as_str(),
            message: &step.message,
        }
    }
}
