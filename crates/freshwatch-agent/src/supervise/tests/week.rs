//! A week of a thousand probes.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time;

use super::{NOON, PLENTY, Supervised, World, at, probe};
use crate::schedule::Schedule;

/// Slow and quick, in step and out of it, by interval and by cron line.
const RHYTHMS: [&str; 10] = [
    "20m",
    "1h",
    "2h",
    "6h",
    "1d",
    "*/30 * * * *",
    "30 2 * * *",
    "0 9 * * mon-fri",
    "@hourly",
    "7 */4 * * *",
];

#[tokio::test(start_paused = true)]
async fn every_probe_of_a_week_starts_at_each_of_its_slots_and_at_no_other_time() {
    let world = World::of_runs_that_take(Duration::from_millis(300));
    let probes: Vec<_> = (0..1000)
        .map(|number| probe(&format!("probe-{number}"), RHYTHMS[number % RHYTHMS.len()]))
        .collect();
    let mut supervised = Supervised::new(&world, PLENTY, &probes);
    let mut runs = 0;
    for _hour in 0..7 * 24 {
        let told = supervised.after("1h").await;
        assert_eq!((told.overloaded, told.overlap, told.missed), (0, 0, 0));
        runs += told.ran.len();
    }
    time::sleep(Duration::from_secs(1)).await;
    runs += supervised.told().ran.len();

    let end = at(NOON) + SignedDuration::from_hours(7 * 24);
    let mut due = 0;
    for definition in &probes {
        let schedule = Schedule::new(&definition.name, &definition.schedule);
        let slots = std::iter::successors(schedule.next(at(NOON)), |slot| schedule.next(slot.due));
        let slots: Vec<Timestamp> = slots.map(|slot| slot.due).take_while(|due| *due < end).collect();
        let mut starts = world.starts(definition.name.as_str());
        starts.retain(|start| *start < end);
        assert_eq!(starts.len(), slots.len(), "{}", definition.name);
        for (start, slot) in starts.iter().zip(&slots) {
            let late = start.duration_since(*slot);
            assert!(
                late >= SignedDuration::ZERO && late <= SignedDuration::from_millis(2),
                "{late:?}"
            );
        }
        due += slots.len();
    }
    assert!(runs >= due && due > 100_000, "{runs} {due}");
}

#[tokio::test(start_paused = true)]
async fn all_start_once_within_one_interval_of_a_cold_start() {
    let world = World::of_runs_that_take(Duration::ZERO);
    let probes: Vec<_> = (0..1000)
        .map(|number| probe(&format!("probe-{number}"), "1m"))
        .collect();
    let mut supervised = Supervised::new(&world, PLENTY, &probes);
    supervised.after("1m").await;
    for definition in &probes {
        assert_eq!(
            world.starts(definition.name.as_str()).len(),
            1,
            "{}",
            definition.name
        );
    }
}
