//! All that was seen in a soak.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::accounts::Snapshot;
use crate::delivered::Export;
use crate::log::Change;
use crate::receiver::Mood;
use freshwatch_tests::resources::Resources;

/// All that was seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// What the idle daemon took before the first run, and what it took when all probes rested.
    pub idle: Resources,
    pub rested: Resources,
    /// What the target still had open then: kept connections.
    pub connections_at_rest: u64,
    /// When the probes were awake.
    pub awake: Vec<Waking>,
    pub at_rest: Snapshot,
    pub at_end: Snapshot,
    /// The names that left the files.
    pub removed: Vec<String>,
    /// What the daemon took of the machine in the main part.
    pub samples: Vec<(Duration, Resources)>,
    pub outages: Vec<Outage>,
    /// How often files were to be loaded, and not to be, by the kind of line.
    pub reloads: BTreeMap<&'static str, u64>,
    pub surprises: Vec<String>,
    pub ending: Option<Ending>,
    /// Lines of the log by kind.
    pub lines: BTreeMap<&'static str, u64>,
    pub changes: Vec<Change>,
    pub strange_lines: Vec<String>,
    /// What the receiver got.
    pub exports: Vec<Export>,
    pub came: Vec<Timestamp>,
    pub complaints: Vec<String>,
    pub wrong: u64,
    pub batches: u64,
    pub points: u64,
}

/// A time in which the probes had their own schedules.
#[derive(Debug, Clone, Copy)]
pub struct Waking {
    /// When the daemon was first told.
    pub from: Timestamp,
    /// From when on every slot counts, and until when.
    pub sure_from: Timestamp,
    pub sure_to: Timestamp,
    /// When the daemon was surely done.
    pub to: Timestamp,
}

/// The receiver was away.
#[derive(Debug, Clone, Copy)]
pub struct Outage {
    pub mood: Mood,
    pub from: Timestamp,
    pub to: Option<Timestamp>,
}

/// The end of the daemon.
#[derive(Debug)]
pub struct Ending {
    pub asked: Timestamp,
    pub took: Duration,
    pub code: Option<i32>,
    pub is_gone: bool,
    /// What it took of the machine when it was asked.
    pub last: Resources,
    /// Connections that the target still had open afterwards.
    pub open: u64,
    /// Requests that no probe of the soak makes.
    pub strange: u64,
}
