//! How it ends: what is under way, what is still to be delivered, and who does not want to wait.

use freshwatch_agent::clock;
use freshwatch_tests::daemon::{Daemon, Files, Series, Signal, Target, within};
use freshwatch_tests::receiver::{Received, Receiver, Reply};
use freshwatch_tests::server::json;
use jiff::SignedDuration;

/// Waits for so many more pushes.
async fn more_pushes(receiver: &Receiver, more: usize) {
    let nth = receiver.requests().len() + more;
    within(receiver.request(nth), || format!("no push {nth}")).await;
}

fn last_push(receiver: &Receiver) -> Received {
    receiver.requests().pop().expect("a push")
}

#[tokio::test]
async fn a_run_that_is_under_way_may_end_and_no_other_starts() {
    let target = Target::start().await;
    target.hold("/slow");
    let receiver = Receiver::start([]).await;
    let files = Files::new(&(target.probe("slow", "every: 1s") + &target.probe("busy", "every: 1s")));
    let daemon = Daemon::of(&files).pushing_to(&receiver, 200).start().await;
    target.asked("/slow", 1).await;
    target.asked("/busy", 1).await;
    daemon.signal(Signal::SIGTERM);
    daemon.log.line("under way may end within 20s").await;
    let ready = daemon.get("/-/ready").await;
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (503, "freshwatch is shutting down: no further run starts\n")
    );
    assert_eq!(daemon.get("/-/healthy").await.status, 200);
    assert_eq!(daemon.ask("POST", "/-/reload", &[]).await.status, 503);
    more_pushes(&receiver, 1).await;
    let busy = target.arrivals("/busy").len();
    // More than a second: a slot goes by.
    more_pushes(&receiver, 7).await;
    assert_eq!(target.arrivals("/busy").len(), busy, "a run started");
    target.answer("/slow", json("{}"));
    let (code, lines) = daemon.ended().await;
    assert_eq!(code, Some(0), "{lines:#?}");
    assert_eq!(target.arrivals("/slow").len(), 1);
    let last = Series::pushed(&last_push(&receiver));
    assert_eq!(last.value("probe_success", &[("probe", "slow")]), Some(1.0));
    assert_eq!(
        last.value("probe_runs_total", &[("probe", "slow"), ("verdict", "ok")]),
        Some(1.0)
    );
}

#[tokio::test]
async fn a_run_that_is_cut_off_counts_against_nobody() {
    let target = Target::start().await;
    let receiver = Receiver::start([]).await;
    let files = Files::new(&target.probe("price", "every: 1s"));
    let settings = Daemon::of(&files).with("--grace", "0s");
    let daemon = settings.pushing_to(&receiver, 200).start().await;
    target.asked("/price", 1).await;
    target.hold("/price");
    target.asked("/price", 2).await;
    more_pushes(&receiver, 2).await;
    let before = Series::pushed(&last_push(&receiver));
    assert_eq!(before.value("probe_success", &[("probe", "price")]), Some(1.0));
    daemon.signal(Signal::SIGINT);
    let (code, lines) = daemon.ended().await;
    assert_eq!(code, Some(0), "{lines:#?}");
    let push = last_push(&receiver);
    let last = Series::pushed(&push);
    let of_price = |metric, label, value| last.value(metric, &[("probe", "price"), (label, value)]);
    assert_eq!(of_price("probe_verdict", "verdict", "unknown"), Some(1.0));
    assert_eq!(of_price("probe_reason_info", "reason", "aborted"), Some(1.0));
    assert_eq!(of_price("probe_runs_total", "verdict", "unknown"), Some(1.0));
    assert_eq!(last.runs("price"), before.runs("price") + 1.0);
    assert_eq!(last.value("probe_success", &[("probe", "price")]), None);
    let ended = Series::ended_in(&push);
    assert_eq!(ended.value("probe_success", &[("probe", "price")]), Some(0.0));
}

#[tokio::test]
async fn whoever_asks_twice_does_not_want_to_wait() {
    let target = Target::start().await;
    target.hold("/price");
    let files = Files::new(&target.probe("price", "every: 1s\ntimeout: 60s"));
    let daemon = Daemon::of(&files).with("--grace", "60s").start().await;
    target.asked("/price", 1).await;
    daemon.signal(Signal::SIGTERM);
    daemon
        .log
        .line("asked to stop: 1 run under way may end within 1m")
        .await;
    daemon.signal(Signal::SIGTERM);
    let (code, lines) = daemon.ended().await;
    assert_eq!(code, Some(0), "{lines:#?}");
}

#[tokio::test]
async fn a_receiver_that_hangs_does_not_keep_it() {
    let target = Target::start().await;
    let receiver = Receiver::start(vec![Reply::Hang; 100]).await;
    let files = Files::new(&target.probe("price", "every: 1s"));
    let daemon = Daemon::of(&files).pushing_to(&receiver, 200).start().await;
    target.asked("/price", 1).await;
    let asked = clock::now();
    daemon.signal(Signal::SIGTERM);
    let (code, lines) = daemon.ended().await;
    assert_eq!(code, Some(0), "{lines:#?}");
    // It flushes for five seconds at most.
    assert!(clock::now().duration_since(asked) < SignedDuration::from_secs(8));
    let told = lines.last().expect("a line");
    assert!(
        told.contains("given up: the program ends and the receiver takes nothing"),
        "{lines:#?}"
    );
}
