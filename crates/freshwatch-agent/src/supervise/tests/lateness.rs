//! How late a run starts, and that nobody who listens makes it later.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time;

use super::{PLENTY, Supervised, World, probe};
use crate::supervise::{Limits, Supervisor};

#[tokio::test(start_paused = true)]
async fn lateness_is_told_with_the_wait_for_a_place() {
    let world = World::of_runs_that_take(Duration::from_secs(3));
    let one = Limits { all: 1, ..PLENTY };
    // Both are due at the full minute.
    let probes = [probe("a", "* * * * *"), probe("b", "* * * * *")];
    let told = Supervised::new(&world, one, &probes).after("70s").await;
    let mut lateness: Vec<u64> = told.ran.iter().map(|(_, _, late)| late.as_secs()).collect();
    lateness.sort_unstable();
    assert_eq!(lateness, [0, 3]);
}

#[tokio::test(start_paused = true)]
async fn nobody_who_listens_delays_a_probe() {
    let world = World::of_runs_that_take(Duration::ZERO);
    // Room for the first words only, and nobody reads.
    let (sender, _unread) = mpsc::channel(3);
    let mut supervisor = Supervisor::new(world.clone(), PLENTY, sender);
    supervisor.apply(&[probe("a", "1s")]);
    time::sleep(Duration::from_mins(1)).await;
    let starts = world.starts("a").len();
    assert!((59..=60).contains(&starts), "{starts}");
    assert_eq!(supervisor.gauges().lost(), starts as u64 + 1 - 3);
}
