//! What the three signals are called, in variables, paths and sentences.

use crate::parcel::Signal;

impl Signal {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Metrics, Self::Traces, Self::Logs];

    /// The word of its path and of its folder.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Traces => "traces",
            Self::Logs => "logs",
        }
    }

    /// What one of what it carries is called, and several.
    pub const fn item(self) -> (&'static str, &'static str) {
        match self {
            Self::Metrics => ("point", "points"),
            Self::Traces => ("span", "spans"),
            Self::Logs => ("log record", "log records"),
        }
    }

    /// Its part of the names of variables
    /// (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/#configuration-options>).
    pub(super) const fn in_variables(self) -> &'static str {
        match self {
            Self::Metrics => "METRICS",
            Self::Traces => "TRACES",
            Self::Logs => "LOGS",
        }
    }

    /// What is appended to an endpoint that is for all three
    /// (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp>).
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Metrics => "/v1/metrics",
            Self::Traces => "/v1/traces",
            Self::Logs => "/v1/logs",
        }
    }

    /// The path of its method in gRPC (<https://github.com/open-telemetry/opentelemetry-proto>).
    pub(super) const fn method(self) -> &'static str {
        match self {
            Self::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
            Self::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Self::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        }
    }
}
