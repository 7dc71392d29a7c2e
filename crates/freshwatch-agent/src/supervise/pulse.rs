//! Keeps the timers going while a run blocks its thread.
//!
//! Of the threads of a tokio runtime one at a time waits for timers and sockets. When a task that it picked up there
//! blocks it, the others may all be asleep, and nobody wakes them: every probe would stand still. So a thread of its
//! own listens for a beat of the runtime, and when it is overdue, wakes another of its threads, which then waits for
//! timers and sockets in the place of the blocked one.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{self, MissedTickBehavior};

/// How often the runtime shows that it lives.
const BEAT: Duration = Duration::from_millis(50);

/// Without a beat for so long, a thread is woken.
const OVERDUE: Duration = Duration::from_millis(100);

/// The beat and who listens to it; both end when this is dropped.
#[derive(Debug)]
pub(super) struct Pulse {
    beating: JoinHandle<()>,
}

impl Pulse {
    /// Listens to the runtime that this is called on. None where no thread is to be had, or where there is but one
    /// thread to run on: then nobody could stand in for it.
    pub fn start() -> Option<Self> {
        let runtime = Handle::current();
        if runtime.metrics().num_workers() < 2 {
            return None;
        }
        let (beats, heard) = channel();
        let listening = runtime.clone();
        thread::Builder::new()
            .name("pulse".into())
            .spawn(move || listen(&listening, &heard))
            .ok()?;
        Some(Self {
            beating: runtime.spawn(beat(beats)),
        })
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.beating.abort();
    }
}

async fn beat(beats: Sender<()>) {
    let mut ticks = time::interval(BEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if beats.send(()).is_err() {
            return;
        }
    }
}

fn listen(runtime: &Handle, heard: &Receiver<()>) {
    loop {
        match heard.recv_timeout(OVERDUE) {
            Ok(()) => {}
            // A task for any thread that is free: it finds the timers unattended and stays with them.
            Err(RecvTimeoutError::Timeout) => drop(runtime.spawn(async {})),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
