//! The process.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::{self, Duration};

use super::log::fields;
use super::{Log, Reply, Series, client, within};
use crate::daemon::{ConfigMap, Files};
use crate::program::program;
use crate::receiver::Receiver;
use crate::resources::Resources;

/// How a daemon is to be started: on a free port, with a log in JSON, and without looking at its files, unless a test
/// says otherwise.
#[derive(Debug)]
pub struct Settings {
    arguments: Vec<(String, Option<String>)>,
    command: Command,
}

/// A daemon that runs; it is killed when it is dropped.
#[derive(Debug)]
pub struct Daemon {
    process: Child,
    address: Option<SocketAddr>,
    /// What it says.
    pub log: Log,
}

impl Daemon {
    /// One that watches the probes of a file.
    pub fn of(files: &Files) -> Settings {
        Settings::new(&files.path())
    }

    /// One that watches the probes of a ConfigMap.
    pub fn of_config_map(map: &ConfigMap) -> Settings {
        Settings::new(map.path())
    }

    /// Asks an endpoint.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn get(&self, target: &str) -> Reply {
        self.ask("GET", target, &[]).await
    }

    /// Asks an endpoint with a method and header fields of the test's.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Reply {
        let asking = client::ask(self.address(), method, target, headers);
        let reply = within(asking, || format!("{target} hangs: {:#?}", self.log.lines())).await;
        reply.unwrap_or_else(|| panic!("{target} does not answer: {:#?}", self.log.lines()))
    }

    /// What `/metrics` shows.
    ///
    /// # Panics
    /// When it does not answer, or not in Prometheus's format.
    pub async fn series(&self) -> Series {
        let reply = self.get("/metrics").await;
        assert_eq!(reply.status, 200, "{reply:?}");
        Series::of_page(&reply.body)
    }

    /// Asks `/metrics` again and again until it shows something: the last resort, where no event tells of it.
    ///
    /// # Panics
    /// When it never does.
    pub async fn series_when(&self, shown: impl Fn(&Series) -> bool) -> Series {
        let mut last = None;
        let asking = async {
            loop {
                let series = self.series().await;
                if shown(&series) {
                    return series;
                }
                last = Some(series);
                time::sleep(Duration::from_millis(5)).await;
            }
        };
        let shown = time::timeout(super::LONGEST_WAIT, asking).await;
        shown.unwrap_or_else(|_| panic!("/metrics never shows it: {last:#?}"))
    }

    /// Waits until what it knows now has been delivered.
    ///
    /// # Panics
    /// When it is not.
    pub async fn delivered(&self) {
        let accepted =
            |series: &Series| series.sum("freshwatch_export_batches_total", &[("outcome", "accepted")]);
        let before = accepted(&self.series().await);
        // One may have been on its way.
        self.series_when(|series| accepted(series) >= before + 2.0).await;
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// When it has ended.
    pub fn signal(&self, signal: Signal) {
        let id = self.process.id().expect("it runs");
        let id = i32::try_from(id).expect("a process id");
        kill(Pid::from_raw(id), signal).expect("the signal is sent");
    }

    /// What it takes of the machine.
    ///
    /// # Panics
    /// When it has ended.
    pub fn resources(&self) -> Resources {
        Resources::of(self.process.id().expect("it runs")).expect("the kernel knows it")
    }

    /// Waits until it has ended: its exit code, none when a signal has ended it, and all that it said.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn ended(mut self) -> (Option<i32>, Vec<String>) {
        let ended = within(self.process.wait(), || {
            format!("it still runs: {:#?}", self.log.lines())
        });
        let status: ExitStatus = ended.await.expect("it can be waited for");
        (status.code(), self.log.end().await)
    }

    /// Where it listens.
    ///
    /// # Panics
    /// When it does not.
    pub fn address(&self) -> SocketAddr {
        self.address.expect("it listens")
    }
}

impl Settings {
    fn new(path: &Path) -> Self {
        let mut command = Command::from(program());
        command.arg("run").arg(path);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let settings = Self {
            arguments: Vec::new(),
            command,
        };
        settings
            .with("--listen", "127.0.0.1:0")
            .with("--log-format", "json")
            .with("--watch-interval", "0s")
    }

    /// An option and its value, in the place of the value before.
    #[must_use]
    pub fn with(mut self, option: &str, value: &str) -> Self {
        self.arguments.retain(|(known, _)| known != option);
        self.arguments.push((option.to_owned(), Some(value.to_owned())));
        self
    }

    /// An option that has no value.
    #[must_use]
    pub fn with_flag(mut self, option: &str) -> Self {
        self.arguments.push((option.to_owned(), None));
        self
    }

    /// A variable of its environment.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Pushes to a receiver, every so many milliseconds.
    #[must_use]
    pub fn pushing_to(self, receiver: &Receiver, milliseconds: u32) -> Self {
        self.with("--otlp-endpoint", &receiver.endpoint())
            .with("--instance", "daemon")
            .with_variable("OTEL_METRIC_EXPORT_INTERVAL", milliseconds.to_string())
    }

    /// Starts it and waits until it says where it listens.
    ///
    /// # Panics
    /// When it does not.
    pub async fn start(self) -> Daemon {
        let mut daemon = self.spawn();
        let line = daemon.log.line("/api/v1/probes").await;
        // A line of text names the address within its sentence.
        let address = if line.starts_with('{') {
            fields(&line)["address"].as_str().map(str::to_owned)
        } else {
            let after = line.split_once("http://").map(|(_, after)| after);
            after.and_then(|after| after.split(' ').next()).map(str::to_owned)
        };
        let address = address.and_then(|address| address.parse().ok());
        daemon.address = Some(address.unwrap_or_else(|| panic!("no address in {line}")));
        daemon
    }

    /// Starts it and waits for nothing.
    ///
    /// # Panics
    /// When it does not start.
    pub fn spawn(mut self) -> Daemon {
        for (option, value) in &self.arguments {
            self.command.arg(option).args(value);
        }
        let mut process = self.command.spawn().expect("the program starts");
        let stream = process.stderr.take().expect("its standard error is ours");
        Daemon {
            process,
            address: None,
            log: Log::of(stream),
        }
    }
}
