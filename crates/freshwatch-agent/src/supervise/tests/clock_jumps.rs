//! Clocks that are set while probes sleep.

use std::time::Duration;

use jiff::SignedDuration;

use super::{PLENTY, Supervised, World, probe};

/// Runs and missed slots of a probe by this rhythm in the hour before and in the hour after the clock is set.
async fn check(when: &str, set_by: SignedDuration) -> [(usize, u64); 2] {
    let world = World::of_runs_that_take(Duration::ZERO);
    let mut supervised = Supervised::new(&world, PLENTY, &[probe("a", when)]);
    let before = supervised.after("1h").await;
    supervised.world.set_clock(set_by);
    let after = supervised.after("1h").await;
    [(before.ran.len(), before.missed), (after.ran.len(), after.missed)]
}

#[tokio::test(start_paused = true)]
async fn slots_that_were_jumped_over_are_counted_and_not_made_up_for() {
    let [before, (ran, missed)] = check("5m", SignedDuration::from_hours(3)).await;
    assert_eq!(before, (12, 0));
    assert!((12..=13).contains(&ran), "{ran}");
    assert_eq!(ran as u64 + missed, 12 + 36);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_goes_back_stops_nobody() {
    let [before, (ran, missed)] = check("5m", SignedDuration::from_hours(-3)).await;
    assert_eq!((before, missed), ((12, 0), 0));
    assert!((11..=13).contains(&ran), "{ran}");
    // By seconds, as a time service does it: nothing runs twice.
    let [before, (ran, missed)] = check("5m", SignedDuration::from_secs(-2)).await;
    assert_eq!((before, missed), ((12, 0), 0));
    assert!((11..=12).contains(&ran), "{ran}");
}
