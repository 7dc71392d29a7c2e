//! What the endpoints need of the program around them.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::board::{Board, Reloaded};

/// What the endpoints need of the program around them.
///
/// A future that is given here is dropped when its client goes away or its time is over; whatever must be whole has
/// to live elsewhere.
pub trait Services: Send + Sync + 'static {
    /// The board. It is locked only for moments.
    fn board(&self) -> &Mutex<Board>;

    /// All metrics as text; called on a thread that may block.
    fn metrics(&self) -> Text;

    /// How far the program is.
    fn readiness(&self) -> Readiness;

    /// What time it is.
    fn now(&self) -> Timestamp;

    /// Loads the probe files again, all or nothing.
    fn reload(&self) -> BoxFuture<'_, Result<Reloaded, Refused>>;

    /// Runs a loaded probe once against another target.
    fn probe(&self, ask: ProbeAsk) -> BoxFuture<'_, ProbeAnswer>;
}

/// A text and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Its media type (RFC 9110, section 8.3).
    pub content_type: &'static str,
    /// The text.
    pub body: Vec<u8>,
}

/// How far the program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// The first probe files are not loaded yet.
    Starting,
    /// The schedule runs.
    Ready,
    /// No further run starts.
    Ending,
}

/// Why the probe files were not loaded again; those before stay in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// They hold mistakes: told to people, without colours or secrets.
    Mistakes(String),
    /// The program is about to end.
    Ending,
}

/// A question to `/probe`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeAsk {
    /// What to probe: a URL, or the origin to put in the place of the module's; not empty, else not checked.
    pub target: String,
    /// The name of the loaded probe to run; not empty, else not checked.
    pub module: String,
    /// The answer is a text for people.
    pub debug: bool,
    /// How long it may take at most; the probe's own timeout holds as well.
    pub within: Duration,
}

/// What `/probe` answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeAnswer {
    /// The run was made: its metrics, or its report for people.
    Measured(Text),
    /// Nobody allowed it.
    NotAllowed,
    /// No probe has this name.
    UnknownModule,
    /// The target cannot be probed by this module: a fragment that says why, without secrets.
    BadTarget(String),
    /// The target's host is none of those allowed.
    ForbiddenTarget,
    /// There is no room for another run now.
    Busy,
}
