//! The export of the daemon: the whole state at every interval, marks for the series that ended, and what waits at
//! the end.
//!
//! One future holds all of it: one part reads the state and fills the queue, the other sends. Neither ever holds up
//! a probe: the state is read a few probes at a time, and between two reads others have their turn.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use freshwatch_probe::standing::Standing;
use jiff::{SignedDuration, Timestamp};
use tokio::task;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

use super::config::{Compression, Config};
use super::encode::{Batch, Encoder, MOST_PROBES};
use super::ending::Ending;
use super::line::Line;
use super::parcel::pack_aside;
use super::post::{Post, after};
use super::queue::{self, Queue};
use super::sender::Receive;
use super::snapshot::{Gone, Snapshot};
use super::status::ExportStatus;
use super::told::Told;
use crate::parcel::Signal;
use crate::record::{Bearer, of_prober, of_standing};
use crate::resource::Resource;
use crate::spool::Limits;
use crate::state::State;

/// While the receiver takes what it is sent, no more batches than these are made ahead of it: a whole export of ten
/// thousand probes would be forty megabytes.
const MOST_AHEAD: u64 = 2;

/// Prometheus refuses what is further ahead of its own time than this.
const MOST_AHEAD_OF_TIME: SignedDuration = SignedDuration::from_mins(10);

/// Exports the whole state at every interval.
pub struct Exporter(Export<Post>);

/// An exporter to any receiver.
struct Export<R> {
    line: Line<R>,
    resource: Resource,
    interval: Duration,
    compression: Compression,
}

/// Where batches wait while the receiver is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// The folder that they wait in; none: they wait in memory.
    pub folder: Option<PathBuf>,
    /// As many bytes wait at most; none: a gibibyte in a folder, 64 MiB in memory.
    pub most_bytes: Option<u64>,
    /// What is older is not sent any more.
    pub longest: Duration,
}

impl Storage {
    /// The folder of the sender of a signal, with its bounds.
    pub(super) fn disk(&self, signal: Signal) -> Option<(PathBuf, Limits)> {
        let limits = Limits {
            most_bytes: self.most_bytes.unwrap_or(Limits::default().most_bytes),
            longest: self.longest(),
        };
        Some((self.folder.as_ref()?.join(signal.as_str()), limits))
    }

    pub(super) fn queue(&self) -> Queue {
        if self.folder.is_some() {
            return Queue::on_disk(self.longest());
        }
        let most_bytes = self
            .most_bytes
            .map(|most| usize::try_from(most).unwrap_or(usize::MAX));
        Queue::new(most_bytes.unwrap_or(queue::MOST_BYTES), self.longest())
    }

    fn longest(&self) -> SignedDuration {
        SignedDuration::try_from(self.longest).unwrap_or(SignedDuration::MAX)
    }
}

impl Exporter {
    /// An exporter that sends to the endpoint of `config`, as `resource`, every `interval`.
    ///
    /// # Errors
    /// A fragment that names the variable and the file that cannot be used.
    pub fn new(
        config: Config,
        resource: Resource,
        interval: Duration,
        storage: &Storage,
    ) -> Result<Self, String> {
        Ok(Self(Export {
            resource,
            interval,
            compression: config.compression,
            line: Line {
                backoff: config.backoff,
                status: ExportStatus::new(storage.queue()),
                disk: storage.disk(config.signal),
                receiver: Post::new(config)?,
            },
        }))
    }

    /// How the export goes.
    pub fn status(&self) -> ExportStatus {
        self.0.line.status.clone()
    }

    /// Exports at once and then at every interval until `stop`; then once more, and sends what waits for at most
    /// `flush_bound`. What is told to `on_told` is worth a line in the log.
    pub async fn run(
        self,
        state: Arc<dyn State>,
        now: fn() -> Timestamp,
        stop: impl Future<Output = ()>,
        flush_bound: Duration,
        on_told: impl Fn(Told) + Send + Sync,
    ) {
        self.0.run(state, now, stop, flush_bound, on_told).await;
    }
}

impl<R: Receive> Export<R> {
    async fn run(
        self,
        state: Arc<dyn State>,
        now: fn() -> Timestamp,
        stop: impl Future<Output = ()>,
        flush_bound: Duration,
        on_told: impl Fn(Told) + Send + Sync,
    ) {
        let status = self.line.status.clone();
        // No interval at all would spin.
        let interval = self.interval.max(Duration::from_millis(1));
        let fill = |ending| async move {
            let reader = Reader {
                state: &*state,
                encoder: Encoder::new(&self.resource),
                snapshot: Snapshot::default(),
                clock: Clock::new(now),
                compression: self.compression,
                status: &status,
                ending,
            };
            reader.run(interval).await;
        };
        self.line.run(fill, now, stop, flush_bound, on_told).await;
    }
}

/// Reads the state and fills the queue.
struct Reader<'r> {
    state: &'r dyn State,
    encoder: Encoder,
    snapshot: Snapshot,
    clock: Clock,
    compression: Compression,
    status: &'r ExportStatus,
    ending: Ending,
}

impl Reader<'_> {
    /// Exports at every interval, and once more at the end.
    ///
    /// An export that comes late is not made up for: the next would show the same once more. So missed ticks are
    /// skipped, and the others stay where they were.
    async fn run(mut self, every: Duration) {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut ending = self.ending.clone();
        loop {
            tokio::select! {
                biased;
                () = ending.comes() => break,
                _ = ticks.tick() => self.export(after(every / 2)).await,
            }
        }
        self.export(after(Duration::ZERO)).await;
        self.status.queue.close();
    }

    /// One export. Until `hurry` it goes no faster than the receiver takes it.
    async fn export(&mut self, hurry: Instant) {
        self.clock.begin();
        self.snapshot.begin();
        let mut last = None;
        loop {
            let standings = self.state.after(last.as_ref(), MOST_PROBES);
            let Some(standing) = standings.last() else { break };
            last = Some(standing.definition.name.clone());
            let time = self.clock.read();
            let (full, gone) = self.encode(&standings, time);
            drop(standings);
            self.put(full, hurry).await;
            self.end(gone, time, hurry).await;
            task::yield_now().await;
        }
        self.export_prober(hurry).await;
    }

    fn encode(&mut self, standings: &[Arc<Standing>], time: Timestamp) -> (Vec<Batch>, Vec<Gone>) {
        let mut full = Vec::new();
        let mut gone = Vec::new();
        let mut current = Vec::new();
        for standing in standings {
            let probe = Some(Bearer::probe(&standing.definition));
            current.clear();
            full.extend(self.encoder.take(probe, |visit| {
                of_standing(standing, time, &mut |measurement| {
                    current.push(measurement);
                    visit(measurement);
                });
            }));
            gone.extend(self.snapshot.probe(&standing.definition, &current));
        }
        (full, gone)
    }

    async fn export_prober(&mut self, hurry: Instant) {
        let time = self.clock.read();
        let prober = self.state.prober();
        let (full, gone) = {
            let mut current = Vec::new();
            of_prober(&prober, time, &mut |measurement| current.push(measurement));
            let full = self
                .encoder
                .take(None, |visit| current.iter().copied().for_each(visit));
            (full, self.snapshot.finish(&current))
        };
        self.put(full, hurry).await;
        self.end(gone, time, hurry).await;
        let rest = self.encoder.finish().into_iter().collect();
        self.put(rest, hurry).await;
    }

    /// Marks series as ended: as many as there are probes, when all of them are removed.
    async fn end(&mut self, gone: Vec<Gone>, time: Timestamp, hurry: Instant) {
        for (nth, gone) in (1..).zip(&gone) {
            let full = self
                .encoder
                .take(gone.probe(), |visit| gone.ends(time).for_each(visit));
            self.put(full, hurry).await;
            if nth % MOST_PROBES == 0 {
                task::yield_now().await;
            }
        }
    }

    async fn put(&mut self, batches: Vec<Batch>, hurry: Instant) {
        for batch in batches {
            let parcel = pack_aside(batch, self.compression, self.clock.latest).await;
            self.status.queue.push(parcel);
            tokio::select! {
                () = self.ending.comes() => (),
                // Both ways it goes on.
                _ = timeout_at(hurry, self.status.queue.room(MOST_AHEAD)) => (),
            }
        }
    }
}

/// The times that points carry. They do not go backwards when the clock does: a receiver refuses what comes before what
/// it has. But what was further ahead than [`MOST_AHEAD_OF_TIME`] no receiver has, and times stay where they are useful.
struct Clock {
    now: fn() -> Timestamp,
    latest: Timestamp,
}

impl Clock {
    fn new(now: fn() -> Timestamp) -> Self {
        Self {
            now,
            latest: Timestamp::MIN,
        }
    }

    /// An export begins: a series has one value at one time, so it is later than the one before by at least what
    /// Prometheus can tell apart.
    fn begin(&mut self) {
        let now = (self.now)();
        let next = self.latest.saturating_add(SignedDuration::from_millis(1));
        let next = next.unwrap_or(self.latest);
        let is_far_ahead = next.duration_since(now) > MOST_AHEAD_OF_TIME;
        self.latest = if is_far_ahead { now } else { now.max(next) };
    }

    /// The time of what is read now.
    fn read(&mut self) -> Timestamp {
        self.latest = self.latest.max((self.now)());
        self.latest
    }
}

#[cfg(test)]
mod tests;
