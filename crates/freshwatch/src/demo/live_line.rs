//! The line at the foot of a terminal that is written again and again.

use anstream::adapter::strip_str;

use crate::report::wrap::columns;
use crate::report::{self, PrintError};

/// A line that is written over; where standard output is no terminal, it is not shown at all.
#[derive(Debug)]
pub(crate) struct LiveLine {
    /// The terminal's columns; `None`: no terminal.
    columns: Option<usize>,
    /// How many columns are covered by what is shown now.
    covered: usize,
}

impl LiveLine {
    /// Nothing is shown yet.
    pub(crate) fn new() -> Self {
        Self {
            columns: columns(),
            covered: 0,
        }
    }

    /// The terminal's columns, if there is one.
    pub(crate) fn columns(&self) -> Option<usize> {
        self.columns
    }

    /// Prints text that stays, above the line.
    ///
    /// # Errors
    /// When standard output cannot be written to.
    pub(crate) fn print(&mut self, text: &str) -> Result<(), PrintError> {
        let clear = self.clear();
        report::print(&format!("{clear}{text}"))
    }

    /// Shows the line, when there is room for it.
    ///
    /// # Errors
    /// When standard output cannot be written to.
    pub(crate) fn show(&mut self, line: &str) -> Result<(), PrintError> {
        let width = strip_str(line).to_string().chars().count();
        let clear = self.clear();
        // The terminal may write `^C` behind it.
        let covered = width + 2;
        if self.columns.is_none_or(|columns| covered >= columns) {
            return report::print(&clear);
        }
        self.covered = covered;
        report::print(&format!("{clear}{line}"))
    }

    /// Covers what is shown with spaces, which works without colours too.
    fn clear(&mut self) -> String {
        match std::mem::take(&mut self.covered) {
            0 => String::new(),
            covered => format!("\r{:covered$}\r", ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LiveLine;

    #[test]
    fn what_was_shown_is_covered_once() {
        let mut line = LiveLine {
            columns: Some(80),
            covered: 3,
        };
        assert_eq!(line.clear(), "\r   \r");
        assert_eq!(line.clear(), "");
    }
}
