//! Parcels that wait for the receiver: in order, bounded in bytes and age, the oldest dropped first.
//!
//! They come into memory, and with a folder a [keeper] writes each of them to the disk before it is handed out, and
//! reads one after the other back: what waits on the disk takes no memory. While the disk takes nothing they wait in
//! memory, within the same bound as without a folder, and those that are on the disk go first.

mod keeper;

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use crate::parcel::Parcel;
use crate::spool::{Finding, Lost, SpoolError};

pub(super) use keeper::Keeper;

/// As many bytes wait in memory at most.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// What a parcel takes besides its body.
const OVERHEAD: usize = size_of::<Parcel>();

/// Whatever the disk is asked for: when it takes longer, it hangs.
const PATIENCE: SignedDuration = SignedDuration::from_secs(10);

/// A bounded queue with one taker. Filling it never waits.
pub(super) struct Queue {
    most_bytes: usize,
    longest: SignedDuration,
    waiting: Mutex<Waiting>,
    /// For the one who takes.
    came: Notify,
    /// For the one who fills.
    left: Notify,
    /// For the one who tells.
    news: Notify,
    /// For the keeper.
    work: Condvar,
    /// That the keeper has ended.
    ended: Notify,
}

struct Waiting {
    /// The oldest, when it is in memory.
    front: Option<Front>,
    /// What came and is not on the disk, where it came from newer than all that is.
    staged: VecDeque<Parcel>,
    /// Of the front and what is staged.
    bytes: usize,
    disk: Disk,
    /// How many wait on the disk, with the front when it is from there.
    stored: u64,
    stored_bytes: u64,
    /// The number of a front that is done with, until the keeper has heard of it.
    done: Option<u64>,
    /// Since when the keeper has been busy with the disk.
    busy: Option<Timestamp>,
    /// Whether the first that is staged is being written.
    is_writing: bool,
    /// How many fronts there were, and which of them was sent last.
    turn: u64,
    sent_turn: u64,
    /// Whether the front is being sent: nobody can tell yet whether the receiver has it.
    is_sending: bool,
    /// Whether the front was sent and did not arrive.
    is_stuck: bool,
    phase: Phase,
    lost: Lost,
    untold: Untold,
}

/// What is to be told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Untold {
    pub(super) news: Vec<News>,
    pub(super) lost: Lost,
}

/// What happened to the disk.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// It takes nothing.
    Failing(SpoolError),
    /// It takes what comes again.
    Sound,
    /// Something was found on it.
    Found(Finding),
}

struct Front {
    parcel: Parcel,
    /// Its number on the disk, when it is from there.
    number: Option<u64>,
    /// Why the disk has given it up while it was being sent.
    given_up: Option<Cause>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Full,
    Age,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Open,
    /// Nothing comes any more.
    Closed,
    /// Nothing is taken any more either: the keeper is to end.
    Over,
}

/// Whether the disk takes what comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disk {
    /// There is no folder.
    None,
    /// Nobody knows yet what is there.
    Opening,
    Sound,
    /// It did not; `is_due`: it is tried with what comes next.
    Failing {
        is_due: bool,
    },
}

/// How a queue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) batches: u64,
    pub(super) bytes: u64,
    pub(super) lost: Lost,
    /// Whether the disk takes what comes; none without a folder.
    pub(super) is_sound: Option<bool>,
}

impl Queue {
    /// An empty queue that holds so many bytes in memory at most, nothing of which is older than that.
    pub(super) fn new(most_bytes: usize, longest: SignedDuration) -> Self {
        Self::with(most_bytes, longest, Disk::None)
    }

    /// One that a [`Keeper`] is started for.
    pub(super) fn on_disk(longest: SignedDuration) -> Self {
        Self::with(MOST_BYTES, longest, Disk::Opening)
    }

    fn with(most_bytes: usize, longest: SignedDuration, disk: Disk) -> Self {
        let waiting = Waiting {
            front: None,
            staged: VecDeque::new(),
            bytes: 0,
            disk,
            stored: 0,
            stored_bytes: 0,
            done: None,
            busy: None,
            is_writing: false,
            turn: 0,
            sent_turn: 0,
            is_sending: false,
            is_stuck: false,
            phase: Phase::Open,
            lost: Lost::default(),
            untold: Untold::default(),
        };
        Self {
            most_bytes,
            longest,
            waiting: Mutex::new(waiting),
            came: Notify::new(),
            left: Notify::new(),
            news: Notify::new(),
            work: Condvar::new(),
            ended: Notify::new(),
        }
    }

    /// Puts a parcel at the end, for which the oldest may have to go. It stays itself, however large it is.
    pub(super) fn push(&self, parcel: Parcel) {
        let mut waiting = self.lock();
        waiting.look_for_hanging(parcel.at);
        waiting.bytes += size(&parcel);
        let now = parcel.at;
        waiting.staged.push_back(parcel);
        waiting.expire(now, self.longest);
        waiting.make_room(self.most_bytes);
        self.wake(waiting);
    }

    /// Waits for the first parcel, which then counts as being sent until [`keep`](Self::keep) or
    /// [`remove`](Self::remove); none: the queue is closed and empty.
    pub(super) async fn first(&self) -> Option<Parcel> {
        loop {
            {
                let mut waiting = self.lock();
                waiting.refill();
                if let Some(front) = &waiting.front {
                    let parcel = front.parcel.clone();
                    waiting.is_sending = true;
                    waiting.sent_turn = waiting.turn;
                    return Some(parcel);
                }
                if waiting.phase != Phase::Open && waiting.is_empty() {
                    return None;
                }
            }
            self.came.notified().await;
        }
    }

    /// The first did not arrive: it waits on, and is the first to go. `false`: it has gone meanwhile.
    pub(super) fn keep(&self) -> bool {
        let mut waiting = self.lock();
        waiting.is_sending = false;
        waiting.is_stuck = true;
        let given_up = waiting.front.as_ref().and_then(|front| front.given_up);
        if let Some(cause) = given_up {
            waiting.take_front();
            waiting.lose(cause, 1);
        }
        self.wake(waiting);
        self.left.notify_one();
        given_up.is_none()
    }

    /// The first is being sent once more. `false`: it has gone meanwhile.
    pub(super) fn resume(&self) -> bool {
        let mut waiting = self.lock();
        waiting.is_sending = waiting.front.is_some() && waiting.sent_turn == waiting.turn;
        waiting.is_sending
    }

    /// Whether all that waits does so on the disk, and nothing more comes.
    pub(super) fn rests_on_disk(&self) -> bool {
        let waiting = self.lock();
        waiting.phase != Phase::Open && waiting.disk == Disk::Sound && waiting.len() == waiting.stored
    }

    /// The first is done with.
    pub(super) fn remove(&self) {
        let mut waiting = self.lock();
        waiting.is_sending = false;
        waiting.is_stuck = false;
        if let Some(front) = waiting.take_front()
            && front.given_up.is_none()
            && let Some(number) = front.number
        {
            waiting.done = Some(number);
            waiting.stored = waiting.stored.saturating_sub(1);
        }
        self.wake(waiting);
        self.left.notify_one();
    }

    /// Waits until no more than so many wait; not for a receiver that is away.
    pub(super) async fn room(&self, most: u64) {
        loop {
            {
                let waiting = self.lock();
                if waiting.is_stuck || waiting.len() <= most {
                    return;
                }
            }
            self.left.notified().await;
        }
    }

    /// Nothing comes any more.
    pub(super) fn close(&self) {
        let mut waiting = self.lock();
        waiting.phase = waiting.phase.max(Phase::Closed);
        self.wake(waiting);
    }

    /// Waits until something is to be told.
    pub(super) async fn untold(&self) -> Untold {
        loop {
            let untold = self.take_untold();
            if untold != Untold::default() {
                return untold;
            }
            self.news.notified().await;
        }
    }

    /// What is to be told now.
    pub(super) fn take_untold(&self) -> Untold {
        std::mem::take(&mut self.lock().untold)
    }

    /// How many wait, with the one that is being sent.
    pub(super) fn len(&self) -> u64 {
        self.lock().len()
    }

    /// How many wait in memory alone.
    pub(super) fn in_memory(&self) -> u64 {
        let waiting = self.lock();
        waiting.len() - waiting.stored
    }

    /// How it stands.
    pub(super) fn standing(&self) -> Standing {
        let waiting = self.lock();
        let of_front = waiting.front.as_ref().filter(|front| front.number.is_some());
        let in_memory = waiting.bytes - of_front.map_or(0, |front| size(&front.parcel));
        Standing {
            batches: waiting.len(),
            bytes: waiting.stored_bytes + in_memory as u64,
            lost: waiting.lost,
            is_sound: match waiting.disk {
                Disk::None => None,
                Disk::Opening | Disk::Sound => Some(true),
                Disk::Failing { .. } => Some(false),
            },
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something has changed.
    fn wake(&self, mut waiting: MutexGuard<'_, Waiting>) {
        waiting.refill();
        let has_news = waiting.untold != Untold::default();
        drop(waiting);
        self.came.notify_one();
        self.work.notify_one();
        if has_news {
            self.news.notify_one();
        }
    }
}

impl Waiting {
    fn len(&self) -> u64 {
        let from_memory = self
            .front
            .as_ref()
            .is_some_and(|front| front.number.is_none() || front.given_up.is_some());
        self.stored + self.staged.len() as u64 + u64::from(from_memory)
    }

    fn is_empty(&self) -> bool {
        self.len() == 0 && self.disk != Disk::Opening
    }

    /// Without a disk that takes what comes, and with nothing on it, the oldest is what came first.
    fn refill(&mut self) {
        let goes_by = match self.disk {
            Disk::None => true,
            Disk::Opening | Disk::Sound | Disk::Failing { is_due: true } => false,
            Disk::Failing { is_due: false } => self.stored == 0,
        };
        if goes_by
            && self.front.is_none()
            && !self.is_writing
            && let Some(parcel) = self.staged.pop_front()
        {
            self.set_front(parcel, None);
        }
    }

    fn set_front(&mut self, parcel: Parcel, number: Option<u64>) {
        self.turn += 1;
        self.front = Some(Front {
            parcel,
            number,
            given_up: None,
        });
    }

    fn take_front(&mut self) -> Option<Front> {
        let front = self.front.take()?;
        self.bytes -= size(&front.parcel);
        Some(front)
    }

    /// Drops the oldest in memory, but never what came last, until it is within the bound. The one that is being sent
    /// may have arrived, and the one that is being written be stored: the next one is the oldest that has not.
    fn make_room(&mut self, most_bytes: usize) {
        while self.bytes > most_bytes && self.drop_oldest() {
            self.lose(Cause::Full, 1);
        }
    }

    /// Drops what is too old in memory.
    fn expire(&mut self, now: Timestamp, longest: SignedDuration) {
        let is_too_old = |parcel: &Parcel| now.duration_since(parcel.at) > longest;
        while self.oldest().is_some_and(is_too_old) && self.drop_oldest() {
            self.lose(Cause::Age, 1);
        }
    }

    fn oldest(&self) -> Option<&Parcel> {
        let front = self
            .front
            .as_ref()
            .filter(|front| !self.is_sending && front.number.is_none());
        front
            .map(|front| &front.parcel)
            .or_else(|| self.staged.get(self.first_staged()))
    }

    fn drop_oldest(&mut self) -> bool {
        if self
            .front
            .as_ref()
            .is_some_and(|front| !self.is_sending && front.number.is_none())
            && !self.staged.is_empty()
        {
            self.take_front();
            return true;
        }
        let first = self.first_staged();
        if self.staged.len() <= first + 1 {
            return false;
        }
        if let Some(parcel) = self.staged.remove(first) {
            self.bytes -= size(&parcel);
        }
        true
    }

    fn first_staged(&self) -> usize {
        usize::from(self.is_writing)
    }

    fn lose(&mut self, cause: Cause, parcels: u64) {
        let mut lost = Lost::default();
        match cause {
            Cause::Full => lost.full = parcels,
            Cause::Age => lost.age = parcels,
        }
        self.lost += lost;
        self.untold.lost += lost;
    }

    /// A disk that has not answered for so long fails, whatever it was asked for.
    fn look_for_hanging(&mut self, now: Timestamp) {
        let Some(since) = self.busy else { return };
        if now < since {
            // The clock was set back.
            self.busy = Some(now);
        } else if now.duration_since(since) > PATIENCE && matches!(self.disk, Disk::Opening | Disk::Sound) {
            self.fail(SpoolError::Hangs);
        }
    }

    /// The disk takes nothing. That is told once.
    fn fail(&mut self, error: SpoolError) {
        if !matches!(self.disk, Disk::Failing { .. }) {
            self.untold.news.push(News::Failing(error));
        }
        self.disk = Disk::Failing { is_due: false };
    }

    /// The disk has taken what came.
    fn succeed(&mut self) {
        if matches!(self.disk, Disk::Failing { .. }) {
            self.untold.news.push(News::Sound);
        }
        self.disk = Disk::Sound;
    }
}

fn size(parcel: &Parcel) -> usize {
    parcel.body.len() + OVERHEAD
}

#[cfg(test)]
mod tests;
