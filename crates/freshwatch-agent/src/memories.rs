//! What probes remember between their runs, by their names: only those that have something to remember are here.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::freshness::memory::Memory;

/// So long the memory of a probe that is gone is kept: a file that is taken back brings it again.
const LONGEST_ABSENCE: Duration = Duration::from_hours(24);

/// The memories of the probes of a process.
#[derive(Debug, Default)]
pub(crate) struct Memories {
    table: Mutex<HashMap<ProbeName, Kept>>,
    /// What all others remember.
    nothing: Arc<Memory>,
}

#[derive(Debug)]
struct Kept {
    memory: Arc<Memory>,
    /// Since when its probe is no longer there.
    gone: Option<Instant>,
}

impl From<Arc<Memory>> for Kept {
    fn from(memory: Arc<Memory>) -> Self {
        Self { memory, gone: None }
    }
}

impl Memories {
    /// What was remembered before this process began.
    pub fn new(memories: HashMap<ProbeName, Arc<Memory>>) -> Self {
        let kept = memories.into_iter().map(|(name, memory)| (name, memory.into()));
        Self {
            table: Mutex::new(kept.collect()),
            nothing: Arc::default(),
        }
    }

    /// What a probe remembers; empty when that is nothing.
    pub fn of(&self, probe: &ProbeName) -> Arc<Memory> {
        let table = self.table();
        let memory = table.get(probe).map(|kept| &kept.memory);
        Arc::clone(memory.unwrap_or(&self.nothing))
    }

    /// What a probe remembered in an earlier process, unless it remembers something by now.
    pub fn take_up(&self, probe: &ProbeName, memory: Arc<Memory>) {
        self.table().entry(probe.clone()).or_insert(memory.into());
    }

    /// What a probe remembers from now on.
    pub fn put(&self, probe: &ProbeName, memory: &Arc<Memory>) {
        self.table().insert(probe.clone(), Arc::clone(memory).into());
    }

    /// At this moment there are these probes and no others.
    pub fn there_are(&self, definitions: &[Arc<Definition>], now: Instant) {
        let names: HashSet<&ProbeName> = definitions.iter().map(|definition| &definition.name).collect();
        self.table().retain(|name, kept| {
            kept.gone = (!names.contains(name)).then(|| kept.gone.unwrap_or(now));
            kept.gone
                .is_none_or(|gone| now.saturating_duration_since(gone) < LONGEST_ABSENCE)
        });
    }

    fn table(&self) -> MutexGuard<'_, HashMap<ProbeName, Kept>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

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
    fn a_memory_goes_by_the_name() {
        let memories = Memories::default();
        let memory = Arc::<Memory>::default();
        memories.put(&definition("x").name, &memory);
        assert!(Arc::ptr_eq(&memories.of(&definition("x").name), &memory));
        assert!(!Arc::ptr_eq(&memories.of(&definition("y").name), &memory));
    }

    #[test]
    fn a_memory_outlives_its_probe_for_a_day() {
        let (x, y) = (definition("x"), definition("y"));
        let memory = Arc::<Memory>::default();
        let memories = Memories::default();
        memories.put(&x.name, &memory);
        let is_kept = || Arc::ptr_eq(&memories.of(&x.name), &memory);
        let now = clock::monotonic();
        let soon = now + Duration::from_hours(23);
        memories.there_are(&[Arc::clone(&y)], now);
        memories.there_are(&[Arc::clone(&y)], soon);
        assert!(is_kept(), "it is not gone for a day yet");
        memories.there_are(&[x.clone(), Arc::clone(&y)], now + LONGEST_ABSENCE);
        memories.there_are(&[Arc::clone(&y)], now + 2 * LONGEST_ABSENCE);
        assert!(is_kept(), "it was there in between, and has just gone again");
        memories.there_are(&[y], now + 3 * LONGEST_ABSENCE);
        assert!(!is_kept());
    }

    #[test]
    fn a_memory_does_not_hold_the_definition_of_its_probe() {
        let memories = Memories::default();
        let definition = definition("x");
        memories.put(&definition.name, &Arc::default());
        memories.there_are(std::slice::from_ref(&definition), clock::monotonic());
        assert_eq!(
            (Arc::strong_count(&definition), Arc::weak_count(&definition)),
            (1, 0)
        );
    }
}
