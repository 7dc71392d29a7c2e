//! Delivery over OTLP/HTTP with protobuf (<https://opentelemetry.io/docs/specs/otlp/>): once for a program that
//! ends ([`push`]), and at every interval for one that stays ([`Exporter`]).

pub mod config;

mod signal;

pub(crate) mod encode;
mod wire;

mod attributes;
mod bundle;
mod records;
mod spans;

mod gate;
mod parcel;
mod parts;
mod post;
mod push;
mod through;

mod ending;
mod export;
mod line;
mod queue;
mod sender;
mod shy;
mod snapshot;
mod status;
mod stream;
mod told;

mod answer;
pub(crate) mod endpoint;
mod grpc;
mod retry;
pub(crate) mod transport;

pub use config::{Config, Configs};
pub use encode::write;
pub use export::{Exporter, Storage};
pub use gate::push_gate;
pub use push::{Delivery, Failure, Rejected, push};
pub use retry::Backoff;
pub use status::ExportStatus;
pub use stream::{Outlet, Stream};
pub use through::{push_logs, push_through, push_traces};
pub use told::{DropCause, Told};
