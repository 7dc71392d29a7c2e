//! The life of one probe: it sleeps, runs, and tells.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use freshwatch_probe::definition::Definition;
use freshwatch_probe::observation::NotMade;
use freshwatch_probe::prober::Skip;
use freshwatch_probe::run::Run;
use freshwatch_probe::verdict::Code;
use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time;

use super::Probing;
use super::desk::{Desk, Order};
use super::event::{Event, Events};
use super::limits::{Host, Limiter, Place};
use crate::schedule::{Plan, Schedule, Slot, Waking};

/// Attends to one probe.
pub(super) struct Attendant<P: Probing> {
    probing: P,
    definition: Arc<Definition>,
    prepared: P::Prepared,
    plan: Plan,
    host: Host,
    around: Surroundings,
    /// What was ordered while a run was under way.
    redefined: Option<Arc<Definition>>,
    is_finishing: bool,
}

/// What an attendant shares with the supervisor and the other attendants.
pub(super) struct Surroundings {
    pub desk: Arc<Desk>,
    pub clock_set: Arc<Notify>,
    pub limiter: Limiter,
    pub events: Events,
}

/// Why a probe is no longer attended to.
enum End {
    /// What is under way is aborted.
    Aborted,
    /// Nothing is said.
    Retired,
}

/// How a slot ended.
enum Outcome {
    Ran { run: Arc<Run>, lateness: Duration },
    Overloaded,
}

impl<P: Probing> Attendant<P> {
    pub fn new(probing: P, definition: Arc<Definition>, around: Surroundings) -> Self {
        let schedule = Schedule::new(&definition.name, &definition.schedule);
        Self {
            plan: Plan::new(schedule, probing.now()),
            host: around.limiter.host(&definition),
            probing,
            definition,
            prepared: P::Prepared::default(),
            around,
            redefined: None,
            is_finishing: false,
        }
    }

    /// Runs the probe at every slot until an order ends that.
    #[expect(
        clippy::manual_async_fn,
        reason = "an `async fn` keeps its argument twice, and there are a hundred thousand of these"
    )]
    pub fn attend(mut self) -> impl Future<Output = ()> + Send {
        async move { self.live().await }
    }

    async fn live(&mut self) {
        self.tell_schedule();
        // Once for all sleeps: to join those who wait and to leave them again costs a look at the neighbours there.
        let clock_set = Arc::clone(&self.around.clock_set);
        let mut set = pin!(clock_set.notified());
        while !self.is_finishing {
            if let Some(definition) = self.redefined.take() {
                self.redefine(definition);
            }
            let sleep = time::sleep(self.plan.sleep(self.probing.now()));
            tokio::select! {
                biased;
                order = self.around.desk.next() => match order {
                    Order::Redefine(definition) => {
                        self.redefined = Some(definition);
                        continue;
                    }
                    Order::Finish | Order::Cut | Order::Retire => return,
                },
                () = &mut set => set.set(clock_set.notified()),
                () = sleep => {}
            }
            match self.plan.wake(self.probing.now()) {
                Waking::Sleep => {}
                Waking::Missed(slots) => self.skipped(Skip::Missed, slots),
                Waking::Start { slot, missed } => {
                    self.skipped(Skip::Missed, missed);
                    // On the heap, and only while it lasts: a probe that sleeps takes no room for its run.
                    match Box::pin(self.serve(slot)).await {
                        Ok(outcome) => self.conclude(outcome),
                        Err(End::Aborted) => {
                            let run = self.not_made(NotMade::Aborted);
                            return self.around.events.tell(Event::Aborted { run });
                        }
                        Err(End::Retired) => return,
                    }
                }
            }
        }
    }

    /// Waits for a place and runs, as long as the slot is not over before.
    async fn serve(&mut self, slot: Slot) -> Result<Outcome, End> {
        let place = match self.around.limiter.free_place(&self.host) {
            Some(place) => place,
            None => match self.place(&slot).await? {
                Some(place) => place,
                None => return Ok(Outcome::Overloaded),
            },
        };
        let lateness = slot.lateness(self.probing.now());
        let run = pin!(self.run(place));
        let run = self.meanwhile(run, true).await?;
        Ok(Outcome::Ran { run, lateness })
    }

    /// Waits for a place; none when the slot was over before.
    async fn place(&mut self, slot: &Slot) -> Result<Option<Place>, End> {
        let patience = slot.start_by.duration_since(self.probing.now());
        let patience = Duration::try_from(patience).unwrap_or(Duration::ZERO);
        let limiter = self.around.limiter.clone();
        let host = self.host.clone();
        let place = pin!(time::timeout(patience, async move { limiter.place(&host).await }));
        Ok(self.meanwhile(place, false).await?.ok())
    }

    /// One run. A panic in it is a result as well.
    fn run(&self, place: Place) -> impl Future<Output = Arc<Run>> + Send + use<P> {
        let (probing, definition) = (self.probing.clone(), Arc::clone(&self.definition));
        let prepared = self.prepared.clone();
        let under_way = self.around.events.under_way();
        async move {
            let _until_the_end = (place, under_way);
            let run = AssertUnwindSafe(probing.run(&definition, &prepared));
            let run = run.catch_unwind().await;
            let run = run.unwrap_or_else(|_| Run::not_made(&definition, NotMade::Internal, probing.now()));
            Arc::new(run)
        }
    }

    /// Waits for something, and listens for orders meanwhile. Before a run has begun, the order to finish ends it.
    async fn meanwhile<F: Future>(
        &mut self,
        mut future: Pin<&mut F>,
        has_begun: bool,
    ) -> Result<F::Output, End> {
        loop {
            tokio::select! {
                biased;
                output = &mut future => return Ok(output),
                order = self.around.desk.next() => match order {
                    Order::Redefine(definition) => self.redefined = Some(definition),
                    Order::Finish if has_begun => self.is_finishing = true,
                    Order::Finish | Order::Cut => return Err(End::Aborted),
                    Order::Retire => return Err(End::Retired),
                },
            }
        }
    }

    fn conclude(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Ran { run, lateness } => {
                let overlapped = self.plan.end(self.probing.now(), wait_asked_by(&run));
                let next = self.next();
                self.around.events.tell(Event::Ran { run, lateness, next });
                self.skipped(Skip::Overlap, overlapped);
            }
            // Nothing was started, so the slot that is due by now overlaps nothing.
            Outcome::Overloaded => self.around.events.tell(Event::Overloaded {
                run: self.not_made(NotMade::Overload),
                next: self.next(),
            }),
        }
    }

    fn redefine(&mut self, definition: Arc<Definition>) {
        let schedule = Schedule::new(&definition.name, &definition.schedule);
        self.plan.reschedule(schedule, self.probing.now());
        self.host = self.around.limiter.host(&definition);
        self.definition = definition;
        self.prepared = P::Prepared::default();
        self.tell_schedule();
    }

    fn tell_schedule(&self) {
        let (probe, next) = (self.definition.name.clone(), self.next());
        self.around.events.tell(Event::Scheduled { probe, next });
    }

    fn skipped(&self, cause: Skip, slots: u64) {
        if slots > 0 {
            self.around.events.tell(Event::Skipped {
                probe: self.definition.name.clone(),
                cause,
                slots,
                next: self.next(),
            });
        }
    }

    fn not_made(&self, why: NotMade) -> Arc<Run> {
        Arc::new(Run::not_made(&self.definition, why, self.probing.now()))
    }

    fn next(&self) -> Option<Timestamp> {
        if self.is_finishing {
            return None;
        }
        self.plan.next().map(|slot| slot.due)
    }
}

/// How long an answer asked to be left alone. Only a 429 is heeded: a 503 that could keep its prober away for a day
/// would hide an outage.
fn wait_asked_by(run: &Run) -> Option<Duration> {
    let is_limited = run
        .judgment
        .reasons
        .iter()
        .any(|reason| reason.code == Code::RateLimited);
    run.exchange.retry_after.filter(|_| is_limited)
}
