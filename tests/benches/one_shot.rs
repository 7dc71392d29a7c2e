//! One plain-HTTP probe with its push, as a whole process, beside a shell script that does the same.
//!
//! `cargo bench -p freshwatch-tests --bench one_shot` builds the release binary, starts a target and a receiver on
//! loopback, and runs in turn, so that whatever else the machine does meets both alike:
//!
//! - `freshwatch check` of a probe with a freshness rule, pushed over OTLP;
//! - `curl | jq`, which reads the same timestamp and compares it with the clock, and a second `curl`, which pushes
//!   one gauge as OTLP/JSON.
//!
//! It prints medians, their ratio, and the peak of resident memory of the program.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints what it measured"
)]

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use freshwatch_tests::program::{METRICS_ALONE, released};
use nix::sys::resource::{UsageWho, getrusage};

const ROUNDS: usize = 60;
const MEASURE_MEMORY: &str = "--measure-memory-of";

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == MEASURE_MEMORY) {
        return measure_memory(&arguments[at + 1..]);
    }
    for tool in ["curl", "jq"] {
        if Command::new(tool).arg("--version").output().is_err() {
            eprintln!("SKIPPED: the comparison needs `{tool}`, which is not installed");
            return Ok(());
        }
    }
    let folder = tempfile::tempdir()?;
    let bench = Bench::set_up(folder.path())?;
    let (mut program, mut shell) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        program.push(timed(&mut bench.program())?);
        shell.push(timed(&mut bench.shell())?);
    }
    let (program, shell) = (median(program), median(shell));
    println!("median of {ROUNDS} runs in turn, on loopback");
    println!("freshwatch check with its push   {program:>10.2?}");
    println!("curl | jq, and curl to push      {shell:>10.2?}");
    println!(
        "ratio                            {:>9.1}x",
        shell.as_secs_f64() / program.as_secs_f64()
    );
    println!(
        "freshwatch's peak memory         {:>7.1} MB",
        bench.peak_memory()?
    );
    Ok(())
}

/// The two commands, and what they talk to.
struct Bench {
    binary: PathBuf,
    probe: PathBuf,
    script: PathBuf,
    receiver: String,
}

impl Bench {
    fn set_up(folder: &Path) -> io::Result<Self> {
        let target = serve(answer_body())?;
        let receiver = format!("http://{}", serve(Vec::new())?);
        let probe = folder.join("probe.yaml");
        fs::write(&probe, probe_file(target))?;
        let script = folder.join("probe.sh");
        fs::write(&script, shell_script(target, &receiver))?;
        Ok(Self {
            binary: released()?,
            probe,
            script,
            receiver,
        })
    }

    fn program(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .arg("check")
            .arg(&self.probe)
            .args(["--otlp-endpoint", &self.receiver])
            .envs(METRICS_ALONE);
        command
    }

    fn shell(&self) -> Command {
        let mut command = Command::new("sh");
        command.arg(&self.script);
        command
    }

    /// The peak of resident memory in megabytes, measured by a process of its own, whose only child is the program.
    fn peak_memory(&self) -> io::Result<f64> {
        let mut command = Command::new(env::current_exe()?);
        command
            .arg(MEASURE_MEMORY)
            .arg(&self.binary)
            .arg("check")
            .arg(&self.probe);
        command
            .args(["--otlp-endpoint", &self.receiver])
            .envs(METRICS_ALONE);
        let output = command.output()?;
        let kibibytes: f64 = String::from_utf8_lossy(&output.stdout)
            .trim()
            .parse()
            .map_err(io::Error::other)?;
        Ok(kibibytes * 1024.0 / 1e6)
    }
}

/// About 1 KiB of JSON with the time in it.
fn answer_body() -> Vec<u8> {
    let items: Vec<_> = (0..16)
        .map(|number| serde_json::json!({"id": number, "price": 125_000 + number, "district": "Jongno-gu"}))
        .collect();
    let body = serde_json::json!({"updatedAt": jiff_now(), "items": items}).to_string();
    let head = format!("content-type: application/json\r\ncontent-length: {}", body.len());
    format!("HTTP/1.1 200 OK\r\n{head}\r\nconnection: close\r\n\r\n{body}").into_bytes()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the answer must be fresh by the real clock"
)]
fn jiff_now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn probe_file(target: SocketAddr) -> String {
    format!("probes:\n  prices:\n    get: http://{target}/\n    fresh: {{at: $.updatedAt, max_age: 1h}}\n")
}

fn shell_script(target: SocketAddr, receiver: &str) -> String {
    format!(
        r#"set -e
age=$(curl -fsS --max-time 10 http://{target}/ | jq -e 'now - (.updatedAt | fromdateiso8601)')
success=$(jq -n "if $age < 3600 then 1 else 0 end")
curl -fsS --max-time 10 -H 'content-type: application/json' -o /dev/null {receiver}/v1/metrics --data-binary @- <<JSON
{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"probe_success","gauge":{{"dataPoints":[
{{"asDouble":$success,"timeUnixNano":"$(date +%s%N)","attributes":[{{"key":"probe","value":{{"stringValue":"prices"}}}}]}}]}}}}]}}]}}]}}
JSON
"#
    )
}

/// A server that reads a request whole and answers every one alike; no bytes stand for an empty 200.
fn serve(answer: Vec<u8>) -> io::Result<SocketAddr> {
    let empty = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let answer = if answer.is_empty() { empty.to_vec() } else { answer };
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away early is its own trouble.
            let _ = serve_one(stream, &answer);
        }
    });
    Ok(address)
}

fn serve_one(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 16 << 10];
    while !is_whole(&request) {
        match stream.read(&mut buffer)? {
            0 => break,
            length => request.extend_from_slice(&buffer[..length]),
        }
    }
    stream.write_all(answer)
}

fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
    request.len() >= end + 4 + length
}

/// How long a command took; one that fails has measured nothing.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the real clock")]
fn timed(command: &mut Command) -> io::Result<Duration> {
    let start = Instant::now();
    let output = command.output()?;
    let took = start.elapsed();
    if output.status.success() {
        return Ok(took);
    }
    Err(io::Error::other(format!(
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    )))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Runs a command as the only child, and prints its peak of resident memory in KiB.
fn measure_memory(command: &[String]) -> io::Result<()> {
    let output = Command::new(&command[0]).args(&command[1..]).output()?;
    if !output.status.success() {
        return Err(io::Error::other(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ));
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(io::Error::from)?;
    println!("{}", usage.max_rss());
    Ok(())
}
