//! The program under test: `freshwatch run` with everything on.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::contender::{AtWork, Setting};
use crate::process::Process;
use crate::wait::{free_address, get, until_ready};

/// How long it may take to read 100,000 probes.
const READY_WITHIN: Duration = Duration::from_mins(2);

/// Longer than its own grace.
const ENDED_WITHIN: Duration = Duration::from_secs(40);

/// The program at work.
#[derive(Debug)]
pub struct Freshwatch {
    process: Process,
    address: SocketAddr,
}

/// Starts it, with an export every 15 s as it does by itself.
pub fn start(program: &Path, setting: Setting<'_>) -> io::Result<Freshwatch> {
    let files = setting.folder.join("probes");
    setting.scenario.write_files(&files, setting.target)?;
    let address = free_address()?;
    let arguments = [
        "run".to_owned(),
        files.display().to_string(),
        format!("--listen={address}"),
        format!("--otlp-endpoint=http://{}", setting.receiver),
    ];
    let workers = setting
        .workers
        .map(|workers| ("TOKIO_WORKER_THREADS", workers.to_string()));
    let variables: Vec<(&str, String)> = workers.into_iter().collect();
    let mut process = Process::start(program, &arguments, &variables, setting.folder)?;
    until_ready(&mut process, address, "/-/ready", READY_WITHIN)?;
    Ok(Freshwatch { process, address })
}

impl AtWork for Freshwatch {
    fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    fn finish(self: Box<Self>) -> io::Result<Vec<String>> {
        let mut words = unexpected(self.address)?;
        let status = self.process.terminate(ENDED_WITHIN)?;
        if !status.success() {
            words.push(format!("it did NOT end cleanly: {status}"));
        }
        Ok(words)
    }
}

/// What its own counters say beside `ok`: such a measurement is of something else.
fn unexpected(address: SocketAddr) -> io::Result<Vec<String>> {
    let mut runs: BTreeMap<String, f64> = BTreeMap::new();
    let mut skipped = Vec::new();
    get(address, "/metrics", |line| {
        let Some((series, value)) = line.trim_end().rsplit_once(' ') else {
            return;
        };
        let value: f64 = value.parse().unwrap_or_default();
        if let Some(verdict) = verdict_of(series) {
            *runs.entry(verdict.to_owned()).or_default() += value;
        } else if series.starts_with("freshwatch_runs_skipped_total") && value > 0.0 {
            skipped.push(line.trim_end().to_owned());
        }
    })?;
    let mut words: Vec<String> = runs
        .iter()
        .filter(|(verdict, count)| *verdict != "ok" && **count > 0.0)
        .map(|(verdict, count)| format!("{count} runs were `{verdict}`"))
        .collect();
    if !runs.contains_key("ok") {
        words.push("its /metrics tell of NO run that was ok".to_owned());
    }
    words.extend(skipped);
    Ok(words)
}

fn verdict_of(series: &str) -> Option<&str> {
    let labels = series.strip_prefix("probe_runs_total{")?;
    let (_, verdict) = labels.split_once("verdict=\"")?;
    verdict.split('"').next()
}
