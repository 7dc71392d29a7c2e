//! The one sender of the daemon: it takes parcels in order and never gives up while the receiver is away.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;

use super::answer::{Answer, Scope};
use super::ending::Ending;
use super::parcel::Parcel;
use super::post::{Post, after};
use super::push::{Failure, Rejected};
use super::retry::Backoff;
use super::status::ExportStatus;
use super::told::{Teller, Told};

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

impl<R: Receive, F: Fn(Told) + Send + Sync> Sender<'_, R, F> {
    /// Sends until the queue is closed and empty.
    pub(super) async fn run(mut self) {
        let queue = &self.status.queue;
        let mut failed = 0;
        while let Some(parcel) = queue.first().await {
            match self.receiver.attempt(&parcel, (self.now)()).await {
                Answer::Accepted {
                    rejected_points,
                    words,
                } => {
                    queue.remove();
                    failed = 0;
                    self.accepted(&parcel, rejected_points, words);
                }
                Answer::Refused { why, scope, hint } if scope != Scope::Peer => {
                    queue.remove();
                    failed = 0;
                    self.refused(&why, scope, hint);
                }
                Answer::Refused { why, hint, .. } => {
                    failed += 1;
                    self.failed(&why, hint);
                    self.pause(failed, None).await;
                }
                Answer::Again { why, after } => {
                    failed += 1;
                    self.failed(&why, None);
                    self.pause(failed, after).await;
                }
            }
        }
    }

    fn accepted(&self, parcel: &Parcel, rejected_points: u64, words: Option<String>) {
        {
            let mut counts = self.status.counts();
            if rejected_points == 0 {
                counts.accepted += 1;
            } else {
                counts.partly += 1;
            }
            counts.success = Some((self.now)());
        }
        self.teller.recovered(self.status.queue.len());
        if rejected_points > 0 || words.is_some() {
            let points = rejected_points.min(parcel.points);
            self.teller.rejected(Rejected { points, words });
        }
    }

    fn refused(&self, why: &str, scope: Scope, hint: Option<&'static str>) {
        {
            let mut counts = self.status.counts();
            counts.refused += 1;
            counts.dropped_refused += 1;
        }
        self.teller.refused(self.receiver.failure(why, hint), scope);
    }

    fn failed(&self, why: &str, hint: Option<&'static str>) {
        self.status.queue.keep();
        self.status.counts().retried += 1;
        self.teller.failing(self.receiver.failure(why, hint));
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
