//! Runs probes: fetches, times and bounds every exchange.
//!
//! Its place in the way of a run: [`Agent::run_once`] takes a valid definition, makes the request, and hands what was
//! seen to the one judge; out comes exactly one `Run`. What goes wrong on the way is an observation, not an error.
//!
//! This crate knows nothing of YAML, reports, telemetry or exit codes, and it does not decide what an answer means:
//! `freshwatch_probe::judge` does. Nothing outlives a run but the connections that a probe asks to keep; whoever drops
//! the future of a run leaves nothing running.

pub mod clock;
pub mod schedule;
pub mod supervise;

mod agent;
mod http;
mod memories;
mod observe;
mod origin;
mod preparation;
mod retry;
mod run_once;
mod tracing;

pub use agent::Agent;
pub use preparation::Prepared;
pub use tracing::Tracing;
