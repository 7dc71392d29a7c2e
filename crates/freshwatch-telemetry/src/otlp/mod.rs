//! Delivery over OTLP/HTTP with protobuf (<https://opentelemetry.io/docs/specs/otlp/>).

pub mod config;
pub mod encode;

mod answer;
mod endpoint;
mod push;
mod retry;
mod transport;

pub use config::Config;
pub use push::{Delivery, Failure, Rejected, push};
pub use retry::Backoff;
