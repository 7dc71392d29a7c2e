//! `freshwatch generate`: what watches the probes, written from their files. One file each.

mod cron_jobs;
mod dashboard;
mod rules;
mod schema;

use anyhow::Result;
use freshwatch_file::{ProbeSet, Purpose};

use crate::command_line::Files;
use crate::command_line::generate::{Generate, What};
use crate::exit_code::ExitCode;
use crate::report;

/// Writes what is asked for.
///
/// # Errors
/// Wrong use, or what cannot be written.
pub fn run(options: &Generate) -> Result<ExitCode> {
    match &options.what {
        What::Rules(options) => rules::run(options),
        What::Dashboard(options) => dashboard::run(options),
        What::Schema => schema::run(),
        What::CronJobs(options) => cron_jobs::run(options),
    }
}

/// The probes of the files; none: they have mistakes, which are told.
fn load(files: &Files) -> Option<ProbeSet> {
    let loaded = freshwatch_file::load_for(&files.paths, Purpose::Generating, &super::environment);
    loaded
        .inspect_err(|mistakes| report::note(&report::mistakes::pictures(mistakes)))
        .ok()
}
