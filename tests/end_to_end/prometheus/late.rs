//! What comes late.

use std::time::Duration;

use freshwatch_agent::clock;
use freshwatch_probe::verdict::{Code, Verdict};
use freshwatch_telemetry::otlp::{Config, push};
use freshwatch_telemetry::parcel::Signal as Telemetry;
use freshwatch_telemetry::resource::{Identity, Resource};
use freshwatch_tests::daemon::{Daemon, Files, Series, Signal, Target};
use freshwatch_tests::prometheus::Prometheus;
use freshwatch_tests::runs::answered;
use freshwatch_tests::unpacked::{comes_true, free_address, or_skip};
use freshwatch_tests::vmagent::VmAgent;
use jiff::{SignedDuration, Timestamp};

use super::{every_second, only};

/// What the guide ships.
const CONFIGURATION: &str = include_str!("../../../deploy/prometheus.yml");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_for_a_receiver_leaves_no_gap() {
    let Some(prometheus) = or_skip(Prometheus::start(&[])) else {
        return;
    };
    let target = Target::start().await;
    let files = Files::new(&every_second(&target, &["well"]));
    let queue = tempfile::tempdir().expect("a folder");
    let pushing_to = |endpoint: &str| {
        Daemon::of(&files)
            .with("--otlp-endpoint", endpoint)
            .with("--queue-dir", &queue.path().display().to_string())
            .with("--instance", "prober-1")
            .with_variable("OTEL_METRIC_EXPORT_INTERVAL", "100")
    };
    let nobody = format!("http://{}", free_address());
    let first = pushing_to(&nobody).start().await;
    let waiting = |series: &Series| series.value("freshwatch_export_queue_batches", &[]);
    let series = first.series_when(|series| waiting(series) >= Some(25.0)).await;
    // One batch an export, and each holds the number of probes.
    let waited = waiting(&series).expect("it waits");
    first.signal(Signal::SIGKILL);
    first.ended().await;
    let killed = clock::now();

    let Some(agent) = or_skip(VmAgent::writing_to(&prometheus)) else {
        return;
    };
    let _second = pushing_to(&agent.endpoint()).start().await;
    // What waited goes out before anything newer.
    let newer = format!("timestamp(freshwatch_probes) > {}", killed.as_second() + 1);
    prometheus.query_when(&newer, |samples| samples.len() == 1);
    let came = only(&prometheus.query_at("count_over_time(freshwatch_probes[1m])", killed));
    assert!(came >= waited, "{came} of {waited}: {}", agent.log());
    assert!(!agent.log().contains("rejected"), "{}", agent.log());
}

/// What a Prometheus has of a probe that ran two hours ago, when it has newer results of another.
async fn of_two_hours_ago(configuration: &str) -> Option<bool> {
    let prometheus = or_skip(Prometheus::configured(configuration).start(&[]))?;
    let agent = or_skip(VmAgent::writing_to(&prometheus))?;
    let now = clock::now();
    let then = now - SignedDuration::from_hours(2);
    push_run(&agent, "new", now).await;
    prometheus.query_when("probe_success", |samples| samples.len() == 1);
    push_run(&agent, "old", then).await;
    let found = || {
        let soon = then + SignedDuration::from_mins(1);
        prometheus.query_at("probe_success{probe=\"old\"}", soon).len() == 1
    };
    // vmagent has said that it takes it, and says in its log alone that Prometheus did not.
    let is_refused = || agent.log().contains("out of bounds");
    assert!(
        comes_true(|| found() || is_refused()),
        "neither taken nor refused"
    );
    Some(found())
}

async fn push_run(agent: &VmAgent, probe: &str, at: Timestamp) {
    let no_variable = |_: &str| None;
    let config = Config::read(Telemetry::Metrics, &no_variable, Some(&agent.endpoint()));
    let config = config.expect("valid").expect("an endpoint");
    let identity = Identity {
        default_instance: "prices",
        ..Identity::default()
    };
    let resource = Resource::read(&no_variable, &identity);
    let runs = [answered(probe, Verdict::Ok, Code::Slow, at)];
    let now = at + SignedDuration::from_secs(1);
    let delivery = push(&config, &resource, &runs, now, Duration::from_secs(20)).await;
    assert!(delivery.delivered(), "{delivery:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_older_than_an_hour_needs_the_window_of_the_shipped_configuration() {
    let Some(without) = of_two_hours_ago("").await else {
        return;
    };
    assert!(!without);
    assert_eq!(of_two_hours_ago(CONFIGURATION).await, Some(true));
}
