//! Delivery over OTLP/HTTP with protobuf (<https://opentelemetry.io/docs/specs/otlp/>).

pub mod config;
pub mod encode;

mod export;

mod answer;
mod endpoint;
mod push;
mod retry;
mod told;
mod transport;

pub use config::Config;
pub use export::{ExportStatus, Exporter};
pub use push::{Delivery, Failure, Rejected, push};
pub use retry::Backoff;
pub use told::{DropCause, Told};
