//! How far the story has come.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use freshwatch_agent::clock;

use super::story::LENGTH;

/// The clock of the story, which the service and the watcher share.
#[derive(Debug)]
pub(crate) enum StoryClock {
    /// As time goes by: the story is told once.
    Once(Instant),
    /// As time goes by: after its end the story begins again.
    Again(Instant),
    /// By a step each round, without waiting: milliseconds.
    Stepped(AtomicU64),
}

impl StoryClock {
    /// The story begins now and is told once.
    pub(crate) fn once() -> Self {
        Self::Once(clock::monotonic())
    }

    /// The story begins now, again and again.
    pub(crate) fn again() -> Self {
        Self::Again(clock::monotonic())
    }

    /// The story moves when it is told to.
    pub(crate) fn stepped() -> Self {
        Self::Stepped(AtomicU64::new(0))
    }

    /// Since the beginning of the story.
    pub(crate) fn elapsed(&self) -> Duration {
        match self {
            Self::Once(began) => since(*began),
            Self::Again(began) => {
                let whole = since(*began).as_millis() % LENGTH.as_millis();
                Duration::from_millis(u64::try_from(whole).unwrap_or(0))
            }
            Self::Stepped(millis) => Duration::from_millis(millis.load(Ordering::Relaxed)),
        }
    }

    /// Moves a stepped story on; the others move by themselves.
    pub(crate) fn step(&self, by: Duration) {
        if let Self::Stepped(millis) = self {
            millis.fetch_add(
                u64::try_from(by.as_millis()).unwrap_or(u64::MAX),
                Ordering::Relaxed,
            );
        }
    }
}

fn since(began: Instant) -> Duration {
    clock::monotonic().saturating_duration_since(began)
}
