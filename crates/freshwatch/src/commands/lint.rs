//! `freshwatch lint`: every mistake in the files at once.

use anyhow::Result;
use freshwatch_file::Purpose;

use crate::command_line::{Lint, LintFormat};
use crate::exit_code::ExitCode;
use crate::report;

/// Loads the files and prints their mistakes.
///
/// # Errors
/// None but those of printing.
pub fn run(options: &Lint) -> Result<ExitCode> {
    let loaded = freshwatch_file::load_for(&options.files.paths, Purpose::Linting, &super::environment);
    let code = if loaded.is_ok() {
        ExitCode::Ok
    } else {
        ExitCode::Mistakes
    };
    let text = match (options.format, &loaded) {
        (LintFormat::Text, Ok(set)) => report::mistakes::none(set),
        (LintFormat::Text, Err(mistakes)) => report::mistakes::pictures(mistakes),
        (LintFormat::Json, Ok(_)) => report::mistakes::json(std::iter::empty()),
        (LintFormat::Json, Err(mistakes)) => report::mistakes::json(mistakes.iter()),
    };
    report::conclude(&text)?;
    Ok(code)
}
