//! The state in the Prometheus text format
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>).

use freshwatch_probe::run::Run;

use crate::state::State;

/// The media type of what [`write`] and [`write_run`] give.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Every series of the state: what `/metrics` answers.
pub fn write(state: &dyn State) -> Vec<u8> {
    let _ = state;
    Vec::new()
}

/// Everything that one run shows: what `/probe` answers.
pub fn write_run(run: &Run) -> Vec<u8> {
    let _ = run;
    Vec::new()
}
