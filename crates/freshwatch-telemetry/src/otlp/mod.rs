//! Delivery over OTLP/HTTP with protobuf (<https://opentelemetry.io/docs/specs/otlp/>): once for a program that
//! ends ([`push`]), and at every interval for one that stays ([`Exporter`]).

pub mod config;

pub(crate) mod encode;
mod wire;

mod parcel;
mod parts;
mod post;
mod push;
mod through;

mod ending;
mod export;
mod queue;
mod sender;
mod snapshot;
mod status;
mod told;

mod answer;
mod endpoint;
mod retry;
mod transport;

pub use config::Config;
pub use export::{Exporter, Storage};
pub use push::{Delivery, Failure, Rejected, push};
pub use retry::Backoff;
pub use status::ExportStatus;
pub use through::push_through;
pub use told::{DropCause, Told};
