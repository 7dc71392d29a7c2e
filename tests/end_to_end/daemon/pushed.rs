//! What a real VictoriaMetrics makes of what the daemon pushes.

use freshwatch_agent::clock;
use freshwatch_tests::daemon::{Daemon, Files, Target};
use freshwatch_tests::victoria_metrics::VictoriaMetrics;
use serde_json::Value;

use crate::real_receiver::receiver;

/// The answer to an instant query now: the values by the labels that are asked for.
fn query(receiver: &VictoriaMetrics, query: &str, label: &str) -> Vec<(String, f64)> {
    let found = receiver.query(query, clock::now().as_second() + 1);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = found
        .iter()
        .map(|series| {
            let value = text(&series["value"][1]).parse();
            (text(&series["metric"][label]), value.expect("a number"))
        })
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dashboards_see_what_is_and_nothing_of_what_is_gone() {
    let Some(receiver) = receiver() else { return };
    let target = Target::start().await;
    target.answer(
        "/down",
        freshwatch_tests::server::answer("503 Service Unavailable", &[], ""),
    );
    let well = target.probe("well", "every: 1s");
    let files = Files::new(&(well.clone() + &target.probe("down", "every: 1s")));
    let settings = Daemon::of(&files).with("--otlp-endpoint", &receiver.endpoint());
    let settings = settings.with_variable("OTEL_METRIC_EXPORT_INTERVAL", "200");
    let daemon = settings.start().await;
    for path in ["/well", "/down"] {
        target.asked(path, 2).await;
        target.hold(path);
    }
    let series = daemon
        .series_when(|series| series.runs("well") >= 2.0 && series.runs("down") >= 2.0)
        .await;
    daemon.delivered().await;
    let named = |name: &str, value| (name.to_owned(), value);
    assert_eq!(
        query(&receiver, "probe_success", "probe"),
        [named("down", 0.0), named("well", 1.0)]
    );
    let verdicts = query(&receiver, "sum by (verdict) (probe_runs_total)", "verdict");
    assert_eq!(verdicts.len(), 6);
    assert!(
        verdicts.contains(&named("ok", series.runs("well"))),
        "{verdicts:?}"
    );
    assert!(
        verdicts.contains(&named("down", series.runs("down"))),
        "{verdicts:?}"
    );
    let quantile = "histogram_quantile(0.99, sum by (le, probe) (probe_run_duration_seconds_bucket))";
    let quantiles = query(&receiver, quantile, "probe");
    assert!(
        quantiles.len() == 2 && quantiles.iter().all(|(_, seconds)| (0.0..1.0).contains(seconds)),
        "{quantiles:?}"
    );

    files.write(&well);
    assert_eq!(daemon.ask("POST", "/-/reload", &[]).await.status, 200);
    daemon.delivered().await;
    assert_eq!(query(&receiver, "probe_success", "probe"), [named("well", 1.0)]);
    assert_eq!(query(&receiver, r#"{probe="down"}"#, "__name__"), []);
}
