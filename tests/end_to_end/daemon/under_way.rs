//! The probe files change while a run is under way.

use freshwatch_tests::daemon::{Daemon, Files, Target};
use freshwatch_tests::server::json;

/// What is awaited in these tests has to come before the run gives up by itself.
const PATIENT: &str = "every: 1s\ntimeout: 60s";

/// A daemon of `other`, and of `price`, whose first run waits for its answer.
async fn waiting() -> (Target, Files, Daemon) {
    let target = Target::start().await;
    target.hold("/price");
    let files = Files::new(&(target.probe("price", PATIENT) + &target.probe("other", "every: 1s")));
    let daemon = Daemon::of(&files).start().await;
    target.asked("/price", 1).await;
    (target, files, daemon)
}

async fn reload(daemon: &Daemon, told: &str) {
    let reply = daemon.ask("POST", "/-/reload", &[]).await;
    assert_eq!(reply.json()["message"], told);
}

/// Lets two slots go by.
async fn two_slots(target: &Target) {
    let asked = target.arrivals("/other").len();
    target.asked("/other", asked + 2).await;
}

async fn check_runs(daemon: &Daemon, ok: f64) {
    let labels = [("probe", "price"), ("verdict", "ok")];
    let series = daemon.series_when(|series| series.runs("price") >= ok).await;
    assert_eq!(
        series.value("probe_runs_total", &labels),
        Some(series.runs("price"))
    );
}

#[tokio::test]
async fn an_unchanged_probe_notices_nothing() {
    let (target, files, daemon) = waiting().await;
    files.write(&(target.probe("price", PATIENT) + &target.probe("other", "every: 1s\ndescription: x")));
    reload(&daemon, "0 probes added, 1 changed, 0 removed, 1 unchanged").await;
    two_slots(&target).await;
    assert_eq!(
        (target.arrivals("/price").len(), target.waiting("/price")),
        (1, 1)
    );
    target.answer("/price", json("{}"));
    check_runs(&daemon, 1.0).await;
    let skipped = daemon
        .series()
        .await
        .sum("freshwatch_runs_skipped_total", &[("cause", "overlap")]);
    assert!(skipped >= 1.0, "{skipped}");
}

#[tokio::test]
async fn a_changed_probe_ends_its_run_first() {
    let (target, files, daemon) = waiting().await;
    let changed = target.probe("price", PATIENT).replace("/price", "/newer");
    files.write(&(changed + &target.probe("other", "every: 1s")));
    reload(&daemon, "0 probes added, 1 changed, 0 removed, 1 unchanged").await;
    two_slots(&target).await;
    assert_eq!(
        (target.waiting("/price"), target.arrivals("/newer").len()),
        (1, 0)
    );
    target.hold("/newer");
    target.answer("/price", json("{}"));
    target.asked("/newer", 1).await;
    // The run of what it promised before counts.
    check_runs(&daemon, 1.0).await;
    assert_eq!(target.arrivals("/price").len(), 1);
}

#[tokio::test]
async fn the_run_of_a_removed_probe_is_dropped() {
    let (target, files, daemon) = waiting().await;
    files.write(&target.probe("other", "every: 1s"));
    reload(&daemon, "0 probes added, 0 changed, 1 removed, 1 unchanged").await;
    target.left("/price").await;
    two_slots(&target).await;
    assert_eq!(daemon.series().await.count(&[("probe", "price")]), 0);
    assert_eq!(daemon.get("/api/v1/probes/price").await.status, 404);
    assert_eq!(daemon.log.with("price is").len(), 0, "{:#?}", daemon.log.lines());
    assert_eq!(
        daemon
            .series()
            .await
            .value("freshwatch_runs_in_flight", &[])
            .map(|runs| runs <= 1.0),
        Some(true)
    );
}
