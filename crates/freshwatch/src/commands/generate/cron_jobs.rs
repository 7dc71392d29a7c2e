//! `freshwatch generate cronjobs`: CronJobs for Kubernetes.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::command_line::generate;
use crate::exit_code::ExitCode;
use crate::kubernetes::{CronJobs, File, Obstacle, Sources, Wishes};
use crate::report;

/// What the output begins with.
const HEADER: &str =
    "# Written by `freshwatch generate cronjobs`. Change the probe files and write it again.\n";

/// Each CronJob is a pod at every run; with so many a daemon does the same with a hundredth of the work.
const MANY: usize = 100;

/// Writes the ConfigMap and the CronJobs to standard output.
///
/// # Errors
/// A file that cannot be read any more, or standard output.
pub(super) fn run(options: &generate::CronJobs) -> Result<ExitCode> {
    let Some(set) = super::load(&options.files) else {
        return Ok(ExitCode::Mistakes);
    };
    let sources = Sources {
        probe_files: read(freshwatch_file::files(&options.files.paths))?,
        referenced: read(set.referenced)?,
    };
    let wishes = wishes(options);
    let cron_jobs = match CronJobs::new(&set.definitions, &sources, &wishes) {
        Ok(cron_jobs) => cron_jobs,
        Err(obstacles) => return Ok(refuse(&obstacles)),
    };
    report::print(HEADER)?;
    for document in cron_jobs.documents() {
        report::print(&document?)?;
    }
    tell(&cron_jobs, &wishes, set.definitions.len());
    Ok(ExitCode::Ok)
}

fn wishes(options: &generate::CronJobs) -> Wishes {
    Wishes {
        image: options.image.clone(),
        namespace: options.namespace.clone(),
        config_map: options.config_map.clone(),
        secret: options.secret.clone(),
        state_claim: options.state_claim.clone(),
        otlp_endpoint: options.otlp_endpoint.clone(),
        location: options.location.clone(),
        fail_on: options.fail_on.clone(),
    }
}

fn read(paths: Vec<PathBuf>) -> Result<Vec<File>> {
    let read = |path: PathBuf| -> Result<File> {
        let text =
            fs::read_to_string(&path).with_context(|| format!("`{}` cannot be read", path.display()))?;
        Ok(File { path, text })
    };
    paths.into_iter().map(read).collect()
}

fn refuse(obstacles: &[Obstacle]) -> ExitCode {
    for Obstacle { probe, message } in obstacles {
        match probe {
            Some(probe) => report::error(&format!("{probe}: {message}")),
            None => report::error(message),
        }
    }
    report::note("nothing was written\n");
    ExitCode::Mistakes
}

/// What is left to do, and what may be better done otherwise.
fn tell(cron_jobs: &CronJobs<'_>, wishes: &Wishes, probes: usize) {
    let keys: Vec<&str> = cron_jobs.keys_of_secret().collect();
    if !keys.is_empty() {
        report::note(&format!(
            "note: the Secret `{}` must have: {}\n",
            wishes.secret,
            keys.join(", ")
        ));
    }
    if wishes.otlp_endpoint.is_none() {
        report::note("note: without --otlp-endpoint the results are in the pods' logs alone\n");
    }
    if probes > MANY {
        report::note(&format!(
            "note: {probes} CronJobs start a pod for each run; one `freshwatch run` does the same for all of them\n"
        ));
    }
}
