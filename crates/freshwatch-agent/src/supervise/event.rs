//! What the supervisor tells.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::prober::Skip;
use freshwatch_probe::run::Run;
use jiff::Timestamp;
use tokio::sync::mpsc;

/// Something that happened to a probe. `next` is when its next run starts; none when its schedule has come to an end.
#[derive(Debug)]
pub enum Event {
    /// The probe is attended to.
    Scheduled {
        /// Which probe.
        probe: ProbeName,
        /// The next start.
        next: Option<Timestamp>,
    },
    /// A run has ended.
    Ran {
        /// The run.
        run: Arc<Run>,
        /// How long after its scheduled time it started.
        lateness: Duration,
        /// The next start.
        next: Option<Timestamp>,
    },
    /// A slot was over before there was room for its run, whose result is `unknown` (`overload`).
    Overloaded {
        /// The run that was not made.
        run: Arc<Run>,
        /// The next start.
        next: Option<Timestamp>,
    },
    /// A run was cut off at the end of the program: `unknown` (`aborted`).
    Aborted {
        /// The run.
        run: Arc<Run>,
    },
    /// Slots passed without a run.
    Skipped {
        /// Which probe.
        probe: ProbeName,
        /// Why.
        cause: Skip,
        /// How many.
        slots: u64,
        /// The next start.
        next: Option<Timestamp>,
    },
}

/// What can be read of a supervisor at any time.
#[derive(Debug, Clone, Default)]
pub struct Gauges {
    in_flight: Arc<AtomicU64>,
    lost: Arc<AtomicU64>,
}

impl Gauges {
    /// How many runs are under way.
    pub fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// How many events were lost because nobody took them in time.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// Where the attendants tell what happens.
#[derive(Debug, Clone)]
pub(super) struct Events {
    sender: mpsc::Sender<Event>,
    gauges: Gauges,
}

impl Events {
    pub fn new(sender: mpsc::Sender<Event>) -> Self {
        Self {
            sender,
            gauges: Gauges::default(),
        }
    }

    pub fn gauges(&self) -> Gauges {
        self.gauges.clone()
    }

    /// Tells, and waits for nobody.
    pub fn tell(&self, event: Event) {
        if self.sender.try_send(event).is_err() {
            self.gauges.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a run as under way for as long as the guard lives.
    pub fn under_way(&self) -> UnderWay {
        self.gauges.in_flight.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(&self.gauges.in_flight))
    }
}

/// A run that is under way.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<AtomicU64>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
