//! Traces or logs of the daemon: taken in as they come, sent when there are enough of them or when they have waited.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use freshwatch_probe::run::Run;
use freshwatch_probe::verdict::Verdict;
use jiff::Timestamp;
use prost::Message;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::bundle::Bundle;
use super::config::{Compression, Config};
use super::encode::Batch;
use super::ending::Ending;
use super::export::Storage;
use super::line::Line;
use super::parcel::pack_aside;
use super::post::Post;
use super::shy::Shy;
use super::status::ExportStatus;
use super::told::Told;
use super::{records, spans};
use crate::parcel::{Coding, Parcel, Signal};
use crate::resource::Resource;

/// So many requests wait to be compressed at most; beyond that they go as they are.
const MOST_UNPACKED: usize = 16;

/// How long the first may wait for others: what the batch processors of OpenTelemetry wait.
const fn patience(signal: Signal) -> Duration {
    match signal {
        Signal::Metrics | Signal::Logs => Duration::from_secs(1),
        Signal::Traces => Duration::from_secs(5),
    }
}

/// Sends the spans of runs, or the records of changed verdicts.
pub struct Stream {
    line: Line<Shy<Post>>,
    compression: Compression,
    outlet: Outlet,
}

/// Where they are put in. Cheap to clone; it never waits.
#[derive(Clone)]
pub struct Outlet(Arc<Pending>);

struct Pending {
    signal: Signal,
    filling: Mutex<Filling>,
    status: ExportStatus,
    /// That there is something.
    came: Notify,
    /// That it need not wait for others.
    full: Notify,
}

struct Filling {
    bundle: Bundle,
    full: VecDeque<Unpacked>,
    latest: Timestamp,
}

/// A request that is not compressed yet, of this age.
struct Unpacked {
    batch: Batch,
    at: Timestamp,
}

impl Stream {
    /// One that sends to the endpoint of `config`, as `resource`.
    ///
    /// # Errors
    /// A fragment that names the variable and the file that cannot be used.
    pub fn new(config: Config, resource: &Resource, storage: &Storage) -> Result<Self, String> {
        let status = ExportStatus::new(storage.queue());
        let filling = Filling {
            bundle: Bundle::new(resource),
            full: VecDeque::new(),
            latest: Timestamp::MIN,
        };
        let pending = Pending {
            signal: config.signal,
            filling: Mutex::new(filling),
            status: status.clone(),
            came: Notify::new(),
            full: Notify::new(),
        };
        Ok(Self {
            compression: config.compression,
            outlet: Outlet(Arc::new(pending)),
            line: Line {
                backoff: config.backoff,
                status,
                disk: storage.disk(config.signal),
                receiver: Shy::new(Post::new(config)?),
            },
        })
    }

    /// Where they are put in.
    pub fn outlet(&self) -> Outlet {
        self.outlet.clone()
    }

    /// How it goes.
    pub fn status(&self) -> ExportStatus {
        self.line.status.clone()
    }

    /// Sends what comes until `stop`, and then what waits for at most `flush_bound`. What is told to `on_told` is worth
    /// a line in the log.
    pub async fn run(
        self,
        now: fn() -> Timestamp,
        stop: impl Future<Output = ()>,
        flush_bound: Duration,
        on_told: impl Fn(Told) + Send + Sync,
    ) {
        let (pending, compression) = (self.outlet.0, self.compression);
        let fill = |ending| async move { pending.drain(compression, ending).await };
        self.line.run(fill, now, stop, flush_bound, on_told).await;
    }
}

impl Outlet {
    /// Takes in the spans of a run.
    pub fn run(&self, run: &Run) {
        for span in spans::of_run(run) {
            self.put(&span, run.ended());
        }
    }

    /// Takes in that the verdict of a run is not the one before, which was that; `text` says so in plain words.
    pub fn change(&self, run: &Run, was: Option<Verdict>, text: &str) {
        self.put(&records::of_change(run, was, text), run.ended());
    }

    fn put(&self, item: &impl Message, at: Timestamp) {
        let pending = &*self.0;
        let (is_first, overflow) = {
            let mut filling = pending.lock();
            let is_first = filling.bundle.is_empty() && filling.full.is_empty();
            let before = filling.latest;
            filling.latest = at;
            let Some(batch) = filling.bundle.push(item) else {
                drop(filling);
                if is_first {
                    pending.came.notify_one();
                }
                return;
            };
            filling.full.push_back(Unpacked { batch, at: before });
            let overflow = filling.full.len() > MOST_UNPACKED;
            (is_first, overflow.then(|| filling.full.pop_front()).flatten())
        };
        if is_first {
            pending.came.notify_one();
        }
        pending.full.notify_one();
        if let Some(unpacked) = overflow {
            pending.send(unpacked.plain(pending.signal));
        }
    }
}

impl Pending {
    /// Hands on what is put in until the end is near, and then the rest.
    async fn drain(&self, compression: Compression, mut ending: Ending) {
        while !ending.is_near() {
            tokio::select! {
                biased;
                () = ending.comes() => (),
                () = self.came.notified() => tokio::select! {
                    biased;
                    () = ending.comes() => (),
                    () = self.full.notified() => (),
                    () = sleep(patience(self.signal)) => (),
                },
            }
            while let Some(unpacked) = self.take() {
                let packed = pack_aside(unpacked.batch, compression, unpacked.at).await;
                self.send(Parcel {
                    signal: self.signal,
                    ..packed
                });
            }
        }
        self.status.queue.close();
    }

    fn take(&self) -> Option<Unpacked> {
        let mut filling = self.lock();
        if let Some(full) = filling.full.pop_front() {
            return Some(full);
        }
        let at = filling.latest;
        let batch = filling.bundle.finish()?;
        Some(Unpacked { batch, at })
    }

    fn send(&self, parcel: Parcel) {
        self.status.queue.push(parcel);
    }

    fn lock(&self) -> MutexGuard<'_, Filling> {
        self.filling.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unpacked {
    fn plain(self, signal: Signal) -> Parcel {
        Parcel {
            signal,
            coding: Coding::Plain,
            items: u64::try_from(self.batch.points).unwrap_or(u64::MAX),
            at: self.at,
            body: self.batch.body,
        }
    }
}

#[cfg(test)]
mod tests;
