//! Keeps the probes going while a run blocks its thread, and lets one thread do the work for as long as that will do.
//!
//! Runs wait nearly all of their time, so one thread has time for thousands. With two, tokio wakes the other one for
//! every burst of timers and sockets, only to find that there is nothing left to do: that costs half as much again as
//! the runs themselves. But one thread alone would stand still with a run that blocks it.
//!
//! So the other threads of the runtime stand by, and a thread outside it listens for the runtime's beat. When that is
//! overdue, because a run blocks or because there is more to do than one thread can, the next one is called. It takes
//! over timers and sockets, and stays.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{self, MissedTickBehavior};

/// How often the runtime shows that it lives.
const BEAT: Duration = Duration::from_millis(100);

/// Without a beat for so long, a thread is called.
const OVERDUE: Duration = Duration::from_millis(250);

/// The threads that stand by; all of them are called when this is dropped.
#[derive(Debug)]
pub struct StandBy(Vec<SyncSender<()>>);

/// The beat, and those who stand by; all of them end when this is dropped.
#[derive(Debug)]
pub struct Pulse {
    beating: JoinHandle<()>,
}

impl StandBy {
    /// Lets all threads of this runtime but one stand by. To be called from outside its threads, before there is work
    /// for them. Where a runtime has but one thread, nobody can stand in for it.
    pub async fn arrange() -> Self {
        let runtime = Handle::current();
        let mut standing_by = Vec::new();
        for _ in 1..runtime.metrics().num_workers() {
            standing_by.extend(stand_by(&runtime).await);
        }
        Self(standing_by)
    }

    /// Listens to the beat of this runtime from now on, and calls a thread whenever it is overdue.
    pub fn listen(self) -> Pulse {
        let runtime = Handle::current();
        let (beats, heard) = channel();
        let called = runtime.clone();
        // Without a thread to listen there is nobody to call: then all have to work.
        let _ = thread::Builder::new()
            .name("pulse".into())
            .spawn(move || listen(&called, &heard, self.0));
        Pulse {
            beating: runtime.spawn(beat(beats)),
        }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.beating.abort();
    }
}

/// Takes one thread of the runtime out of work. Dropping what this gives calls it back.
async fn stand_by(runtime: &Handle) -> Option<SyncSender<()>> {
    let (call, called) = sync_channel::<()>(0);
    let (ready, is_ready) = oneshot::channel();
    drop(runtime.spawn(async move {
        // Whoever waits for this may have gone; then so has the other end, and the thread works on.
        let _ = ready.send(());
        let _ = called.recv();
    }));
    is_ready.await.ok()?;
    Some(call)
}

async fn beat(beats: std::sync::mpsc::Sender<()>) {
    let mut ticks = time::interval(BEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if beats.send(()).is_err() {
            return;
        }
    }
}

fn listen(runtime: &Handle, heard: &Receiver<()>, mut standing_by: Vec<SyncSender<()>>) {
    loop {
        match heard.recv_timeout(OVERDUE) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => {
                // A sender that is dropped calls its thread; a task for any thread that is free wakes one that sleeps.
                drop(standing_by.pop());
                drop(runtime.spawn(async {}));
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;
    use std::time::Duration;

    use tokio::runtime::Builder;
    use tokio::time;

    use super::StandBy;

    #[test]
    fn timers_go_on_while_tasks_block_all_threads_but_one() {
        let runtime = Builder::new_multi_thread()
            .worker_threads(3)
            .enable_all()
            .build()
            .unwrap();
        let (release, blocked) = sync_channel::<()>(0);
        let (other_release, other_blocked) = sync_channel::<()>(0);
        runtime.block_on(async {
            let pulse = StandBy::arrange().await.listen();
            for blocked in [blocked, other_blocked] {
                drop(tokio::spawn(async move {
                    time::sleep(Duration::from_millis(1)).await;
                    let _ = blocked.recv();
                }));
            }
            // On a thread of the runtime, whose timers have to go on.
            let ticking = tokio::spawn(async {
                for _ in 0..20 {
                    time::sleep(Duration::from_millis(10)).await;
                }
            });
            ticking.await.unwrap();
            drop((pulse, release, other_release));
        });
    }
}
