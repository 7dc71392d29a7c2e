//! What it costs to encode the state of 10,000 probes, beside OpenTelemetry's own SDK.
//!
//! `cargo bench -p freshwatch-tests --bench encode` encodes one state over and over, in this process and with no network:
//!
//! - as the daemon does at every interval, from the board to OTLP requests, and as the page that `/metrics` answers;
//! - in turn with it as `opentelemetry_sdk` and the OTLP exporter do: a provider that holds the same values collects
//!   them, `opentelemetry-proto` turns them into messages, and those are encoded. The SDK's bound of 2,000 series an
//!   instrument is lifted by a view; its values were set before and do not count. What it costs to set them, as each run
//!   would, is told beside it.
//!
//! What both encode is decoded first and must have as many points of each metric. Times are CPU time of the whole
//! process, the least of several turns, since what else the machine does can only add to them.
//!
//! Then an exporter sends this state every second from a runtime of one thread, as the daemon's, while something else on
//! that thread asks for its turn without end. What it waited for a turn at most is how late the export makes a probe: in
//! CPU time of that thread, so that others on the machine do not count.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod sdk;
mod state;
mod turns;

use std::collections::BTreeMap;
use std::io;

use bytes::Bytes;
use freshwatch_telemetry::{otlp, prometheus};
use freshwatch_tests::resources::own_cpu;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message as _;
use sdk::Sdk;
use state::Still;

/// How many probes there are.
const PROBES: usize = 10_000;

/// How often each is measured.
const ROUNDS: usize = 10;

fn main() -> io::Result<()> {
    let state = Still::of(PROBES)?;
    let sdk = Sdk::new();
    sdk.record(&state);
    let ours = requests(&state);
    let theirs = sdk.request().map_err(io::Error::other)?;
    let points = same_points(&ours, &theirs)?;

    let mut times = [f64::INFINITY; 4];
    for _ in 0..ROUNDS {
        let measured = [
            milliseconds(|| drop(requests(&state)))?,
            milliseconds(|| drop(prometheus::write(&state)))?,
            milliseconds(|| drop(sdk.request()))?,
            milliseconds(|| sdk.record(&state))?,
        ];
        times = std::array::from_fn(|nth| times[nth].min(measured[nth]));
    }
    let [own, page, theirs_took, setting] = times;
    let bytes: usize = ours.iter().map(Bytes::len).sum();

    println!("{PROBES} probes, {points} points; CPU time, the least of {ROUNDS} turns\n");
    println!("{:<42} {:>10} {:>14} {:>9}", "", "ms", "bytes", "requests");
    let line = |name: &str, took: f64, bytes: usize, requests: usize| {
        println!("{name:<42} {took:>10.1} {bytes:>14} {requests:>9}");
    };
    line("freshwatch, state to requests", own, bytes, ours.len());
    line(
        "opentelemetry_sdk, values to a request",
        theirs_took,
        theirs.len(),
        1,
    );
    println!("{:<42} {setting:>10.1}", "opentelemetry_sdk, setting the values");
    println!("{:<42} {page:>10.1}", "freshwatch, the page of `/metrics`");
    println!(
        "\nratio of the SDK to freshwatch: {:.1} in time, {:.2} in bytes; {:.0} ns a point\n",
        theirs_took / own,
        ratio(theirs.len(), bytes),
        own * 1e6 / ratio(points, 1),
    );
    turns::report(state)
}

/// What an export sends.
fn requests(state: &Still) -> Vec<Bytes> {
    let mut requests = Vec::new();
    otlp::write(state, &state::resource(), state::now(), &mut |request| {
        requests.push(request);
    });
    requests
}

/// The CPU time of this process that some work takes, in milliseconds.
fn milliseconds(work: impl FnOnce()) -> io::Result<f64> {
    let before = own_cpu()?;
    work();
    Ok(own_cpu()?.saturating_sub(before).as_secs_f64() * 1000.0)
}

/// How many points both have.
fn same_points(ours: &[Bytes], theirs: &[u8]) -> io::Result<usize> {
    let (mut own_points, mut their_points) = (BTreeMap::new(), BTreeMap::new());
    for request in ours {
        count_points(&mut own_points, request)?;
    }
    count_points(&mut their_points, theirs)?;
    if own_points == their_points {
        return Ok(own_points.values().sum());
    }
    Err(io::Error::other(format!(
        "they differ: {own_points:#?} {their_points:#?}"
    )))
}

/// How many points a request has of each metric.
fn count_points(points: &mut BTreeMap<String, usize>, request: &[u8]) -> io::Result<()> {
    let request = ExportMetricsServiceRequest::decode(request)?;
    let scopes = request
        .resource_metrics
        .into_iter()
        .flat_map(|of| of.scope_metrics);
    for metric in scopes.flat_map(|of| of.metrics) {
        let count = match metric.data {
            Some(Data::Gauge(of)) => of.data_points.len(),
            Some(Data::Sum(of)) => of.data_points.len(),
            Some(Data::Histogram(of)) => of.data_points.len(),
            other => return Err(io::Error::other(format!("{}: {other:?}", metric.name))),
        };
        *points.entry(metric.name).or_default() += count;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "they are far below 2^53")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
