//! What probes remember, written as it comes: gathered for a moment, so that a thousand runs are one transaction.
//!
//! No run waits for it. While the file cannot be written, the newest of each probe waits here, and nothing more. What no
//! verdict is made of is written once in a while, and at the end.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use freshwatch_agent::{Agent, clock};
use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::run::Run;
use freshwatch_probe::verdict::Verdict;
use freshwatch_store::Observed;
use tokio::time;

use super::logs;
use crate::state_file::{StateFile, Trouble};

/// So long memories gather before they are written.
const GATHER: Duration = Duration::from_secs(1);

/// So long it takes at most until writing is tried again after it has failed.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// So often everything is written, also what has not changed: it says that the probe still runs.
const REFRESH: Duration = Duration::from_hours(1);

/// How long the last writing may take, when the program ends.
const LAST_BOUND: Duration = Duration::from_secs(4);

/// What the probes of the daemon remember, and the file that keeps it.
pub(super) struct Remembering {
    file: StateFile,
    agent: Agent,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    latest: HashMap<ProbeName, Observed>,
    /// Those of the latest that are still to be written.
    unwritten: HashSet<ProbeName>,
    there_are: Vec<ProbeName>,
    is_failing: bool,
}

impl Remembering {
    /// Keeps in this file what the probes of this agent remember.
    pub fn new(file: StateFile, agent: Agent) -> Self {
        Self {
            file,
            agent,
            table: Mutex::default(),
        }
    }

    /// Lets probes that are about to run begin with what the file holds of them.
    ///
    /// # Errors
    /// When the file belongs to somebody else. When it cannot be read, that is logged, and probes begin anew.
    pub async fn meet(&self, definitions: &[Arc<Definition>]) -> Result<(), Trouble> {
        let strangers = self.strangers(definitions);
        let names: Vec<ProbeName> = strangers.iter().map(|&name| name.clone()).collect();
        match self.file.recall(names).await {
            Ok(found) => {
                for found in found {
                    if strangers.contains(&found.probe) {
                        self.agent.take_up(&found.probe, Arc::clone(&found.memory));
                        let mut table = self.table();
                        table.latest.entry(found.probe.clone()).or_insert(found);
                    }
                }
                Ok(())
            }
            Err(trouble) if trouble.is_refusal() => Err(trouble),
            Err(trouble) => {
                self.failed(&trouble);
                Ok(())
            }
        }
    }

    /// The probes that remember and of which nothing is known here. Those that are gone are not kept any longer.
    fn strangers<'d>(&self, definitions: &'d [Arc<Definition>]) -> HashSet<&'d ProbeName> {
        let mut table = self.table();
        table.there_are = definitions
            .iter()
            .map(|definition| definition.name.clone())
            .collect();
        let there_are: HashSet<&ProbeName> = definitions.iter().map(|definition| &definition.name).collect();
        let Table {
            latest, unwritten, ..
        } = &mut *table;
        latest.retain(|name, _| there_are.contains(name) || unwritten.contains(name));
        let remembering = definitions.iter().filter(|definition| definition.remembers());
        remembering
            .map(|definition| &definition.name)
            .filter(|name| !latest.contains_key(name))
            .collect()
    }

    /// Takes in what a run wants remembered.
    pub fn saw(&self, run: &Run) {
        if !run.definition.remembers() {
            return;
        }
        let (probe, at) = (run.probe().clone(), run.ended());
        let mut table = self.table();
        if let Some(memory) = &run.judgment.memory {
            let memory = Arc::clone(memory);
            let before = table.latest.get(&probe).map(|before| Arc::clone(&before.memory));
            if !memory.decides_as(&before.unwrap_or_default()) {
                table.unwritten.insert(probe.clone());
            }
            table.latest.insert(probe.clone(), Observed { probe, at, memory });
        } else if was_judged(run)
            && let Some(latest) = table.latest.get_mut(&probe)
        {
            latest.at = at;
        }
    }

    /// Whether the last writing succeeded.
    pub fn is_written(&self) -> bool {
        !self.table().is_failing
    }

    /// Writes until it is asked to stop, and then once more.
    pub async fn keep(self: Arc<Self>, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        let mut pause = GATHER;
        let mut refreshed = clock::monotonic();
        self.forget_gone().await;
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = time::sleep(pause) => {}
            }
            if clock::monotonic() - refreshed >= REFRESH {
                refreshed = clock::monotonic();
                self.refresh();
                self.forget_gone().await;
            }
            pause = if self.write().await {
                GATHER
            } else {
                (pause * 2).min(LONGEST_PAUSE)
            };
        }
        self.gather_stamps();
        let written = time::timeout(LAST_BOUND, self.write()).await;
        let left = self.table().unwritten.len();
        if left > 0 || written.is_err() {
            logs::memories_lost(left);
        }
    }

    /// Writes what is unwritten; whether that succeeded.
    async fn write(&self) -> bool {
        let batch: Vec<Observed> = {
            let table = self.table();
            let unwritten = table.unwritten.iter();
            unwritten
                .filter_map(|name| table.latest.get(name).cloned())
                .collect()
        };
        if batch.is_empty() {
            if !self.is_written() {
                // There may be room again, or a disk.
                self.forget_gone().await;
            }
            return self.is_written();
        }
        let names: Vec<(ProbeName, jiff::Timestamp)> =
            batch.iter().map(|item| (item.probe.clone(), item.at)).collect();
        match self.file.remember(batch, clock::now()).await {
            Ok(began_anew) => {
                self.wrote(&names, began_anew);
                true
            }
            Err(trouble) => {
                self.failed(&trouble);
                false
            }
        }
    }

    fn wrote(&self, written: &[(ProbeName, jiff::Timestamp)], began_anew: bool) {
        let mut table = self.table();
        let Table {
            latest, unwritten, ..
        } = &mut *table;
        if began_anew {
            unwritten.extend(latest.keys().cloned());
        }
        for (name, at) in written {
            // A run may have ended meanwhile.
            if latest.get(name).is_none_or(|latest| latest.at == *at) {
                unwritten.remove(name);
            }
        }
        let has_recovered = std::mem::replace(&mut table.is_failing, false);
        drop(table);
        if has_recovered {
            logs::remembered_again();
        }
    }

    /// Says so once, however often it fails.
    fn failed(&self, trouble: &Trouble) {
        let was_failing = std::mem::replace(&mut self.table().is_failing, true);
        if !was_failing {
            logs::not_remembered(trouble);
        }
    }

    /// What was put off is to be written as well.
    fn gather_stamps(&self) {
        let mut table = self.table();
        let Table {
            latest, unwritten, ..
        } = &mut *table;
        let put_off = latest.iter().filter(|(_, seen)| seen.memory.watches_stamps());
        unwritten.extend(put_off.map(|(name, _)| name.clone()));
    }

    fn refresh(&self) {
        let mut table = self.table();
        let Table {
            latest, unwritten, ..
        } = &mut *table;
        unwritten.extend(latest.keys().cloned());
    }

    async fn forget_gone(&self) {
        let there_are = self.table().there_are.clone();
        match self.file.forget_gone(there_are, clock::now()).await {
            Ok(began_anew) => self.wrote(&[], began_anew),
            Err(trouble) => self.failed(&trouble),
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an answer was looked at as a whole, so that what is remembered holds at its time as well.
fn was_judged(run: &Run) -> bool {
    match run.judgment.verdict {
        Verdict::Ok | Verdict::Degraded | Verdict::Stale => true,
        Verdict::Invalid | Verdict::Down | Verdict::Unknown => false,
    }
}
