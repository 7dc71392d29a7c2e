//! What a gate says: for people, and for machines.

mod json;
mod text;

use std::path::Path;
use std::time::Duration;

use freshwatch_slo::gate::Decision;
use freshwatch_slo::gate::bypass::Bypass;
use jiff::Timestamp;

pub use json::{json, json_of_mistakes};
pub use text::text;

/// What a gate says, and what it is about.
pub struct Said<'g> {
    /// The gate's name.
    pub name: String,
    /// Its file.
    pub file: &'g Path,
    /// As of when; none: the backend does not tell.
    pub at: Option<Timestamp>,
    /// How long it took to find out.
    pub took: Duration,
    /// Who went past it, if somebody did.
    pub bypass: Option<&'g Bypass>,
    /// May we deploy?
    pub decision: Decision<'g>,
}
