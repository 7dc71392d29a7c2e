//! What one run costs, beside the least that it could: a bare loop of hyper that parses the body.
//!
//! `cargo bench -p freshwatch-tests --bench fetch` starts a target in a process of its own, and then lets 1,000 probes
//! run once a second each, spread over it, in this process, on one thread:
//!
//! - bare: connect, `hyper::client::conn::http1`, collect the body, `serde_json::from_slice`;
//! - `Agent::run_once` with a matcher on the body and a freshness rule, with nothing around it;
//!
//! each on fresh connections and on kept ones, in turn, so that whatever else the machine does meets all alike. It
//! prints the CPU time of this process by run, the resident memory by probe, and the size of the future of a run.
//! `--seconds N` is how long each turn is measured, `--only NAME` names one of the four: memory is best read so, since
//! one turn uses again what another has freed.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints what it measured by the real clock"
)]

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{env, fs, thread};

use bytes::Bytes;
use freshwatch_agent::supervise::Probing as _;
use freshwatch_agent::{Agent, Prepared, clock};
use freshwatch_probe::definition::{Definition, ProbeName, When};
use freshwatch_probe::freshness::{Format, Freshness, MaxAge, Reading, Signal, Source};
use freshwatch_probe::matcher::{Condition, Matcher};
use freshwatch_probe::path::Path;
use freshwatch_probe::request::{Connection, Request};
use freshwatch_probe::verdict::Verdict;
use freshwatch_tests::resources::own_cpu;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval_at};

/// The hidden argument that makes this program the target.
const AS_TARGET: &str = "--as-target";

/// How many probes there are; each runs once a second.
const PROBES: u64 = 1000;

/// The bytes of an answer's body.
const BODY: usize = 1024;

/// What else the machine does can only add, so that the least of several turns tells most.
const ROUNDS: usize = 5;

fn main() -> io::Result<()> {
    let words: Vec<String> = env::args().collect();
    if words.iter().any(|word| word == AS_TARGET) {
        return be_target();
    }
    let value_of = |name: &str| words.iter().skip_while(|word| *word != name).nth(1);
    let seconds = value_of("--seconds").map_or(Ok(5), |text| text.parse());
    let window = Duration::from_secs(seconds.map_err(io::Error::other)?);
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;

    let target = Target::start()?;
    let wanted = |turn: &Turn| value_of("--only").is_none_or(|word| turn.name() == *word);
    let mut measured = TURNS
        .into_iter()
        .filter(wanted)
        .map(|turn| (turn, Vec::new()))
        .collect::<Vec<_>>();
    for _ in 0..ROUNDS {
        for (turn, figures) in &mut measured {
            figures.push(measure(*turn, target.address, window)?);
        }
    }
    report(&measured, target.address)
}

/// Who runs, and over which connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Turn {
    bare: bool,
    kept: bool,
}

const TURNS: [Turn; 4] = [
    Turn {
        bare: true,
        kept: false,
    },
    Turn {
        bare: false,
        kept: false,
    },
    Turn {
        bare: true,
        kept: true,
    },
    Turn {
        bare: false,
        kept: true,
    },
];

impl Turn {
    const fn name(self) -> &'static str {
        match (self.bare, self.kept) {
            (true, false) => "bare-fresh",
            (true, true) => "bare-kept",
            (false, false) => "run-fresh",
            (false, true) => "run-kept",
        }
    }
}

/// What one turn took.
#[derive(Debug, Clone, Copy)]
struct Figures {
    /// CPU time of a run, in microseconds.
    cpu: f64,
    /// How much resident memory grew by each of the probes, in KiB.
    memory: f64,
}

fn report(measured: &[(Turn, Vec<Figures>)], address: SocketAddr) -> io::Result<()> {
    println!(
        "{PROBES} probes, one run a second each, {BODY} bytes of JSON on loopback; the least of {ROUNDS} turns"
    );
    println!(
        "{:<12} {:>12} {:>16} {:>16}",
        "", "CPU a run", "against bare", "memory a probe"
    );
    let cpu_of = |turn: Turn| {
        let (_, figures) = measured.iter().find(|(other, _)| *other == turn)?;
        Some(least(figures.iter().map(|figure| figure.cpu)))
    };
    for (turn, figures) in measured {
        let cpu = least(figures.iter().map(|figure| figure.cpu));
        let against = match cpu_of(Turn { bare: true, ..*turn }) {
            Some(bare) if !turn.bare => format!("{:+.1} µs, {:.2}x", cpu - bare, cpu / bare),
            Some(_) | None => String::new(),
        };
        // The first turn alone starts with memory that was never touched.
        let memory = figures.first().map_or(0.0, |figure| figure.memory);
        println!(
            "{:<12} {cpu:>9.1} µs {against:>16} {memory:>12.1} KiB",
            turn.name()
        );
    }
    let definition = Arc::new(definition(0, address, false).map_err(io::Error::other)?);
    let agent = Agent::new();
    println!(
        "the future of a run: {} bytes",
        size_of_val(&agent.run_once(&definition, None))
    );
    Ok(())
}

fn least(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::INFINITY, f64::min)
}

/// Lets all probes run for a while, and then measures a window.
fn measure(turn: Turn, address: SocketAddr, window: Duration) -> io::Result<Figures> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let before = resident()?;
    runtime.block_on(async {
        let done = Arc::new(AtomicU64::new(0));
        let mut probes = JoinSet::new();
        let agent = Agent::new();
        let start = Instant::now() + Duration::from_millis(100);
        for number in 0..PROBES {
            let first = start + Duration::from_secs(1) * u32::try_from(number).unwrap_or(0) / 1000;
            let done = Arc::clone(&done);
            if turn.bare {
                probes.spawn(run_bare(first, address, turn.kept, done));
            } else {
                let definition = definition(number, address, turn.kept).map_err(io::Error::other)?;
                probes.spawn(run_probe(first, agent.clone(), Arc::new(definition), done));
            }
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        let (cpu, runs) = (own_cpu()?, done.load(Ordering::Relaxed));
        tokio::time::sleep(window).await;
        let (cpu, runs) = (
            own_cpu()?.saturating_sub(cpu),
            done.load(Ordering::Relaxed) - runs,
        );
        let memory = resident()?.saturating_sub(before);
        if let Some(ended) = probes.try_join_next() {
            return Err(io::Error::other(format!(
                "{} ended early: {ended:?}",
                turn.name()
            )));
        }
        Ok(Figures {
            cpu: cpu.as_secs_f64() * 1e6 / float(runs),
            memory: float(memory) / float(PROBES),
        })
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
const fn float(count: u64) -> f64 {
    count as f64
}

async fn run_bare(first: Instant, address: SocketAddr, keep: bool, done: Arc<AtomicU64>) -> io::Result<()> {
    let mut ticks = interval_at(first, Duration::from_secs(1));
    let mut kept = None;
    loop {
        ticks.tick().await;
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => connect(address).await?,
        };
        let request = http::Request::get("/prices").header("host", address.to_string());
        let request = request.body(Empty::new()).map_err(io::Error::other)?;
        let answer = connection.send_request(request).await.map_err(io::Error::other)?;
        let body = answer.into_body().collect().await.map_err(io::Error::other)?;
        let value: serde_json::Value = serde_json::from_slice(&body.to_bytes())?;
        if value["status"] != "OK" {
            return Err(io::Error::other("another status"));
        }
        kept = keep.then_some(connection);
        done.fetch_add(1, Ordering::Relaxed);
    }
}

async fn connect(address: SocketAddr) -> io::Result<SendRequest<Empty<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    // It ends when its sender is dropped.
    tokio::spawn(connection);
    Ok(sender)
}

async fn run_probe(
    first: Instant,
    agent: Agent,
    definition: Arc<Definition>,
    done: Arc<AtomicU64>,
) -> io::Result<()> {
    let mut ticks = interval_at(first, Duration::from_secs(1));
    let prepared = Prepared::default();
    loop {
        ticks.tick().await;
        let run = agent.run(&definition, &prepared).await;
        if run.judgment.verdict != Verdict::Ok {
            return Err(io::Error::other(format!("{:?}", run.judgment)));
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
}

fn definition(number: u64, address: SocketAddr, keep: bool) -> Result<Definition, String> {
    let name = ProbeName::parse(&format!("probe-{number}"))?;
    let mut request = Request::get(format!("http://{address}/prices"));
    if keep {
        request.connection = Connection::Reuse;
    }
    let mut definition = Definition::new(name, request);
    definition.schedule.when = When::Every(Duration::from_secs(1));
    let conditions = vec![Condition::Equals("OK".into())];
    definition.expect.body = vec![(Path::parse("$.status")?, Matcher { conditions })];
    definition.fresh = [Freshness::new(
        Signal::At {
            reading: Reading {
                format: Format::Auto,
                timezone: None,
            },
            bound: MaxAge::new(Duration::from_hours(1)).into(),
        },
        Source::Path(Path::parse("$.updatedAt")?),
    )]
    .into();
    Ok(definition)
}

/// The resident memory of this process in KiB.
fn resident() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|value| value.trim().strip_suffix("kB")?.trim().parse().ok());
    kibibytes.ok_or_else(|| io::Error::other("the kernel says nothing of this process's memory"))
}

/// The target in its process, which ends when this is dropped.
struct Target {
    child: Child,
    address: SocketAddr,
}

impl Target {
    fn start() -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        let command = command
            .arg(AS_TARGET)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let address = line.trim().parse().map_err(io::Error::other)?;
        Ok(Self { child, address })
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers until the parent ends.
fn be_target() -> io::Result<()> {
    thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(listen())
    });
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

async fn listen() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let answer = Arc::new(answer());
    loop {
        let (stream, _) = listener.accept().await?;
        let answer = Arc::clone(&answer);
        // It ends with its connection.
        tokio::spawn(async move { serve(stream, &answer).await });
    }
}

/// Answers the requests of one connection, which have no bodies.
async fn serve(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut head = Vec::with_capacity(1024);
    while stream.read_buf(&mut head).await? > 0 {
        if head.ends_with(b"\r\n\r\n") {
            stream.write_all(answer).await?;
            head.clear();
        }
    }
    Ok(())
}

fn answer() -> Vec<u8> {
    let mut body = format!(
        "{{\"status\":\"OK\",\"updatedAt\":\"{:.0}\",\"items\":[",
        clock::now()
    );
    let item = "{\"id\":1001,\"price\":125000,\"district\":\"Jongno-gu\"}";
    body.push_str(&[item; 14].join(","));
    body.push_str("],\"note\":\"");
    body.extend(std::iter::repeat_n('.', BODY.saturating_sub(body.len() + 2)));
    body.push_str("\"}");
    let head = format!("content-type: application/json\r\ncontent-length: {}", body.len());
    format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}").into_bytes()
}
