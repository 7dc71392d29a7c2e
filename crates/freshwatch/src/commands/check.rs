//! `freshwatch check`: every probe once, a report, the results delivered, an exit code by verdict.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use freshwatch_agent::{Tracing, clock};
use freshwatch_file::{Mistakes, ProbeSet};
use freshwatch_probe::calendar::Calendar;
use freshwatch_probe::definition::Definition;
use freshwatch_probe::lint;
use freshwatch_probe::shard::Shard;
use freshwatch_telemetry::heartbeat::Heartbeat;
use freshwatch_telemetry::otlp::{self, Config, Configs, Delivery, Failure, Storage};
use freshwatch_telemetry::resource::{Identity, Resource};
use futures_util::future::OptionFuture;
use globset::{Glob, GlobSet, GlobSetBuilder};
use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};

use crate::command_line::{Check, ReportFormat};
use crate::exit_code::ExitCode;
use crate::report;
use crate::report::change;
use crate::report::delivery::Delivered;
use crate::report::json::DeliveryEntry;
use crate::report::mistakes::Entry;
use crate::report::wrap::columns;
use crate::round::{self, Memories, Round};
use crate::stop;

/// How long the delivery may take, all retries together: a CronJob must end.
const DELIVERY_BOUND: Duration = Duration::from_secs(30);

/// How long it may take after a request to stop, which leaves 30 seconds in all where Kubernetes sends it.
const BOUND_WHEN_STOPPED: Duration = Duration::from_secs(5);

/// How long the call of the dead-man's switch may take.
const LONGEST_HEARTBEAT: Duration = Duration::from_secs(10);

/// After this long people want to know what they are waiting for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Runs every probe once.
///
/// # Errors
/// Wrong use: an OTEL_* variable, a glob, a selection that leaves nothing.
pub fn run(options: &Check) -> Result<ExitCode> {
    let endpoint = options.delivery.otlp_endpoint.as_deref();
    let configs = Configs::read(&super::telemetry_environment, endpoint)?;
    let heartbeat = super::heartbeat(&options.heartbeat)?;
    let set = match freshwatch_file::load(&options.files.paths, &super::environment) {
        Ok(set) => set,
        Err(mistakes) => return refuse(&mistakes, options.format),
    };
    let definitions = select(&set, &options.probes, options.part.shard())?;
    warn(
        &set.calendars,
        &definitions,
        options.now.unwrap_or_else(clock::now),
    );
    let resource = resource(options);
    if let Some(discarded) = resource.discarded() {
        report::note(&format!("{discarded}\n"));
    }
    let runtime = runtime(definitions.len())?;
    let code = runtime.block_on(check(
        options,
        &definitions,
        &configs,
        &resource,
        heartbeat.as_ref(),
    ));
    // A resolver that hangs holds its thread; the program must not wait for it.
    runtime.shutdown_background();
    code
}

/// What makes runs `unknown` is said while there is time to do something about it. How often probes run is not known
/// here, nor what follows from it.
fn warn(calendars: &[Arc<Calendar>], definitions: &[Arc<Definition>], now: Timestamp) {
    let warnings = lint::all(calendars, definitions, now).filter(|warning| warning.code.makes_unknown());
    report::note(&report::warnings::lines(warnings));
}

/// One round: probe, report, deliver. People see the report before the delivery, which may take its time.
async fn check(
    options: &Check,
    definitions: &[Arc<Definition>],
    configs: &Configs,
    resource: &Resource,
    heartbeat: Option<&Heartbeat>,
) -> Result<ExitCode> {
    let memories = Memories::recall(options.state.file(), definitions).await?;
    let limit = usize::from(options.max_concurrent);
    let tracing = Tracing {
        sampling: configs.sampling,
        is_wanted: configs.traces.is_some(),
    };
    let agent = memories.agent().clone().tracing(tracing);
    let round = round::run(&agent, definitions, limit, options.now).await;
    // Before anything that may take its time.
    memories.keep(&round.runs, options.now).await;
    // Results are delivered even when nobody can read the report.
    let told = match options.format {
        ReportFormat::Text => report::conclude(&report::text::round(&round.runs, round.took, columns())),
        ReportFormat::Json | ReportFormat::Junit => Ok(()),
    };
    let storage = options.queue.storage();
    let (delivered, ()) = tokio::join!(
        deliver(configs, &storage, resource, &round),
        beat(heartbeat, &round)
    );
    told?;
    conclude(options, &round, &delivered)
}

/// Tells the dead-man's switch that a round is complete, however it ended.
async fn beat(heartbeat: Option<&Heartbeat>, round: &Round) {
    let Some(heartbeat) = heartbeat.filter(|_| !round.was_stopped) else {
        return;
    };
    let beaten = tokio::select! {
        beaten = heartbeat.beat(LONGEST_HEARTBEAT) => beaten,
        () = stop::requested() => Err("did not answer before the program was stopped".to_owned()),
    };
    if let Err(why) = beaten {
        report::note(&format!(
            "the heartbeat does not arrive: {} {why}\n",
            heartbeat.place()
        ));
    }
}

/// Delivers the results within a bound, each signal by itself; a request to stop cuts it short.
async fn deliver<'c>(
    configs: &'c Configs,
    storage: &Storage,
    resource: &Resource,
    round: &Round,
) -> Vec<Delivered<'c>> {
    let bound = if round.was_stopped {
        BOUND_WHEN_STOPPED
    } else {
        DELIVERY_BOUND
    };
    let (runs, now) = (round.runs.as_slice(), clock::now());
    let all = async {
        let metrics = OptionFuture::from(configs.metrics.as_ref().map(async |config| {
            let delivery = otlp::push_through(storage, config, resource, runs, now, bound).await;
            Delivered { config, delivery }
        }));
        let traces = OptionFuture::from(configs.traces.as_ref().map(async |config| {
            let delivery = otlp::push_traces(storage, config, resource, runs, now, bound).await;
            Delivered { config, delivery }
        }));
        let logs = OptionFuture::from(configs.logs.as_ref().map(async |config| {
            let news = runs.iter().filter(|run| change::is_news(run, None));
            let news = news.map(|run| (run, change::first(run)));
            let delivery = otlp::push_logs(storage, config, resource, news, now, bound).await;
            Delivered { config, delivery }
        }));
        let (metrics, traces, logs) = tokio::join!(metrics, traces, logs);
        [metrics, traces, logs].into_iter().flatten().collect()
    };
    let endpoints: Vec<_> = configs.iter().map(Config::endpoint).collect();
    let waiting = format!("delivering the results to {}\n", endpoints.join(", "));
    tokio::select! {
        delivered = all => delivered,
        never = report::note_after(PATIENCE, &waiting) => match never {},
        () = stop::requested() => configs.iter().map(interrupted).collect(),
    }
}

fn interrupted(config: &Config) -> Delivered<'_> {
    let message = format!("the delivery to {} was interrupted", config.endpoint());
    let delivery = Delivery {
        failure: Some(Failure { message, hint: None }),
        ..Delivery::default()
    };
    Delivered { config, delivery }
}

/// Prints what is left to say; the exit code follows from the verdicts and the delivery.
fn conclude(options: &Check, round: &Round, delivered: &[Delivered<'_>]) -> Result<ExitCode> {
    let is_delivered = delivered.iter().all(Delivered::is_delivered);
    let verdicts = round.runs.iter().map(|run| run.judgment.verdict);
    let code = ExitCode::of_round(verdicts, &options.fail_on, is_delivered);
    let sentences: String = delivered.iter().map(Delivered::sentence).collect();
    let text = match options.format {
        // What went wrong is not to be lost where the report is thrown away.
        ReportFormat::Text if is_delivered => sentences.clone(),
        ReportFormat::Text => String::new(),
        ReportFormat::Json => report::json::round(&round.runs, DeliveryEntry::of(delivered), code),
        ReportFormat::Junit => report::junit::round(&round.runs, round.took)?,
    };
    if !is_delivered {
        report::note(&sentences);
    }
    for line in delivered.iter().flat_map(|of| &of.delivery.of_queue) {
        report::note(&format!("{line}\n"));
    }
    report::conclude(&text)?;
    Ok(code)
}

/// Probe files with mistakes: nothing is probed.
fn refuse(mistakes: &Mistakes, format: ReportFormat) -> Result<ExitCode> {
    let count = report::text::counted(mistakes.count(), "mistake", "mistakes");
    report::note(&format!(
        "{}\n{count}; nothing was probed\n",
        mistakes.render(true)
    ));
    let document = match format {
        ReportFormat::Text => String::new(),
        ReportFormat::Json => report::json::no_round(mistakes.iter().map(Entry::from).collect()),
        ReportFormat::Junit => report::junit::no_round(mistakes.iter())?,
    };
    report::conclude(&document)?;
    Ok(ExitCode::Mistakes)
}

/// The probes that are enabled, asked for and in the shard.
fn select(set: &ProbeSet, globs: &[String], shard: Option<Shard>) -> Result<Vec<Arc<Definition>>> {
    let asked = chosen(set, globs)?;
    let wanted = |definition: &&Arc<Definition>| {
        let is_match = |globs: &GlobSet| globs.is_match(definition.name.as_str());
        asked.as_ref().is_none_or(is_match) && shard.is_none_or(|shard| shard.holds(&definition.name))
    };
    let chosen = set.definitions.iter().filter(wanted);
    let (enabled, disabled): (Vec<&Arc<Definition>>, Vec<_>) =
        chosen.partition(|definition| definition.enabled);
    if let Some(shard) = shard {
        let mine = report::text::counted(enabled.len(), "probe", "probes");
        report::note(&format!("shard {shard}: {mine} of {}\n", set.definitions.len()));
    }
    if enabled.is_empty() && (shard.is_none() || !disabled.is_empty()) {
        let disabled = report::text::counted(disabled.len(), "probe", "probes");
        report::note(&format!(
            "nothing to run: {disabled} disabled (`enabled: false`)\n"
        ));
    }
    Ok(enabled.into_iter().cloned().collect())
}

/// What names the probes that are asked for; none: all of them.
pub(super) fn chosen(set: &ProbeSet, globs: &[String]) -> Result<Option<GlobSet>> {
    if globs.is_empty() {
        return Ok(None);
    }
    let asked = matcher(globs)?;
    let mut names = set.definitions.iter().map(|definition| definition.name.as_str());
    if !names.clone().any(|name| asked.is_match(name)) {
        let names: Vec<&str> = names.by_ref().take(10).collect();
        bail!(
            "no probe matches `--probe {}`; there are: {}",
            globs.join(" --probe "),
            names.join(", ")
        );
    }
    Ok(Some(asked))
}

fn matcher(globs: &[String]) -> Result<GlobSet> {
    let mut builder = GlobSetBuilder::new();
    for glob in globs {
        builder.add(Glob::new(glob).with_context(|| format!("`--probe {glob}` is not a glob"))?);
    }
    Ok(builder.build()?)
}

fn resource(options: &Check) -> Resource {
    let default_instance = instance(&options.files.paths);
    let identity = Identity {
        default_instance: &default_instance,
        instance: options.delivery.instance.as_deref(),
        location: options.delivery.location.as_deref(),
    };
    Resource::read(&super::telemetry_environment, &identity)
}

/// The probe file set's name: the same in every run, whichever pod it is.
fn instance(paths: &[PathBuf]) -> String {
    let stems = paths.iter().filter_map(|path| path.file_stem());
    let names: Vec<String> = stems.map(|stem| stem.to_string_lossy().into_owned()).collect();
    if names.is_empty() {
        "probes".into()
    } else {
        names.join("+")
    }
}

/// One probe needs no second thread; many large answers are judged on all cores.
fn runtime(probes: usize) -> Result<Runtime> {
    let mut builder = if probes > 1 {
        Builder::new_multi_thread()
    } else {
        Builder::new_current_thread()
    };
    builder
        .enable_all()
        .build()
        .context("the runtime cannot be started")
}

#[cfg(test)]
mod tests {
    use super::instance;

    #[test]
    fn the_instance_is_the_file_sets_name() {
        assert_eq!(instance(&["probes/".into()]), "probes");
        assert_eq!(
            instance(&["/etc/freshwatch/prices.yaml".into(), "chat.yml".into()]),
            "prices+chat"
        );
        assert_eq!(instance(&["/".into()]), "probes");
    }
}
