//! The daemon: what runs for a year behind `freshwatch run`.
//!
//! Control goes down once: the signals, `POST /-/reload` and the watched files ask for a reload, which hands
//! definitions to the supervisor. Data comes back once: the supervisor's events go down one bounded channel to the
//! ledger, which folds them into the board; the endpoints and the export read from there.

mod advice;
mod beside;
mod descriptors;
mod exports;
mod files;
mod heartbeat;
mod ledger;
pub mod logs;
mod modules;
mod remembering;
mod shared;
mod signals;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use freshwatch_agent::supervise::{Limits, StandBy, Supervisor};
use freshwatch_agent::{Agent, Tracing};
use freshwatch_file::ProbeSet;
use freshwatch_page::{Readiness, bind};
use freshwatch_probe::shard::Shard;
use freshwatch_telemetry::heartbeat::Heartbeat;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::exit_code::ExitCode;
use crate::state_file::StateFile;
use beside::Beside;
use files::{Ask, Files};
use modules::Modules;
use remembering::Remembering;
use shared::Shared;
use signals::{Asked, Signals};

pub use exports::Exports;
pub use files::load;
pub use logs::Logs;
pub use modules::Targets;

/// So many events may wait to be taken in: more than a second of ten thousand probes that all end at once. The room
/// is taken only while it is needed.
const MOST_EVENTS: usize = 16 << 10;

/// What the command line says of the daemon.
pub struct Settings {
    /// The probe files.
    pub paths: Vec<PathBuf>,
    /// The part of the probes that is run here; none: all of them.
    pub shard: Option<Shard>,
    /// Where the endpoints listen; none: nowhere.
    pub listen: Option<SocketAddr>,
    /// What may run at once.
    pub limits: Limits,
    /// How long runs may take to end when the program ends.
    pub grace: Duration,
    /// How often the files are looked at; zero: never.
    pub watch_interval: Duration,
    /// The file that keeps what probes remember; none: this process alone remembers.
    pub state: Option<PathBuf>,
    /// The dead-man's switch, and how often it is called; none: there is none.
    pub heartbeat: Option<(Heartbeat, Duration)>,
    /// Who may be probed through `/probe`; none: nobody.
    pub targets: Option<Targets>,
}

/// Runs these probes until the process is asked to stop. Those who stand by are called when they are needed.
///
/// # Errors
/// What stands in the way of the start.
pub async fn run(settings: Settings, set: ProbeSet, exports: Exports, stand_by: StandBy) -> Result<ExitCode> {
    descriptors::raise_limit();
    let _pulse = stand_by.listen();
    let mut signals = Signals::watch().context("signals cannot be watched")?;
    let listener = match settings.listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let agent = Agent::remembering(HashMap::new()).tracing(exports.tracing());
    // Their results are not ours to send.
    let asked_by_others = Tracing {
        is_wanted: false,
        ..exports.tracing()
    };
    let remembering = match &settings.state {
        Some(path) => {
            let file = StateFile::at(path, logs::state_told);
            let remembering = Remembering::new(file, agent.clone());
            remembering.meet(&set.definitions).await?;
            Some(Arc::new(remembering))
        }
        None => None,
    };
    let (events, told) = mpsc::channel(MOST_EVENTS);
    let mut supervisor = Supervisor::new(agent, settings.limits, events);
    let (asks, asked) = mpsc::channel(1);
    let shared = Arc::new(Shared::new(
        supervisor.gauges(),
        exports.statuses(),
        asks,
        // Probes of others' targets neither know nor change what the probes remember.
        settings
            .targets
            .map(|targets| Modules::new(Agent::new().tracing(asked_by_others), targets)),
        remembering.clone(),
        settings.shard,
    ));
    logs::starting(&set, settings.shard, listener.as_ref());
    let mut files = Files::new(settings.paths, settings.shard, settings.watch_interval);
    files.begin(set, &mut supervisor, &shared);
    let mut ledger = JoinSet::new();
    ledger.spawn(ledger::keep(told, Arc::clone(&shared), exports.outlets()));
    let beside = Beside::start(&shared, remembering, listener, exports, settings.heartbeat);
    shared.set_readiness(Readiness::Ready);

    let code = attend(&mut supervisor, &mut files, asked, &shared, &mut signals).await;

    shared.set_readiness(Readiness::Ending);
    logs::ending(supervisor.gauges().in_flight(), settings.grace);
    tokio::select! {
        biased;
        // Whoever asks twice does not want to wait.
        () = signals.stop() => {}
        () = async {
            supervisor.stop(settings.grace).await;
            // The last event has been told; the ledger ends when it has taken it in.
            while ledger.join_next().await.is_some() {}
            beside.end().await;
        } => {}
    }
    Ok(code)
}

/// Reloads whenever there is a reason to, until the end.
async fn attend(
    supervisor: &mut Supervisor<Agent>,
    files: &mut Files,
    mut asked: mpsc::Receiver<Ask>,
    shared: &Shared,
    signals: &mut Signals,
) -> ExitCode {
    loop {
        let ask = tokio::select! {
            biased;
            signal = signals.next() => match signal {
                Asked::Stop => return ExitCode::Ok,
                Asked::Reload => None,
            },
            error = supervisor.failed() => {
                tracing::error!("the schedule of a probe has failed inside, which is a bug: {error}");
                return ExitCode::Crash;
            }
            Some(ask) = asked.recv() => Some(ask),
            () = files.changed() => None,
        };
        let reloaded = tokio::select! {
            biased;
            () = signals.stop() => return ExitCode::Ok,
            reloaded = files.reload(supervisor, shared) => reloaded,
        };
        if let Some(ask) = ask {
            // Whoever asked may have gone.
            let _ = ask.send(reloaded);
        }
    }
}
