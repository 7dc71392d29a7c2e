//! Dashboards for Grafana, which show what the daemon pushes and what the generated rules record.
//!
//! Each is one JSON model as Grafana imports it (<https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/>),
//! with a variable for the data source, so that nothing of it depends on one Grafana.

mod build;
mod overview;
mod panel;
mod probe;
mod prober;
mod requests;

use serde_json::Value;

/// A dashboard that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dashboard {
    /// All probes and promises, worst first.
    Overview,
    /// One probe.
    Probe,
    /// Rate, errors and duration of any service whose HTTP server is measured as OpenTelemetry says.
    Requests,
    /// The prober itself, and the gates.
    Prober,
}

impl Dashboard {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Overview, Self::Probe, Self::Requests, Self::Prober];

    /// A short name: of a file, and the end of the dashboard's `uid`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Probe => "probe",
            Self::Requests => "requests",
            Self::Prober => "prober",
        }
    }

    /// The dashboard as Grafana imports it.
    pub fn model(self) -> Value {
        let board = match self {
            Self::Overview => overview::board(),
            Self::Probe => probe::board(),
            Self::Requests => requests::board(),
            Self::Prober => prober::board(),
        };
        board.model(self.name())
    }
}

#[cfg(test)]
mod tests;
