//! The command line: it wires the crates together and holds no judgment of its own.
//!
//! Its place in the way of a run: `commands/check.rs`, or `commands/run.rs` for the daemon, loads definitions with
//! `freshwatch-file`, runs them with `freshwatch-agent`, hands the runs to `report` and to `freshwatch-telemetry`, and
//! ends by `exit_code`.

pub mod command_line;
pub mod commands;
mod daemon;
mod demo;
pub mod exit_code;
mod gate;
mod kubernetes;
pub mod report;
mod round;
mod state_file;
mod stop;

use std::ffi::OsString;

use clap::Parser as _;
use clap::error::ErrorKind;

use command_line::{Command, CommandLine};
use exit_code::ExitCode;
use report::PrintError;

/// Runs the program with these arguments, the first of which is its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let command_line = match CommandLine::try_parse_from(arguments) {
        Ok(command_line) => command_line,
        Err(error) => return answer_usage(&error),
    };
    let outcome = match command_line.command {
        Command::Check(options) => commands::check::run(&options),
        Command::Run(options) => commands::run::run(&options),
        Command::Lint(options) => commands::lint::run(&options),
        Command::Test(options) => commands::test::run(&options),
        Command::Explain(options) => commands::explain::run(&options),
        Command::Gate(options) => commands::gate::run(&options),
        Command::Generate(options) => commands::generate::run(&options),
        Command::Demo(options) => commands::demo::run(&options),
    };
    outcome.unwrap_or_else(|error| stopped_by(&error))
}

/// Says what stopped the program. Whoever stopped reading is not told.
fn stopped_by(error: &anyhow::Error) -> ExitCode {
    let code = match error.downcast_ref() {
        Some(PrintError::Gone) => return ExitCode::Ok,
        Some(PrintError::Failed(_)) => ExitCode::Crash,
        None => ExitCode::Usage,
    };
    report::error(&format!("{error:#}"));
    code
}

/// Help and version are answers; everything else is wrong use, for which sysexits.h has a code.
fn answer_usage(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let printed = report::conclude(&error.render().ansi().to_string());
            printed.map_or_else(|error| stopped_by(&error.into()), |()| ExitCode::Ok)
        }
        _ => {
            // When even this cannot be printed, the exit code still tells.
            let _ = error.print();
            ExitCode::Usage
        }
    }
}
