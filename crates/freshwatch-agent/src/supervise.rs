//! Owns one task for each probe and starts its runs when they are due.
//!
//! What it does is told as [`Event`]s, in order for each probe. Nothing here waits for whoever listens: an event that
//! finds no room is counted and lost.

mod attend;
mod clock_watch;
mod desk;
mod event;
mod limits;
mod pulse;

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::observation::NotMade;
use freshwatch_probe::run::Run;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio::time;

use attend::{Attendant, Surroundings};
use clock_watch::ClockWatch;
use desk::{Desk, Order};
use event::Events;
use limits::Limiter;

use crate::agent::Agent;
use crate::clock;
use crate::preparation::Prepared;

pub use event::{Event, Gauges};
pub use limits::Limits;
pub use pulse::{Pulse, StandBy};

/// How long a task may take to hear that its time is over.
const LONGEST_FAREWELL: Duration = Duration::from_secs(1);

/// What a supervisor needs of the world: the time, and runs.
pub trait Probing: Clone + Send + Sync + 'static {
    /// What the runs of one definition share, which the first of them makes. Clones share it.
    type Prepared: Clone + Default + Send + Sync + 'static;

    /// What time it is.
    fn now(&self) -> Timestamp;

    /// From now on these probes are run and no others.
    fn there_are(&self, definitions: &[Arc<Definition>]) {
        let _ = definitions;
    }

    /// Runs a probe once. Dropping the future ends the run.
    fn run(
        &self,
        definition: &Arc<Definition>,
        prepared: &Self::Prepared,
    ) -> impl Future<Output = Run> + Send;
}

impl Probing for Agent {
    type Prepared = Prepared;

    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn there_are(&self, definitions: &[Arc<Definition>]) {
        self.there_are(definitions);
    }

    fn run(&self, definition: &Arc<Definition>, prepared: &Prepared) -> impl Future<Output = Run> + Send {
        self.run_prepared(definition, prepared, None)
    }
}

/// Owns one task for each probe.
#[derive(Debug)]
pub struct Supervisor<P> {
    probing: P,
    limiter: Limiter,
    events: Events,
    attended: HashMap<ProbeName, Attended>,
    tasks: JoinSet<()>,
    clock_watch: ClockWatch,
}

/// A probe that has a task.
#[derive(Debug)]
struct Attended {
    definition: Arc<Definition>,
    desk: Arc<Desk>,
    task: AbortHandle,
}

/// What an [`apply`](Supervisor::apply) changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Probes that run from now on.
    pub added: usize,
    /// Probes that run by another definition from now on.
    pub changed: usize,
    /// Probes that run no longer.
    pub removed: usize,
    /// Probes that go on as if nothing had happened.
    pub unchanged: usize,
}

impl<P: Probing> Supervisor<P> {
    /// A supervisor that attends to nothing yet and tells everything to `events`. It needs a runtime around it.
    pub fn new(probing: P, limits: Limits, events: mpsc::Sender<Event>) -> Self {
        Self {
            clock_watch: ClockWatch::start(&probing),
            probing,
            limiter: Limiter::new(limits),
            events: Events::new(events),
            attended: HashMap::new(),
            tasks: JoinSet::new(),
        }
    }

    /// What can be read at any time: the runs that are under way, the events that were lost.
    pub fn gauges(&self) -> Gauges {
        self.events.gauges()
    }

    /// Attends to these probes and to no others.
    ///
    /// A probe whose definition is the same keeps its schedule and the run that is under way. One whose definition
    /// has changed ends that run first. A run of a probe that is gone is dropped, and nothing is said of it.
    pub fn apply(&mut self, definitions: &[Arc<Definition>]) -> Applied {
        let wanted: HashMap<&ProbeName, &Arc<Definition>> = definitions
            .iter()
            .filter(|definition| definition.enabled)
            .map(|definition| (&definition.name, definition))
            .collect();
        let before = self.attended.len();
        self.attended.retain(|name, attended| {
            let stays = wanted.contains_key(name);
            if !stays {
                attended.desk.order(Order::Retire);
            }
            stays
        });
        let mut applied = Applied {
            removed: before - self.attended.len(),
            ..Applied::default()
        };
        for (name, definition) in wanted {
            match self.attended.get_mut(name) {
                Some(attended) if attended.definition.fingerprint == definition.fingerprint => {
                    applied.unchanged += 1;
                }
                Some(attended) => {
                    attended.definition = Arc::clone(definition);
                    attended.desk.order(Order::Redefine(Arc::clone(definition)));
                    applied.changed += 1;
                }
                None => {
                    self.attend(definition);
                    applied.added += 1;
                }
            }
        }
        self.probing.there_are(definitions);
        self.limiter.forget_unused_hosts();
        applied
    }

    fn attend(&mut self, definition: &Arc<Definition>) {
        let desk = Arc::new(Desk::default());
        let attendant = Attendant::new(
            self.probing.clone(),
            Arc::clone(definition),
            Surroundings {
                desk: Arc::clone(&desk),
                clock_set: self.clock_watch.set(),
                limiter: self.limiter.clone(),
                events: self.events.clone(),
            },
        );
        let attended = Attended {
            definition: Arc::clone(definition),
            desk,
            task: self.tasks.spawn(attendant.attend()),
        };
        self.attended.insert(definition.name.clone(), attended);
    }

    /// Waits until a task has failed inside, which is a bug: its probe would never run again. Tasks that ended as
    /// they should are cleared away meanwhile.
    pub async fn failed(&mut self) -> JoinError {
        loop {
            match self.tasks.join_next().await {
                Some(Err(error)) if error.is_panic() => return error,
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// Starts no more runs, and gives those under way so long to end. What has not ended then is `unknown`
    /// (`aborted`).
    pub async fn stop(mut self, grace: Duration) {
        self.order_all(&Order::Finish);
        if time::timeout(grace, self.all_ended()).await.is_ok() {
            return;
        }
        self.order_all(&Order::Cut);
        if time::timeout(LONGEST_FAREWELL, self.all_ended()).await.is_ok() {
            return;
        }
        // A run that blocks its thread hears nothing.
        for Attended { definition, task, .. } in self.attended.values() {
            if !task.is_finished() {
                let now = self.probing.now();
                let run = Run::not_made(definition, NotMade::Aborted, now);
                self.events.tell(Event::Aborted { run: Arc::new(run) });
            }
        }
        self.tasks.abort_all();
    }

    fn order_all(&self, order: &Order) {
        for attended in self.attended.values() {
            attended.desk.order(order.clone());
        }
    }

    async fn all_ended(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

#[cfg(test)]
mod tests;
