//! What a real VictoriaMetrics makes of what is pushed: the names, labels and values of the design.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use freshwatch_probe::expectation::Expectation;
use freshwatch_probe::matcher::{Comparison, Operator};
use freshwatch_probe::metric;
use freshwatch_probe::run::{ItemAge, Items, Run};
use freshwatch_probe::verdict::{Code, Verdict};
use freshwatch_telemetry::otlp::{Config, push};
use freshwatch_telemetry::parcel::Signal;
use freshwatch_telemetry::resource::{Identity, Resource};
use freshwatch_tests::checked;
use freshwatch_tests::receiver::{Receiver, Reply};
use freshwatch_tests::runs::{answered, unanswered};
use freshwatch_tests::unpacked::or_skip;
use freshwatch_tests::victoria_metrics::VictoriaMetrics;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// When the runs of these tests started.
const STARTED: Timestamp = Timestamp::constant(1_795_262_400, 0);

/// A running receiver, if one is unpacked.
pub(crate) fn receiver() -> Option<VictoriaMetrics> {
    or_skip(VictoriaMetrics::start())
}

/// Pushes runs as one process does, with this instance id.
fn push_runs(receiver: &VictoriaMetrics, instance: &str, runs: &[Run]) {
    let environment = |_: &str| None;
    let config = Config::read(Signal::Metrics, &environment, Some(&receiver.endpoint()))
        .expect("valid")
        .expect("an endpoint");
    let identity = Identity {
        default_instance: instance,
        location: Some("seoul"),
        ..Identity::default()
    };
    let resource = Resource::read(&environment, &identity);
    let now = STARTED + SignedDuration::from_secs(1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let delivery = runtime.block_on(push(&config, &resource, runs, now, Duration::from_secs(20)));
    assert!(delivery.delivered(), "{delivery:?}");
}

/// The value of each series of a metric of a probe at the end of the runs, by the value of a label.
fn values(receiver: &VictoriaMetrics, metric: &str, probe: &str, label: &str) -> BTreeMap<String, String> {
    let series = receiver.query(&format!("{metric}{{probe=\"{probe}\"}}"), STARTED.as_second() + 2);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    series
        .iter()
        .map(|of| (text(&of["metric"][label]), text(&of["value"][1])))
        .collect()
}

/// The value of the only series of a metric of a probe.
fn value(receiver: &VictoriaMetrics, metric: &str, probe: &str) -> Option<String> {
    values(receiver, metric, probe, "__name__").remove(metric)
}

fn pairs(expected: &[(&str, &str)]) -> BTreeMap<String, String> {
    expected
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn a_stale_probe_fails_although_it_answers_200() {
    let Some(receiver) = receiver() else { return };
    push_runs(
        &receiver,
        "probes",
        &[answered("real-price", Verdict::Stale, Code::TooOld, STARTED)],
    );
    let value = |metric| value(&receiver, metric, "real-price");
    assert_eq!(value("probe_success").as_deref(), Some("0"));
    assert_eq!(value("probe_http_status_code").as_deref(), Some("200"));
    assert_eq!(value("probe_data_age_seconds").as_deref(), Some("2678400"));
    assert_eq!(value("probe_data_max_age_seconds").as_deref(), Some("172800"));
    assert_eq!(
        value("probe_data_timestamp_seconds").as_deref(),
        Some("1792584000")
    );
    assert_eq!(value("probe_duration_seconds").as_deref(), Some("0.02"));
    assert_eq!(
        values(&receiver, "probe_reason_info", "real-price", "reason"),
        pairs(&[("too_old", "1")])
    );
    let verdicts = [
        ("degraded", "0"),
        ("down", "0"),
        ("invalid", "0"),
        ("ok", "0"),
        ("stale", "1"),
        ("unknown", "0"),
    ];
    assert_eq!(
        values(&receiver, "probe_verdict", "real-price", "verdict"),
        pairs(&verdicts)
    );
    let phases = [("connect", "0.001"), ("processing", "0.015")];
    assert_eq!(
        values(&receiver, "probe_http_duration_seconds", "real-price", "phase"),
        pairs(&phases)
    );
}

#[test]
fn down_and_unknown_are_told_apart() {
    let Some(receiver) = receiver() else { return };
    let down = unanswered("down", Verdict::Down, Code::Connect, STARTED);
    let unknown = unanswered("unknown", Verdict::Unknown, Code::Secret, STARTED);
    push_runs(&receiver, "probes", &[down, unknown]);
    assert_eq!(value(&receiver, "probe_success", "down").as_deref(), Some("0"));
    assert_eq!(
        value(&receiver, "probe_http_status_code", "down").as_deref(),
        Some("0")
    );
    assert_eq!(value(&receiver, "probe_success", "unknown"), None);
    assert_eq!(value(&receiver, "probe_http_status_code", "unknown"), None);
    assert_eq!(
        values(&receiver, "probe_verdict", "unknown", "verdict")["unknown"],
        "1"
    );
}

#[test]
fn every_name_arrives_as_the_table_has_it_with_the_labels_and_at_the_end_of_the_run() {
    let Some(receiver) = receiver() else { return };
    let mut run = answered("real-price", Verdict::Stale, Code::TooOld, STARTED);
    fill(&mut run);
    push_runs(&receiver, "probes", &[run]);
    let exported = receiver.export(r#"{__name__=~"probe_.*|freshwatch_.*"}"#);
    let mut names: Vec<_> = exported
        .iter()
        .filter_map(|series| series["metric"]["__name__"].as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    let of_runs = metric::ALL
        .iter()
        .filter(|metric| metric.subject != metric::Subject::Gate);
    let mut known: Vec<_> = of_runs.map(|metric| metric.name).collect();
    known.retain(|name| !ONLY_OF_THE_DAEMON.contains(name));
    known.sort_unstable();
    assert_eq!(names, known);
    for series in exported {
        let labels = &series["metric"];
        let is_of_a_probe = labels["__name__"]
            .as_str()
            .is_some_and(|name| name.starts_with("probe_"));
        assert_eq!(
            labels["probe"] == "real-price" && labels["team"] == "prices",
            is_of_a_probe,
            "{series}"
        );
        assert_eq!(
            (&labels["job"], &labels["instance"], &labels["location"]),
            (&"freshwatch".into(), &"probes".into(), &"seoul".into()),
            "{series}"
        );
        let end = STARTED.as_millisecond() + if is_of_a_probe { 20 } else { 1000 };
        assert_eq!(series["timestamps"], serde_json::json!([end]), "{series}");
    }
}

/// What a run alone does not know.
const ONLY_OF_THE_DAEMON: [&str; 19] = [
    "freshwatch_shard",
    "freshwatch_shards",
    "probe_runs_total",
    "probe_slow_runs_total",
    "probe_next_run_timestamp_seconds",
    "probe_run_duration_seconds",
    "freshwatch_run_lateness_seconds",
    "freshwatch_runs_skipped_total",
    "freshwatch_results_lost_total",
    "freshwatch_runs_in_flight",
    "freshwatch_config_last_reload_successful",
    "freshwatch_config_last_reload_success_timestamp_seconds",
    "freshwatch_state_last_write_successful",
    "freshwatch_export_batches_total",
    "freshwatch_export_queue_batches",
    "freshwatch_export_queue_bytes",
    "freshwatch_export_queue_last_write_successful",
    "freshwatch_export_dropped_batches_total",
    "freshwatch_last_export_success_timestamp_seconds",
];

/// Everything that an exchange can show.
fn fill(run: &mut Run) {
    let warn = Expectation {
        latency: vec![Comparison {
            operator: Operator::AtMost,
            number: 800.0,
        }],
        ..Expectation::default()
    };
    Arc::make_mut(&mut run.definition).warn = Some(Box::new(warn));
    run.exchange.content_length = Some(512);
    run.exchange.last_modified = Some(STARTED);
    run.exchange.add_phase(
        freshwatch_probe::observation::Phase::Resolve,
        Duration::from_millis(1),
    );
    run.exchange.tls = Some(freshwatch_probe::observation::TlsFacts {
        version: "TLS 1.3",
        earliest_expiry: Some(STARTED),
    });
    if let Some(data) = &mut run.judgment.data {
        data.due = Some(STARTED);
        data.landed = Some(false);
    }
    run.judgment.items = Some(Box::new(Items {
        judged: 25,
        fresh: 24,
        oldest: vec![ItemAge {
            name: "A1".into(),
            age: SignedDuration::from_hours(9),
        }],
    }));
}

#[tokio::test]
async fn the_program_pushes_what_a_dashboard_asks_for() {
    let Some(receiver) = receiver() else { return };
    let body = br#"{"updatedAt": "2020-01-01T00:00:00Z"}"#.to_vec();
    let target = Receiver::start([Reply::Answer(200, "content-type: application/json\r\n", body)]).await;
    let limited = Receiver::start([Reply::status(429)]).await;
    let probes = format!(
        "defaults:\n  labels: {{team: prices}}\nprobes:\n  \
           real-price:\n    get: {}/\n    fresh: {{at: $.updatedAt, max_age: 2d}}\n  \
           chat:\n    get: {}/\n",
        target.endpoint(),
        limited.endpoint(),
    );
    let ran = checked::check(&probes, &receiver.endpoint()).await;
    assert_eq!(ran.code, Some(4), "{}", ran.printed);
    let latest = |selector: &str| {
        let series = receiver.export(selector);
        series
            .iter()
            .map(|series| series["values"].to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        latest(r#"probe_success{probe="real-price",team="prices"}"#),
        ["[0]"]
    );
    assert_eq!(
        latest(r#"probe_verdict{probe="real-price",verdict="stale"}"#),
        ["[1]"]
    );
    assert_eq!(latest(r#"probe_http_status_code{probe="real-price"}"#), ["[200]"]);
    assert_eq!(latest(r#"probe_success{probe="chat"}"#), [""; 0]);
    assert_eq!(
        latest(r#"probe_verdict{probe="chat",verdict="unknown"}"#),
        ["[1]"]
    );
    assert_eq!(latest(r#"probe_reason_info{probe="chat"}"#), ["[1]"]);
    assert_eq!(latest("freshwatch_probes"), ["[2]"]);
}
