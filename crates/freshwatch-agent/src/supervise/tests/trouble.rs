//! Runs that overlap, panic, block, or are asked to wait.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use freshwatch_probe::verdict::{Code, Reason, Verdict};

use super::{Event, PLENTY, StandBy, Supervised, World, probe};

#[tokio::test(start_paused = true)]
async fn a_run_does_not_overlap_the_one_before_and_what_is_passed_over_is_counted() {
    let world = World::of_runs_that_take(Duration::from_millis(2500));
    let mut supervised = Supervised::new(&world, PLENTY, &[probe("a", "1s")]);
    let told = supervised.after("30s").await;
    assert_eq!(world.0.most_running.load(std::sync::atomic::Ordering::SeqCst), 1);
    assert!((9..=10).contains(&told.ran.len()), "{}", told.ran.len());
    // Two of each three.
    assert_eq!(told.overlap, told.ran.len() as u64 * 2);
    assert_eq!((told.missed, told.overloaded), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_result_and_the_probe_goes_on() {
    let world = World::new(|definition, world| async move {
        assert!(definition.name.as_str() != "bad", "as scripted");
        world.ended(&definition, Verdict::Ok)
    });
    let mut supervised = Supervised::new(&world, PLENTY, &[probe("bad", "1s"), probe("good", "1s")]);
    let told = supervised.after("10s").await;
    assert!(told.runs_of("good") >= 9);
    assert!(told.runs_of("bad") >= 9);
    for (_, run, _) in told.ran.iter().filter(|(name, ..)| name == "bad") {
        assert_eq!(run.judgment.verdict, Verdict::Unknown);
        assert_eq!(run.judgment.reasons[0].code, Code::Internal);
    }
}

/// Real time: a blocked thread knows no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_blocks_its_thread_harms_no_other() {
    let _pulse = StandBy::arrange().await.listen();
    let (release, blocked) = sync_channel::<()>(0);
    let blocked = Arc::new(Mutex::new(blocked));
    let world = World::new(move |definition, world| {
        let blocked = Arc::clone(&blocked);
        async move {
            if definition.name.as_str() == "blocks" {
                let _ = blocked.lock().unwrap().recv();
            }
            world.ended(&definition, Verdict::Ok)
        }
    });
    let probes = [probe("blocks", "50ms"), probe("good", "50ms")];
    let mut supervised = Supervised::new(&world, PLENTY, &probes);
    let mut good = 0;
    while good < 5 || world.starts("blocks").is_empty() {
        if let Some(Event::Ran { run, .. }) = supervised.events.recv().await {
            assert_eq!(run.probe().as_str(), "good");
            good += 1;
        }
    }
    let mut events = supervised.events;
    supervised.supervisor.stop(Duration::ZERO).await;
    let mut aborted = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::Aborted { run } = event {
            aborted.push(run.probe().to_string());
        }
    }
    assert_eq!(aborted, ["blocks"]);
    drop(release);
}

/// How many runs of a probe that is told to wait five minutes by this verdict and code start within ten.
async fn starts_when_asked_to_wait(verdict: Verdict, code: Code) -> usize {
    let world = World::new(move |definition, world| async move {
        let mut run = world.ended(&definition, verdict);
        run.judgment.reasons = vec![Reason::new(verdict, code, "as scripted")];
        run.exchange.retry_after = Some(Duration::from_mins(5));
        run
    });
    Supervised::new(&world, PLENTY, &[probe("a", "1m")])
        .after("10m")
        .await;
    world.starts("a").len()
}

#[tokio::test(start_paused = true)]
async fn retry_after_moves_the_next_run_when_the_prober_is_limited_and_only_then() {
    assert_eq!(
        starts_when_asked_to_wait(Verdict::Unknown, Code::RateLimited).await,
        2
    );
    assert_eq!(starts_when_asked_to_wait(Verdict::Down, Code::Status).await, 10);
}
