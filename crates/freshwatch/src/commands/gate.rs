//! `freshwatch gate`: may we deploy?

use std::time::Duration;

use anyhow::{Context as _, Result};
use freshwatch_agent::clock;
use freshwatch_file::Mistakes;
use freshwatch_probe::gate::Gate;
use freshwatch_probe::template::Secret;
use freshwatch_slo::gate::bypass::Bypass;
use freshwatch_slo::gate::{Verdict, decide};
use freshwatch_telemetry::otlp::{self, Config, Configs};
use freshwatch_telemetry::record;
use freshwatch_telemetry::resource::{Identity, Resource};
use tokio::runtime::Builder;

use crate::command_line::gate::{Gate as Options, GateFormat};
use crate::exit_code::ExitCode;
use crate::gate::{argo_cd, backend, bypass};
use crate::report;
use crate::report::delivery::Delivered;
use crate::report::gate::Said;
use crate::report::json::DeliveryEntry;
use crate::report::mistakes::Entry;
use crate::report::wrap::columns;

/// How long the delivery may take: it must not hold up a pipeline.
const DELIVERY_BOUND: Duration = Duration::from_secs(10);

/// After this long people want to know what they are waiting for.
const PATIENCE: Duration = Duration::from_secs(2);

/// The words of all verdicts.
const WORDS: &[&str] = &[
    Verdict::Pass.as_str(),
    Verdict::Inconclusive.as_str(),
    Verdict::Block.as_str(),
];

/// Asks, decides and tells.
///
/// # Errors
/// Wrong use: a bypass without a reason or a name, a commit message that cannot be read.
pub fn run(options: &Options) -> Result<ExitCode> {
    let gate = match freshwatch_file::load_gate(&options.file, &super::environment) {
        Ok(gate) => gate,
        Err(mistakes) => return refuse(&mistakes, options.format),
    };
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("the runtime cannot be started")?;
    let code = runtime.block_on(answer(options, &gate));
    // A resolver that hangs holds its thread; the program must not wait for it.
    runtime.shutdown_background();
    code
}

async fn answer(options: &Options, gate: &Gate) -> Result<ExitCode> {
    let began = clock::monotonic();
    let token = super::environment(argo_cd::TOKEN).filter(|token| !token.is_empty());
    let waiting = format!("asking {}\n", gate.backend.url);
    let asking = async {
        tokio::join!(
            bypass::bypass(options, token.map(Secret::new)),
            backend::ask(gate, options.now)
        )
    };
    let (bypass, asked) = tokio::select! {
        asked = asking => asked,
        never = report::note_after(PATIENCE, &waiting) => match never {},
    };
    let bypass = bypass?;
    let decision = decide(gate.conditions.iter().zip(asked.answers));
    let said = Said {
        name: name(options, gate),
        file: &options.file,
        at: asked.at,
        took: clock::monotonic() - began,
        bypass: bypass.as_ref(),
        decision,
    };
    let code = code(said.decision.verdict, bypass.as_ref());
    // What it says is delivered even when nobody can read it.
    let told = match options.format {
        GateFormat::Text => report::conclude(&report::gate::text(&said, columns())),
        GateFormat::Json => Ok(()),
    };
    let config = config(options);
    let delivered = deliver(options, config.as_ref(), &said).await;
    told?;
    if let GateFormat::Json = options.format {
        let entry = DeliveryEntry::of(delivered.as_slice());
        report::conclude(&report::gate::json(&said, entry, code))?;
    }
    Ok(code)
}

/// Whoever goes past the gate passes.
const fn code(verdict: Verdict, bypass: Option<&Bypass>) -> ExitCode {
    match (verdict, bypass) {
        (_, Some(_)) | (Verdict::Pass, None) => ExitCode::Ok,
        (Verdict::Block, None) => ExitCode::Blocked,
        (Verdict::Inconclusive, None) => ExitCode::Inconclusive,
    }
}

/// The gate's own name, or that of its file.
fn name(options: &Options, gate: &Gate) -> String {
    let of_file = || {
        let stem = options.file.file_stem();
        stem.map_or_else(|| "gate".into(), |stem| stem.to_string_lossy().into_owned())
    };
    gate.name.clone().unwrap_or_else(of_file)
}

/// Where what it says goes. A mistake in the configuration must not block a deploy, and is told.
fn config(options: &Options) -> Option<Config> {
    let endpoint = options.delivery.otlp_endpoint.as_deref();
    match Configs::read(&super::telemetry_environment, endpoint) {
        Ok(configs) => configs.metrics,
        Err(error) => {
            report::note(&format!("what the gate says is not delivered: {error}\n"));
            None
        }
    }
}

/// Tells what the gate says, and who went past it, to the OTLP endpoint. A failure is told and changes nothing.
async fn deliver<'c>(
    options: &Options,
    config: Option<&'c Config>,
    said: &Said<'_>,
) -> Option<Delivered<'c>> {
    let Some(config) = config else {
        if said.bypass.is_some() {
            report::note("nobody but you hears of this bypass: no OTLP endpoint is configured\n");
        }
        return None;
    };
    let identity = Identity {
        default_instance: &said.name,
        instance: options.delivery.instance.as_deref(),
        location: options.delivery.location.as_deref(),
    };
    let resource = Resource::read(&super::telemetry_environment, &identity);
    let mut gate = record::Gate::new(&said.name, WORDS, said.decision.verdict.as_str());
    if let Some(bypass) = said.bypass {
        gate = gate.bypassed(&bypass.by, &bypass.reason);
    }
    let waiting = format!("telling {}\n", config.endpoint());
    let delivery = tokio::select! {
        delivery = otlp::push_gate(config, &resource, &gate, clock::now(), DELIVERY_BOUND) => delivery,
        never = report::note_after(PATIENCE, &waiting) => match never {},
    };
    let delivered = Delivered { config, delivery };
    if !delivered.is_delivered() {
        report::note(&delivered.sentence());
    }
    Some(delivered)
}

/// A file with mistakes: nothing is asked.
fn refuse(mistakes: &Mistakes, format: GateFormat) -> Result<ExitCode> {
    let count = report::text::counted(mistakes.count(), "mistake", "mistakes");
    report::note(&format!(
        "{}\n{count}; nothing was asked\n",
        mistakes.render(true)
    ));
    if let GateFormat::Json = format {
        let mistakes = mistakes.iter().map(Entry::from).collect();
        report::conclude(&report::gate::json_of_mistakes(mistakes))?;
    }
    Ok(ExitCode::Mistakes)
}
