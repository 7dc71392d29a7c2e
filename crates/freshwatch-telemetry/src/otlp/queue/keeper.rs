//! Who keeps a queue on the disk: a thread of its own, so that nobody else ever waits for the disk.

use std::path::PathBuf;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use super::{Cause, Disk, News, Phase, Queue, Waiting, size};
use crate::parcel::Parcel;
use crate::spool::{Limits, Lost, Spool, SpoolError};

/// A disk that took nothing is tried again after this.
const RETRY: SignedDuration = SignedDuration::from_secs(5);

/// What still waits so long after it was written is synced.
const SYNC: SignedDuration = SignedDuration::from_secs(1);

/// How often the keeper looks whether something is due.
const TICK: Duration = Duration::from_millis(200);

/// So long the end waits for the disk.
const LAST_WRITES: Duration = Duration::from_secs(2);

/// The thread; it ends when this is dropped.
pub(in super::super) struct Keeper {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts to keep a queue in this folder.
    pub(in super::super) fn start(
        queue: &Arc<Queue>,
        folder: PathBuf,
        limits: Limits,
        now: fn() -> Timestamp,
    ) -> Self {
        let keeping = Keeping {
            queue: Arc::clone(queue),
            folder: folder.clone(),
            limits,
            now,
            spool: None,
            next_try: Timestamp::MIN,
            next_read: Timestamp::MIN,
            unsynced_since: None,
            is_sync_failing: false,
        };
        let thread = Builder::new().name("queue".to_owned()).spawn(|| keeping.run());
        if let Err(error) = &thread {
            queue.lock().fail(SpoolError::Failed {
                path: folder,
                what: "kept",
                why: error.kind().to_string(),
            });
        }
        Self {
            queue: Arc::clone(queue),
            thread: thread.ok(),
        }
    }

    /// Lets it write what is still in memory, and waits for its end, but not for a disk that hangs.
    pub(in super::super) async fn end(mut self) {
        self.queue.end_keeping();
        if let Some(thread) = self.thread.take()
            && timeout(LAST_WRITES, self.queue.ended.notified()).await.is_ok()
        {
            // It has nothing more to do.
            let _ = thread.join();
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.queue.end_keeping();
    }
}

impl Queue {
    fn end_keeping(&self) {
        let mut waiting = self.lock();
        waiting.phase = Phase::Over;
        if matches!(waiting.disk, Disk::Failing { .. }) {
            waiting.disk = Disk::Failing { is_due: true };
        }
        self.wake(waiting);
    }
}

struct Keeping {
    queue: Arc<Queue>,
    folder: PathBuf,
    limits: Limits,
    now: fn() -> Timestamp,
    spool: Option<Spool>,
    /// When a disk that took nothing is tried again.
    next_try: Timestamp,
    /// When one that gave nothing is.
    next_read: Timestamp,
    /// Since when something is to be synced.
    unsynced_since: Option<Timestamp>,
    /// Whether the last sync failed: then what is written is sound when it is synced.
    is_sync_failing: bool,
}

/// What there is to do.
enum Task {
    Open,
    /// The parcel of this number is done with.
    Done(u64),
    /// The first parcel is wanted in memory.
    Read,
    /// This one is to be stored.
    Write(Parcel),
    Sync,
    /// What is too old goes.
    Look,
}

impl Keeping {
    fn run(mut self) {
        while let Some(task) = self.next() {
            match task {
                Task::Open => self.open(),
                Task::Done(number) => self.with_spool(|spool, _| spool.done(number)),
                Task::Read => self.read(),
                Task::Write(parcel) => self.write(&parcel),
                Task::Sync => self.sync(),
                Task::Look => self.with_spool(Spool::expire),
            }
            self.settle();
        }
        self.sync();
        // Others may have the folder from now on.
        self.spool = None;
        self.queue.ended.notify_one();
    }

    /// Waits for something to do; none: the end.
    fn next(&mut self) -> Option<Task> {
        let queue = Arc::clone(&self.queue);
        let mut waiting = queue.lock();
        loop {
            if let Some(task) = self.choose(&mut waiting) {
                waiting.busy = Some((self.now)());
                return Some(task);
            }
            if is_over(&waiting) {
                return None;
            }
            let is_idle = waiting.disk == Disk::Sound && waiting.stored == 0 && self.unsynced_since.is_none();
            let patience = if is_idle { Duration::from_hours(1) } else { TICK };
            let waited = queue.work.wait_timeout(waiting, patience);
            let (again, ticked) = waited.unwrap_or_else(PoisonError::into_inner);
            waiting = again;
            if ticked.timed_out() && waiting.front.is_some() && !waiting.is_sending && self.spool.is_some() {
                waiting.busy = Some((self.now)());
                return Some(Task::Look);
            }
        }
    }

    fn choose(&mut self, waiting: &mut MutexGuard<'_, Waiting>) -> Option<Task> {
        let now = (self.now)();
        if self.spool.is_none() {
            let is_due = waiting.disk == Disk::Opening || is_over(waiting) || is_due(self.next_try, now);
            // At the end it is tried once more where something would be lost.
            let is_wanted = !is_over(waiting)
                || waiting.disk == Disk::Failing { is_due: true } && !waiting.staged.is_empty();
            return (is_due && is_wanted).then_some(Task::Open);
        }
        if let Some(number) = waiting.done.take() {
            return Some(Task::Done(number));
        }
        if waiting.front.is_none() && waiting.stored > 0 && !is_over(waiting) && is_due(self.next_read, now) {
            return Some(Task::Read);
        }
        if waiting.disk == (Disk::Failing { is_due: false }) && is_due(self.next_try, now) {
            waiting.disk = Disk::Failing { is_due: true };
        }
        if matches!(waiting.disk, Disk::Sound | Disk::Failing { is_due: true })
            && let Some(parcel) = waiting.staged.front().cloned()
        {
            waiting.is_writing = true;
            return Some(Task::Write(parcel));
        }
        let is_unsynced = self
            .unsynced_since
            .is_some_and(|since| now < since || now.duration_since(since) >= SYNC);
        is_unsynced.then_some(Task::Sync)
    }

    fn open(&mut self) {
        match Spool::open(&self.folder, self.limits) {
            Ok(spool) => {
                self.spool = Some(spool);
                self.queue.lock().succeed();
            }
            Err(error) => self.fail(error),
        }
    }

    fn read(&mut self) {
        let now = (self.now)();
        let Some(spool) = self.spool.as_mut() else { return };
        let first = match spool.first(now) {
            Ok(first) => first,
            Err(error) => {
                self.next_read = after(now, RETRY);
                return self.fail(error);
            }
        };
        let mut waiting = self.queue.lock();
        if let Some((number, parcel)) = first
            && waiting.front.is_none()
        {
            waiting.bytes += size(&parcel);
            waiting.set_front(parcel, Some(number));
        }
    }

    fn write(&mut self, parcel: &Parcel) {
        let Some(spool) = self.spool.as_mut() else { return };
        let mut written = spool.append(parcel);
        if self.is_sync_failing && written.is_ok() {
            written = spool.sync();
            self.is_sync_failing = written.is_err();
        }
        let now = (self.now)();
        let mut waiting = self.queue.lock();
        waiting.is_writing = false;
        match written {
            Ok(()) => {
                if let Some(stored) = waiting.staged.pop_front() {
                    waiting.bytes -= size(&stored);
                }
                waiting.succeed();
                self.unsynced_since.get_or_insert(now);
            }
            Err(error) => {
                // The oldest are to go first, and they are on the disk.
                let is_crowded = waiting.bytes > self.queue.most_bytes / 2;
                drop(waiting);
                if is_crowded && matches!(error, SpoolError::Full { .. }) && !spool.is_empty() {
                    spool.drop_oldest();
                    self.next_try = now;
                    self.queue.lock().fail(error);
                } else {
                    self.fail(error);
                }
            }
        }
    }

    fn sync(&mut self) {
        self.unsynced_since = None;
        // What was given up meanwhile the disk need not have.
        let synced = self
            .spool
            .as_mut()
            .filter(|spool| spool.is_unsynced())
            .map(Spool::sync);
        if let Some(Err(error)) = synced {
            self.is_sync_failing = true;
            self.fail(error);
        }
    }

    fn fail(&mut self, error: SpoolError) {
        self.next_try = after((self.now)(), RETRY);
        if let SpoolError::Gone { .. } = error {
            self.begin_anew();
        }
        self.queue.lock().fail(error);
    }

    /// Gives up a folder that is no longer there, for one that is made in its place.
    fn begin_anew(&mut self) {
        self.next_try = Timestamp::MIN;
        self.unsynced_since = None;
        let Some(spool) = self.spool.take() else { return };
        let mut waiting = self.queue.lock();
        let mut lost = Lost {
            damaged: spool.len(),
            ..Lost::default()
        };
        waiting.forget_disk(&mut lost);
        waiting.lost += lost;
        waiting.untold.lost += lost;
    }

    fn with_spool(&mut self, work: impl FnOnce(&mut Spool, Timestamp)) {
        let now = (self.now)();
        if let Some(spool) = self.spool.as_mut() {
            work(spool, now);
        }
    }

    /// Makes known what the disk holds now, and what it gave up.
    fn settle(&mut self) {
        let mut waiting = self.queue.lock();
        waiting.busy = None;
        let (mut lost, mut findings) = (Lost::default(), Vec::new());
        if let Some(spool) = self.spool.as_mut() {
            lost = spool.take_lost();
            findings = spool.findings();
            let first = spool.first_waiting();
            waiting.stored = spool.len();
            waiting.stored_bytes = if spool.is_empty() { 0 } else { spool.bytes() };
            waiting.spare(first, &mut lost);
        }
        waiting.lost += lost;
        waiting.untold.lost += lost;
        waiting.untold.news.extend(findings.into_iter().map(News::Found));
        self.queue.wake(waiting);
    }
}

fn after(now: Timestamp, pause: SignedDuration) -> Timestamp {
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}

impl Waiting {
    /// Nothing that was on the disk is there any more. What is in memory of it, or has arrived, is not lost.
    fn forget_disk(&mut self, lost: &mut Lost) {
        let is_front = self
            .front
            .as_mut()
            .is_some_and(|front| front.number.take().is_some());
        let spared = u64::from(is_front) + u64::from(self.done.take().is_some());
        lost.damaged = lost.damaged.saturating_sub(spared);
        (self.stored, self.stored_bytes) = (0, 0);
    }

    /// The disk has given up all before this number. What has arrived, or may have, does not count as lost.
    fn spare(&mut self, first: u64, lost: &mut Lost) {
        if let Some(done) = self.done {
            if done < first {
                spare_one(lost);
            } else {
                self.stored = self.stored.saturating_sub(1);
            }
        }
        let is_sending = self.is_sending;
        let Some(front) = self.front.as_mut() else { return };
        if front.given_up.is_some() || front.number.is_none_or(|number| number >= first) {
            return;
        }
        if is_sending {
            front.given_up = Some(spare_one(lost));
        } else {
            self.take_front();
        }
    }
}

/// Whether the disk is to be tried again. A clock that was set back makes nobody wait for it.
fn is_due(next: Timestamp, now: Timestamp) -> bool {
    now >= next || next.duration_since(now) > RETRY
}

fn is_over(waiting: &Waiting) -> bool {
    waiting.phase == Phase::Over
}

/// Takes one off what was lost; tells why it was.
fn spare_one(lost: &mut Lost) -> Cause {
    if lost.full > 0 {
        lost.full -= 1;
        Cause::Full
    } else {
        lost.age = lost.age.saturating_sub(1);
        Cause::Age
    }
}
