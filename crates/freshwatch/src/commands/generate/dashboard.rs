//! `freshwatch generate dashboard`: dashboards for Grafana.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use freshwatch_slo::dashboards::Dashboard;

use crate::command_line::generate;
use crate::exit_code::ExitCode;
use crate::report;

/// Writes one dashboard to standard output, or all of them into a folder.
///
/// # Errors
/// A folder that cannot be written to, or standard output.
pub(super) fn run(options: &generate::Dashboard) -> Result<ExitCode> {
    if let Some(name) = options.name {
        report::print(&text(name.into()))?;
    }
    if let Some(folder) = &options.out {
        write_all(folder)?;
    }
    Ok(ExitCode::Ok)
}

fn write_all(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("`{}` cannot be made a folder", folder.display()))?;
    for dashboard in Dashboard::ALL {
        let path = folder.join(format!("{}.json", dashboard.name()));
        fs::write(&path, text(dashboard))
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
    }
    Ok(())
}

fn text(dashboard: Dashboard) -> String {
    format!("{:#}\n", dashboard.model())
}
