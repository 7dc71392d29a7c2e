//! `freshwatch check`: every probe once, a report, the results delivered, an exit code by verdict.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use freshwatch_agent::clock;
use freshwatch_file::{Mistakes, ProbeSet};
use freshwatch_probe::definition::Definition;
use freshwatch_telemetry::otlp::{self, Config, Delivery};
use freshwatch_telemetry::resource::{Identity, Resource};
use globset::{Glob, GlobSet, GlobSetBuilder};
use tokio::runtime::{Builder, Runtime};

use crate::command_line::{Check, ReportFormat};
use crate::exit_code::ExitCode;
use crate::report;
use crate::round::{self, Round};

/// How long the delivery may take, all retries together: a CronJob must end.
const DELIVERY_BOUND: Duration = Duration::from_secs(30);

/// Runs every probe once.
///
/// # Errors
/// Wrong use: an OTEL_* variable, a glob, a selection that leaves nothing.
pub fn run(options: &Check) -> Result<ExitCode> {
    let delivery = options.delivery.otlp_endpoint.as_deref();
    let config = Config::read(&super::environment, delivery)?;
    let set = match freshwatch_file::load(&options.files.paths, &super::environment) {
        Ok(set) => set,
        Err(mistakes) => return refuse(&mistakes, options.format),
    };
    let definitions = select(&set, &options.probes)?;
    let resource = resource(options);
    if let Some(discarded) = resource.discarded() {
        report::note(&format!("{discarded}\n"));
    }
    let limit = usize::from(options.max_concurrent);
    let runtime = runtime(definitions.len())?;
    let (round, delivered) = runtime.block_on(async {
        let round = round::run(&definitions, limit, options.now).await;
        let delivered = match &config {
            Some(config) => {
                Some(otlp::push(config, &resource, &round.runs, clock::now(), DELIVERY_BOUND).await)
            }
            None => None,
        };
        (round, delivered)
    });
    // A resolver that hangs holds its thread; the program must not wait for it.
    runtime.shutdown_background();
    conclude(options, config.as_ref(), &round, delivered.as_ref())
}

/// Prints the report; the exit code follows from the verdicts and the delivery.
fn conclude(
    options: &Check,
    config: Option<&Config>,
    round: &Round,
    delivery: Option<&Delivery>,
) -> Result<ExitCode> {
    let verdicts = round.runs.iter().map(|run| run.judgment.verdict);
    let code = ExitCode::of_round(
        verdicts,
        &options.fail_on,
        delivery.is_none_or(Delivery::delivered),
    );
    let delivered = config.zip(delivery);
    let text = match options.format {
        ReportFormat::Text => {
            report::text::round(&round.runs, round.took) + &delivered.map_or_else(String::new, told)
        }
        ReportFormat::Json => report::json::round(
            &round.runs,
            delivered.map(report::json::DeliveryEntry::from),
            code,
        ),
        ReportFormat::Junit => report::junit::round(&round.runs, round.took)?,
    };
    if options.format != ReportFormat::Text
        && let Some((config, delivery)) = delivered.filter(|(_, delivery)| !delivery.delivered())
    {
        report::note(&report::delivery::sentence(config, delivery));
    }
    report::conclude(&text)?;
    Ok(code)
}

fn told((config, delivery): (&Config, &Delivery)) -> String {
    report::delivery::sentence(config, delivery)
}

/// Probe files with mistakes: nothing is probed.
fn refuse(mistakes: &Mistakes, format: ReportFormat) -> Result<ExitCode> {
    report::note(&mistakes.render(true));
    if format == ReportFormat::Json {
        let entries = mistakes.iter().map(report::mistakes::Entry::from).collect();
        report::conclude(&report::json::no_round(entries))?;
    }
    Ok(ExitCode::Mistakes)
}

/// The probes that are enabled and asked for.
fn select(set: &ProbeSet, globs: &[String]) -> Result<Vec<Definition>> {
    let asked = matcher(globs)?;
    let wanted = |definition: &&Definition| globs.is_empty() || asked.is_match(definition.name.as_str());
    let chosen: Vec<&Definition> = set.definitions.iter().filter(wanted).collect();
    if chosen.is_empty() && !globs.is_empty() {
        let names: Vec<&str> = set
            .definitions
            .iter()
            .map(|definition| definition.name.as_str())
            .take(10)
            .collect();
        bail!(
            "no probe matches `--probe {}`; there are: {}",
            globs.join(" --probe "),
            names.join(", ")
        );
    }
    let (enabled, disabled): (Vec<&Definition>, Vec<_>) =
        chosen.into_iter().partition(|definition| definition.enabled);
    if enabled.is_empty() {
        let disabled = report::text::counted(disabled.len(), "probe", "probes");
        report::note(&format!(
            "nothing to run: {disabled} disabled (`enabled: false`)\n"
        ));
    }
    Ok(enabled.into_iter().cloned().collect())
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
    Resource::read(&super::environment, &identity)
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
