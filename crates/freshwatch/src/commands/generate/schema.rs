//! `freshwatch generate schema`: the JSON Schema of probe files.

use anyhow::Result;

use crate::exit_code::ExitCode;
use crate::report;

/// Writes the schema.
///
/// # Errors
/// When it cannot be printed.
pub(super) fn run() -> Result<ExitCode> {
    report::print(&format!("{:#}\n", freshwatch_file::json_schema()))?;
    Ok(ExitCode::Ok)
}
