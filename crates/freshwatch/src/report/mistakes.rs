//! Mistakes of probe files, for people and for machines.

use freshwatch_file::{Mistake, Mistakes};
use serde::Serialize;

use super::text::counted;
use super::warnings::{self, Placed};

/// `freshwatch.lint/v1`.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    mistakes: Vec<Entry>,
    warnings: Vec<warnings::Entry<'a>>,
}

/// One mistake, as `freshwatch.lint/v1` and a report that could not begin show it.
#[derive(Debug, Serialize)]
pub struct Entry {
    file: String,
    line: usize,
    column: usize,
    code: &'static str,
    message: String,
    help: Option<String>,
}

impl From<&Mistake> for Entry {
    fn from(mistake: &Mistake) -> Self {
        Self {
            file: mistake.file.clone(),
            line: mistake.line,
            column: mistake.column,
            code: mistake.code.as_str(),
            message: mistake.message.clone(),
            help: mistake.help.clone(),
        }
    }
}

/// The document `freshwatch.lint/v1`.
pub fn json<'a>(mistakes: impl Iterator<Item = &'a Mistake>, warnings: &[Placed<'_>]) -> String {
    let document = Document {
        schema: "freshwatch.lint/v1",
        mistakes: mistakes.map(Entry::from).collect(),
        warnings: warnings.iter().map(warnings::Entry::from).collect(),
    };
    super::json::pretty(&document)
}

/// A picture of each, and how many there are.
pub fn pictures(mistakes: &Mistakes) -> String {
    let count = counted(mistakes.count(), "mistake", "mistakes");
    format!("{}\n{count}\n", mistakes.render(super::is_coloured()))
}
