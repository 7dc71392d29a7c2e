//! One file a command.

pub mod check;
pub mod demo;
pub mod explain;
pub mod gate;
pub mod generate;
pub mod lint;
pub mod run;
pub mod test;

use anyhow::{Result, anyhow};
use freshwatch_telemetry::heartbeat::Heartbeat;

use crate::command_line;

/// How `${env:NAME}` is looked up. A value that is not UTF-8 counts as missing, which is a mistake there.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The dead-man's switch, if there is one.
pub(crate) fn heartbeat(options: &command_line::Heartbeat) -> Result<Option<Heartbeat>> {
    let heartbeat = options.url().map(Heartbeat::new).transpose();
    heartbeat.map_err(|why| anyhow!("`--heartbeat` {why}"))
}

/// How the OTEL_* variables are looked up. There a missing one is none of anybody's business, so one that is not UTF-8
/// is handed on with its broken characters, for the reader to refuse.
pub(crate) fn telemetry_environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
