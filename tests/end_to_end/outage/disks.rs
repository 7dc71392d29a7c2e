//! Disks that take nothing, or do not answer.

use std::path::{Path, PathBuf};
use std::process::Command;

use freshwatch_agent::clock;
use freshwatch_tests::daemon::{Series, Signal};
use freshwatch_tests::moody::Mood;

use super::{Outage, lock, tell, waiting};

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
    outage.recover(&daemon).await;
    outage.caught_up().await;
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

/// A file system of its own that can be made to hang: whoever writes to it waits until it is thawed.
struct Freezer {
    folder: PathBuf,
    _image: tempfile::NamedTempFile,
}

impl Freezer {
    /// One that is mounted there; none: this process may not.
    fn mount(folder: &Path) -> Option<Self> {
        let image = tempfile::NamedTempFile::new().expect("a file");
        image.as_file().set_len(64 << 20).expect("it grows");
        let done = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
        let is_mounted = done(Command::new("mkfs.ext4").arg("-q").arg(image.path()))
            && done(
                Command::new("mount")
                    .args(["-o", "loop"])
                    .arg(image.path())
                    .arg(folder),
            );
        if !is_mounted {
            tell("SKIPPED, nothing was tested on a disk that hangs: none can be mounted");
            return None;
        }
        let freezer = Self {
            folder: folder.to_owned(),
            _image: image,
        };
        // The lock, the cursor and the segments lie deeper.
        let can_freeze = freezer.freeze("-f") && freezer.freeze("-u");
        if !can_freeze {
            tell("SKIPPED, nothing was tested on a disk that hangs: this one cannot be frozen");
        }
        can_freeze.then_some(freezer)
    }

    fn freeze(&self, option: &str) -> bool {
        let mut command = Command::new("fsfreeze");
        let output = command.arg(option).arg(&self.folder).output();
        output.is_ok_and(|output| output.status.success())
    }
}

impl Drop for Freezer {
    fn drop(&mut self) {
        // A process that waits for it could not even be killed.
        self.freeze("-u");
        let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_disk_hangs_probing_goes_on_and_afterwards_nothing_is_missing() {
    let outage = Outage::new(20).await;
    let Some(freezer) = Freezer::mount(outage.queue.path()) else {
        return;
    };
    outage.receiver.become_so(Mood::Refusing);
    let daemon = outage.settings().start().await;
    let from = clock::now();
    let before = daemon.series_when(|series| waiting(series) >= 2.0).await;
    let resident = daemon.resources().resident;
    assert!(freezer.freeze("-f"));
    let line = daemon.log.line("results wait in memory alone").await;
    assert!(line.contains("the disk does not answer"), "{line}");
    let hanging = daemon.series().await;
    assert_eq!(
        hanging.value("freshwatch_export_queue_last_write_successful", &[]),
        Some(0.0)
    );
    assert!(
        waiting(&hanging) >= waiting(&before) + 8.0,
        "{}",
        waiting(&hanging)
    );
    assert!(hanging.runs("p-0000") >= before.runs("p-0000") + 8.0);
    assert_eq!(hanging.sum("freshwatch_runs_skipped_total", &[]), 0.0);
    assert!(daemon.resources().resident < resident + (16 << 20));
    assert!(freezer.freeze("-u"));
    daemon.log.line("results wait on the disk again").await;
    outage.recover(&daemon).await;
    outage.caught_up().await;
    let after = daemon.series().await;
    assert_eq!(after.sum("freshwatch_export_dropped_batches_total", &[]), 0.0);
    let to = clock::now();
    daemon.signal(Signal::SIGTERM);
    let (code, said) = daemon.ended().await;
    assert_eq!(code, Some(0), "{said:#?}");
    lock(&outage.taken).check(outage.probes, from, to, &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_hangs_from_the_start_stops_nobody() {
    let outage = Outage::new(1).await;
    let folder = outage.queue.path().join("metrics");
    std::fs::create_dir(&folder).expect("a folder");
    // Whoever reads it waits for somebody to write.
    let made = Command::new("mkfifo").arg(folder.join("cursor")).status();
    assert!(made.is_ok_and(|status| status.success()));
    let daemon = outage.settings().start().await;
    let line = daemon.log.line("results wait in memory alone").await;
    assert!(line.contains("the disk does not answer"), "{line}");
    let accepted = [("outcome", "accepted")];
    let series = daemon
        .series_when(|series| series.sum("freshwatch_export_batches_total", &accepted) >= 8.0)
        .await;
    assert_eq!(series.sum("freshwatch_runs_skipped_total", &[]), 0.0);
    daemon.signal(Signal::SIGTERM);
    let (code, said) = daemon.ended().await;
    assert_eq!(code, Some(0), "{said:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_is_removed_is_made_anew() {
    let outage = Outage::new(1).await;
    outage.receiver.become_so(Mood::Refusing);
    let daemon = outage.settings().start().await;
    daemon.series_when(|series| waiting(series) >= 3.0).await;
    std::fs::remove_dir_all(outage.queue.path().join("metrics")).expect("it is removed");
    let line = daemon.log.line("results wait in memory alone").await;
    assert!(
        line.contains("/metrics` was removed while it was in use"),
        "{line}"
    );
    daemon.log.line("results wait on the disk again").await;
    // The first was in memory, too.
    let lost =
        |series: &Series| series.value("freshwatch_export_dropped_batches_total", &[("cause", "damaged")]);
    let series = daemon.series_when(|series| lost(series) > Some(0.0)).await;
    assert!(lost(&series) <= Some(4.0), "{:?}", lost(&series));
    outage.recover(&daemon).await;
    outage.caught_up().await;
    let after = daemon.series().await;
    assert_eq!(lost(&after), lost(&series));
}
