//! What the exporter tells people, each thing once while it stays the same.

use std::time::Duration;

use super::push::{Failure, Rejected};

/// Something worth a line in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The receiver is away: batches wait and are sent again.
    Failing(Failure),
    /// It takes batches again.
    Recovered {
        /// How long it did not.
        after: Duration,
        /// How many batches have waited and are sent now.
        queued: u64,
    },
    /// It refused a batch for good: that batch is given up.
    Refused(Failure),
    /// It accepted a batch and rejected some of its points, or has a warning.
    Rejected(Rejected),
    /// Batches were given up without having been sent.
    Dropped {
        /// How many since this was last told.
        batches: u64,
        /// Why.
        cause: DropCause,
    },
}

/// Why batches were given up without having been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropCause {
    /// The queue was full: the oldest went.
    Full,
    /// The program ended before the receiver took them.
    Shutdown,
}
