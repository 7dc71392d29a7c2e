//! What dashboards ask while the daemon runs.

use std::collections::BTreeSet;

use freshwatch_probe::metric::{self, Kind};
use freshwatch_tests::prometheus::Sample;
use freshwatch_tests::server;

use super::{Scene, every_second, only};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_and_labels_arrive_as_the_table_has_them() {
    let Some(scene) = Scene::of(&["well"]).await else {
        return;
    };
    scene.runs("well", 2).await;
    scene.becomes("probe_success", "probe", &[("well", 1.0)]);
    let everything = scene.prometheus.query(r#"{__name__!=""}"#);
    let arrived: BTreeSet<_> = everything.iter().map(|sample| sample.label("__name__")).collect();
    let page = scene.daemon.get("/metrics").await.body;
    let shown = page.lines().filter(|line| !line.starts_with('#'));
    let shown: BTreeSet<_> = shown.filter_map(|line| line.split(['{', ' ']).next()).collect();
    assert_eq!(arrived, shown);
    for sample in &everything {
        check_labels(sample);
    }
    for metric in metric::ALL
        .iter()
        .filter(|metric| matches!(metric.kind, Kind::Histogram(_)))
    {
        let quantile = format!("histogram_quantile(0.99, sum by (le) ({}_bucket))", metric.name);
        assert!(only(&scene.prometheus.query(&quantile)) < 1.0, "{}", metric.name);
    }
}

/// Checks that a series has the labels of its metric, those that the guide tells of, and no others.
#[track_caller]
fn check_labels(sample: &Sample) {
    let name = sample.label("__name__");
    let metric = metric::ALL.iter().find(|metric| metric.name == name);
    let own = metric.map_or(&[][..], |metric| metric.labels);
    let mut expected = vec![
        ("instance", "prober-1"),
        ("job", "freshwatch"),
        ("location", "seoul"),
    ];
    if name.starts_with("probe_") {
        expected.extend([("probe", "well"), ("team", "prices")]);
    }
    let labels = sample.labels.iter().map(|(label, value)| (&**label, &**value));
    let others = labels.filter(|(label, _)| !own.contains(label) && !["__name__", "le"].contains(label));
    assert_eq!(others.collect::<Vec<_>>(), expected, "{sample:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn success_over_time_and_counts_of_runs_tell_what_happened() {
    let Some(scene) = Scene::of(&["well", "falls"]).await else {
        return;
    };
    scene.runs("falls", 2).await;
    scene
        .target
        .answer("/falls", server::answer("503 Service Unavailable", &[], ""));
    scene.runs("falls", 3).await;
    scene.target.hold("/falls");
    scene.daemon.delivered().await;
    let prometheus = &scene.prometheus;
    let counted = scene.daemon.series().await;
    let downs = counted.value("probe_runs_total", &[("probe", "falls"), ("verdict", "down")]);
    let downs = downs.expect("it is counted");
    scene.becomes(
        "probe_runs_total{verdict=\"down\"}",
        "probe",
        &[("falls", downs), ("well", 0.0)],
    );

    let availability = |probe| format!("avg_over_time(probe_success{{probe=\"{probe}\"}}[1m])");
    assert_eq!(only(&prometheus.query(&availability("well"))), 1.0);
    let share = only(&prometheus.query(&availability("falls")));
    assert!(0.0 < share && share < 1.0, "{share}");

    let sums = prometheus.query("sum by (verdict) (probe_runs_total{probe=\"falls\"})");
    let verdicts: Vec<_> = sums.iter().map(|sample| sample.label("verdict")).collect();
    assert_eq!(
        verdicts,
        ["degraded", "down", "invalid", "ok", "stale", "unknown"]
    );
    let resets = prometheus.query("resets(probe_runs_total[1m])");
    assert!(
        resets.len() == 12 && resets.iter().all(|sample| sample.value == 0.0),
        "{resets:?}"
    );
    // A count is there with 0 before it first grows, so that not even the first failure is missed.
    let increase =
        only(&prometheus.query("increase(probe_runs_total{probe=\"falls\",verdict=\"down\"}[1m])"));
    assert!(
        downs <= increase && increase < downs + 1.0,
        "{increase} of {downs}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_ended_is_gone_at_once_and_its_past_remains() {
    if let Some(scene) = Scene::of(&["stays", "goes"]).await {
        retire_one(&scene).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_ended_is_gone_at_once_through_a_collector_too() {
    if let Some(scene) = Scene::through_a_collector(&["stays", "goes"]).await {
        retire_one(&scene).await;
    }
}

async fn retire_one(scene: &Scene) {
    scene.runs("goes", 1).await;
    scene.becomes("probe_success", "probe", &[("goes", 1.0), ("stays", 1.0)]);
    scene.files.write(&every_second(&scene.target, &["stays"]));
    assert_eq!(scene.daemon.ask("POST", "/-/reload", &[]).await.status, 200);
    scene.becomes("probe_success", "probe", &[("stays", 1.0)]);
    scene.becomes("{probe=\"goes\"}", "__name__", &[]);
    scene.becomes(
        "last_over_time(probe_success[1m])",
        "probe",
        &[("goes", 1.0), ("stays", 1.0)],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn success_is_absent_while_nothing_is_known() {
    let Some(scene) = Scene::of(&["limited"]).await else {
        return;
    };
    scene.becomes("probe_success", "probe", &[("limited", 1.0)]);
    scene
        .target
        .answer("/limited", server::answer("429 Too Many Requests", &[], ""));
    scene.becomes("probe_reason_info", "reason", &[("rate_limited", 1.0)]);
    scene.becomes("probe_success", "probe", &[]);
    scene.becomes("probe_verdict == 1", "verdict", &[("unknown", 1.0)]);
    scene.target.answer("/limited", server::json("{}"));
    scene.becomes("probe_success", "probe", &[("limited", 1.0)]);
    scene.becomes("probe_reason_info", "reason", &[]);
    assert_eq!(
        only(&scene.prometheus.query("avg_over_time(probe_success[1m])")),
        1.0
    );
}
