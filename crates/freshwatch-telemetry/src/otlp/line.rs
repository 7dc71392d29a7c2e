//! One endpoint's line: a queue, who fills it, who empties it, and who tells of it, all in one future.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;

use super::ending::Ending;
use super::queue::{Keeper, Untold};
use super::retry::Backoff;
use super::sender::{Receive, Sender};
use super::status::ExportStatus;
use super::told::{Teller, Told};
use crate::spool::Limits;

/// The way to one endpoint.
pub(super) struct Line<R> {
    pub(super) receiver: R,
    pub(super) backoff: Backoff,
    pub(super) status: ExportStatus,
    /// The folder of the queue and its bounds.
    pub(super) disk: Option<(PathBuf, Limits)>,
}

impl<R: Receive> Line<R> {
    /// Sends what `fill` puts into the queue until `stop`; `fill` hears that the end is near, puts in the rest and closes
    /// the queue. Then what waits is sent for at most `flush_bound`. What is told to `on_told` is worth a line in the
    /// log.
    pub(super) async fn run<F: Future<Output = ()>>(
        self,
        fill: impl FnOnce(Ending) -> F,
        now: fn() -> Timestamp,
        stop: impl Future<Output = ()>,
        flush_bound: Duration,
        on_told: impl Fn(Told) + Send + Sync,
    ) {
        let teller = Teller::new(on_told, now);
        let queue = Arc::clone(&self.status.queue);
        let keeper = self
            .disk
            .map(|(folder, limits)| Keeper::start(&queue, folder, limits, now));
        let (herald, ending) = Ending::new();
        let filling = fill(ending.clone());
        let sender = Sender {
            receiver: self.receiver,
            status: &self.status,
            backoff: self.backoff,
            teller: &teller,
            now,
            ending,
        };
        let work = async { tokio::join!(filling, sender.run()) };
        let bound = async {
            stop.await;
            herald.announce();
            sleep(flush_bound).await;
        };
        let telling = async {
            loop {
                tell(&teller, queue.untold().await);
            }
        };
        tokio::select! {
            biased;
            ((), ()) = work => (),
            () = bound => (),
            never = telling => match never {},
        }
        if let Some(keeper) = keeper {
            keeper.end().await;
        }
        tell(&teller, queue.take_untold());
        let left = queue.in_memory();
        self.status.counts().dropped_shutdown += left;
        teller.left(left, queue.len() - left);
    }
}

fn tell<F: Fn(Told)>(teller: &Teller<F>, untold: Untold) {
    for news in untold.news {
        teller.disk(news);
    }
    teller.dropped(untold.lost);
}
