//! What the daemon says on standard error: a line for each change of a verdict, and for what people have to know.
//!
//! Lines are written by a thread of its own: a terminal that stands still, or a full pipe, delays no probe. When it
//! cannot keep up, lines are lost, results are not.

use std::io;
use std::time::Duration;

use clap::ValueEnum;
use freshwatch_file::{Mistakes, ProbeSet};
use freshwatch_page::board::Reloaded;
use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::lint::{About, Warning};
use freshwatch_probe::shard::Shard;
use freshwatch_probe::standing::Change;
use freshwatch_probe::verdict::Verdict;
use freshwatch_probe::{duration, show};
use freshwatch_telemetry::otlp::{Config, Configs, DropCause, Failure, Told};
use freshwatch_telemetry::parcel::Signal;
use tokio::net::TcpListener;
use tracing::field::Field;
use tracing::{Level, error, info, warn};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::report::change;
use crate::state_file::Trouble;

/// So many lines wait to be written at most. Their places are taken at once, so that this is memory.
const MOST_WAITING: usize = 4096;

/// More warnings than this are in `freshwatch lint`, not in the log.
const MOST_WARNINGS: usize = 10;

/// More mistakes than this are in the answer of `POST /-/reload` and in `freshwatch lint`, not in the log.
const MOST_MISTAKES: usize = 10;

/// More names than this are counted.
const MOST_NAMES: usize = 5;

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: time, level, sentence
    Text,
    /// One JSON object a line
    Json,
}

/// The least important lines that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Least {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// The log; what is still to be written is written when it is dropped.
pub struct Logs(#[expect(dead_code, reason = "it works by being dropped")] WorkerGuard);

impl Logs {
    /// Starts to log. Only our own lines are written: those of our dependencies may show what is secret.
    pub fn start(format: Format, least: Least) -> Self {
        let (writer, guard) = NonBlockingBuilder::default()
            .buffered_lines_limit(MOST_WAITING)
            .thread_name("log")
            .finish(io::stderr());
        let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), Level::from(least));
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(writer)
            .with_target(false)
            .with_ansi(false);
        let registry = tracing_subscriber::registry().with(ours);
        // It fails when somebody logs already: then that is who writes.
        let _ = match format {
            Format::Text => registry.with(layer.fmt_fields(debug_fn(sentence))).try_init(),
            Format::Json => registry
                .with(layer.json().flatten_event(true).with_current_span(false))
                .try_init(),
        };
        Self(guard)
    }
}

impl From<Least> for Level {
    fn from(least: Least) -> Self {
        match least {
            Least::Error => Self::ERROR,
            Least::Warn => Self::WARN,
            Least::Info => Self::INFO,
            Least::Debug => Self::DEBUG,
            Least::Trace => Self::TRACE,
        }
    }
}

/// People read the sentence; it says all that the fields say.
fn sentence(writer: &mut Writer<'_>, field: &Field, value: &dyn std::fmt::Debug) -> std::fmt::Result {
    if field.name() == "message" {
        write!(writer, "{value:?}")?;
    }
    Ok(())
}

/// What is watched, and where it can be seen.
pub(super) fn starting(set: &ProbeSet, shard: Option<Shard>, listener: Option<&TcpListener>) {
    let running = set
        .definitions
        .iter()
        .filter(|definition| definition.enabled)
        .count();
    let probes = show::counted(running, "probe", "probes");
    let files = show::counted(set.files, "file", "files");
    let part = shard
        .map(|shard| format!(", as shard {shard}"))
        .unwrap_or_default();
    info!(
        version = env!("CARGO_PKG_VERSION"),
        "freshwatch {} watches {probes} of {files}{part}",
        env!("CARGO_PKG_VERSION")
    );
    if let Some(Ok(address)) = listener.map(TcpListener::local_addr) {
        info!(%address, "http://{address} shows /metrics, /api/v1/probes and /-/ready");
    }
}

/// Where results go.
pub fn delivering(configs: &Configs, interval: Duration) {
    if let Some(endpoint) = configs.metrics.as_ref().map(Config::endpoint) {
        info!(
            endpoint,
            "pushes the state to {endpoint} every {}",
            duration::show(interval)
        );
    } else {
        info!(
            "pushes nothing: no OTLP endpoint is configured (--otlp-endpoint or OTEL_EXPORTER_OTLP_ENDPOINT); /metrics \
             has the same series"
        );
    }
    if let Some(endpoint) = configs.traces.as_ref().map(Config::endpoint) {
        info!(endpoint, "sends a trace of every run to {endpoint}");
    }
    if let Some(endpoint) = configs.logs.as_ref().map(Config::endpoint) {
        info!(
            endpoint,
            "sends a log record of every changed verdict to {endpoint}"
        );
    }
}

/// A verdict that is not the one before. A probe that is well from the start is no news.
pub(super) fn change(change: &Change) {
    let verdict = change.run.judgment.verdict;
    if !change::is_news(&change.run, change.from) {
        return;
    }
    let probe = change.run.probe().as_str();
    let (was, verdict_word) = (change.from.map(Verdict::as_str), verdict.as_str());
    let reason = change
        .run
        .judgment
        .reasons
        .first()
        .map(|reason| reason.code.as_str());
    let trace = change.run.trace_id().map(tracing::field::display);
    let text = change::sentence(change);
    let text = match &trace {
        Some(trace) => format!("{text} (trace {trace:?})"),
        None => text,
    };
    match verdict {
        Verdict::Ok | Verdict::Degraded => {
            info!(
                probe,
                verdict = verdict_word,
                was,
                reason,
                trace_id = trace,
                "{text}"
            );
        }
        Verdict::Stale | Verdict::Invalid | Verdict::Down | Verdict::Unknown => {
            warn!(
                probe,
                verdict = verdict_word,
                was,
                reason,
                trace_id = trace,
                "{text}"
            );
        }
    }
}

/// What is odd about the probes and calendars; of many the first few.
pub(super) fn odd(warnings: &[&Warning]) {
    for warning in warnings.iter().take(MOST_WARNINGS) {
        let code = warning.code.as_str();
        match &warning.about {
            About::Probe(probe) => warn!(%probe, code, "{warning}"),
            About::Calendar(calendar) => warn!(calendar, code, "{warning}"),
        }
    }
    if warnings.len() > MOST_WARNINGS {
        let more = show::counted(warnings.len() - MOST_WARNINGS, "warning", "warnings");
        warn!("{more} more: `freshwatch lint` shows all of them");
    }
}

/// That a timestamp says nothing of the data.
pub(super) fn stamped(probe: &ProbeName, note: &str) {
    warn!(%probe, "{probe}: {note}");
}

/// What a reload changed.
pub(super) fn reloaded(reloaded: &Reloaded) {
    let mut parts = Vec::new();
    for (what, names) in [
        ("added", &reloaded.added),
        ("changed", &reloaded.changed),
        ("removed", &reloaded.removed),
    ] {
        if !names.is_empty() {
            parts.push(format!("{what} {}", listed(names)));
        }
    }
    let unchanged = show::counted(reloaded.unchanged, "probe", "probes");
    if parts.is_empty() {
        info!("probe files loaded again: nothing changed for {unchanged}");
    } else {
        info!(
            "probe files loaded again: {}; {unchanged} unchanged",
            parts.join(", ")
        );
    }
}

fn listed(names: &[ProbeName]) -> String {
    let shown: Vec<&str> = names.iter().take(MOST_NAMES).map(ProbeName::as_str).collect();
    let more = names.len() - shown.len();
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}{more}", shown.join(", "))
}

/// That the files hold mistakes.
pub(super) fn not_reloaded(mistakes: &Mistakes) {
    let count = show::counted(mistakes.count(), "mistake", "mistakes");
    error!("probe files not loaded again: {count}; those loaded before stay in force");
    for mistake in mistakes.iter().take(MOST_MISTAKES) {
        let help = mistake
            .help
            .as_deref()
            .map(|help| format!(" ({help})"))
            .unwrap_or_default();
        error!(
            file = mistake.file,
            line = mistake.line,
            column = mistake.column,
            code = mistake.code.as_str(),
            "{}:{}:{}: {}{help}",
            mistake.file,
            mistake.line,
            mistake.column,
            mistake.message
        );
    }
}

/// What the delivery has to say.
pub(super) fn delivery(signal: Signal, told: Told) {
    let what = match signal {
        Signal::Metrics => "results",
        Signal::Traces => "traces",
        Signal::Logs => "log records",
    };
    match told {
        Told::Failing(failure) => warn!("{what} wait to be delivered: {}", with_hint(&failure)),
        Told::Recovered { after, queued } => {
            let after = duration::show(Duration::from_secs(after.as_secs()));
            let queued = show::counted(usize::try_from(queued).unwrap_or(usize::MAX), "batch", "batches");
            info!("{what} are delivered again after {after}; {queued} had waited");
        }
        Told::Refused(failure) => error!("{what} were refused and given up: {}", with_hint(&failure)),
        Told::Declined(failure) => info!(
            "the receiver takes no {what}, and is left alone with them: {}",
            with_hint(&failure)
        ),
        Told::Rejected(rejected) => {
            let words = rejected.words.as_deref().unwrap_or("it does not say why");
            warn!(
                "the receiver rejected {} {}: {}",
                rejected.points,
                signal.item().1,
                show::plain(words)
            );
        }
        Told::Dropped { batches, cause } => {
            let batches = show::counted(usize::try_from(batches).unwrap_or(usize::MAX), "batch", "batches");
            let why = match cause {
                DropCause::Full => "the queue is full, the oldest go first",
                DropCause::Age => "they are older than `--queue-max-age`",
                DropCause::Shutdown => "the program ends and the receiver takes nothing",
            };
            error!("{batches} of {what} given up: {why}");
        }
        Told::Kept { batches } => {
            let batches = show::counted(usize::try_from(batches).unwrap_or(usize::MAX), "batch", "batches");
            info!("{batches} of {what} wait on the disk for the next start");
        }
        Told::QueueFailing(error) => error!("{what} wait in memory alone: {error}"),
        Told::QueueRecovered => info!("{what} wait on the disk again"),
        Told::QueueFound(finding) => error!("{finding}"),
    }
}

/// That the dead-man's switch does not hear of us.
pub(super) fn heartbeat_failing(place: &str, why: &str) {
    warn!("the heartbeat does not arrive: {place} {}", show::plain(why));
}

/// That it is not to hear of us, since this probe should have run.
pub(super) fn heartbeat_withheld(overdue: &ProbeName) {
    error!("no heartbeat is sent: {overdue} should have run and has not");
}

/// That it hears of us again.
pub(super) fn heartbeat_again(place: &str) {
    info!("the heartbeat arrives again at {place}");
}

/// What people have to know of the state file.
pub(super) fn state_told(sentence: &str) {
    error!("{sentence}");
}

/// That what probes remember cannot be written, or read.
pub(super) fn not_remembered(trouble: &Trouble) {
    error!("what probes remember is kept in memory alone: {trouble}");
}

/// That it can be written again.
pub(super) fn remembered_again() {
    info!("what probes remember is written again");
}

/// That the program ends before all of it was written.
pub(super) fn memories_lost(probes: usize) {
    let probes = show::counted(probes, "probe", "probes");
    error!("what {probes} remembered since the last writing is lost: the program ends");
}

fn with_hint(failure: &Failure) -> String {
    let hint = failure.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{}{hint}", show::plain(&failure.message))
}

/// That the end has begun.
pub(super) fn ending(in_flight: u64, grace: Duration) {
    match in_flight {
        0 => info!("asked to stop: no run is under way"),
        runs => {
            let runs = show::counted(usize::try_from(runs).unwrap_or(usize::MAX), "run", "runs");
            info!(
                "asked to stop: {runs} under way may end within {}",
                duration::show(grace)
            );
        }
    }
}
