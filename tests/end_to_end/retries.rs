//! One result for a run, however many attempts it takes and however it ends.

use std::sync::Arc;
use std::time::Duration;

use freshwatch_agent::Agent;
use freshwatch_probe::definition::{Definition, Retry};
use freshwatch_tests::checking::{briefly, check, probe};
use freshwatch_tests::server::{Server, answer, json};
use tokio::sync::Notify;

fn retry(attempts: u32, backoff: u64) -> Retry {
    Retry {
        attempts,
        backoff: Duration::from_millis(backoff),
    }
}

/// Resets the first connections, and answers the later ones.
async fn resetting(times: usize) -> Server {
    Server::playing(move |mut visit| async move {
        visit.request().await;
        if visit.number < times {
            return visit.reset();
        }
        visit.send(json("{}")).await;
        visit.close().await;
    })
    .await
}

#[tokio::test]
async fn two_failures_then_an_answer() {
    let server = resetting(2).await;
    let run = check(&server, |probe| probe.retry = retry(3, 1), "ok").await;
    assert_eq!((run.attempts, server.connections()), (3, 3));
    let server = resetting(2).await;
    let run = check(&server, |probe| probe.retry = retry(2, 1), "down reset").await;
    assert_eq!(run.attempts, 2);
}

#[tokio::test]
async fn only_down_is_tried_again() {
    for (status, attempts, told) in [
        ("500 Internal Server Error", 3, "down status"),
        ("404 Not Found", 1, "invalid status"),
        ("429 Too Many Requests", 1, "unknown rate_limited"),
    ] {
        let server = Server::answering(answer(status, &[], "")).await;
        let run = check(&server, |probe| probe.retry = retry(3, 1), told).await;
        assert_eq!(
            (run.attempts, server.requests().len()),
            (attempts, attempts as usize),
            "{status}"
        );
    }
}

#[tokio::test]
async fn the_timeout_is_for_all_attempts_together() {
    let server = resetting(usize::MAX).await;
    let endless = |probe: &mut Definition| {
        briefly(probe);
        probe.retry = retry(u32::MAX, 20);
    };
    let run = check(&server, endless, "down reset").await;
    assert!(run.attempts > 1 && run.took < Duration::from_secs(2), "{run:?}");
}

#[tokio::test]
async fn a_retry_that_could_not_start_in_time_is_not_waited_for() {
    let server = resetting(usize::MAX).await;
    let late = |probe: &mut Definition| probe.retry = retry(2, 60_000);
    let run = check(&server, late, "down reset").await;
    assert!(run.attempts == 1 && run.took < Duration::from_secs(5), "{run:?}");
}

#[tokio::test]
async fn the_last_observation_counts() {
    let server = Server::playing(async |mut visit| {
        visit.request().await;
        if visit.number == 0 {
            return visit.reset();
        }
        visit.hang().await;
    })
    .await;
    let twice = |probe: &mut Definition| {
        briefly(probe);
        probe.retry = retry(5, 1);
    };
    let run = check(&server, twice, "down timeout").await;
    assert_eq!(run.attempts, 2);
}

#[tokio::test]
async fn a_run_that_is_dropped_leaves_nothing_behind() {
    let (arrived, gone) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (at_server, at_end) = (Arc::clone(&arrived), Arc::clone(&gone));
    let server = Server::playing(move |mut visit| {
        let (arrived, gone) = (Arc::clone(&at_server), Arc::clone(&at_end));
        async move {
            visit.request().await;
            arrived.notify_one();
            visit.hang().await;
            gone.notify_one();
        }
    })
    .await;
    let probe = Arc::new(probe(server.url("/")));
    let agent = Agent::new();
    tokio::select! {
        _ = agent.run_once(&probe, None) => panic!("the server hangs"),
        () = arrived.notified() => {}
    }
    gone.notified().await;
}
