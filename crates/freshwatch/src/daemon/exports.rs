//! What the daemon sends away: its state as metrics, its runs as traces, its changes of verdict as logs.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use freshwatch_agent::Tracing;
use freshwatch_probe::prober::Export;
use freshwatch_probe::run::Run;
use freshwatch_probe::standing::Change;
use freshwatch_telemetry::otlp::{Configs, ExportStatus, Exporter, Outlet, Storage, Stream};
use freshwatch_telemetry::resource::Resource;

use crate::report::change;

/// What is sent, each where it is configured.
pub struct Exports {
    pub(super) metrics: Option<Exporter>,
    pub(super) traces: Option<Stream>,
    pub(super) logs: Option<Stream>,
    tracing: Tracing,
}

/// Where the ledger puts what it takes in.
#[derive(Default)]
pub(super) struct Outlets {
    traces: Option<Outlet>,
    logs: Option<Outlet>,
}

/// How all of it goes.
pub(super) struct Statuses(Vec<ExportStatus>);

impl Exports {
    /// What this configuration sends, as `resource`.
    ///
    /// # Errors
    /// When a file cannot be used that a variable names.
    pub fn new(configs: Configs, resource: Resource, interval: Duration, storage: &Storage) -> Result<Self> {
        let stream = |config| Stream::new(config, &resource, storage);
        let traces = configs.traces.map(stream).transpose();
        let logs = configs.logs.map(stream).transpose();
        let tracing = Tracing {
            sampling: configs.sampling,
            is_wanted: matches!(traces, Ok(Some(_))),
        };
        let (traces, logs) = (
            traces.map_err(|why| anyhow!(why))?,
            logs.map_err(|why| anyhow!(why))?,
        );
        let metrics = configs
            .metrics
            .map(|config| Exporter::new(config, resource, interval, storage));
        Ok(Self {
            metrics: metrics.transpose().map_err(|why| anyhow!(why))?,
            traces,
            logs,
            tracing,
        })
    }

    /// What is done with the traces of runs.
    pub(super) fn tracing(&self) -> Tracing {
        self.tracing
    }

    pub(super) fn outlets(&self) -> Outlets {
        Outlets {
            traces: self.traces.as_ref().map(Stream::outlet),
            logs: self.logs.as_ref().map(Stream::outlet),
        }
    }

    /// The first of them speaks for when something was last delivered.
    pub(super) fn statuses(&self) -> Statuses {
        let streams = [&self.traces, &self.logs];
        let streams = streams.into_iter().flatten().map(Stream::status);
        let metrics = self.metrics.iter().map(Exporter::status);
        Statuses(metrics.chain(streams).collect())
    }
}

impl Outlets {
    /// A run has ended. What is known of its requests is not kept any longer.
    pub fn ran(&self, run: &mut Arc<Run>) {
        if let Some(traces) = &self.traces {
            traces.run(run);
        }
        // Nobody else has it yet.
        if let Some(trace) = Arc::get_mut(run).and_then(|run| run.trace.as_mut()) {
            trace.requests = Vec::new();
        }
    }

    /// A verdict is not the one before.
    pub fn changed(&self, changed: &Change) {
        if let Some(logs) = &self.logs
            && change::is_news(&changed.run, changed.from)
        {
            logs.change(&changed.run, changed.from, &change::sentence(changed));
        }
    }
}

impl Statuses {
    /// All of it together; none: nothing is sent.
    pub fn read(&self) -> Option<Export> {
        let mut all = self.0.iter().map(ExportStatus::read);
        let first = all.next()?;
        Some(all.fold(first, |sum, next| sum.and(&next)))
    }
}
