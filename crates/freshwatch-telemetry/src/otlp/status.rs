//! How the export goes, for whoever asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use freshwatch_probe::prober::Export;

use super::queue::Queue;

/// How the export goes, to be read at any time.
#[derive(Clone)]
pub struct ExportStatus {
    counts: Arc<Mutex<Export>>,
    pub(super) queue: Arc<Queue>,
}

impl ExportStatus {
    pub(super) fn new(queue: Queue) -> Self {
        Self {
            counts: Arc::default(),
            queue: Arc::new(queue),
        }
    }

    /// How it goes now.
    pub fn read(&self) -> Export {
        let standing = self.queue.standing();
        Export {
            queued: standing.batches,
            queued_bytes: standing.bytes,
            queue_written: standing.is_sound,
            dropped_full: standing.lost.full,
            dropped_age: standing.lost.age,
            dropped_damaged: standing.lost.damaged,
            dropped_torn: standing.lost.torn,
            ..self.counts().clone()
        }
    }

    pub(super) fn counts(&self) -> MutexGuard<'_, Export> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
