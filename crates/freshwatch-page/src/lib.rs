//! What the daemon shows of itself.
//!
//! Its place in the way of a run: the command line folds every [`Run`](freshwatch_probe::run::Run) and everything else
//! that the schedule tells into the one [`board::Board`]; `/metrics`, the export over OTLP and the API read from it.
//! [`Endpoints`] serves it over HTTP, and asks the command line for the rest through [`Services`].
//!
//! This crate knows nothing of probe files, schedules or receivers, reads no clock, and never makes a probe wait.

pub mod board;
pub mod wire;

mod services;

mod bind;
mod bounds;
mod serve;

mod endpoints;
mod guard;
mod query;

mod answer;
mod api;
mod bulk;
mod front;
mod nearest;
mod probe;
mod reload;

pub use bind::{CannotListen, bind};
pub use bounds::Bounds;
pub use endpoints::Endpoints;
pub use services::{ProbeAnswer, ProbeAsk, Readiness, Refused, Services, Text};
