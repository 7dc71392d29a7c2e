//! The supervisor on a paused clock, with runs that do as they are told.

mod clock_jumps;
mod lateness;
mod limits;
mod reload;
mod stop;
mod trouble;
mod week;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use freshwatch_probe::cron::CronLine;
use freshwatch_probe::definition::{Definition, ProbeName, When};
use freshwatch_probe::duration;
use freshwatch_probe::fingerprint::Fingerprint;
use freshwatch_probe::observation::NotMade;
use freshwatch_probe::prober::Skip;
use freshwatch_probe::request::Request;
use freshwatch_probe::run::Run;
use freshwatch_probe::verdict::Verdict;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::time;

use super::{Event, Limits, Probing, StandBy, Supervisor};
use crate::clock;

/// When every test begins.
const NOON: &str = "2026-11-22T12:00:00Z";

/// More than any test needs.
const PLENTY: Limits = Limits {
    all: 10_000,
    each_host: 10_000,
};

type Running = Pin<Box<dyn Future<Output = Run> + Send>>;
type Script = dyn Fn(Arc<Definition>, World) -> Running + Send + Sync;

/// A world whose clock follows tokio's and can be set, and whose runs follow a script.
#[derive(Clone)]
struct World(Arc<Inner>);

struct Inner {
    base: Timestamp,
    began: Instant,
    /// How much the clock was set, in milliseconds.
    set: AtomicI64,
    script: Box<Script>,
    running: AtomicUsize,
    most_running: AtomicUsize,
    starts: Mutex<BTreeMap<String, Vec<Timestamp>>>,
}

impl World {
    fn new<F>(script: impl Fn(Arc<Definition>, Self) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Run> + Send + 'static,
    {
        Self(Arc::new(Inner {
            base: at(NOON),
            began: clock::monotonic(),
            set: AtomicI64::new(0),
            script: Box::new(move |definition, world| Box::pin(script(definition, world))),
            running: AtomicUsize::new(0),
            most_running: AtomicUsize::new(0),
            starts: Mutex::default(),
        }))
    }

    /// Every run takes so long and is ok.
    fn of_runs_that_take(took: Duration) -> Self {
        Self::new(move |definition, world| async move {
            time::sleep(took).await;
            world.ended(&definition, Verdict::Ok)
        })
    }

    fn ended(&self, definition: &Arc<Definition>, verdict: Verdict) -> Run {
        let mut run = Run::not_made(definition, NotMade::Internal, self.now());
        run.judgment.verdict = verdict;
        run.judgment.reasons.clear();
        run.attempts = 1;
        run
    }

    fn starts(&self, probe: &str) -> Vec<Timestamp> {
        self.0
            .starts
            .lock()
            .unwrap()
            .get(probe)
            .cloned()
            .unwrap_or_default()
    }

    fn set_clock(&self, by: SignedDuration) {
        self.0
            .set
            .fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

/// Counts a run as running, also when it is dropped.
struct UnderWay(World);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Probing for World {
    /// For which definition.
    type Prepared = Arc<OnceLock<Fingerprint>>;

    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(clock::monotonic() - self.0.began).unwrap();
        self.0.base + passed + SignedDuration::from_millis(self.0.set.load(Ordering::SeqCst))
    }

    async fn run(&self, definition: &Arc<Definition>, prepared: &Self::Prepared) -> Run {
        let prepared_for = prepared.get_or_init(|| definition.fingerprint);
        assert_eq!(*prepared_for, definition.fingerprint, "it is another's");
        let name = definition.name.to_string();
        self.0
            .starts
            .lock()
            .unwrap()
            .entry(name)
            .or_default()
            .push(self.now());
        let running = self.0.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most_running.fetch_max(running, Ordering::SeqCst);
        let _guard = UnderWay(self.clone());
        (self.0.script)(Arc::clone(definition), self.clone()).await
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A probe by `every` or a cron line.
fn probe(name: &str, when: &str) -> Arc<Definition> {
    let mut definition = Definition::new(
        ProbeName::parse(name).unwrap(),
        Request::get(format!("http://{name}.example/")),
    );
    definition.schedule.when = match duration::parse(when) {
        Ok(interval) => When::Every(interval),
        Err(_) => When::Cron(CronLine::parse(when).unwrap()),
    };
    definition.fingerprint = Fingerprint::of(&(name, when));
    Arc::new(definition)
}

/// Supervised probes and what is told of them.
struct Supervised {
    world: World,
    supervisor: Supervisor<World>,
    events: mpsc::Receiver<Event>,
}

impl Supervised {
    fn new(world: &World, limits: Limits, probes: &[Arc<Definition>]) -> Self {
        let (sender, events) = mpsc::channel(1 << 20);
        let mut supervisor = Supervisor::new(world.clone(), limits, sender);
        supervisor.apply(probes);
        Self {
            world: world.clone(),
            supervisor,
            events,
        }
    }

    /// What was told so far.
    fn told(&mut self) -> Tally {
        let mut tally = Tally::default();
        while let Ok(event) = self.events.try_recv() {
            tally.add(event);
        }
        tally
    }

    /// Lets so much time pass, and gives what was told meanwhile.
    async fn after(&mut self, passed: &str) -> Tally {
        time::sleep(duration::parse(passed).unwrap()).await;
        self.told()
    }
}

/// Events by kind.
#[derive(Debug, Default)]
struct Tally {
    ran: Vec<(String, Arc<Run>, Duration)>,
    overloaded: usize,
    aborted: Vec<Arc<Run>>,
    overlap: u64,
    missed: u64,
    next: BTreeMap<String, Option<Timestamp>>,
}

impl Tally {
    fn add(&mut self, event: Event) {
        let (name, next) = match event {
            Event::Scheduled { probe, next } => (probe, next),
            Event::Ran { run, lateness, next } => {
                let name = run.probe().clone();
                self.ran.push((name.to_string(), run, lateness));
                (name, next)
            }
            Event::Overloaded { run, next } => {
                assert_eq!(run.judgment.reasons[0].code.as_str(), "overload");
                self.overloaded += 1;
                (run.probe().clone(), next)
            }
            Event::Aborted { run } => {
                assert_eq!(run.judgment.reasons[0].code.as_str(), "aborted");
                self.aborted.push(run);
                return;
            }
            Event::Skipped {
                probe,
                cause,
                slots,
                next,
            } => {
                match cause {
                    Skip::Overlap => self.overlap += slots,
                    Skip::Missed => self.missed += slots,
                    Skip::Overload => panic!("an overload has a result"),
                }
                (probe, next)
            }
        };
        self.next.insert(name.to_string(), next);
    }

    fn runs_of(&self, probe: &str) -> usize {
        self.ran.iter().filter(|(name, ..)| name == probe).count()
    }
}
