//! A real VictoriaMetrics, as `tests/receivers/install.sh` unpacks it.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// Where the binary is, from the root of the repository.
const BINARY: &str = "target/receivers/victoria-metrics";

/// A Unix time in seconds: without one, what came within the current second is left out.
const FAR_FUTURE: u32 = 4_000_000_000;

/// How long it may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A VictoriaMetrics on a free port of the loopback with an empty storage. It ends when it is dropped.
#[derive(Debug)]
pub struct VictoriaMetrics {
    process: Child,
    address: SocketAddr,
    _storage: TempDir,
}

/// Why there is none to test with.
#[derive(Debug)]
pub struct Missing;

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{BINARY}` is missing: run tests/receivers/install.sh")
    }
}

impl VictoriaMetrics {
    /// Starts one that names metrics as Prometheus does.
    ///
    /// # Errors
    /// When the binary is not there.
    ///
    /// # Panics
    /// When it is there but does not start.
    pub fn start() -> Result<Self, Missing> {
        let binary = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(BINARY);
        if !binary.exists() {
            return Err(Missing);
        }
        // Another test may take the port that was free a moment ago; it then ends at once.
        let mut starts = std::iter::repeat_with(|| Self::start_at(free_address(), &binary)).take(3);
        Ok(starts
            .find_map(|started| started)
            .expect("it becomes ready at one of three ports"))
    }

    /// `None` when it ends instead of becoming ready.
    fn start_at(address: SocketAddr, binary: &Path) -> Option<Self> {
        let storage = tempfile::tempdir().expect("a folder for its storage");
        let process = Command::new(binary)
            .arg("-opentelemetry.usePrometheusNaming")
            .arg(format!("-httpListenAddr={address}"))
            .arg(format!("-storageDataPath={}", storage.path().display()))
            .args([
                "-retentionPeriod=100y",
                "-search.latencyOffset=0s",
                "-loggerLevel=ERROR",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut started = Self {
            process,
            address,
            _storage: storage,
        };
        started.becomes_ready().then_some(started)
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}/opentelemetry", self.address)
    }

    /// Every series that the selector matches, with all its samples: `/api/v1/export`, one object a series.
    ///
    /// # Panics
    /// When it does not answer so.
    pub fn export(&self, selector: &str) -> Vec<Value> {
        // What came is written to the storage in the background; this waits until it can be seen.
        self.get("/internal/force_flush").expect("it flushes");
        let lines = self
            .get(&format!(
                "/api/v1/export?start=0&end={FAR_FUTURE}&match[]={}",
                encoded(selector)
            ))
            .expect("it answers");
        lines
            .lines()
            .map(|line| serde_json::from_str(line).expect("a series in JSON"))
            .collect()
    }

    /// The result of an instant query at a Unix time in seconds: labels and value of each series.
    ///
    /// # Panics
    /// When it does not answer so.
    pub fn query(&self, query: &str, time: i64) -> Vec<Value> {
        self.get("/internal/force_flush").expect("it flushes");
        let answer = self
            .get(&format!("/api/v1/query?time={time}&query={}", encoded(query)))
            .expect("it answers");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        answer["data"]["result"].as_array().expect("a vector").clone()
    }

    fn becomes_ready(&mut self) -> bool {
        let pause = Duration::from_millis(20);
        for _ in 0..READY_WITHIN.as_millis() / pause.as_millis() {
            if self.get("/health").is_some_and(|body| body == "OK") {
                return true;
            }
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                return false;
            }
            // There is no event to wait on in another process: this polls, with a bound.
            std::thread::sleep(pause);
        }
        false
    }

    /// The body of a `200`; `None` for anything else.
    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(READY_WITHIN)).ok()?;
        let request = format!("GET {path} HTTP/1.0\r\nhost: {}\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = BufReader::new(stream);
        let mut line = String::new();
        answer.read_line(&mut line).ok()?;
        if !line.contains(" 200 ") {
            return None;
        }
        let mut rest = String::new();
        answer.read_to_string(&mut rest).ok()?;
        rest.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())
    }
}

impl Drop for VictoriaMetrics {
    fn drop(&mut self) {
        // It may have ended already; its storage goes with the folder.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound listener has an address")
}

fn encoded(text: &str) -> String {
    text.bytes()
        .fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02X}"))
}
