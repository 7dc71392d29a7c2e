//! `freshwatch lint`: every mistake in the files at once, and what is odd about what has none.

use anyhow::Result;
use freshwatch_agent::clock;
use freshwatch_file::{ProbeSet, Purpose};
use freshwatch_probe::lint;
use jiff::Timestamp;

use crate::command_line::{Lint, LintFormat};
use crate::exit_code::ExitCode;
use crate::report;
use crate::report::warnings::Placed;

/// Loads the files and prints their mistakes, or else their warnings.
///
/// # Errors
/// None but those of printing.
pub fn run(options: &Lint) -> Result<ExitCode> {
    let loaded = freshwatch_file::load_for(&options.files.paths, Purpose::Linting, &super::environment);
    let now = options.now.unwrap_or_else(clock::now);
    let warnings = loaded.as_ref().map(|set| warnings(set, now)).unwrap_or_default();
    let is_denied = |placed: &Placed<'_>| {
        options
            .deny
            .iter()
            .any(|denial| denial.is_of(placed.warning.code))
    };
    let code = if loaded.is_err() || warnings.iter().any(is_denied) {
        ExitCode::Mistakes
    } else {
        ExitCode::Ok
    };
    let text = match (options.format, &loaded) {
        (LintFormat::Text, Ok(set)) => report::warnings::text(set, &warnings),
        (LintFormat::Text, Err(mistakes)) => report::mistakes::pictures(mistakes),
        (LintFormat::Json, Ok(_)) => report::mistakes::json(std::iter::empty(), &warnings),
        (LintFormat::Json, Err(mistakes)) => report::mistakes::json(mistakes.iter(), &[]),
    };
    report::conclude(&text)?;
    Ok(code)
}

/// What is odd about the probes and calendars, with where they stand, in the order of the files.
fn warnings(set: &ProbeSet, now: Timestamp) -> Vec<Placed<'_>> {
    let calendars = set.calendars.iter().zip(&set.calendar_places);
    let of_calendars = calendars.filter_map(|(calendar, place)| {
        let warning = lint::calendar(calendar, now)?;
        Some(Placed { place, warning })
    });
    let probes = set.definitions.iter().zip(&set.places);
    let of_probes = probes.flat_map(|(definition, place)| {
        let warnings = lint::probe(definition, now).into_iter();
        warnings.map(move |warning| Placed { place, warning })
    });
    of_calendars.chain(of_probes).collect()
}
