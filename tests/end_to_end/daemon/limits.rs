//! What keeps it from asking too much.

use freshwatch_tests::daemon::{Daemon, Files, Series, Target};
use freshwatch_tests::server::answer;

use super::grid::check_every_slot;

#[tokio::test]
async fn a_retry_after_puts_the_next_run_off() {
    let target = Target::start().await;
    let limited = answer("429 Too Many Requests", &["Retry-After: 3"], "");
    target.answer("/price", limited);
    let files = Files::new(&target.probe("price", "every: 1s"));
    let daemon = Daemon::of(&files).start().await;
    let arrivals = target.asked("/price", 2).await;
    let apart = arrivals[1].at.duration_since(arrivals[0].at).as_millis();
    // To the first slot after it.
    assert!((3000..4900).contains(&apart), "{apart} ms");
    let series = daemon.series().await;
    let skipped = series.sum("freshwatch_runs_skipped_total", &[]);
    assert_eq!(skipped, 0.0, "what was put off was not due");
}

#[tokio::test]
async fn a_host_that_hangs_holds_up_nobody_else() {
    let target = Target::start().await;
    target.hold("/hangs");
    let url = target.url("/hangs").replace("127.0.0.1", "localhost");
    let hanging = |nth| format!("  hanging-{nth}:\n    get: {url}\n    every: 1s\n    timeout: 1500ms\n");
    let hanging = (0..50).map(hanging).collect::<Vec<_>>().concat();
    let files = Files::new(&(hanging + &target.probe("well", "every: 1s")));
    let daemon = Daemon::of(&files).with("--max-per-host", "5").start().await;
    check_every_slot(&target.asked("/well", 4).await, 1);
    // Those that gave up have made room for others.
    target.asked("/hangs", 11).await;
    assert_eq!(target.most_at_once("/hangs"), 5);
    let overloaded = |series: &Series| series.sum("freshwatch_runs_skipped_total", &[("cause", "overload")]);
    let unknown = |series: &Series| series.sum("probe_runs_total", &[("verdict", "unknown")]);
    let series = daemon.series_when(|series| overloaded(series) >= 45.0).await;
    // Each has its result. A page shows the probes first, so that it may show one skipped slot more than results.
    let later = daemon.series().await;
    assert!(unknown(&series) <= overloaded(&series) && overloaded(&series) <= unknown(&later));
    assert!(series.sum("probe_reason_info", &[("reason", "overload")]) > 0.0);
    let well = [("probe", "well"), ("verdict", "ok")];
    assert_eq!(series.value("probe_runs_total", &well), Some(series.runs("well")));
}
