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

impl Kept {
    fn is_wanted(&self, now: Instant) -> bool {
        self.owner.strong_count() > 0 || now.duration_since(self.used) < LONGEST_ABSENCE
    }
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

    /// What a probe that runs remembers, if anything: one that stands still for days is in use as well.
    pub fn of(&self, definition: &Arc<Definition>) -> Option<Arc<Memory>> {
        let mut table = self.table();
        let kept = table.get_mut(&definition.name)?;
        kept.owner = Arc::downgrade(definition);
        kept.used = clock::monotonic();
        Some(Arc::clone(&kept.memory))
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
            table.retain(|_, kept| kept.is_wanted(used));
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use freshwatch_probe::definition::{Definition, ProbeName};
    use freshwatch_probe::freshness::memory::Memory;
    use freshwatch_probe::request::Request;

    use super::{LONGEST_ABSENCE, Memories};
    use crate::clock;

    fn definition(name: &str) -> Arc<Definition> {
        let name = ProbeName::parse(name).unwrap();
        Arc::new(Definition::new(name, Request::get("http://a.example/")))
    }

    #[test]
    fn a_memory_goes_by_the_name_and_outlives_the_definition() {
        let memories = Memories::default();
        let memory = Arc::<Memory>::default();
        memories.put(&definition("x"), &memory);
        assert!(Arc::ptr_eq(&memories.of(&definition("x")).unwrap(), &memory));
        assert!(memories.of(&definition("y")).is_none());
    }

    #[test]
    fn the_memory_of_a_probe_that_runs_is_wanted_however_long_it_stands_still() {
        let memories = Memories::default();
        memories.put(&definition("x"), &Arc::default());
        let is_wanted_later = || {
            let table = memories.table();
            let kept = table.values().next().unwrap();
            kept.is_wanted(clock::monotonic() + 2 * LONGEST_ABSENCE)
        };
        assert!(!is_wanted_later());
        let reloaded = definition("x");
        memories.of(&reloaded).unwrap();
        assert!(is_wanted_later());
        drop(reloaded);
        assert!(!is_wanted_later());
    }
}
