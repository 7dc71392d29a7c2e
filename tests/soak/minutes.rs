//! The table that grows while the soak lasts.

use std::time::Duration;

use crate::log::Log;
use crate::receiver::Receiver;
use crate::target::Target;
use freshwatch_tests::resources::{Resources, megabytes};

/// Prints what the columns mean.
pub fn begin(probes: usize, length: Duration) {
    println!(
        "{probes} probes for {length:?}; open: connections at their target; batches: accepted, with the queue as last told\n"
    );
    println!(
        "{:>7} {:>9} {:>11} {:>7} {:>6} {:>6} {:>8} {:>8} {:>6} {:>7} {:>8} {:>8}",
        "second",
        "requests",
        "memory",
        "threads",
        "files",
        "open",
        "receiver",
        "batches",
        "queue",
        "exports",
        "reloads",
        "changes"
    );
}

/// Prints a line.
pub fn line(since: Duration, seen: Resources, target: &Target, receiver: &Receiver, log: &Log) {
    let mood = receiver.mood().word();
    let delivered = receiver.delivered();
    println!(
        "{:>7} {:>9} {:>11} {:>7} {:>6} {:>6} {:>8} {:>8} {:>6} {:>7} {:>8} {:>8}",
        since.as_secs(),
        target.requests(),
        megabytes(seen.resident),
        seen.threads,
        seen.files,
        target.connections(),
        mood,
        delivered.batches,
        delivered.of_prober("freshwatch_export_queue_batches"),
        delivered.exports.len(),
        log.count("loaded") + log.count("not loaded"),
        log.changes.len(),
    );
}
