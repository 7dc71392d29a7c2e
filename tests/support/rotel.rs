//! A real OpenTelemetry collector: rotel, which takes all three signals over HTTP and gRPC and says what came.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tempfile::TempDir;

use crate::unpacked::{Missing, free_address, path_of};

/// How long it may take to say something.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A collector on two free ports of the loopback. It ends when it is dropped.
pub struct Rotel {
    process: Child,
    http: SocketAddr,
    grpc: SocketAddr,
    lines: Receiver<String>,
    _folder: TempDir,
}

impl Rotel {
    /// Starts one that lets what comes vanish.
    ///
    /// # Errors
    /// When it is not unpacked.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start() -> Result<Self, Missing> {
        Self::exporting(&["--exporter", "blackhole"])
    }

    /// Starts one that passes on what comes to an OTLP endpoint, over HTTP.
    ///
    /// # Errors
    /// When it is not unpacked.
    ///
    /// # Panics
    /// When it does not start.
    pub fn passing_on_to(endpoint: &str) -> Result<Self, Missing> {
        Self::exporting(&[
            "--otlp-exporter-protocol",
            "http",
            "--otlp-exporter-endpoint",
            endpoint,
        ])
    }

    fn exporting(arguments: &[&str]) -> Result<Self, Missing> {
        let binary = path_of("rotel")?;
        let folder = tempfile::tempdir().expect("a folder");
        let [http, grpc] = [free_address(), free_address()];
        let mut process = Command::new(binary)
            .env_clear()
            .arg("start")
            .args(["--otlp-http-endpoint", &http.to_string()])
            .args(["--otlp-grpc-endpoint", &grpc.to_string()])
            .args(arguments)
            .args(["--log-format", "json"])
            .args([
                "--debug-log",
                "metrics",
                "--debug-log",
                "traces",
                "--debug-log",
                "logs",
            ])
            .arg("--pid-file")
            .arg(folder.path().join("pid"))
            .arg("--log-file")
            .arg(folder.path().join("log"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let stream = process.stdout.take().expect("its standard output is ours");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                // The test may have ended.
                let _ = sender.send(line);
            }
        });
        let started = Self {
            process,
            http,
            grpc,
            lines,
            _folder: folder,
        };
        started.says("Starting Rotel");
        Ok(started)
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT` over HTTP.
    pub fn over_http(&self) -> String {
        format!("http://{}", self.http)
    }

    /// The same over gRPC.
    pub fn over_grpc(&self) -> String {
        format!("http://{}", self.grpc)
    }

    /// Waits for a line that says this.
    ///
    /// # Panics
    /// When none comes.
    pub fn says(&self, text: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(LONGEST_WAIT);
            let line = line.unwrap_or_else(|_| panic!("it never says `{text}`"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// What it says of so many things that came, in the order of the text.
    ///
    /// # Panics
    /// When they do not come.
    pub fn received(&self, count: usize) -> Vec<String> {
        let mut lines: Vec<_> = (0..count).map(|_| self.says("Received ")).collect();
        lines.sort_unstable();
        lines
    }
}

impl Drop for Rotel {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
