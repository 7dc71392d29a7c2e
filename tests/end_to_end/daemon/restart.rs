//! What a crash leaves behind.

use freshwatch_tests::daemon::{Daemon, Files, Signal, Target};

use super::grid::{apart, check_every_slot};

#[tokio::test]
async fn after_a_kill_the_slots_lie_where_they_were() {
    let target = Target::start().await;
    let files = Files::new(&target.probe("price", "every: 1s"));
    let daemon = Daemon::of(&files).start().await;
    let before = target.asked("/price", 3).await;
    daemon.signal(Signal::SIGKILL);
    assert_eq!(daemon.ended().await.0, None);
    let killed = target.arrivals("/price").len();

    let daemon = Daemon::of(&files).start().await;
    let after = target.asked("/price", killed + 3).await.split_off(killed);
    check_every_slot(&after, 1);
    let apart = apart(&before, &after, 1);
    assert!(apart < 50, "{apart} ms: {before:#?} {after:#?}");
    let series = daemon.series_when(|series| series.runs("price") >= 3.0).await;
    let ok = series.value("probe_runs_total", &[("probe", "price"), ("verdict", "ok")]);
    assert_eq!(
        ok,
        Some(series.runs("price")),
        "it counts anew, and nothing is amiss"
    );
}
