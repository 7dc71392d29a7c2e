//! The receiver goes away in every way there is, the daemon is killed in the middle, and afterwards nothing is missing.

#![expect(clippy::float_cmp, reason = "counts are whole numbers, however they are told")]

mod bounds;
mod disks;
mod ends;
mod fared;
mod streams;
mod taken;

use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fared::Fared;
use freshwatch_agent::clock;
use freshwatch_tests::daemon::{Daemon, Files, Series, Settings, Signal, Target, within};
use freshwatch_tests::moody::{Mood, MoodyReceiver};
use taken::{Death, Taken};
use tempfile::TempDir;
use tokio::sync::watch;

/// How many probes there are, unless `FRESHWATCH_OUTAGE_PROBES` says otherwise.
const PROBES: usize = 20;

/// For how many seconds the receiver is in each of its moods, unless `FRESHWATCH_OUTAGE_SECONDS` says otherwise.
const SECONDS: u32 = 1;

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
    /// How many requests the receiver has taken.
    arrivals: watch::Receiver<usize>,
    probes: usize,
}

impl Outage {
    async fn new(probes: usize) -> Self {
        Self::with(probes, "every: 1s").await
    }

    /// One of probes that have these keys.
    async fn with(probes: usize, keys: &str) -> Self {
        let target = Target::start().await;
        let of_each = (0..probes).map(|nth| target.probe(&format!("p-{nth:04}"), keys));
        let files = Files::new(&of_each.collect::<String>());
        let taken = Arc::<Mutex<Taken>>::default();
        let taking = Arc::clone(&taken);
        let (arrived, arrivals) = watch::channel(0);
        let take = move |body: &[u8], _| {
            lock(&taking).take(body);
            arrived.send_modify(|count| *count += 1);
        };
        let receiver = MoodyReceiver::start(take).await;
        Self {
            files,
            queue: tempfile::tempdir().expect("a folder"),
            target,
            receiver: receiver.expect("a free port"),
            taken,
            arrivals,
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
            .with_variable("OTEL_EXPORTER_OTLP_TIMEOUT", "1500")
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

    /// Lets the receiver be so for a while, which the daemon must notice; tells how it fared.
    async fn be(&self, daemon: &Daemon, mood: Mood, seconds: u32) -> Fared {
        let before = daemon.series().await;
        self.receiver.become_so(mood);
        // Nothing is waited for: so long it is away. To ask the daemon all the time would be a load of its own.
        tokio::time::sleep(Duration::from_secs(seconds.into())).await;
        let after = self.pass(daemon, 1).await;
        let fared = Fared::between(&before, &after, daemon.resources().resident);
        tell(&format!("{:<8} {fared}", mood.word()));
        let retried =
            |series: &Series| series.sum("freshwatch_export_batches_total", &[("outcome", "retried")]);
        if mood != Mood::Well {
            daemon
                .series_when(|series| retried(series) > retried(&before))
                .await;
        }
        fared
    }

    /// Kills it, and starts the next, which has what waited.
    async fn kill(&self, daemon: Daemon, settings: Settings) -> (Daemon, Death) {
        let stood = daemon.series().await;
        nothing_dropped(&stood);
        daemon.signal(Signal::SIGKILL);
        daemon.ended().await;
        let at = clock::now();
        let daemon = settings.start().await;
        let back = clock::now();
        if self.receiver.mood() != Mood::Well {
            daemon
                .series_when(|series| waiting(series) >= waiting(&stood))
                .await;
        }
        (daemon, Death { at, back })
    }

    /// Waits until the receiver has taken so many requests more.
    async fn takes(&self, requests: usize) {
        let mut arrivals = self.arrivals.clone();
        let before = *arrivals.borrow_and_update();
        let come = arrivals.wait_for(|count| *count >= before + requests);
        drop(within(come, || format!("{before} requests came, and then too few")).await);
    }

    /// Lets the receiver be well and waits until the daemon has noticed.
    async fn recover(&self, daemon: &Daemon) {
        self.receiver.become_so(Mood::Well);
        daemon.log.line("results are delivered again").await;
    }

    /// Waits until the receiver has what is made from now on, and so all before it, however much that is, as long as
    /// more of it comes. A daemon that has just started does not know yet what waits.
    async fn caught_up(&self) {
        let now = clock::now();
        let mut arrivals = self.arrivals.clone();
        while lock(&self.taken).latest < now {
            let come = within(arrivals.changed(), || "nothing comes any more".to_owned());
            come.await.expect("the receiver lives");
        }
    }
}

/// How many batches wait.
fn waiting(series: &Series) -> f64 {
    series.sum("freshwatch_export_queue_batches", &[])
}

fn nothing_dropped(series: &Series) {
    for cause in ["full", "age", "damaged", "refused", "shutdown"] {
        let dropped = series.value("freshwatch_export_dropped_batches_total", &[("cause", cause)]);
        assert_eq!(dropped, Some(0.0), "{cause}");
    }
    assert_eq!(series.sum("freshwatch_runs_skipped_total", &[]), 0.0);
}

fn tell(line: &str) {
    // The macros' output of a test that passes is kept back; this is not.
    let _ = writeln!(std::io::stderr(), "outage: {line}");
}

fn parameter<T: std::str::FromStr>(name: &str, default: T) -> T {
    let given = std::env::var(name).ok();
    given.and_then(|given| given.parse().ok()).unwrap_or(default)
}

/// `FRESHWATCH_OUTAGE_PROBES=200 FRESHWATCH_OUTAGE_SECONDS=300 cargo test -p freshwatch-tests --test end_to_end outage::every`
/// is five minutes of each mood.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_second_of_every_series_is_there_once_and_in_order_after_an_outage() {
    let probes = parameter("FRESHWATCH_OUTAGE_PROBES", PROBES);
    let seconds = parameter("FRESHWATCH_OUTAGE_SECONDS", SECONDS);
    let outage = Outage::new(probes).await;
    // 200 probes fill a gibibyte in 22 minutes.
    let settings = || outage.settings().with("--queue-max-bytes", "4GiB");
    let mut deaths = Vec::new();
    let mut daemon = settings().start().await;
    // The first test of all builds the program.
    let from = clock::now();
    let well = outage.be(&daemon, Mood::Well, seconds).await;
    for mood in [Mood::Refusing, Mood::Unavailable] {
        outage.be(&daemon, mood, seconds).await.check(&well);
    }
    for mood in [Mood::Limiting(1), Mood::Hanging] {
        // It dies while the receiver is away.
        let (next, death) = outage.kill(daemon, settings()).await;
        daemon = next;
        deaths.push(death);
        outage.be(&daemon, mood, seconds).await.check(&well);
    }
    outage.be(&daemon, Mood::Cutting, seconds).await.check(&well);
    tell(&format!("{} batches wait", waiting(&daemon.series().await)));
    outage.recover(&daemon).await;
    // In the midst of what it sends, too, while much still waits.
    outage.takes(seconds as usize).await;
    let (daemon, death) = outage.kill(daemon, settings()).await;
    deaths.push(death);
    outage.caught_up().await;
    outage.be(&daemon, Mood::Well, 2).await.check(&well);
    let series = daemon.series().await;
    nothing_dropped(&series);
    assert_eq!(
        series.value("freshwatch_export_queue_last_write_successful", &[]),
        Some(1.0)
    );
    let to = clock::now();
    daemon.signal(Signal::SIGTERM);
    let (code, said) = daemon.ended().await;
    assert_eq!(code, Some(0), "{said:#?}");
    let taken = lock(&outage.taken);
    taken.check(outage.probes, from, to, &deaths);
    // Whoever dies between an answer and the note of it asks again with the same bytes.
    assert!(taken.repeated <= deaths.len() + 3, "{}", taken.repeated);
    tell(&format!(
        "{} series, {} requests, {} of them twice",
        taken.series.len(),
        taken.bodies.len(),
        taken.repeated
    ));
    drop(outage.target);
}
