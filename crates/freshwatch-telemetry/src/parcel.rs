//! An encoded request as it goes over the wire and waits in the queue: the same bytes at every attempt.

use bytes::Bytes;
use jiff::Timestamp;

/// An encoded request, whichever signal it carries. Its data have their own times inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// What it carries.
    pub signal: Signal,
    /// How its body is coded.
    pub coding: Coding,
    /// How many points, spans or records it holds.
    pub items: u64,
    /// When it was made. It is too old when this is.
    pub at: Timestamp,
    /// The body of the request.
    pub body: Bytes,
}

/// What a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// `ExportMetricsServiceRequest`.
    Metrics,
    /// `ExportTraceServiceRequest`.
    Traces,
    /// `ExportLogsServiceRequest`.
    Logs,
}

/// The content coding of a body (RFC 9110, section 8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// None.
    Plain,
    /// `gzip`.
    Gzip,
}
