//! An outage for which there is not enough room, or which is too long.

use std::path::Path;

use freshwatch_agent::clock;
use freshwatch_tests::daemon::{Daemon, Series, Settings};
use freshwatch_tests::moody::Mood;
use jiff::SignedDuration;

use super::{Outage, lock, waiting};

/// The least that `--queue-max-bytes` takes.
const MOST_BYTES: u32 = 16 << 20;

/// What is on its way to the disk counts, too.
const BEING_WRITTEN: u32 = 2 << 20;

/// The daemon's memory grows by what waits in memory, and a bit for what is being made.
const MOST_BESIDES: u64 = 24 << 20;

fn dropped(series: &Series, cause: &str) -> f64 {
    series.sum("freshwatch_export_dropped_batches_total", &[("cause", cause)])
}

/// How many bytes lie in a folder and those in it.
fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_in(&entry.path()),
        Ok(metadata) => metadata.len(),
        // It has gone meanwhile.
        Err(_) => 0,
    });
    sizes.sum()
}

/// Lets results wait until much more has come than there is room for; the oldest of them went.
async fn fill(outage: &Outage, settings: Settings, most_in_memory: u64) {
    outage.receiver.become_so(Mood::Refusing);
    let daemon = settings
        .with("--queue-max-bytes", "16MiB")
        .with_variable("OTEL_METRIC_EXPORT_INTERVAL", "250")
        .start()
        .await;
    let began = clock::now();
    let before = daemon.series_when(|series| waiting(series) >= 3.0).await;
    let resident = daemon.resources().resident;
    let mut given_up = dropped(&before, "full");
    // An export is about a megabyte.
    while given_up < 16.0 {
        let series = daemon
            .series_when(|series| dropped(series, "full") >= given_up + 4.0)
            .await;
        given_up = dropped(&series, "full");
        let bytes = series.sum("freshwatch_export_queue_bytes", &[]);
        assert!(bytes <= f64::from(MOST_BYTES + BEING_WRITTEN), "{bytes}");
        let now = daemon.resources().resident;
        assert!(now < resident + most_in_memory + MOST_BESIDES, "{resident} {now}");
        assert!(bytes_in(outage.queue.path()) <= u64::from(MOST_BYTES) + 4096);
    }
    arrives_without_its_beginning(outage, &daemon).await;
    let first = lock(&outage.taken).first();
    assert!(first > began, "{first} is older than what was given up");
}

/// What is left of an outage is its end, without a gap.
async fn arrives_without_its_beginning(outage: &Outage, daemon: &Daemon) {
    outage.recover(daemon).await;
    outage.caught_up().await;
    let taken = lock(&outage.taken);
    let first = taken.first();
    taken.check(outage.probes, first, clock::now(), &[]);
}

/// Few probes that tell much, so that it is not the machine's speed that is tested.
async fn talkative() -> Outage {
    let long = "x".repeat(250);
    let labels: Vec<_> = (0..16).map(|nth| format!("note_{nth}: {long}")).collect();
    Outage::with(6, &format!("every: 1s\nlabels: {{{}}}", labels.join(", "))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_there_is_no_more_room_on_the_disk_the_oldest_go() {
    let outage = talkative().await;
    fill(&outage, outage.settings(), 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_there_is_no_more_room_in_memory_the_oldest_go() {
    let outage = talkative().await;
    // An empty name of a folder is none.
    fill(
        &outage,
        outage.settings().with("--queue-dir", ""),
        MOST_BYTES.into(),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_old_is_not_sent() {
    let outage = Outage::new(2).await;
    outage.receiver.become_so(Mood::Refusing);
    let settings = outage.settings().with("--queue-max-age", "4s");
    let daemon = settings.start().await;
    let line = daemon.log.line("they are older than `--queue-max-age`").await;
    assert!(line.contains("given up"), "{line}");
    let series = daemon.series_when(|series| dropped(series, "age") >= 2.0).await;
    assert!(waiting(&series) <= 6.0, "{}", waiting(&series));
    let recovered = clock::now();
    arrives_without_its_beginning(&outage, &daemon).await;
    let oldest = recovered.duration_since(lock(&outage.taken).first());
    assert!(oldest < SignedDuration::from_secs(6), "{oldest}");
}
