//! The least that a prober can be: wait until a run is due, ask with hyper, read the answer, parse it as JSON.

use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use freshwatch_agent::clock;
use freshwatch_agent::schedule::Schedule;
use http::header::HOST;
use http::{HeaderValue, Request};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::net::TcpStream;

use crate::contender::{AtWork, Setting};
use crate::failures::Failures;
use crate::process::{self, Process};
use crate::scenario::{SCENARIOS, Scenario};

/// The hidden argument of this role; after it the scenario, the target, and how many threads.
pub const AS_BARE_LOOP: &str = "--as-bare-loop";

/// The loop, from outside.
#[derive(Debug)]
pub struct BareLoop(Process);

/// Starts one; it is ready when all its tasks wait.
pub fn start(setting: Setting<'_>) -> io::Result<BareLoop> {
    let workers = setting.workers.unwrap_or(1);
    let arguments = [
        setting.scenario.name.to_owned(),
        setting.target.to_string(),
        workers.to_string(),
    ];
    Ok(BareLoop(
        Process::start_role(AS_BARE_LOOP, &arguments, setting.folder)?.0,
    ))
}

impl AtWork for BareLoop {
    fn process(&mut self) -> &mut Process {
        &mut self.0
    }

    fn finish(self: Box<Self>) -> io::Result<Vec<String>> {
        let failed = self.0.last_line()?;
        Ok(if failed == Failures::default().to_string() {
            Vec::new()
        } else {
            vec![failed]
        })
    }
}

/// This role: runs until standard input ends, and then says how many runs failed.
pub fn run(arguments: &[String]) -> io::Result<ExitCode> {
    process::end_with_parent()?;
    let [scenario, target, workers] = arguments else {
        return Err(io::Error::other(
            "a scenario, a target and a number of threads are needed",
        ));
    };
    let scenario = SCENARIOS.iter().find(|known| known.name == scenario);
    let scenario = *scenario.ok_or_else(|| io::Error::other("no scenario of this name"))?;
    let target = target.parse().map_err(io::Error::other)?;
    let workers = workers.parse().map_err(io::Error::other)?;
    let failed = Arc::<Failures>::default();
    let failures = Arc::clone(&failed);
    thread::spawn(move || runtime(workers)?.block_on(all(scenario, target, failures)));
    io::stdin().read_to_end(&mut Vec::new())?;
    writeln!(io::stdout(), "{failed}")?;
    Ok(ExitCode::SUCCESS)
}

fn runtime(workers: usize) -> io::Result<tokio::runtime::Runtime> {
    let mut builder = match workers {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    if workers > 1 {
        builder.worker_threads(workers);
    }
    builder.enable_all().build()
}

async fn all(scenario: Scenario, target: SocketAddr, failed: Arc<Failures>) -> io::Result<()> {
    let schedules = scenario.schedules()?;
    let start = clock::now();
    for (index, schedule) in (0..).zip(schedules) {
        let probe = Probe {
            target,
            path: scenario.path(index),
            host: HeaderValue::try_from(target.to_string()).map_err(io::Error::other)?,
            kept: scenario.kept,
            connection: None,
        };
        // They end with this process.
        tokio::spawn(probe.run_always(schedule, start, Arc::clone(&failed)));
    }
    writeln!(io::stdout(), "ready")?;
    std::future::pending().await
}

/// Sleeps until the next slot after the last one; one that is not yet missed is met at once.
pub async fn next_slot(schedule: &Schedule, last: &mut Timestamp) {
    let now = clock::now();
    let next = schedule.next(*last).filter(|slot| slot.start_by > now);
    let Some(slot) = next.or_else(|| schedule.next(now)) else {
        return std::future::pending().await;
    };
    *last = slot.due;
    let wait = slot.due.duration_since(now).try_into().unwrap_or_default();
    tokio::time::sleep(wait).await;
}

struct Probe {
    target: SocketAddr,
    path: String,
    host: HeaderValue,
    kept: bool,
    connection: Option<SendRequest<Empty<Bytes>>>,
}

impl Probe {
    async fn run_always(mut self, schedule: Schedule, mut last: Timestamp, failed: Arc<Failures>) {
        loop {
            next_slot(&schedule, &mut last).await;
            if let Err(error) = self.run().await {
                failed.fail(error);
            }
        }
    }

    async fn run(&mut self) -> io::Result<()> {
        let mut connection = match self.connection.take() {
            Some(kept) => kept,
            None => connect(self.target).await?,
        };
        let request = Request::get(&self.path).header(HOST, self.host.clone());
        let request = request.body(Empty::new()).map_err(io::Error::other)?;
        let answer = connection.send_request(request).await.map_err(io::Error::other)?;
        let body = answer
            .into_body()
            .collect()
            .await
            .map_err(io::Error::other)?
            .to_bytes();
        let value: serde_json::Value = serde_json::from_slice(&body)?;
        if self.kept {
            self.connection = Some(connection);
        }
        if value["status"] == "OK" {
            Ok(())
        } else {
            Err(io::Error::other("another status"))
        }
    }
}

/// A connection of its own; it ends when its sender is dropped.
pub async fn connect(address: SocketAddr) -> io::Result<SendRequest<Empty<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    tokio::spawn(connection);
    Ok(sender)
}
