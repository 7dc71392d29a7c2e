//! What runs at once, and what becomes of those who wait too long.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use freshwatch_probe::definition::Definition;
use freshwatch_probe::fingerprint::Fingerprint;
use freshwatch_probe::request::Request;

use super::{PLENTY, Supervised, World, probe};
use crate::supervise::Limits;

/// A probe of a host and port.
fn probe_of(name: &str, when: &str, origin: &str) -> Arc<Definition> {
    let mut definition = Definition::clone(&probe(name, when));
    definition.request = Request::get(format!("http://{origin}/"));
    definition.fingerprint = Fingerprint::of(&(name, when, origin));
    Arc::new(definition)
}

#[tokio::test(start_paused = true)]
async fn no_more_run_at_once_than_the_limit() {
    let world = World::of_runs_that_take(Duration::from_secs(10));
    let limits = Limits { all: 7, ..PLENTY };
    let probes: Vec<_> = (0..40).map(|number| probe(&format!("p{number}"), "1m")).collect();
    let told = Supervised::new(&world, limits, &probes).after("10m").await;
    assert_eq!(world.0.most_running.load(Ordering::SeqCst), 7);
    assert!(told.ran.len() > 350, "{}", told.ran.len());
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_is_over_before_there_is_room_is_unknown_and_the_next_one_is_tried() {
    let world = World::of_runs_that_take(Duration::from_secs(35));
    let limits = Limits { all: 1, ..PLENTY };
    let probes = [probe("a", "10s"), probe("b", "10s")];
    let mut supervised = Supervised::new(&world, limits, &probes);
    let told = supervised.after("10m").await;
    // One runs at any time, 35 s each; the other waits for slots of 10 s that are over before it ends.
    assert!((15..=17).contains(&told.ran.len()), "{}", told.ran.len());
    assert!(told.overloaded >= 30, "{}", told.overloaded);
    let slots = told.ran.len() as u64 + told.overloaded as u64 + told.overlap;
    assert!((115..=120).contains(&slots), "{slots}");
    assert_eq!(told.missed, 0);
}

#[tokio::test(start_paused = true)]
async fn a_host_has_a_limit_of_its_own_whatever_the_port() {
    let world = World::of_runs_that_take(Duration::from_secs(10));
    let limits = Limits {
        each_host: 1,
        ..PLENTY
    };
    let probes = [
        probe_of("a", "* * * * *", "one.example:80"),
        probe_of("b", "* * * * *", "one.example:8080"),
        probe_of("c", "* * * * *", "two.example"),
    ];
    let told = Supervised::new(&world, limits, &probes).after("61s").await;
    assert_eq!(
        (told.ran.len(), world.0.most_running.load(Ordering::SeqCst)),
        (0, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_its_host_takes_no_place_from_the_others() {
    let world = World::of_runs_that_take(Duration::from_secs(30));
    let limits = Limits { all: 2, each_host: 1 };
    let mut probes: Vec<_> = (0..10)
        .map(|number| probe_of(&format!("hung{number}"), "* * * * *", "hung.example"))
        .collect();
    probes.push(probe_of("well", "* * * * *", "well.example"));
    let told = Supervised::new(&world, limits, &probes).after("95s").await;
    assert_eq!(told.runs_of("well"), 1);
    assert!(
        told.ran
            .iter()
            .all(|(name, _, late)| name != "well" || late.as_millis() <= 1)
    );
}
