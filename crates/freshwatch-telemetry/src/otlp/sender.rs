//! The one sender of the daemon: it takes parcels in order and never gives up while the receiver is away.

use std::time::Duration;

use jiff::Timestamp;
use tokio::task;
use tokio::time::sleep;

use super::answer::{Answer, Scope};
use super::ending::Ending;
use super::parts::{Cuts, Outcome, Parts};
use super::post::{Post, after};
use super::push::{Failure, Rejected};
use super::retry::Backoff;
use super::status::ExportStatus;
use super::told::{Teller, Told};
use crate::parcel::Parcel;

/// A receiver that asks for a longer pause is asked again after this: what waits would soon be too old for it.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// How long one attempt takes at most where the configuration does not bound it.
const LONGEST_ATTEMPT: Duration = Duration::from_mins(1);

/// Where parcels go.
pub(super) trait Receive: Send + Sync {
    /// Hands a parcel over once, in bounded time.
    fn attempt(&self, parcel: &Parcel, now: Timestamp) -> impl Future<Output = Answer> + Send;

    /// What it did, for people.
    fn failure(&self, why: &str, hint: Option<&'static str>) -> Failure;
}

impl Receive for Post {
    async fn attempt(&self, parcel: &Parcel, now: Timestamp) -> Answer {
        let within = self.config.timeout.unwrap_or(LONGEST_ATTEMPT);
        Self::attempt(self, parcel, after(within), within, now).await
    }

    fn failure(&self, why: &str, hint: Option<&'static str>) -> Failure {
        Failure::of(&self.config, why, hint)
    }
}

/// The one sender.
pub(super) struct Sender<'s, R, F> {
    pub(super) receiver: R,
    pub(super) status: &'s ExportStatus,
    pub(super) backoff: Backoff,
    pub(super) teller: &'s Teller<F>,
    pub(super) now: fn() -> Timestamp,
    pub(super) ending: Ending,
}

/// Why a refused parcel was not sent in parts, or not in all of them.
enum Stopped {
    /// It has none.
    OfOnePiece,
    /// The queue has given it up meanwhile.
    GivenUp,
    /// It waits where the next process finds it.
    Left,
}

/// How a parcel, or a part of one, ended.
enum Ended {
    Accepted {
        rejected_points: u64,
        words: Option<String>,
    },
    Refused {
        why: String,
        scope: Scope,
        hint: Option<&'static str>,
    },
    /// The queue has given it up meanwhile.
    GivenUp,
    /// The program ends, and it waits where the next one finds it.
    Left,
}

impl<R: Receive, F: Fn(Told) + Send + Sync> Sender<'_, R, F> {
    /// Sends until the queue is closed and empty, or is to wait on the disk for the next process.
    pub(super) async fn run(mut self) {
        let mut cuts = Cuts::default();
        while let Some(parcel) = self.status.queue.first().await {
            match self.send(&parcel).await {
                Ended::Accepted {
                    rejected_points,
                    words,
                } => {
                    self.status.queue.remove();
                    self.accepted(rejected_points.min(parcel.items), words);
                }
                Ended::Refused {
                    why,
                    scope: Scope::Part,
                    hint,
                } => {
                    let outcome = match self.send_parts(&parcel, cuts).await {
                        Ok(outcome) => outcome,
                        Err(Stopped::OfOnePiece) => Outcome::default(),
                        Err(Stopped::GivenUp) => continue,
                        Err(Stopped::Left) => return,
                    };
                    cuts.learn(&outcome);
                    self.status.queue.remove();
                    if outcome.taken > 0 {
                        self.accepted(outcome.rejected.points, outcome.rejected.words);
                    } else {
                        self.refused(&why, Scope::Part, hint);
                    }
                }
                Ended::Refused { why, scope, hint } => {
                    self.status.queue.remove();
                    self.refused(&why, scope, hint);
                }
                Ended::GivenUp => (),
                Ended::Left => return,
            }
        }
    }

    /// Sends a parcel, or a part of the first, as often as it takes.
    async fn send(&mut self, parcel: &Parcel) -> Ended {
        let mut failed = 0;
        loop {
            let (why, hint, asked) = match self.receiver.attempt(parcel, (self.now)()).await {
                Answer::Accepted {
                    rejected_points,
                    words,
                } => {
                    return Ended::Accepted {
                        rejected_points,
                        words,
                    };
                }
                Answer::Refused { why, scope, hint } if scope != Scope::Peer => {
                    return Ended::Refused { why, scope, hint };
                }
                Answer::Refused { why, hint, .. } => (why, hint, None),
                Answer::Again { why, after } => (why, None, after),
            };
            failed += 1;
            self.status.counts().retried += 1;
            self.teller.failing(self.receiver.failure(&why, hint));
            if !self.status.queue.keep() {
                return Ended::GivenUp;
            }
            if self.ending.is_near() && self.status.queue.rests_on_disk() {
                return Ended::Left;
            }
            self.pause(failed, asked).await;
            if !self.status.queue.resume() {
                return Ended::GivenUp;
            }
        }
    }

    /// Sends a refused parcel in parts.
    async fn send_parts(&mut self, parcel: &Parcel, cuts: Cuts) -> Result<Outcome, Stopped> {
        let whole = parcel.clone();
        // To take a large one apart takes longer than tasks that have to start in time may wait.
        let apart = task::spawn_blocking(move || Parts::of(&whole, cuts)).await;
        let mut parts = apart.ok().flatten().ok_or(Stopped::OfOnePiece)?;
        loop {
            let next = task::spawn_blocking(move || {
                let next = parts.next();
                (parts, next)
            });
            let (rest, next) = next.await.map_err(|_| Stopped::OfOnePiece)?;
            parts = rest;
            let Some(part) = next else {
                return Ok(parts.outcome());
            };
            match self.send(&part).await {
                Ended::Accepted {
                    rejected_points,
                    words,
                } => parts.taken(rejected_points, words),
                Ended::Refused { why, scope, .. } => parts.refused(why, scope == Scope::Part),
                Ended::GivenUp => return Err(Stopped::GivenUp),
                Ended::Left => return Err(Stopped::Left),
            }
        }
    }

    /// The receiver has a parcel, but for so many points of it.
    fn accepted(&self, points: u64, words: Option<String>) {
        {
            let mut counts = self.status.counts();
            if points == 0 {
                counts.accepted += 1;
            } else {
                counts.partly += 1;
            }
            counts.success = Some((self.now)());
        }
        self.teller.recovered(self.status.queue.len());
        if points > 0 || words.is_some() {
            self.teller.rejected(Rejected { points, words });
        }
    }

    fn refused(&self, why: &str, scope: Scope, hint: Option<&'static str>) {
        // A receiver that takes nothing of a signal has lost nothing of it.
        if scope != Scope::Signal {
            let mut counts = self.status.counts();
            counts.refused += 1;
            counts.dropped_refused += 1;
        }
        self.teller.refused(self.receiver.failure(why, hint), scope);
    }

    /// Waits before the next attempt. When the program is about to end there is no time for our own caution, but
    /// what the receiver asks for holds.
    async fn pause(&mut self, failed: u32, asked: Option<Duration>) {
        let is_ending = self.ending.is_near();
        let failed = if is_ending { 1 } else { failed };
        let wait = self.backoff.wait(failed, asked, fastrand::f64());
        let wait = wait.min(LONGEST_PAUSE);
        if asked.is_some() || is_ending {
            sleep(wait).await;
            return;
        }
        tokio::select! {
            () = sleep(wait) => (),
            () = self.ending.comes() => (),
        }
    }
}
