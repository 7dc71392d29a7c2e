//! What the API tells of one probe.

use std::collections::BTreeMap;
use std::time::Duration;

use freshwatch_probe::definition::{Definition, ProbeName, Ratio, Schedule, Slo, When};
use freshwatch_probe::freshness::origin::StaleAt;
use freshwatch_probe::run::Run;
use freshwatch_probe::standing::{Past, Standing};
use freshwatch_probe::verdict::{Code, Verdict};
use jiff::Timestamp;
use serde::Serialize;

use super::url;
use crate::board::Known;
use crate::wire::{Data, Http, Phases, ReasonEntry};

/// One probe: what it promises, and where it stands.
#[derive(Serialize)]
pub(super) struct Entry<'a> {
    name: &'a str,
    description: Option<&'a str>,
    /// `false`: it does not run, and everything that runs would tell is null or empty.
    enabled: bool,
    request: RequestEntry,
    schedule: ScheduleEntry,
    timeout_seconds: f64,
    labels: &'a BTreeMap<String, String>,
    needs: Vec<&'a str>,
    slo: Option<SloEntry>,
    /// Null before the first run of what it promises now.
    state: Option<State<'a>>,
    /// How old the data was when the last run judged it; null where nothing could be told.
    data: Option<Data>,
    /// The last run of what it promises now.
    last_run: Option<LastRun>,
    next_run: Option<String>,
    /// How many runs ended so.
    counts: Option<Counts>,
    /// The last ten runs, the newest first, also those of what it promised before.
    runs: Vec<PastEntry>,
}

#[derive(Serialize)]
struct RequestEntry {
    method: &'static str,
    /// Without credentials; secrets and the values of its query are `***`.
    url: String,
}

/// One of `every_seconds` and `cron` is not null.
#[derive(Serialize)]
struct ScheduleEntry {
    every_seconds: Option<f64>,
    cron: Option<String>,
    /// The zone of the cron line; null: UTC.
    timezone: Option<String>,
    jitter_seconds: Option<f64>,
}

/// Ratios between 0 and 1.
#[derive(Serialize)]
struct SloEntry {
    up: Option<f64>,
    valid: Option<f64>,
    fresh: Option<f64>,
    latency: Option<f64>,
    window_seconds: f64,
}

#[derive(Serialize)]
struct State<'a> {
    verdict: &'static str,
    /// The start of the first run of the unbroken row that ended so.
    since: Option<String>,
    /// All reasons found, the worst first.
    reasons: Vec<ReasonEntry<'a>>,
    /// What is worth knowing and changes nothing.
    notes: &'a [String],
    /// Where it is stale, `edge` or `origin`, when the probe names an origin that could tell.
    stale_at: Option<&'static str>,
}

#[derive(Serialize)]
struct LastRun {
    started: String,
    duration_seconds: f64,
    attempts: u32,
    /// The trace of its requests; null where none is recorded.
    trace_id: Option<String>,
    http: Http,
    phases: Phases,
}

#[derive(Serialize)]
struct Counts {
    /// Since when they are counted.
    since: String,
    verdicts: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct PastEntry {
    started: String,
    duration_seconds: f64,
    verdict: &'static str,
    /// The code of the first reason.
    reason: Option<&'static str>,
    trace_id: Option<String>,
}

/// How the last run of a probe ended.
pub(super) fn verdict(known: &Known) -> Option<Verdict> {
    match known {
        Known::Running(standing) => standing.last.as_ref().map(|run| run.judgment.verdict),
        Known::Disabled(_) => None,
    }
}

impl<'a> From<&'a Known> for Entry<'a> {
    fn from(known: &'a Known) -> Self {
        match known {
            Known::Running(standing) => Self::running(standing),
            Known::Disabled(definition) => Self::promised(definition),
        }
    }
}

impl<'a> Entry<'a> {
    fn promised(definition: &'a Definition) -> Self {
        Self {
            name: definition.name.as_str(),
            description: definition.description.as_deref(),
            enabled: definition.enabled,
            request: RequestEntry {
                method: method(definition),
                url: url::shown(&definition.request.url),
            },
            schedule: ScheduleEntry::from(&definition.schedule),
            timeout_seconds: definition.timeout.as_secs_f64(),
            labels: &definition.labels,
            needs: definition.needs.iter().map(ProbeName::as_str).collect(),
            slo: definition.slo.map(SloEntry::from),
            state: None,
            data: None,
            last_run: None,
            next_run: None,
            counts: None,
            runs: Vec::new(),
        }
    }

    fn running(standing: &'a Standing) -> Self {
        let last = standing.last.as_deref();
        Self {
            state: last.map(|run| State::of(run, standing.verdict_since)),
            data: last.and_then(|run| run.judgment.data).map(Data::from),
            last_run: last.map(LastRun::from),
            next_run: standing.next_run.map(|at| at.to_string()),
            counts: Some(Counts::from(standing)),
            runs: standing.past.iter().rev().map(PastEntry::from).collect(),
            ..Self::promised(&standing.definition)
        }
    }
}

fn method(definition: &Definition) -> &'static str {
    use freshwatch_probe::request::Method;
    match definition.request.method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
        Method::Options => "OPTIONS",
    }
}

impl From<&Schedule> for ScheduleEntry {
    fn from(schedule: &Schedule) -> Self {
        let (every, cron) = match &schedule.when {
            When::Every(every) => (Some(every.as_secs_f64()), None),
            When::Cron(line) => (None, Some(line.to_string())),
        };
        let timezone = schedule.timezone.as_ref().map(|zone| {
            let fixed = || {
                zone.to_fixed_offset()
                    .map_or("unknown".into(), |offset| offset.to_string())
            };
            zone.iana_name().map_or_else(fixed, str::to_owned)
        });
        Self {
            every_seconds: every,
            cron,
            timezone,
            jitter_seconds: schedule.jitter.as_ref().map(Duration::as_secs_f64),
        }
    }
}

impl From<Slo> for SloEntry {
    fn from(slo: Slo) -> Self {
        let ratio = |ratio: Ratio| f64::from(ratio.parts_per_million()) / 1e6;
        Self {
            up: slo.up.map(ratio),
            valid: slo.valid.map(ratio),
            fresh: slo.fresh.map(ratio),
            latency: slo.latency.map(ratio),
            window_seconds: slo.window.as_secs_f64(),
        }
    }
}

impl<'a> State<'a> {
    fn of(run: &'a Run, since: Option<Timestamp>) -> Self {
        Self {
            verdict: run.judgment.verdict.as_str(),
            since: since.map(|at| at.to_string()),
            reasons: run.judgment.reasons.iter().map(ReasonEntry::from).collect(),
            notes: &run.judgment.notes,
            stale_at: run.judgment.stale_at.map(StaleAt::as_str),
        }
    }
}

impl From<&Run> for LastRun {
    fn from(run: &Run) -> Self {
        Self {
            trace_id: run.trace_id().as_ref().map(ToString::to_string),
            started: run.started.to_string(),
            duration_seconds: run.took.as_secs_f64(),
            attempts: run.attempts,
            http: Http::from(&run.exchange),
            phases: Phases::from(&run.exchange),
        }
    }
}

impl From<&Standing> for Counts {
    fn from(standing: &Standing) -> Self {
        let verdicts = Verdict::ALL.into_iter();
        Self {
            since: standing.since.to_string(),
            verdicts: verdicts
                .map(|verdict| (verdict.as_str(), standing.count(verdict)))
                .collect(),
        }
    }
}

impl From<&Past> for PastEntry {
    fn from(past: &Past) -> Self {
        Self {
            trace_id: past.trace.as_ref().map(ToString::to_string),
            started: past.started().to_string(),
            duration_seconds: past.took().as_secs_f64(),
            verdict: past.verdict.as_str(),
            reason: past.reason.map(Code::as_str),
        }
    }
}
