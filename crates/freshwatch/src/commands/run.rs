//! `freshwatch run`: the daemon.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use freshwatch_agent::supervise::{Limits, StandBy};
use freshwatch_file::Mistakes;
use freshwatch_telemetry::otlp::Configs;
use freshwatch_telemetry::resource::{Identity, Resource};
use tokio::runtime::Builder;

use crate::command_line::{Listen, Run};
use crate::daemon::{self, Exports, Logs, Settings, Targets, logs};
use crate::exit_code::ExitCode;
use crate::report;

/// The standard's default is a minute; promises that are checked every few seconds want to be seen sooner.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(15);

/// The variable that says otherwise, in milliseconds.
const INTERVAL: &str = "OTEL_METRIC_EXPORT_INTERVAL";

/// Loads the probes and runs them until the process is asked to stop.
///
/// # Errors
/// Wrong use: an OTEL_* variable, a target, an address that cannot be had.
pub fn run(options: &Run) -> Result<ExitCode> {
    let endpoint = options.delivery.otlp_endpoint.as_deref();
    let configs = Configs::read(&super::telemetry_environment, endpoint)?;
    let interval = read_interval(super::telemetry_environment(INTERVAL).as_deref())?;
    let settings = settings(options)?;
    let resource = resource(options);
    let storage = options.queue.storage();
    let (format, least) = (options.log_format, options.log_level);
    let work = async move |stand_by| {
        let set = match daemon::load(&settings.paths, settings.shard) {
            Ok(set) => set,
            Err(mistakes) => return Ok(refuse(&mistakes)),
        };
        let _logs = Logs::start(format, least);
        if let Some(discarded) = resource.discarded() {
            tracing::warn!("{discarded}");
        }
        logs::delivering(&configs, interval);
        let exports = Exports::new(configs, resource, interval, &storage)?;
        daemon::run(settings, set, exports, stand_by).await
    };
    let runtime = Builder::new_multi_thread()
        .worker_threads(threads())
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let code = runtime.block_on(async {
        let stand_by = StandBy::arrange().await;
        // All of it on the one thread that works: each thread has a heap of its own, and what loading leaves free of
        // it the runs take up again.
        let ended = tokio::spawn(work(stand_by)).await;
        ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    });
    // A resolver that hangs holds its thread; the program must not wait for it.
    runtime.shutdown_background();
    code
}

/// Probe files with mistakes: nothing is watched.
fn refuse(mistakes: &Mistakes) -> ExitCode {
    let count = report::text::counted(mistakes.count(), "mistake", "mistakes");
    report::note(&format!(
        "{}\n{count}; nothing is watched\n",
        mistakes.render(true)
    ));
    ExitCode::Mistakes
}

fn settings(options: &Run) -> Result<Settings> {
    Ok(Settings {
        paths: options.files.paths.clone(),
        shard: options.part.shard(),
        listen: match options.listen {
            Listen::At(address) => Some(address),
            Listen::Nowhere => None,
        },
        limits: Limits {
            all: options.max_concurrent,
            each_host: options.max_per_host,
        },
        grace: options.grace,
        watch_interval: options.watch_interval,
        state: options.state.file().map(Path::to_owned),
        heartbeat: super::heartbeat(&options.heartbeat)?
            .map(|heartbeat| (heartbeat, options.heartbeat_interval)),
        targets: read_targets(options)?,
    })
}

/// One thread works as long as that will do; the others stand by, so there is at least one of them.
fn threads() -> usize {
    std::thread::available_parallelism()
        .map_or(2, std::num::NonZero::get)
        .max(2)
}

/// The identity of the daemon: the host's name, so that it is the same after a restart.
fn resource(options: &Run) -> Resource {
    let host = gethostname::gethostname().to_string_lossy().into_owned();
    let identity = Identity {
        default_instance: &host,
        instance: options.delivery.instance.as_deref(),
        location: options.delivery.location.as_deref(),
    };
    Resource::read(&super::telemetry_environment, &identity)
}

/// Reads the interval of the export; an empty variable counts as unset.
fn read_interval(text: Option<&str>) -> Result<Duration> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(DEFAULT_INTERVAL);
    };
    match text.parse() {
        Ok(millis) if millis >= 100 => Ok(Duration::from_millis(millis)),
        Ok(_) | Err(_) => {
            bail!("`{INTERVAL}` is `{text}`, not a number of milliseconds from 100 on: write it like `15000`")
        }
    }
}

fn read_targets(options: &Run) -> Result<Option<Targets>> {
    if !options.allow_probe_endpoint {
        return Ok(None);
    }
    let targets = Targets::read(&options.probe_targets);
    targets
        .map(Some)
        .map_err(|why| anyhow!("`--probe-targets`: {why}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DEFAULT_INTERVAL, read_interval};

    #[test]
    fn the_interval_is_milliseconds() {
        let read = |text| read_interval(text).ok();
        assert_eq!(read(None), Some(DEFAULT_INTERVAL));
        assert_eq!(read(Some(" ")), Some(DEFAULT_INTERVAL));
        assert_eq!(read(Some("2500")), Some(Duration::from_millis(2500)));
        for text in ["15s", "0", "99", "-1", "1e3"] {
            assert_eq!(read(Some(text)), None, "{text}");
        }
    }
}
