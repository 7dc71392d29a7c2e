//! The end: no new runs, time for those under way, a result for every one that had begun.

use std::time::Duration;

use super::{PLENTY, Supervised, Tally, World, probe};
use crate::supervise::Limits;

/// Stops three probes that are due at the full minute half a second after it, and gives what was told.
async fn stopped(limits: Limits, took: u64, grace: u64) -> (Tally, Duration) {
    let world = World::of_runs_that_take(Duration::from_secs(took));
    let probes = ["a", "b", "c"].map(|name| probe(name, "* * * * *"));
    let mut supervised = Supervised::new(&world, limits, &probes);
    supervised.after("60500ms").await;
    let began = tokio::time::Instant::from_std(crate::clock::monotonic());
    supervised.supervisor.stop(Duration::from_secs(grace)).await;
    let mut tally = Tally::default();
    while let Ok(event) = supervised.events.try_recv() {
        tally.add(event);
    }
    let starts: usize = ["a", "b", "c"]
        .iter()
        .map(|name| supervised.world.starts(name).len())
        .sum();
    assert!(starts <= 3, "nothing new starts");
    (tally, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn runs_under_way_may_end_within_the_grace() {
    let (told, took) = stopped(PLENTY, 5, 20).await;
    assert_eq!((told.ran.len(), told.aborted.len()), (3, 0));
    assert_eq!(took.as_secs(), 4);
    // Nothing is announced that will not come.
    assert!(told.next.values().all(Option::is_none), "{:?}", told.next);
}

#[tokio::test(start_paused = true)]
async fn what_has_not_ended_then_is_aborted() {
    let (told, took) = stopped(PLENTY, 50, 20).await;
    assert_eq!((told.ran.len(), told.aborted.len()), (0, 3));
    assert_eq!(took.as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_place_is_aborted_at_once() {
    let (told, took) = stopped(Limits { all: 1, ..PLENTY }, 5, 20).await;
    assert_eq!((told.ran.len(), told.aborted.len()), (1, 2));
    assert_eq!(took.as_secs(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_idle_supervisor_stops_at_once() {
    let world = World::of_runs_that_take(Duration::ZERO);
    let supervised = Supervised::new(&world, PLENTY, &[probe("a", "1h")]);
    tokio::time::timeout(
        Duration::from_millis(5),
        supervised.supervisor.stop(Duration::from_hours(1)),
    )
    .await
    .unwrap();
}
