//! The receiver goes away in every way there is, the daemon is killed in the middle, and afterwards nothing is missing.

#![expect(clippy::float_cmp, reason = "counts are whole numbers, however they are told")]

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use freshwatch_agent::clock;
use freshwatch_tests::daemon::{Daemon, Files, Series, Settings, Signal, Target};
use freshwatch_tests::moody::{Mood, MoodyReceiver};
use freshwatch_tests::program::{program, run};
use jiff::{SignedDuration, Timestamp};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message as _;
use tempfile::TempDir;

/// How many probes there are, unless `FRESHWATCH_OUTAGE_PROBES` says otherwise.
const PROBES: usize = 20;

/// For how many seconds the receiver is in each of its moods, unless `FRESHWATCH_OUTAGE_SECONDS` says otherwise.
const SECONDS: u32 = 2;

/// Two exports are a second apart; where one is missing there are two seconds between its neighbours.
const LONGEST_GAP: SignedDuration = SignedDuration::from_millis(1750);

/// What the receiver has said that it has.
#[derive(Default)]
struct Taken {
    /// The times of each series, in the order in which they came.
    series: BTreeMap<String, Vec<Timestamp>>,
    bodies: BTreeSet<u64>,
    /// Requests that it had already, byte for byte.
    repeated: usize,
}

impl Taken {
    fn take(&mut self, body: &[u8]) {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        if !self.bodies.insert(hasher.finish()) {
            self.repeated += 1;
            return;
        }
        let request = ExportMetricsServiceRequest::decode(body).expect("an OTLP request");
        let scopes = request
            .resource_metrics
            .into_iter()
            .flat_map(|of| of.scope_metrics);
        for metric in scopes.flat_map(|of| of.metrics) {
            let mut add = |attributes: &[KeyValue], nanos: u64| {
                let series = format!("{} {attributes:?}", metric.name);
                let time = Timestamp::from_nanosecond(nanos.into()).expect("a time");
                self.series.entry(series).or_default().push(time);
            };
            match metric.data.as_ref().expect("a metric has data") {
                Data::Gauge(of) => of
                    .data_points
                    .iter()
                    .for_each(|of| add(&of.attributes, of.time_unix_nano)),
                Data::Sum(of) => of
                    .data_points
                    .iter()
                    .for_each(|of| add(&of.attributes, of.time_unix_nano)),
                Data::Histogram(of) => of
                    .data_points
                    .iter()
                    .for_each(|of| add(&of.attributes, of.time_unix_nano)),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Every series is there every second of the time, once and in order, but while the daemon was dead.
    fn check(&self, probes: usize, from: Timestamp, to: Timestamp, kills: &[Timestamp]) {
        let of_probes = self
            .series
            .iter()
            .filter(|(series, _)| series.contains("\"probe\""));
        let mut count = 0;
        for (series, times) in of_probes {
            count += 1;
            let first = times[0].duration_since(from);
            assert!(
                first < SignedDuration::from_secs(4),
                "{series} begins after {first}"
            );
            let last = to.duration_since(times[times.len() - 1]);
            assert!(last < SignedDuration::from_secs(2), "{series} ends {last} early");
            for pair in times.windows(2) {
                let gap = pair[1].duration_since(pair[0]);
                assert!(
                    gap > SignedDuration::ZERO,
                    "{series}: {} after {}",
                    pair[1],
                    pair[0]
                );
                let was_dead = kills.iter().any(|kill| (pair[0]..=pair[1]).contains(kill));
                assert!(
                    gap <= LONGEST_GAP || was_dead,
                    "{series}: nothing between {} and {}",
                    pair[0],
                    pair[1]
                );
            }
        }
        assert!(count >= probes * 20, "{count} series");
    }
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A daemon whose receiver has moods.
struct Outage {
    files: Files,
    queue: TempDir,
    target: Target,
    receiver: MoodyReceiver,
    taken: Arc<Mutex<Taken>>,
    probes: usize,
}

impl Outage {
    async fn new(probes: usize) -> Self {
        let target = Target::start().await;
        let of_each = (0..probes).map(|nth| target.probe(&format!("p-{nth:04}"), "every: 1s"));
        let files = Files::new(&of_each.collect::<String>());
        let taken = Arc::<Mutex<Taken>>::default();
        let taking = Arc::clone(&taken);
        let receiver = MoodyReceiver::start(move |body, _| lock(&taking).take(body)).await;
        Self {
            files,
            queue: tempfile::tempdir().expect("a folder"),
            target,
            receiver: receiver.expect("a free port"),
            taken,
            probes,
        }
    }

    fn settings(&self) -> Settings {
        let queue = self.queue.path().display().to_string();
        Daemon::of(&self.files)
            .with("--otlp-endpoint", &self.receiver.endpoint())
            .with("--queue-dir", &queue)
            .with("--instance", "daemon")
            .with_variable("OTEL_METRIC_EXPORT_INTERVAL", "1000")
            .with_variable("OTEL_EXPORTER_OTLP_TIMEOUT", "700")
    }

    /// Waits until the daemon has run its first probe so many times more; gives what it shows then.
    async fn pass(&self, daemon: &Daemon, seconds: u32) -> Series {
        let mut series = daemon.series().await;
        for _ in 0..seconds {
            let runs = series.runs("p-0000");
            series = daemon.series_when(|series| series.runs("p-0000") > runs).await;
        }
        series
    }

    /// Lets the receiver be so for a while, which the daemon must notice.
    async fn be(&self, daemon: &Daemon, mood: Mood, seconds: u32) {
        let before = daemon.series().await;
        self.receiver.become_so(mood);
        let after = self.pass(daemon, seconds).await;
        tell(&format!("{:<8} {}", mood.word(), lateness(&before, &after)));
        let retried =
            |series: &Series| series.sum("freshwatch_export_batches_total", &[("outcome", "retried")]);
        if mood != Mood::Well {
            daemon
                .series_when(|series| retried(series) > retried(&before))
                .await;
        }
    }

    /// Waits until nothing waits, however much does, as long as it becomes less.
    async fn recovered(&self, daemon: &Daemon) {
        self.receiver.become_so(Mood::Well);
        daemon.log.line("results are delivered again").await;
        let mut left = f64::INFINITY;
        while left > 6.0 {
            let less = daemon
                .series_when(|series| waiting(series) < left.min(1e9) - 5.0)
                .await;
            left = waiting(&less);
        }
    }
}

/// How many batches wait.
fn waiting(series: &Series) -> f64 {
    series.sum("freshwatch_export_queue_batches", &[])
}

/// How late runs started between two looks.
fn lateness(before: &Series, after: &Series) -> String {
    let more = |name: &str, labels: &[(&str, &str)]| after.sum(name, labels) - before.sum(name, labels);
    let runs = more("freshwatch_run_lateness_seconds_count", &[]);
    let within = |bound| more("freshwatch_run_lateness_seconds_bucket", &[("le", bound)]);
    let mean = more("freshwatch_run_lateness_seconds_sum", &[]) / runs * 1000.0;
    let [two, ten, hundred] = ["0.002", "0.01", "0.1"].map(|bound| 100.0 * within(bound) / runs);
    format!(
        "{runs} runs, {mean:.2} ms late on average, {two:.2} % within 2 ms, {ten:.2} % 10 ms, {hundred:.2} % 100 ms"
    )
}

fn tell(line: &str) {
    // The macros' output of a test that passes is kept back; this is not.
    let _ = writeln!(std::io::stderr(), "outage: {line}");
}

fn parameter<T: std::str::FromStr>(name: &str, default: T) -> T {
    let given = std::env::var(name).ok();
    given.and_then(|given| given.parse().ok()).unwrap_or(default)
}

/// `FRESHWATCH_OUTAGE_PROBES=200 FRESHWATCH_OUTAGE_SECONDS=60 cargo test -p freshwatch-tests --test end_to_end outage::`
/// is the outage of five minutes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_second_of_every_series_is_there_once_and_in_order_after_an_outage() {
    let probes = parameter("FRESHWATCH_OUTAGE_PROBES", PROBES);
    let seconds = parameter("FRESHWATCH_OUTAGE_SECONDS", SECONDS);
    let outage = Outage::new(probes).await;
    let mut kills = Vec::new();
    let mut daemon = outage.settings().start().await;
    // The first test of all builds the program.
    let from = clock::now();
    outage.be(&daemon, Mood::Well, seconds).await;
    for mood in [Mood::Refusing, Mood::Unavailable] {
        outage.be(&daemon, mood, seconds).await;
    }
    for (nth, mood) in [Mood::Limiting(1), Mood::Hanging, Mood::Cutting]
        .into_iter()
        .enumerate()
    {
        if nth < 2 {
            // It dies while the receiver is away, and what waited is still there.
            let waited = daemon
                .series()
                .await
                .value("freshwatch_export_queue_batches", &[]);
            daemon.signal(Signal::SIGKILL);
            daemon.ended().await;
            kills.push(clock::now());
            daemon = outage.settings().start().await;
            daemon
                .series_when(|series| series.value("freshwatch_export_queue_batches", &[]) >= waited)
                .await;
        }
        outage.be(&daemon, mood, seconds).await;
    }
    outage.recovered(&daemon).await;
    // In the midst of what it sends, too.
    daemon.signal(Signal::SIGKILL);
    daemon.ended().await;
    kills.push(clock::now());
    daemon = outage.settings().start().await;
    outage.be(&daemon, Mood::Well, 2).await;
    let series = daemon.series().await;
    for cause in ["full", "age", "damaged", "refused", "shutdown"] {
        let dropped = series.value("freshwatch_export_dropped_batches_total", &[("cause", cause)]);
        assert_eq!(dropped, Some(0.0), "{cause}");
    }
    assert_eq!(series.sum("freshwatch_runs_skipped_total", &[]), 0.0);
    assert_eq!(
        series.value("freshwatch_export_queue_last_write_successful", &[]),
        Some(1.0)
    );
    let to = clock::now();
    daemon.signal(Signal::SIGTERM);
    let (code, said) = daemon.ended().await;
    assert_eq!(code, Some(0), "{said:#?}");
    let taken = lock(&outage.taken);
    taken.check(outage.probes, from, to, &kills);
    // Whoever dies between an answer and the note of it asks again with the same bytes.
    assert!(taken.repeated <= kills.len() + 3, "{}", taken.repeated);
    tell(&format!(
        "{} series, {} requests, {} of them twice",
        taken.series.len(),
        taken.bodies.len(),
        taken.repeated
    ));
    drop(outage.target);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_when_the_daemon_is_asked_to_end_is_sent_by_the_next() {
    let outage = Outage::new(1).await;
    outage.receiver.become_so(Mood::Refusing);
    let daemon = outage.settings().start().await;
    let from = clock::now();
    daemon.log.line("results wait to be delivered").await;
    outage.pass(&daemon, 2).await;
    daemon.signal(Signal::SIGTERM);
    let (code, said) = daemon.ended().await;
    let killed = clock::now();
    assert_eq!(code, Some(0));
    assert!(
        said.iter()
            .any(|line| line.contains("of results wait on the disk for the next start")),
        "{said:#?}"
    );
    assert!(!said.iter().any(|line| line.contains("given up")), "{said:#?}");
    let daemon = outage.settings().start().await;
    outage.receiver.become_so(Mood::Well);
    outage.pass(&daemon, 2).await;
    daemon
        .series_when(|series| series.value("freshwatch_export_queue_batches", &[]) < Some(2.0))
        .await;
    let to = clock::now();
    daemon.signal(Signal::SIGTERM);
    daemon.ended().await;
    lock(&outage.taken).check(1, from, to, &[killed]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_takes_nothing_or_belongs_to_another_stops_nobody() {
    let outage = Outage::new(1).await;
    let first = outage.settings().start().await;
    first
        .series_when(|series| series.value("freshwatch_export_queue_last_write_successful", &[]) == Some(1.0))
        .await;
    let second = outage.settings().start().await;
    let line = second.log.line("results wait in memory alone").await;
    assert!(
        line.contains("is used by another process: each needs a folder of its own"),
        "{line}"
    );
    let accepted =
        |series: &Series| series.sum("freshwatch_export_batches_total", &[("outcome", "accepted")]);
    let series = second.series_when(|series| accepted(series) >= 2.0).await;
    assert_eq!(
        series.value("freshwatch_export_queue_last_write_successful", &[]),
        Some(0.0)
    );
    first.signal(Signal::SIGKILL);
    first.ended().await;
    second.log.line("results wait on the disk again").await;
    let third = outage.settings().with("--queue-dir", "/proc/queue").start().await;
    let line = third.log.line("results wait in memory alone").await;
    assert!(line.contains("`/proc/queue/metrics` cannot be opened"), "{line}");
    third
        .series_when(|series| accepted(series) >= 2.0 && series.runs("p-0000") >= 2.0)
        .await;
    third.signal(Signal::SIGTERM);
    let (code, said) = third.ended().await;
    assert_eq!(code, Some(0));
    let told = said
        .iter()
        .filter(|line| line.contains("results wait in memory alone"))
        .count();
    assert_eq!(told, 1, "{said:#?}");
}

/// Mounts a file system of a mebibyte there; `false`: this process may not.
fn mounted(folder: &Path, options: &str) -> bool {
    let mut mount = Command::new("mount");
    let mount = mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder);
    let is_mounted = mount.output().is_ok_and(|output| output.status.success());
    if !is_mounted {
        tell("SKIPPED, nothing was tested on another file system: it cannot be mounted");
    }
    is_mounted
}

/// A file system that was mounted; it goes with this.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        // Whoever still has it open keeps it for as long.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_results_wait_in_memory_and_on_the_disk_again_when_there_is_room() {
    let outage = Outage::new(20).await;
    if !mounted(outage.queue.path(), "size=1m") {
        return;
    }
    let _mounted = Mounted(outage.queue.path().to_owned());
    outage.receiver.become_so(Mood::Refusing);
    let settings = outage
        .settings()
        .with_variable("OTEL_METRIC_EXPORT_INTERVAL", "250");
    let daemon = settings.start().await;
    let from = clock::now();
    let line = daemon.log.line("results wait in memory alone").await;
    assert!(
        line.contains(".batches` cannot be written: the disk is full"),
        "{line}"
    );
    let full = daemon.series().await;
    assert_eq!(
        full.value("freshwatch_export_queue_last_write_successful", &[]),
        Some(0.0)
    );
    let later = daemon
        .series_when(|series| waiting(series) >= waiting(&full) + 8.0)
        .await;
    assert!(later.runs("p-0000") > full.runs("p-0000"));
    assert!(later.sum("freshwatch_export_queue_bytes", &[]) > 1_100_000.0);
    outage.recovered(&daemon).await;
    daemon.log.line("results wait on the disk again").await;
    let after = daemon.series().await;
    assert_eq!(
        after.value("freshwatch_export_queue_last_write_successful", &[]),
        Some(1.0)
    );
    assert_eq!(after.sum("freshwatch_export_dropped_batches_total", &[]), 0.0);
    assert_eq!(after.sum("freshwatch_runs_skipped_total", &[]), 0.0);
    let to = clock::now();
    daemon.signal(Signal::SIGTERM);
    let (code, said) = daemon.ended().await;
    assert_eq!(code, Some(0));
    let told = |text| said.iter().filter(|line| line.contains(text)).count();
    assert_eq!(
        (told("in memory alone"), told("on the disk again")),
        (1, 1),
        "{said:#?}"
    );
    lock(&outage.taken).check(outage.probes, from, to, &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_disk_stops_nobody() {
    let outage = Outage::new(1).await;
    if !mounted(outage.queue.path(), "ro") {
        return;
    }
    let _mounted = Mounted(outage.queue.path().to_owned());
    let daemon = outage.settings().start().await;
    let line = daemon.log.line("results wait in memory alone").await;
    assert!(
        line.contains("/metrics` cannot be opened: read-only filesystem"),
        "{line}"
    );
    let accepted = [("outcome", "accepted")];
    let accepted = |series: &Series| series.sum("freshwatch_export_batches_total", &accepted) >= 2.0;
    let series = daemon
        .series_when(|series| accepted(series) && series.runs("p-0000") >= 2.0)
        .await;
    assert_eq!(
        series.value("freshwatch_export_queue_last_write_successful", &[]),
        Some(0.0)
    );
}

#[tokio::test]
async fn what_a_check_could_not_deliver_waits_for_the_next_and_goes_first() {
    let outage = Outage::new(1).await;
    let check = async || {
        let mut command = program();
        command
            .arg("check")
            .arg(outage.files.path())
            .arg("--queue-dir")
            .arg(outage.queue.path());
        command.args(["--otlp-endpoint", &outage.receiver.endpoint()]);
        let output = run(command).await;
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    };
    // What it asks for is longer than a check may take.
    outage.receiver.become_so(Mood::Limiting(3600));
    let from = clock::now();
    for waiting in ["1 batch wait", "2 batches wait"] {
        let (code, said) = check().await;
        assert_eq!(code, Some(6), "{said}");
        assert!(
            said.contains(&format!("{waiting} on the disk for the next run")),
            "{said}"
        );
    }
    outage.receiver.become_so(Mood::Well);
    let (code, said) = check().await;
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("delivered") && !said.contains("on the disk"),
        "{said}"
    );
    let taken = lock(&outage.taken);
    let times = taken
        .series
        .iter()
        .find(|(series, _)| series.starts_with("probe_attempts"));
    let times = times.expect("it is there").1;
    assert!(
        times.len() == 3 && times.is_sorted() && times[0] >= from,
        "{times:?}"
    );
}
