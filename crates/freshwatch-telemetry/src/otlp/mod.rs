//! Delivery over OTLP/HTTP with protobuf (<https://opentelemetry.io/docs/specs/otlp/>).

pub mod config;

mod encode;
mod wire;

mod parcel;
mod post;
mod push;

mod export;
mod told;

mod answer;
mod endpoint;
mod retry;
mod transport;

pub use config::Config;
pub use export::{ExportStatus, Exporter};
pub use push::{Delivery, Failure, Rejected, push};
pub use retry::Backoff;
pub use told::{DropCause, Told};
