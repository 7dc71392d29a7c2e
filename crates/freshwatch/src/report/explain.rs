//! A probe explained: for people, and for machines.

mod json;
mod text;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use freshwatch_probe::definition::Definition;
use freshwatch_probe::explain::{Ahead, Clause, Step, Upcoming};
use freshwatch_probe::run::Judgment;
use jiff::Timestamp;

pub use json::{json, json_of_mistakes};
pub use text::text;

/// All there is to say of a probe.
pub struct Explained<'s> {
    /// The probe.
    pub definition: &'s Arc<Definition>,
    /// When that is: what lies ahead is seen from here.
    pub now: Timestamp,
    /// What it promises.
    pub promises: Vec<Clause>,
    /// Its next runs; none where it is disabled.
    pub runs: Vec<Ahead>,
    /// The zone on whose clocks they are shown.
    pub zone: String,
    /// What is due next, for each rule that has due moments.
    pub due: Vec<Upcoming>,
    /// How its verdict comes about; none where nothing was judged.
    pub way: Option<Way>,
}

/// The way from an answer to its verdict.
pub struct Way {
    /// Where the answer is from.
    pub asked: Asked,
    /// How long it took to come.
    pub took: Duration,
    /// When it was judged.
    pub now: Timestamp,
    /// The judge's own steps.
    pub steps: Vec<Step>,
    /// How many steps more there were.
    pub omitted: usize,
    /// Where they lead.
    pub judgment: Judgment,
}

/// Where an answer is from.
pub enum Asked {
    /// The endpoint, just now.
    Endpoint {
        /// Whether it is one at all.
        answered: bool,
    },
    /// A file.
    File(PathBuf),
}
