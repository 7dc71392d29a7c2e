//! Probes are run at their slots, and what comes of it can be read everywhere.

use freshwatch_tests::daemon::{Daemon, Files, Series, Target};
use freshwatch_tests::server::{answer, json};
use serde_json::{Value, json};

use super::grid::check_every_slot;

/// What a probe says, and what it takes for it.
const PROBES: [(&str, &str); 5] = [
    ("ok", "every: 1s"),
    ("down", "every: 1s"),
    ("invalid", "every: 1s\nfresh: {at: $.updatedAt, max_age: 1h}"),
    ("stale", "every: 1s\nfresh: {at: $.updatedAt, max_age: 1h}"),
    ("unknown", "every: 1s"),
];

/// A daemon that watches a probe of each of these verdicts.
pub(super) fn probes_of_each_verdict(target: &Target) -> String {
    target.answer("/down", answer("503 Service Unavailable", &[], ""));
    target.answer("/invalid", json(r#"{"updatedAt": null}"#));
    target.answer("/stale", json(r#"{"updatedAt": "2020-01-01T00:00:00Z"}"#));
    target.answer("/unknown", answer("429 Too Many Requests", &[], ""));
    let probes = PROBES.iter().map(|(name, keys)| target.probe(name, keys));
    probes.collect::<String>()
        + &target.probe("never", "cron: 0 0 29 2 *\nlabels: {team: \"a \\\"b\\\"\"}")
        + &target.probe("disabled", "enabled: false")
}

/// Lets every probe run so often, and the run after that wait for its answer: until then, nothing changes.
pub(super) async fn stand_still_after(target: &Target, runs: usize) {
    for (name, _) in PROBES {
        target.asked(&format!("/{name}"), runs).await;
    }
    for (name, _) in PROBES {
        target.hold(&format!("/{name}"));
    }
    for (name, _) in PROBES {
        // Whoever came between the two has his answer.
        let path = format!("/{name}");
        let more = target.arrivals(&path).len() + usize::from(target.waiting(&path) == 0);
        target.asked(&path, more).await;
    }
}

#[tokio::test]
async fn every_probe_is_asked_in_every_slot() {
    let target = Target::start().await;
    let files = Files::new(
        &["a", "b", "c"]
            .map(|name| target.probe(name, "every: 1s"))
            .concat(),
    );
    let _daemon = Daemon::of(&files).start().await;
    for path in ["/a", "/b", "/c"] {
        check_every_slot(&target.asked(path, 4).await, 1);
    }
}

#[tokio::test]
async fn metrics_and_api_tell_the_same_of_every_probe() {
    let target = Target::start().await;
    let files = Files::new(&probes_of_each_verdict(&target));
    let daemon = Daemon::of(&files).start().await;
    stand_still_after(&target, 2).await;
    let series = daemon
        .series_when(|series| PROBES.iter().all(|(name, _)| series.runs(name) >= 2.0))
        .await;
    let success = [
        ("ok", Some(1.0)),
        ("down", Some(0.0)),
        ("invalid", Some(0.0)),
        ("stale", Some(0.0)),
        ("unknown", None),
        ("never", None),
    ];
    for (name, expected) in success {
        assert_eq!(
            series.value("probe_success", &[("probe", name)]),
            expected,
            "{name}"
        );
    }
    assert_eq!(series.value("freshwatch_probes", &[]), Some(6.0));
    assert_eq!(series.count(&[("probe", "disabled")]), 0);
    assert_eq!(series.value("freshwatch_runs_in_flight", &[]), Some(5.0));
    for (name, _) in PROBES {
        let shown = daemon.get(&format!("/api/v1/probes/{name}")).await.json();
        agree(&series, name, &shown["probe"]);
    }
    let list = daemon.get("/api/v1/probes").await.json();
    let names: Vec<&Value> = list["probes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|probe| &probe["name"])
        .collect();
    assert_eq!(
        names,
        ["disabled", "down", "invalid", "never", "ok", "stale", "unknown"]
    );
    for probe in list["probes"].as_array().expect("a list") {
        let name = probe["name"].as_str().expect("a name");
        let alone = daemon.get(&format!("/api/v1/probes/{name}")).await.json();
        assert_eq!(*probe, alone["probe"], "{name}");
    }
}

#[track_caller]
fn agree(series: &Series, name: &str, shown: &Value) {
    // Each of these probes is named after its verdict.
    assert_eq!(shown["state"]["verdict"], name);
    for (verdict, count) in shown["counts"]["verdicts"].as_object().expect("counts") {
        let labels = [("probe", name), ("verdict", verdict.as_str())];
        let expected = count.as_f64();
        assert_eq!(series.value("probe_runs_total", &labels), expected, "{labels:?}");
        let is_now = f64::from(u8::from(verdict == name));
        assert_eq!(series.value("probe_verdict", &labels), Some(is_now), "{labels:?}");
        assert_eq!(
            expected.is_some_and(|count| count > 0.0),
            verdict == name,
            "{shown}"
        );
    }
    let status = series.value("probe_http_status_code", &[("probe", name)]);
    let shown_status = shown["last_run"]["http"]["status"].as_f64();
    assert_eq!(status, shown_status);
    let reason = shown["state"]["reasons"][0]["code"].as_str();
    let labels = [("probe", name), ("reason", reason.unwrap_or_default())];
    assert_eq!(
        series.value("probe_reason_info", &labels),
        reason.map(|_| 1.0),
        "{shown}"
    );
    let past = shown["runs"].as_array().map_or(0, Vec::len);
    assert_eq!(json!(past), shown["counts"]["verdicts"][name], "{shown}");
    assert_eq!(shown["schedule"]["every_seconds"], json!(1.0));
}
