//! Notices when the clock is set.
//!
//! A timer knows nothing of that, and it stands still while a machine is suspended.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time;

use super::Probing;
use crate::clock;

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// A clock that moves by more than this between two looks, beyond the time that has passed, was set.
const NOTICEABLE: SignedDuration = SignedDuration::from_millis(100);

/// Watches the clock for as long as it lives.
#[derive(Debug)]
pub(super) struct ClockWatch {
    watching: JoinHandle<()>,
    set: Arc<Notify>,
}

impl ClockWatch {
    pub fn start(probing: &impl Probing) -> Self {
        let set = Arc::new(Notify::new());
        Self {
            watching: tokio::spawn(watch(probing.clone(), Arc::clone(&set))),
            set,
        }
    }

    /// Wakes all who wait whenever the clock was set.
    pub fn set(&self) -> Arc<Notify> {
        Arc::clone(&self.set)
    }
}

impl Drop for ClockWatch {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

async fn watch(probing: impl Probing, set: Arc<Notify>) {
    let (mut time, mut passed) = (probing.now(), clock::monotonic());
    loop {
        time::sleep(LOOK).await;
        let (time_now, passed_now) = (probing.now(), clock::monotonic());
        let really = SignedDuration::try_from(passed_now - passed).unwrap_or(SignedDuration::MAX);
        let moved = time_now.duration_since(time).saturating_sub(really);
        if moved.abs() > NOTICEABLE {
            set.notify_waiters();
        }
        (time, passed) = (time_now, passed_now);
    }
}
