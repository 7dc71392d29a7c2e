//! What probes remember between their runs, by their names: only those that have something to remember are here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::freshness::memory::Memory;

use crate::clock;

/// So long the memory of a probe that is gone is kept: a file that is taken back brings it again.
const LONGEST_ABSENCE: Duration = Duration::from_hours(24);

/// The memories of the probes of a process.
#[derive(Debug, Default)]
pub(crate) struct Memories(Mutex<HashMap<ProbeName, Kept>>);

#[derive(Debug)]
struct Kept {
    memory: Arc<Memory>,
    /// Whose it is, once it has run.
    owner: Weak<Definition>,
    used: Instant,
}

impl Memories {
    /// What was remembered before this process began.
    pub fn new(memories: HashMap<ProbeName, Arc<Memory>>) -> Self {
        let used = clock::monotonic();
        let kept = memories.into_iter().map(|(name, memory)| {
            let owner = Weak::new();
            (name, Kept { memory, owner, used })
        });
        Self(Mutex::new(kept.collect()))
    }

    /// What a probe remembers, if anything.
    pub fn of(&self, probe: &ProbeName) -> Option<Arc<Memory>> {
        let table = self.table();
        table.get(probe).map(|kept| Arc::clone(&kept.memory))
    }

    /// What a probe remembered in an earlier process, unless it remembers something by now.
    pub fn take_up(&self, definition: &Arc<Definition>, memory: Arc<Memory>) {
        let name = definition.name.clone();
        self.table().entry(name).or_insert_with(|| Kept {
            memory,
            owner: Arc::downgrade(definition),
            used: clock::monotonic(),
        });
    }

    /// What a probe remembers from now on.
    pub fn put(&self, definition: &Arc<Definition>, memory: &Arc<Memory>) {
        let used = clock::monotonic();
        let mut table = self.table();
        // Those of probes that are gone go before the table grows.
        if table.len() == table.capacity() {
            table.retain(|_, kept| kept.owner.strong_count() > 0 || used - kept.used < LONGEST_ABSENCE);
        }
        let kept = Kept {
            memory: Arc::clone(memory),
            owner: Arc::downgrade(definition),
            used,
        };
        table.insert(definition.name.clone(), kept);
    }

    fn table(&self) -> MutexGuard<'_, HashMap<ProbeName, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
