//! What the exports read: the state of every probe and of the prober itself, as the command line keeps it.

use std::sync::Arc;

use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::prober::Prober;
use freshwatch_probe::standing::Standing;

/// The current state, read piece by piece so that nobody holds a lock for long.
pub trait State: Send + Sync + 'static {
    /// The probes whose names come after `last` in order of names, at most so many; `None`: from the first on.
    fn after(&self, last: Option<&ProbeName>, most: usize) -> Vec<Arc<Standing>>;

    /// Where the prober itself stands.
    fn prober(&self) -> Prober;
}
