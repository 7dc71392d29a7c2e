//! Warnings about probe files without mistakes.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Color, Style};
use freshwatch_file::ProbeSet;
use freshwatch_probe::lint::{About, Warning};
use freshwatch_probe::unit_test::Place;
use serde::Serialize;

use super::text::counted;

/// So many warnings people are shown.
const MOST_SHOWN: usize = 100;

/// So many are told of beside something else.
const MOST_LINES: usize = 10;

const YELLOW: Style = Style::new().bold().fg_color(Some(Color::Ansi(AnsiColor::Yellow)));

/// A warning, and where what it is about stands.
pub struct Placed<'s> {
    /// Where the probe or the calendar is named.
    pub place: &'s Place,
    /// What is odd about it.
    pub warning: Warning,
}

/// A warning, as `freshwatch.lint/v1` shows it.
#[derive(Serialize)]
pub struct Entry<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    code: &'static str,
    probe: Option<&'a str>,
    calendar: Option<&'a str>,
    message: &'a str,
    help: &'a str,
}

impl<'a> From<&'a Placed<'_>> for Entry<'a> {
    fn from(Placed { place, warning }: &'a Placed<'_>) -> Self {
        let (probe, calendar) = match &warning.about {
            About::Probe(name) => (Some(name.as_str()), None),
            About::Calendar(name) => (None, Some(name.as_str())),
        };
        Self {
            file: &place.file,
            line: place.line,
            column: place.column,
            code: warning.code.as_str(),
            probe,
            calendar,
            message: &warning.message,
            help: &warning.help,
        }
    }
}

/// A line each; of many the first few.
pub fn lines(mut warnings: impl Iterator<Item = Warning>) -> String {
    let mut text = String::new();
    for warning in warnings.by_ref().take(MOST_LINES) {
        let _ = writeln!(text, "{YELLOW}warning{YELLOW:#}: {warning}");
    }
    if warnings.next().is_some() {
        text.push_str("`freshwatch lint` shows all warnings\n");
    }
    text
}

/// Each warning with its place and its remedy, and how much was looked at.
pub fn text(set: &ProbeSet, warnings: &[Placed<'_>]) -> String {
    let mut text = String::new();
    for Placed { place, warning } in warnings.iter().take(MOST_SHOWN) {
        let about = match &warning.about {
            About::Probe(name) => format!("{name}: "),
            About::Calendar(_) => String::new(),
        };
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            text,
            "{YELLOW}warning[{}]{YELLOW:#}: {about}{}\n  --> {place}\n   = help: {}\n",
            warning.code.as_str(),
            warning.message,
            warning.help
        );
    }
    if warnings.len() > MOST_SHOWN {
        let _ = writeln!(text, "and {} more\n", warnings.len() - MOST_SHOWN);
    }
    let probes = counted(set.definitions.len(), "probe", "probes");
    let files = counted(set.files, "file", "files");
    let warned = match warnings.len() {
        0 => String::new(),
        count => format!(", {}", counted(count, "warning", "warnings")),
    };
    let _ = writeln!(text, "{probes} in {files}: no mistakes{warned}");
    text
}
