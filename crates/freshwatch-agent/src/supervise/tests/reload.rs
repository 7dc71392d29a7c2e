//! What becomes of runs and schedules when the files change.

use std::sync::Arc;
use std::time::Duration;

use freshwatch_probe::verdict::Verdict;

use super::{PLENTY, Supervised, World, probe};
use crate::supervise::Applied;

#[tokio::test(start_paused = true)]
async fn what_is_unchanged_goes_on_as_if_nothing_had_happened() {
    let world = World::of_runs_that_take(Duration::from_millis(700));
    let probes = [probe("stays", "1s"), probe("goes", "1s"), probe("changes", "1s")];
    let mut supervised = Supervised::new(&world, PLENTY, &probes);
    // Half of the reloads meet a run that is under way.
    for round in 0..20 {
        supervised.after("550ms").await;
        let others = [
            probe("stays", "1s"),
            probe("changes", if round % 2 == 0 { "2s" } else { "1s" }),
        ];
        let applied = supervised.supervisor.apply(&others);
        assert_eq!((applied.unchanged, applied.changed, applied.added), (1, 1, 0));
    }
    let starts: fn(&World) -> Vec<i64> = |world| {
        let starts = world.starts("stays");
        starts
            .iter()
            .map(|start| (start.as_millisecond() + 5) / 10)
            .collect()
    };
    let with_reloads = starts(&world);
    let alone = World::of_runs_that_take(Duration::from_millis(700));
    Supervised::new(&alone, PLENTY, &[probe("stays", "1s")])
        .after("11s")
        .await;
    assert_eq!(with_reloads, starts(&alone));
    assert!(world.starts("goes").len() <= 1);
}

#[tokio::test(start_paused = true)]
async fn a_removed_probe_is_dropped_with_its_run_and_nothing_is_said_of_it() {
    let world = World::of_runs_that_take(Duration::from_secs(30));
    let mut supervised = Supervised::new(&world, PLENTY, &[probe("a", "1s")]);
    supervised.after("2s").await;
    assert_eq!(supervised.supervisor.gauges().in_flight(), 1);
    let applied = supervised.supervisor.apply(&[]);
    assert_eq!(
        applied,
        Applied {
            removed: 1,
            ..Applied::default()
        }
    );
    let told = supervised.after("2m").await;
    assert_eq!((told.ran.len(), told.aborted.len(), told.next.len()), (0, 0, 0));
    assert_eq!(supervised.supervisor.gauges().in_flight(), 0);
    assert_eq!(world.starts("a").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_changed_probe_ends_its_run_first_and_never_overlaps_itself() {
    let world = World::of_runs_that_take(Duration::from_secs(5));
    let before = probe("a", "1m");
    let mut supervised = Supervised::new(&world, PLENTY, &[Arc::clone(&before)]);
    supervised.after("1m").await;
    let after = probe("a", "2s");
    while supervised.supervisor.gauges().in_flight() == 0 {
        supervised.after("1s").await;
    }
    supervised.supervisor.apply(&[Arc::clone(&after)]);
    let told = supervised.after("1m").await;
    assert!(Arc::ptr_eq(&told.ran[0].1.definition, &before));
    assert!(
        told.ran.len() > 5
            && told.ran[1..]
                .iter()
                .all(|(_, run, _)| Arc::ptr_eq(&run.definition, &after))
    );
    // Each with what was prepared for its own definition, or it would have failed inside.
    assert!(
        told.ran
            .iter()
            .all(|(_, run, _)| run.judgment.verdict == Verdict::Ok)
    );
    assert_eq!(world.0.most_running.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_probe_does_not_run() {
    let world = World::of_runs_that_take(Duration::ZERO);
    let mut disabled = freshwatch_probe::definition::Definition::clone(&probe("a", "1s"));
    disabled.enabled = false;
    let mut supervised = Supervised::new(&world, PLENTY, &[Arc::new(disabled)]);
    assert_eq!(supervised.after("1m").await.ran.len(), 0);
    // Enabled by a reload, it runs; disabled by the next, it is gone.
    assert_eq!(supervised.supervisor.apply(&[probe("a", "1s")]).added, 1);
    assert!(supervised.after("1m").await.ran.len() > 50);
    assert_eq!(supervised.supervisor.apply(&[]).removed, 1);
    assert_eq!(supervised.after("1m").await.ran.len(), 0);
}
