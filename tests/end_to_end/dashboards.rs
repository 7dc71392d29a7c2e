//! Every query of every generated dashboard, asked of a real Prometheus.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use freshwatch_agent::clock;
use freshwatch_tests::certificates::Authority;
use freshwatch_tests::daemon::{Daemon, Files};
use freshwatch_tests::program::{program, run};
use freshwatch_tests::prometheus::{Prometheus, Sample};
use freshwatch_tests::server::{Server, json};
use freshwatch_tests::unpacked::or_skip;
use freshwatch_tests::vmagent::VmAgent;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

/// Runs the program, which must succeed; gives what it printed.
async fn printed(arguments: &[&str]) -> String {
    let mut command = program();
    command.args(arguments);
    let output = run(command).await;
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The title of each panel of a dashboard and what it asks, with these variables.
async fn queries(name: &str, variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let model = printed(&["generate", "dashboard", name]).await;
    let model: Value = serde_json::from_str(&model).expect("JSON");
    let mut queries = Vec::new();
    for panel in model["panels"].as_array().expect("panels") {
        for target in panel["targets"].as_array().expect("targets") {
            let mut query = target["expr"].as_str().expect("a query").to_owned();
            for (variable, value) in variables.iter().chain(&[("__rate_interval", "1m")]) {
                query = query.replace(&format!("${variable}"), value);
            }
            assert!(!query.contains('$'), "{query}");
            queries.push((panel["title"].to_string(), query));
        }
    }
    assert!(queries.len() >= 5, "{queries:?}");
    queries
}

/// Probes that have every series between them: one is stale, asks over TLS and judges items, and one has due moments.
fn probes_of_everything(service: &Server, authority: &Path) -> String {
    let probe = |name: &str, fresh: &str| {
        format!(
            r#"  {name}:
    get: {url}
    resolve: {{"{host}": 127.0.0.1}}
    tls: {{ca: {ca}}}
    every: 1s
    timezone: UTC
    warn: {{latency: {{at_most: 5s}}}}
    fresh: {fresh}
    slo: {{up: 99.9%, valid: 99.9%, fresh: 99%, latency: 99%}}
"#,
            url = service.url_of("prices.example", "/"),
            host = format_args!("prices.example:{}", service.address().port()),
            ca = authority.display(),
        )
    };
    let items = r#"{each: "$.items[*]", key: $.code, at: $.updatedAt, max_age: 1h}"#;
    let due = r#"{at: $.updatedAt, due: "* * * * *", window: 8h}"#;
    format!("probes:\n{}{}", probe("prices", items), probe("rates", due))
}

/// A day-old item among fresh ones.
fn prices(now: Timestamp) -> Vec<u8> {
    let ago = |hours| now - SignedDuration::from_hours(hours);
    json(&format!(
        r#"{{"updatedAt": "{}", "items": [{{"code": "A1", "updatedAt": "{}"}}, {{"code": "B2", "updatedAt": "{}"}}]}}"#,
        ago(0),
        ago(0),
        ago(24)
    ))
}

/// The rules of the probes as they are generated, but evaluated several times a second; gives a configuration with them.
async fn rules(folder: &TempDir, probes: &Path) -> String {
    let rules = printed(&["generate", "rules", &probes.display().to_string()]).await;
    let file = folder.path().join("rules.yaml");
    fs::write(&file, rules.replace("interval: 1m", "interval: 200ms")).expect("it is written");
    format!("rule_files: [{}]\n", file.display())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_query_finds_something_that_freshwatch_has_pushed() {
    let authority = Authority::new();
    let config = authority.issue(&["prices.example"]).serving(&[]);
    let service = Server::answering_over_tls(config, prices(clock::now())).await;
    let folder = tempfile::tempdir().expect("a folder");
    let files = Files::new("");
    fs::write(files.path(), probes_of_everything(&service, &authority.file())).expect("it is written");
    let configuration = rules(&folder, &files.path()).await;
    let Some(prometheus) = or_skip(Prometheus::configured(&configuration).start(&[])) else {
        return;
    };
    let Some(agent) = or_skip(VmAgent::writing_to(&prometheus)) else {
        return;
    };
    let settings = Daemon::of(&files)
        .with("--otlp-endpoint", &agent.endpoint())
        .with_variable("OTEL_METRIC_EXPORT_INTERVAL", "200");
    let daemon = settings.start().await;
    daemon
        .series_when(|series| series.runs("prices") >= 3.0 && series.runs("rates") >= 3.0)
        .await;
    daemon.delivered().await;
    ask_a_gate(&prometheus, &agent).await;
    for name in ["overview", "probe", "prober"] {
        let of_prices = queries(name, &[("probe", "prices")]).await;
        let of_rates = queries(name, &[("probe", "rates")]).await;
        for ((title, of_prices), (_, of_rates)) in of_prices.into_iter().zip(of_rates) {
            let either = format!("({of_prices}) or ({of_rates})");
            let found = prometheus.query_when(&either, |samples| !samples.is_empty());
            assert!(
                found.iter().all(|sample| !sample.value.is_nan()),
                "{name}: {title}: {found:?}"
            );
        }
    }
    // The worst is what it is.
    let severity = &queries("probe", &[("probe", "prices")]).await[0].1;
    prometheus.query_when(severity, |samples| samples.iter().map(|of| of.value).eq([3.0]));
}

/// Pushes what a gate says.
async fn ask_a_gate(prometheus: &Prometheus, agent: &VmAgent) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("gate.yaml");
    let conditions = "    prober:\n      promql: sum(freshwatch_probes)\n      at_least: 1\n";
    let text = format!(
        "gate:\n  prometheus: {}\n  conditions:\n{conditions}",
        prometheus.url("")
    );
    fs::write(&file, text).expect("it is written");
    printed(&[
        "gate",
        &file.display().to_string(),
        "--otlp-endpoint",
        &agent.endpoint(),
    ])
    .await;
}

/// What a service has counted ten times within five minutes: in 0.1 s, or failed in 2 s.
fn requests(now: Timestamp) -> String {
    let mut text = String::from("# TYPE http_server_request_duration_seconds histogram\n");
    for (route, status, seconds) in [
        ("/prices", "200", 0.1),
        ("/prices", "500", 2.0),
        ("/search", "200", 0.1),
    ] {
        let labels = format!(
            r#"job="prices",http_route="{route}",http_request_method="GET",http_response_status_code="{status}""#
        );
        for nth in 0..10_i32 {
            let time = now.as_second() - 300 + i64::from(nth) * 30;
            let count = f64::from(nth * 60);
            let name = "http_server_request_duration_seconds";
            for bound in ["0.25", "0.8", "2.5", "+Inf"] {
                let holds = bound.parse::<f64>().map_or(true, |bound| seconds <= bound);
                let within = if holds { count } else { 0.0 };
                let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{bound}\"}} {within} {time}");
            }
            let _ = writeln!(text, "{name}_count{{{labels}}} {count} {time}");
            let _ = writeln!(text, "{name}_sum{{{labels}}} {} {time}", count * seconds);
        }
    }
    text + "# EOF\n"
}

#[tokio::test]
async fn a_services_requests_are_counted_and_timed() {
    let now: Timestamp = "2026-11-21T12:00:00Z".parse().expect("a time");
    let setup = Prometheus::configured("").holding(&requests(now));
    let Some(prometheus) = or_skip(setup.start(&[])) else {
        return;
    };
    let at = now - SignedDuration::from_secs(30);
    let mut found = Vec::new();
    for (title, query) in queries("requests", &[("job", ".*")]).await {
        let samples = prometheus.query_at(&query, at);
        assert!(!samples.is_empty(), "{title}: {query}");
        found.push((title, samples));
    }
    let of = |title: &str| -> Vec<&[Sample]> {
        let of_panel = found.iter().filter(|(known, _)| known.trim_matches('"') == title);
        of_panel.map(|(_, samples)| samples.as_slice()).collect()
    };
    let values = |samples: &[Sample]| -> Vec<(String, f64)> {
        let value = |sample: &Sample| {
            (
                sample.label("http_route").to_owned(),
                (sample.value * 1e9).round() / 1e9,
            )
        };
        samples.iter().map(value).collect()
    };
    assert_eq!(
        values(of("Rate")[0]),
        [("/prices".into(), 4.0), ("/search".into(), 2.0)]
    );
    assert_eq!(
        values(of("Errors")[0]),
        [("/prices".into(), 0.5), ("/search".into(), 0.0)]
    );
    let p95 = of("Duration")[1][0].value;
    assert!((0.8..=2.5).contains(&p95), "{p95}");
}
