//! Parcels that wait for the receiver: in order, bounded in bytes, the oldest dropped first.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::parcel::Parcel;

/// As many bytes wait at most.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// What a parcel takes besides its body.
const OVERHEAD: usize = size_of::<Parcel>();

/// A bounded queue with one taker. Filling it never waits.
pub(super) struct Queue {
    most_bytes: usize,
    waiting: Mutex<Waiting>,
    /// For the one who takes.
    came: Notify,
    /// For the one who fills.
    left: Notify,
}

#[derive(Default)]
struct Waiting {
    parcels: VecDeque<Parcel>,
    bytes: usize,
    /// Whether the first is being sent: nobody can tell yet whether the receiver has it.
    is_sending: bool,
    /// Whether the first was sent and did not arrive.
    is_stuck: bool,
    is_closed: bool,
}

impl Queue {
    /// An empty queue that holds so many bytes at most.
    pub(super) fn new(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            waiting: Mutex::default(),
            came: Notify::new(),
            left: Notify::new(),
        }
    }

    /// Puts a parcel at the end; gives how many had to go for it. It stays itself, however large it is.
    pub(super) fn push(&self, parcel: Parcel) -> u64 {
        let mut waiting = self.lock();
        waiting.bytes += size(&parcel);
        waiting.parcels.push_back(parcel);
        let mut dropped = 0;
        // The one that is being sent may have arrived: the next one is the oldest that has not.
        let oldest = usize::from(waiting.is_sending);
        while waiting.bytes > self.most_bytes && waiting.parcels.len() > oldest + 1 {
            waiting.remove(oldest);
            dropped += 1;
        }
        drop(waiting);
        self.came.notify_one();
        dropped
    }

    /// Waits for the first parcel, which then counts as being sent until [`keep`](Self::keep) or
    /// [`remove`](Self::remove); none: the queue is closed and empty.
    pub(super) async fn first(&self) -> Option<Parcel> {
        loop {
            {
                let mut waiting = self.lock();
                if let Some(parcel) = waiting.parcels.front().cloned() {
                    waiting.is_sending = true;
                    return Some(parcel);
                }
                if waiting.is_closed {
                    return None;
                }
            }
            self.came.notified().await;
        }
    }

    /// The first did not arrive: it waits on, and is the first to go.
    pub(super) fn keep(&self) {
        let mut waiting = self.lock();
        waiting.is_sending = false;
        waiting.is_stuck = true;
        self.left.notify_one();
    }

    /// The first is done with.
    pub(super) fn remove(&self) {
        let mut waiting = self.lock();
        waiting.is_sending = false;
        waiting.is_stuck = false;
        waiting.remove(0);
        self.left.notify_one();
    }

    /// Waits until no more than so many wait; not for a receiver that is away.
    pub(super) async fn room(&self, most: usize) {
        loop {
            {
                let waiting = self.lock();
                if waiting.is_stuck || waiting.parcels.len() <= most {
                    return;
                }
            }
            self.left.notified().await;
        }
    }

    /// Nothing comes any more.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.came.notify_one();
    }

    /// How many wait, with the one that is being sent.
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.lock().parcels.len()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn remove(&mut self, index: usize) {
        if let Some(parcel) = self.parcels.remove(index) {
            self.bytes -= size(&parcel);
        }
    }
}

fn size(parcel: &Parcel) -> usize {
    parcel.body.len() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::{OVERHEAD, Parcel, Queue};

    /// A parcel that is told by its number of points, of ten bytes with everything.
    fn parcel(points: u64) -> Parcel {
        Parcel {
            body: vec![0; 1000 - OVERHEAD].into(),
            coding: None,
            points,
        }
    }

    /// A queue of three that these were put into, and how many were dropped.
    fn filled(points: impl IntoIterator<Item = u64>) -> (Queue, u64) {
        let queue = Queue::new(3000);
        let dropped = points.into_iter().map(|points| queue.push(parcel(points))).sum();
        (queue, dropped)
    }

    async fn drain(queue: &Queue) -> Vec<u64> {
        queue.close();
        let mut drained = Vec::new();
        while let Some(parcel) = queue.first().await {
            drained.push(parcel.points);
            queue.remove();
        }
        drained
    }

    #[tokio::test]
    async fn they_leave_in_order() {
        let (queue, dropped) = filled([1, 2, 3]);
        assert_eq!((drain(&queue).await, dropped), (vec![1, 2, 3], 0));
    }

    #[tokio::test]
    async fn the_oldest_go_first() {
        let (queue, dropped) = filled(1..=7);
        assert_eq!((queue.len(), dropped), (3, 4));
        assert_eq!(drain(&queue).await, [5, 6, 7]);
    }

    #[tokio::test]
    async fn the_one_that_is_being_sent_stays_until_it_is_known_that_it_did_not_arrive() {
        let (queue, _) = filled([1, 2, 3]);
        assert_eq!(queue.first().await, Some(parcel(1)));
        assert_eq!(queue.push(parcel(4)), 1);
        queue.keep();
        assert_eq!(queue.push(parcel(5)), 1);
        assert_eq!(drain(&queue).await, [3, 4, 5]);
    }

    #[tokio::test]
    async fn who_fills_waits_for_room_but_not_for_a_receiver_that_is_away() {
        let (queue, _) = filled([1, 2, 3]);
        let mut room = std::pin::pin!(queue.room(1));
        let mut is_ready = || {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            room.as_mut().poll(&mut context).is_ready()
        };
        assert!(!is_ready());
        queue.remove();
        assert!(!is_ready());
        queue.remove();
        assert!(is_ready());
        assert_eq!(queue.push(parcel(4)), 0);
        queue.first().await;
        queue.keep();
        queue.room(0).await;
    }

    #[tokio::test]
    async fn one_that_is_too_large_alone_waits_alone() {
        let (queue, _) = filled([1, 2, 3]);
        let large = Parcel {
            body: vec![0; 10_000].into(),
            ..parcel(9)
        };
        assert_eq!((queue.push(large), queue.len()), (3, 1));
        assert_eq!(queue.push(parcel(10)), 1);
        assert_eq!(drain(&queue).await, [10]);
    }

    #[tokio::test]
    async fn who_waits_is_woken_by_what_comes_and_by_the_end() {
        let queue = Queue::new(3000);
        let (first, ()) = tokio::join!(queue.first(), async { assert_eq!(queue.push(parcel(1)), 0) });
        assert_eq!(first, Some(parcel(1)));
        queue.remove();
        let (none, ()) = tokio::join!(queue.first(), async { queue.close() });
        assert_eq!(none, None);
    }
}
