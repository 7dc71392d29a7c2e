//! The board: where every probe and the prober itself stand. A fold of what happens, without a clock of its own.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::prober::{Configuration, Export, Prober, Skip};
use freshwatch_probe::run::Run;
use freshwatch_probe::standing::{Change, Standing};
use jiff::Timestamp;

/// Where every probe and the prober itself stand.
///
/// What it gives away are snapshots: what happens later never changes them.
#[derive(Debug)]
pub struct Board {
    /// In the order of their names.
    probes: Vec<Known>,
    /// Where each of them stands there. Nearly all who ask know a name, and a search in the order of names looks at ten
    /// others first.
    places: HashMap<ProbeName, usize>,
    prober: Prober,
}

/// A probe of the files in use.
#[derive(Debug, Clone)]
pub enum Known {
    /// It runs.
    Running(Arc<Standing>),
    /// `enabled: false`: it does not run, and has no series.
    Disabled(Arc<Definition>),
}

/// What a load of the probe files changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// The probes that were not known before, in the order of their names.
    pub added: Vec<ProbeName>,
    /// Those that promise something else than before.
    pub changed: Vec<ProbeName>,
    /// Those that are no longer known.
    pub removed: Vec<ProbeName>,
    /// How many go on as they were.
    pub unchanged: usize,
}

/// The board behind its lock. It is never half changed, so whoever panicked while he held it has spoilt nothing.
pub(crate) fn locked(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Board {
    /// A board without probes, as of `now`.
    pub fn new(now: Timestamp) -> Self {
        Self {
            probes: Vec::new(),
            places: HashMap::new(),
            prober: Prober::new(now),
        }
    }

    /// Puts these definitions, loaded at `now`, in the place of those before.
    ///
    /// A probe whose fingerprint is the same goes on untouched; of one that promises something else the counts go on.
    /// One that is enabled again begins anew.
    pub fn load(&mut self, definitions: &[Arc<Definition>], now: Timestamp) -> Reloaded {
        let known = std::mem::take(&mut self.probes).into_iter();
        let mut before: HashMap<_, _> = known.map(|known| (known.name().clone(), known)).collect();
        let mut reloaded = Reloaded::default();
        for definition in definitions {
            let name = &definition.name;
            let known = before.remove(name);
            match &known {
                None => reloaded.added.push(name.clone()),
                Some(known) if known.promises_the_same(definition) => reloaded.unchanged += 1,
                Some(_) => reloaded.changed.push(name.clone()),
            }
            self.probes
                .push(Known::follow(known, Arc::clone(definition), now));
        }
        self.probes
            .sort_unstable_by(|one, other| one.name().cmp(other.name()));
        let names = self.probes.iter().map(|known| known.name().clone());
        self.places = names.zip(0..).collect();
        reloaded.added.sort_unstable();
        reloaded.changed.sort_unstable();
        reloaded.removed = before.into_keys().collect();
        reloaded.removed.sort_unstable();
        let running = self.probes.iter().filter(|known| known.is_running());
        self.prober.probes = running.count() as u64;
        self.prober.configuration = Configuration {
            successful: true,
            success: now,
        };
        reloaded
    }

    /// The probe files could not be loaded: those before stay in use.
    pub fn load_failed(&mut self) {
        self.prober.configuration.successful = false;
    }

    /// Takes a run in, and when the next one starts. Gives the change of verdict that it brings.
    ///
    /// A run of a probe that is no longer known, or no longer runs, changes nothing. One of a definition that is no
    /// longer in force counts, but does not know when the next one starts.
    pub fn absorb(&mut self, run: impl Into<Arc<Run>>, next: Option<Timestamp>) -> Option<Change> {
        let run = run.into();
        let standing = self.running(run.probe())?;
        if run.definition.fingerprint == standing.definition.fingerprint {
            standing.next_run = next;
        }
        standing.absorb(run)
    }

    /// A run started so long after its scheduled time.
    pub fn started(&mut self, lateness: Duration) {
        self.prober.started(lateness);
    }

    /// So many slots of a probe passed without a run; the next one starts at `next`.
    pub fn skip(&mut self, probe: &ProbeName, cause: Skip, slots: u64, next: Option<Timestamp>) {
        self.prober.skip(cause, slots);
        self.scheduled(probe, next);
    }

    /// The probe's next run starts at `next`; never again without it.
    pub fn scheduled(&mut self, probe: &ProbeName, next: Option<Timestamp>) {
        if let Some(standing) = self.running(probe) {
            standing.next_run = next;
        }
    }

    /// So many results altogether came faster than they could be taken in, and were lost.
    pub fn results_lost(&mut self, results: u64) {
        self.prober.results_lost = results;
    }

    /// So many runs are under way now.
    pub fn in_flight(&mut self, runs: u64) {
        self.prober.in_flight = runs;
    }

    /// How delivery goes now.
    pub fn exported(&mut self, export: Export) {
        self.prober.export = Some(export);
    }

    /// At most so many of the probes that run, in the order of their names, from the first one behind `last` on.
    ///
    /// Whoever wants all of them asks again with the last name that he got, and so never holds the board for long.
    pub fn after(&self, last: Option<&ProbeName>, most: usize) -> Vec<Arc<Standing>> {
        let running = self.behind(last).iter().filter_map(|known| match known {
            Known::Running(standing) => Some(Arc::clone(standing)),
            Known::Disabled(_) => None,
        });
        running.take(most).collect()
    }

    /// As [`after`](Self::after), with those that are disabled.
    pub fn known_after(&self, last: Option<&ProbeName>, most: usize) -> Vec<Known> {
        self.behind(last).iter().take(most).cloned().collect()
    }

    /// The probe of this name, if it runs.
    pub fn get(&self, probe: &ProbeName) -> Option<Arc<Standing>> {
        match self.at(probe)? {
            Known::Running(standing) => Some(Arc::clone(standing)),
            Known::Disabled(_) => None,
        }
    }

    /// The probe of this name.
    pub fn known(&self, probe: &ProbeName) -> Option<Known> {
        self.at(probe).cloned()
    }

    /// The names of all probes, in order, with those that are disabled.
    pub fn names(&self) -> impl Iterator<Item = &ProbeName> {
        self.probes.iter().map(Known::name)
    }

    /// Where the prober itself stands.
    pub fn prober(&self) -> &Prober {
        &self.prober
    }

    fn behind(&self, last: Option<&ProbeName>) -> &[Known] {
        let is_before = |known: &Known| last.is_some_and(|last| known.name() <= last);
        &self.probes[self.probes.partition_point(is_before)..]
    }

    fn at(&self, probe: &ProbeName) -> Option<&Known> {
        self.probes.get(*self.places.get(probe)?)
    }

    /// What is known of a probe that runs, to be changed: a copy where somebody still holds the one before.
    fn running(&mut self, probe: &ProbeName) -> Option<&mut Standing> {
        match self.probes.get_mut(*self.places.get(probe)?)? {
            Known::Running(standing) => Some(Arc::make_mut(standing)),
            Known::Disabled(_) => None,
        }
    }
}

impl Known {
    /// What it promises now.
    pub fn definition(&self) -> &Arc<Definition> {
        match self {
            Self::Running(standing) => &standing.definition,
            Self::Disabled(definition) => definition,
        }
    }

    fn name(&self) -> &ProbeName {
        &self.definition().name
    }

    fn is_running(&self) -> bool {
        match self {
            Self::Running(_) => true,
            Self::Disabled(_) => false,
        }
    }

    fn promises_the_same(&self, definition: &Definition) -> bool {
        self.is_running() == definition.enabled && self.definition().fingerprint == definition.fingerprint
    }

    /// What is known of a probe once it is loaded with this definition.
    fn follow(before: Option<Self>, definition: Arc<Definition>, now: Timestamp) -> Self {
        if !definition.enabled {
            return Self::Disabled(definition);
        }
        let Some(Self::Running(mut before)) = before else {
            return Self::Running(Arc::new(Standing::new(definition, now)));
        };
        let standing = Arc::make_mut(&mut before);
        if standing.definition.fingerprint == definition.fingerprint {
            standing.definition = definition;
        } else {
            standing.redefine(definition);
            // The new schedule has yet to say.
            standing.next_run = None;
        }
        Self::Running(before)
    }
}
