//! The queue in memory.

use jiff::{SignedDuration, Timestamp};

use super::{OVERHEAD, Queue};
use crate::parcel::{Coding, Parcel, Signal};
use crate::spool::Lost;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A parcel that is told by its number of points, of a thousand bytes with everything.
fn parcel(items: u64) -> Parcel {
    Parcel {
        signal: Signal::Metrics,
        coding: Coding::Plain,
        items,
        at: Timestamp::UNIX_EPOCH,
        body: vec![0; 1000 - OVERHEAD].into(),
    }
}

/// A queue of three that these were put into, and how many were dropped.
fn filled(points: impl IntoIterator<Item = u64>) -> (Queue, u64) {
    let queue = Queue::new(3000, HOUR);
    points.into_iter().for_each(|points| queue.push(parcel(points)));
    let dropped = queue.standing().lost.full;
    (queue, dropped)
}

/// Puts one more in; gives how many had to go.
fn pushed(queue: &Queue, parcel: Parcel) -> u64 {
    let before = queue.standing().lost.full;
    queue.push(parcel);
    queue.standing().lost.full - before
}

async fn drain(queue: &Queue) -> Vec<u64> {
    queue.close();
    let mut drained = Vec::new();
    while let Some(parcel) = queue.first().await {
        drained.push(parcel.items);
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
    assert_eq!(pushed(&queue, parcel(4)), 1);
    queue.keep();
    assert_eq!(pushed(&queue, parcel(5)), 1);
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
    assert_eq!(pushed(&queue, parcel(4)), 0);
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
    assert_eq!((pushed(&queue, large), queue.len()), (3, 1));
    assert_eq!(pushed(&queue, parcel(10)), 1);
    assert_eq!(drain(&queue).await, [10]);
}

#[tokio::test]
async fn who_waits_is_woken_by_what_comes_and_by_the_end() {
    let queue = Queue::new(3000, HOUR);
    let (first, ()) = tokio::join!(queue.first(), async { assert_eq!(pushed(&queue, parcel(1)), 0) });
    assert_eq!(first, Some(parcel(1)));
    queue.remove();
    let (none, ()) = tokio::join!(queue.first(), async { queue.close() });
    assert_eq!(none, None);
}

#[tokio::test]
async fn what_is_too_old_goes_but_never_the_last() {
    let (queue, _) = filled([1, 2]);
    let later = |items, hours| Parcel {
        at: Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours),
        ..parcel(items)
    };
    queue.push(later(3, 2));
    assert_eq!(
        queue.standing().lost,
        Lost {
            age: 2,
            ..Lost::default()
        }
    );
    assert_eq!(queue.untold().await.lost.age, 2);
    assert_eq!(drain(&queue).await, [3]);
}
