//! Runs of the contenders that this program plays itself, or calls, and that did not succeed.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many failed, and why the first one did.
#[derive(Debug, Default)]
pub struct Failures {
    count: AtomicU32,
    first: OnceLock<String>,
}

impl Failures {
    /// Counts one.
    pub fn fail(&self, why: impl fmt::Display) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.first.get_or_init(|| why.to_string());
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} runs FAILED", self.count.load(Ordering::Relaxed))?;
        match self.first.get() {
            Some(why) => write!(formatter, ", the first with: {why}"),
            None => Ok(()),
        }
    }
}
