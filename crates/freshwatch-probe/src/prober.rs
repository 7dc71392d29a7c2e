//! Where the prober itself stands: what it tells of its own work.

use std::time::Duration;

use jiff::Timestamp;

use crate::histogram::Histogram;
use crate::metric;
use crate::shard::Shard;

/// Where the prober itself stands.
#[derive(Debug, Clone)]
pub struct Prober {
    /// Since when it counts.
    pub since: Timestamp,
    /// How many probes it runs.
    pub probes: u64,
    /// Which part of the probes it runs; none: all of them.
    pub shard: Option<Shard>,
    /// How many runs are under way.
    pub in_flight: u64,
    /// How long after its scheduled time a run started.
    pub lateness: Histogram,
    /// How the probe files were last loaded.
    pub configuration: Configuration,
    /// How delivery goes; none without an endpoint.
    pub export: Option<Export>,
    /// Whether what probes remember was last written to the state file with success; none without such a file.
    pub state_written: Option<bool>,
    /// Results that came faster than they could be taken in, and were lost.
    pub results_lost: u64,
    skipped: [u64; Skip::ALL.len()],
}

impl Prober {
    /// A prober that has just loaded its files.
    pub fn new(now: Timestamp) -> Self {
        Self {
            since: now,
            probes: 0,
            shard: None,
            in_flight: 0,
            lateness: Histogram::of(metric::FRESHWATCH_RUN_LATENESS),
            configuration: Configuration {
                successful: true,
                success: now,
            },
            export: None,
            state_written: None,
            results_lost: 0,
            skipped: [0; Skip::ALL.len()],
        }
    }

    /// A run started so late.
    pub fn started(&mut self, lateness: Duration) {
        self.lateness.observe(lateness);
    }

    /// So many slots passed without a run.
    pub fn skip(&mut self, cause: Skip, slots: u64) {
        let count = &mut self.skipped[cause as usize];
        *count = count.saturating_add(slots);
    }

    /// How many slots passed without a run for this cause.
    pub fn skipped(&self, cause: Skip) -> u64 {
        self.skipped[cause as usize]
    }
}

/// Why a slot passed without a run: the `cause` of `freshwatch_runs_skipped_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// The run before was still under way.
    Overlap,
    /// There was no capacity until the slot was over. It has a result all the same: `unknown` (`overload`).
    Overload,
    /// The machine was suspended, or its clock was set forwards.
    Missed,
}

impl Skip {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Overlap, Self::Overload, Self::Missed];

    /// The value of the label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overlap => "overlap",
            Self::Overload => "overload",
            Self::Missed => "missed",
        }
    }
}

/// How the probe files were last loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Configuration {
    /// Whether the last load succeeded; else the files before it are in use.
    pub successful: bool,
    /// When they were last loaded with success.
    pub success: Timestamp,
}

/// How delivery over OTLP goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Export {
    /// Batches that the receiver accepted.
    pub accepted: u64,
    /// Batches that it accepted in part.
    pub partly: u64,
    /// Batches that it refused for good.
    pub refused: u64,
    /// Attempts that failed and are made again.
    pub retried: u64,
    /// Batches that wait to be sent.
    pub queued: u64,
    /// The bytes of them, with those on the disk that are not free again yet.
    pub queued_bytes: u64,
    /// Whether the disk takes what is to wait; none without a folder for it.
    pub queue_written: Option<bool>,
    /// Batches that were given up because the queue was full.
    pub dropped_full: u64,
    /// Batches that were given up because they were too old.
    pub dropped_age: u64,
    /// Batches that the disk does not give back; at least so many.
    pub dropped_damaged: u64,
    /// Batches that were being written when an earlier process ended.
    pub dropped_torn: u64,
    /// Batches that were given up because they were refused.
    pub dropped_refused: u64,
    /// Batches that were given up because the program ended.
    pub dropped_shutdown: u64,
    /// When a batch was last accepted.
    pub success: Option<Timestamp>,
}

impl Export {
    /// Both together. The time of the last success stays that of this one: another that has nothing to send succeeds
    /// never.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            accepted: self.accepted + other.accepted,
            partly: self.partly + other.partly,
            refused: self.refused + other.refused,
            retried: self.retried + other.retried,
            queued: self.queued + other.queued,
            queued_bytes: self.queued_bytes + other.queued_bytes,
            queue_written: match (self.queue_written, other.queue_written) {
                (Some(one), Some(other)) => Some(one && other),
                (one, other) => one.or(other),
            },
            dropped_full: self.dropped_full + other.dropped_full,
            dropped_age: self.dropped_age + other.dropped_age,
            dropped_damaged: self.dropped_damaged + other.dropped_damaged,
            dropped_torn: self.dropped_torn + other.dropped_torn,
            dropped_refused: self.dropped_refused + other.dropped_refused,
            dropped_shutdown: self.dropped_shutdown + other.dropped_shutdown,
            success: self.success,
        }
    }
}
