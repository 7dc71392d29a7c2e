//! What a run's trace shows, and that the service under probe is asked to continue it.

use std::process::Output;

use freshwatch_telemetry::parcel::Signal;
use freshwatch_tests::collector::{Answer, Collector, Speaks, attribute, hexadecimal};
use freshwatch_tests::daemon::{Daemon, Files, Settings};
use freshwatch_tests::program::{program, run};
use freshwatch_tests::server::{Recorded, Server, answer, json};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::Value;

/// Redirects once and then answers so.
fn redirecting(last: Vec<u8>) -> impl Fn(&Recorded) -> Vec<u8> + Send + Sync + 'static {
    move |request: &Recorded| match request.target.as_str() {
        "/old?key=s3cret" => answer("302 Found", &["Location: /new?key=s3cret"], ""),
        _ => last.clone(),
    }
}

/// One probe of this URL.
fn probe(url: &str, keys: &str) -> String {
    format!("probes:\n  price:\n    get: {url}\n    labels: {{team: prices}}\n    {keys}\n")
}

/// Runs `check --format json` with these variables.
async fn check(probes: &str, variables: &[(&str, &str)]) -> (Value, Output) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("probes.yaml");
    std::fs::write(&file, probes).expect("it is written");
    let mut command = program();
    command.arg("check").arg(file).args(["--format", "json"]);
    command
        .env("OTEL_TRACES_EXPORTER", "otlp")
        .env("OTEL_LOGS_EXPORTER", "otlp");
    command.envs(variables.iter().copied());
    let output = run(command).await;
    let report = serde_json::from_slice(&output.stdout);
    (report.unwrap_or_else(|_| panic!("{output:?}")), output)
}

/// What stands in `traceparent`: the trace, the span and the flags.
fn parent(request: &Recorded) -> (String, String, String) {
    let parts: Vec<_> = request
        .header("traceparent")
        .expect("a trace")
        .split('-')
        .collect();
    let [version, trace, span, flags] = <[&str; 4]>::try_from(parts).expect("four parts");
    assert_eq!((version, trace.len(), span.len()), ("00", 32, 16));
    (trace.to_owned(), span.to_owned(), flags.to_owned())
}

fn told(span: &Span, key: &str) -> String {
    attribute(&span.attributes, key)
}

#[tokio::test]
async fn the_service_continues_the_span_of_each_request() {
    let server = Server::answering(redirecting(json("{}"))).await;
    let collector = Collector::start(Speaks::Http).await;
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())];
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let probes = probe(&server.url("/old?key=s3cret"), "expect: {status: 204}");
    let (report, output) = check(&probes, &variables).await;
    assert_eq!(output.status.code(), Some(5), "{output:?}");

    let spans = collector.spans(3).await;
    let [root, old, new] = <[Span; 3]>::try_from(spans).unwrap();
    let trace = hexadecimal(&root.trace_id);
    let sent: Vec<_> = server.requests().iter().map(parent).collect();
    let own = |span: &Span| (trace.clone(), hexadecimal(&span.span_id), "01".to_owned());
    assert_eq!(sent, [own(&old), own(&new)]);
    assert_eq!(report["runs"][0]["trace_id"], trace.as_str());

    assert_eq!(
        (root.name.as_str(), root.kind()),
        ("probe price", SpanKind::Internal)
    );
    assert!(root.parent_span_id.is_empty());
    let whole = ["probe", "team", "verdict", "reason", "attempts"].map(|key| told(&root, key));
    assert_eq!(whole, ["price", "prices", "invalid", "status", "1"]);
    assert_eq!(root.status.as_ref().unwrap().code(), StatusCode::Error);
    for span in [&old, &new] {
        assert_eq!((span.name.as_str(), span.kind()), ("GET", SpanKind::Client));
        assert_eq!(
            (&span.trace_id, &span.parent_span_id),
            (&root.trace_id, &root.span_id)
        );
        assert!(root.start_time_unix_nano <= span.start_time_unix_nano);
        assert!(span.end_time_unix_nano <= root.end_time_unix_nano);
        let phases: Vec<_> = span.events.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(phases, ["connect", "processing", "transfer"]);
        assert!(span.status.is_none(), "{span:?}");
        assert_eq!(told(span, "user_agent.synthetic.type"), "test");
    }
    assert_eq!(told(&old, "http.response.status_code"), "302");
    assert_eq!(told(&new, "http.response.status_code"), "200");
    assert_eq!(told(&new, "url.full"), server.url("/new?key=***"));
    assert_eq!(told(&new, "server.port"), server.address().port().to_string());

    let [record] = <[_; 1]>::try_from(collector.records(1).await).unwrap();
    assert_eq!(
        (&record.trace_id, &record.span_id),
        (&root.trace_id, &root.span_id)
    );
    let Some(Any::StringValue(text)) = record.body.clone().unwrap().value else {
        panic!()
    };
    assert!(text.starts_with("price is invalid: "), "{text}");
    let told = ["probe", "team", "verdict", "reason", "was"].map(|key| attribute(&record.attributes, key));
    assert_eq!(told, ["price", "prices", "invalid", "status", ""]);
    let sent = format!("{:?} {:?}", collector.requests(Signal::Traces), record);
    assert!(!sent.contains("s3cret") && !sent.contains("115, 51, 99, 114, 101, 116"));
}

#[tokio::test]
async fn a_probe_may_have_a_traceparent_of_its_own() {
    let server = Server::answering(json("{}")).await;
    let keys = "headers: {traceparent: 00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-00}";
    check(&probe(&server.url("/"), keys), &[]).await;
    let sent = server.requests();
    let sent: Vec<_> = sent[0]
        .headers
        .iter()
        .filter(|(name, _)| name == "traceparent")
        .collect();
    let value = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-00";
    assert_eq!(sent, [&("traceparent".to_owned(), value.to_owned())]);
}

#[tokio::test]
async fn who_exports_nothing_still_leads_to_the_services_trace_and_the_sampler_can_say_otherwise() {
    let server = Server::answering(json("{}")).await;
    let probes = probe(&server.url("/"), "");
    let (report, _) = check(&probes, &[]).await;
    let (trace, _, flags) = parent(&server.requests()[0]);
    assert_eq!(
        (report["runs"][0]["trace_id"].as_str(), flags.as_str()),
        (Some(trace.as_str()), "01")
    );

    let collector = Collector::start(Speaks::Http).await;
    let endpoint = collector.endpoint();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_TRACES_SAMPLER", "always_off"),
    ];
    let (report, output) = check(&probes, &variables).await;
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(report["runs"][0]["trace_id"], Value::Null);
    assert_eq!(parent(&server.requests()[1]).2, "00");
    assert_eq!(collector.requests(Signal::Traces).len(), 0);
    assert!(!collector.requests(Signal::Metrics).is_empty());
}

#[tokio::test]
async fn each_attempt_is_a_span_and_says_what_failed() {
    let server = Server::playing(async |mut visit| {
        visit.request().await;
        visit.close().await;
    })
    .await;
    let collector = Collector::start(Speaks::Http).await;
    let endpoint = format!("{}/v1/traces", collector.endpoint());
    let probes = probe(&server.url("/"), "retry: {attempts: 2, backoff: 1ms}");
    let variables = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint.as_str())];
    let (report, output) = check(&probes, &variables).await;
    assert_eq!(
        (output.status.code(), &report["delivery"]["delivered"]),
        (Some(2), &Value::Bool(true))
    );
    let [root, first, second] = <[Span; 3]>::try_from(collector.spans(3).await).unwrap();
    assert_eq!(told(&root, "attempts"), "2");
    for (span, resent) in [(&first, ""), (&second, "1")] {
        assert_eq!(
            (
                told(span, "error.type").as_str(),
                told(span, "http.request.resend_count").as_str()
            ),
            ("reset", resent)
        );
        let status = span.status.as_ref().unwrap();
        assert_eq!(status.code(), StatusCode::Error);
        assert!(
            status
                .message
                .contains("closed the connection before an answer came"),
            "{status:?}"
        );
    }
    // A receiver that is named for traces alone gets nothing else.
    assert_eq!(
        collector.requests(Signal::Metrics).len() + collector.requests(Signal::Logs).len(),
        0
    );
}

#[tokio::test]
async fn a_receiver_of_metrics_alone_gets_them_and_fails_no_check() {
    let server = Server::answering(json("{}")).await;
    for refusal in [404, 405, 501] {
        let collector = Collector::start(Speaks::Http).await;
        for signal in [Signal::Traces, Signal::Logs] {
            collector.answer_always(signal, Answer::Status(refusal, Vec::new()));
        }
        let endpoint = collector.endpoint();
        let probes = probe(&server.url("/"), "expect: {status: 204}");
        let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
        let (report, output) = check(&probes, &variables).await;
        assert_eq!(output.status.code(), Some(5), "{output:?}");
        assert_eq!(report["delivery"]["delivered"], true);
        assert_eq!(collector.requests(Signal::Traces).len(), 1);
        // Where the endpoint was named for traces, they are wanted there.
        let own = format!("{endpoint}/v1/traces");
        let variables = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own.as_str())];
        let (report, _) = check(&probes, &variables).await;
        assert_eq!(report["delivery"]["delivered"], false);
    }
}

/// A daemon that sends everything to a collector.
fn daemon(files: &Files, collector: &Collector) -> Settings {
    Daemon::of(files)
        .with("--otlp-endpoint", &collector.endpoint())
        .with_variable("OTEL_TRACES_EXPORTER", "otlp")
        .with_variable("OTEL_LOGS_EXPORTER", "otlp")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_click_leads_from_the_log_and_the_api_to_the_trace() {
    let server = Server::answering(answer("503 Service Unavailable", &[], "")).await;
    let collector = Collector::start(Speaks::Http).await;
    let probes = probe(&server.url("/"), "every: 1s");
    let files = Files::new(probes.strip_prefix("probes:\n").unwrap());
    let daemon = daemon(&files, &collector).start().await;
    let line: Value = serde_json::from_str(&daemon.log.line("price is down").await).unwrap();
    let [record] = <[_; 1]>::try_from(collector.records(1).await).unwrap();
    let spans = collector.spans(2).await;
    let trace = hexadecimal(&spans[0].trace_id);
    assert_eq!(line["trace_id"], trace.as_str());
    assert!(
        line["message"]
            .as_str()
            .unwrap()
            .ends_with(&format!("(trace {trace})"))
    );
    assert_eq!(hexadecimal(&record.trace_id), trace);
    assert_eq!(parent(&server.requests()[0]).1, hexadecimal(&spans[1].span_id));
    let entry: Value = serde_json::from_str(&daemon.get("/api/v1/probes/price").await.body).unwrap();
    let entry = &entry["probe"];
    let runs = entry["runs"].as_array().unwrap();
    assert!(
        runs.iter().any(|run| run["trace_id"] == trace.as_str()),
        "{entry:#}"
    );
    assert_eq!(entry["last_run"]["trace_id"], runs[0]["trace_id"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_daemon_tells_once_that_a_receiver_takes_metrics_alone() {
    let server = Server::answering(json("{}")).await;
    let collector = Collector::start(Speaks::Http).await;
    for signal in [Signal::Traces, Signal::Logs] {
        collector.answer_always(signal, Answer::Status(404, Vec::new()));
    }
    let probes = probe(&server.url("/"), "every: 1s\n    expect: {status: 204}");
    let files = Files::new(probes.strip_prefix("probes:\n").unwrap());
    let daemon = daemon(&files, &collector)
        .with_variable("OTEL_METRIC_EXPORT_INTERVAL", "200")
        .start()
        .await;
    let line = daemon.log.line("takes no traces").await;
    assert!(line.contains("OTEL_TRACES_EXPORTER=none"), "{line}");
    daemon.log.line("takes no log records").await;
    daemon.signal(nix::sys::signal::Signal::SIGTERM);
    let (code, lines) = daemon.ended().await;
    assert_eq!(code, Some(0));
    let count = |of: &str| lines.iter().filter(|line| line.contains(of)).count();
    assert_eq!(
        (count("takes no"), count("given up"), count("refused")),
        (2, 0, 0),
        "{lines:#?}"
    );
    // They were left alone with what they do not take, and got the rest.
    assert_eq!(collector.requests(Signal::Traces).len(), 1);
    assert!(collector.requests(Signal::Metrics).len() > 1);
}
