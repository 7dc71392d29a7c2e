//! Traces and logs wait like metrics: each run's trace and each change's record arrive once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use freshwatch_agent::clock;
use freshwatch_tests::collector::{attribute, hexadecimal};
use freshwatch_tests::daemon::{Daemon, Files, Settings, Signal, Target};
use freshwatch_tests::moody::{Mood, MoodyReceiver};
use jiff::{SignedDuration, Timestamp};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use tempfile::TempDir;

const PROBES: [&str; 3] = ["price", "stock", "order"];

/// So long spans wait in memory for others before they are stored, with what a busy machine adds.
const IN_MEMORY: SignedDuration = SignedDuration::from_millis(6500);

/// A receiver of one signal, and how often each thing came to it.
struct Counting {
    receiver: MoodyReceiver,
    counts: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Counting {
    /// One that counts what `named` finds in each request.
    async fn start(named: impl Fn(&[u8]) -> Vec<String> + Send + Sync + 'static) -> Self {
        let counts = Arc::<Mutex<BTreeMap<String, usize>>>::default();
        let counting = Arc::clone(&counts);
        let take = move |body: &[u8], _| {
            for name in named(body) {
                *counting.lock().expect("nobody panicked").entry(name).or_default() += 1;
            }
        };
        Self {
            receiver: MoodyReceiver::start(take).await.expect("a free port"),
            counts,
        }
    }

    fn url(&self, path: &str) -> String {
        self.receiver.endpoint() + path
    }

    fn count(&self, name: &str) -> usize {
        let counts = self.counts.lock().expect("nobody panicked");
        counts.get(name).copied().unwrap_or_default()
    }
}

/// The traces of the runs in a request, by their root spans.
fn traces(body: &[u8]) -> Vec<String> {
    let request = ExportTraceServiceRequest::decode(body).expect("spans");
    let scopes = request.resource_spans.into_iter().flat_map(|of| of.scope_spans);
    let roots = scopes.flat_map(|of| of.spans);
    roots
        .filter(|span| span.parent_span_id.is_empty())
        .map(|span| hexadecimal(&span.trace_id))
        .collect()
}

/// The changes of verdict in a request: of which probe, from what, to what.
fn records(body: &[u8]) -> Vec<String> {
    let request = ExportLogsServiceRequest::decode(body).expect("records");
    let scopes = request.resource_logs.into_iter().flat_map(|of| of.scope_logs);
    let records = scopes.flat_map(|of| of.log_records);
    records
        .map(|record| {
            let change = ["probe", "was", "verdict"].map(|key| attribute(&record.attributes, key));
            change.join(" ")
        })
        .collect()
}

/// A daemon that sends traces and logs, each to a receiver that may be away.
struct Streams {
    target: Target,
    files: Files,
    queue: TempDir,
    traces: Counting,
    logs: Counting,
}

impl Streams {
    async fn new() -> Self {
        let target = Target::start().await;
        let probes = PROBES.map(|name| target.probe(name, "every: 1s\nexpect: {status: 200}"));
        Self {
            files: Files::new(&probes.concat()),
            queue: tempfile::tempdir().expect("a folder"),
            traces: Counting::start(traces).await,
            logs: Counting::start(records).await,
            target,
        }
    }

    fn settings(&self) -> Settings {
        Daemon::of(&self.files)
            .with("--queue-dir", &self.queue.path().display().to_string())
            .with_variable("OTEL_TRACES_EXPORTER", "otlp")
            .with_variable("OTEL_LOGS_EXPORTER", "otlp")
            .with_variable(
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                self.traces.url("/v1/traces"),
            )
            .with_variable("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", self.logs.url("/v1/logs"))
            .with_variable("OTEL_EXPORTER_OTLP_TIMEOUT", "700")
    }

    fn become_so(&self, mood: Mood) {
        self.traces.receiver.become_so(mood);
        self.logs.receiver.become_so(mood);
    }

    /// Waits until the first probe was run so many times more.
    async fn pass(&self, runs: usize) {
        let before = self.target.arrivals("/price").len();
        self.target.asked("/price", before + runs).await;
    }

    /// The trace that each run continued, and when.
    fn runs(&self) -> Vec<(String, Timestamp)> {
        let paths = PROBES.map(|name| format!("/{name}"));
        let arrivals = paths.iter().flat_map(|path| self.target.arrivals(path));
        arrivals
            .map(|arrival| {
                let parent = arrival.request.header("traceparent").expect("a trace");
                (parent[3..35].to_owned(), arrival.at)
            })
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_trace_and_each_record_arrives_once_after_an_outage() {
    let streams = Streams::new().await;
    let daemon = streams.settings().start().await;
    streams.pass(1).await;
    for mood in [Mood::Refusing, Mood::Unavailable, Mood::Limiting(1)] {
        streams.become_so(mood);
        streams.pass(1).await;
    }
    streams
        .target
        .answer("/stock", freshwatch_tests::server::answer("500 Oops", &[], ""));
    daemon.log.line("stock is").await;
    streams.become_so(Mood::Hanging);
    // What is to be on the disk when it dies must have had the time for it.
    streams.pass(8).await;
    daemon.signal(Signal::SIGKILL);
    daemon.ended().await;
    let killed = clock::now();
    let daemon = streams.settings().start().await;
    let back = clock::now();
    streams.become_so(Mood::Cutting);
    streams.pass(2).await;
    streams.become_so(Mood::Well);
    daemon.log.line("traces are delivered again").await;
    daemon.log.line("log records are delivered again").await;
    streams.pass(2).await;
    daemon.signal(Signal::SIGTERM);
    let (code, said) = daemon.ended().await;
    assert_eq!(code, Some(0), "{said:#?}");

    let runs = streams.runs();
    let mut lost = 0;
    for (trace, at) in &runs {
        let count = streams.traces.count(trace);
        let was_in_memory = *at < back && killed.duration_since(*at) < IN_MEMORY;
        assert!(
            count == 1 || was_in_memory && count == 0,
            "{trace} of {at} came {count} times"
        );
        lost += usize::from(count == 0);
    }
    assert!(lost <= 3 * 7, "{lost} of {}", runs.len());
    assert_eq!(
        streams.logs.count("stock ok down"),
        1,
        "{:?}",
        streams.logs.counts
    );
}
