//! All three signals into collectors, over HTTP and gRPC, with TLS, credentials and trouble.

use freshwatch_telemetry::parcel::Signal;
use freshwatch_tests::certificates::Authority;
use freshwatch_tests::collector::{Answer, Came, Collector, Speaks};
use freshwatch_tests::program::{program, run};
use freshwatch_tests::rotel::Rotel;
use freshwatch_tests::server::{Server, json};
use freshwatch_tests::unpacked::or_skip;
use serde_json::Value;

/// What a `check` of one probe that is not ok left behind.
struct Checked {
    code: Option<i32>,
    printed: String,
}

/// Checks with these variables, by their names after `OTEL_EXPORTER_OTLP_`.
async fn check(variables: &[(&str, &str)]) -> Checked {
    let server = Server::answering(json("{}")).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("probes.yaml");
    let probe = format!(
        "probes:\n  price:\n    get: {}\n    expect: {{status: 204}}\n",
        server.url("/")
    );
    std::fs::write(&file, probe).expect("it is written");
    let mut command = program();
    command.arg("check").arg(file).args(["--fail-on", "never"]);
    command
        .env("OTEL_TRACES_EXPORTER", "otlp")
        .env("OTEL_LOGS_EXPORTER", "otlp");
    for (name, value) in variables {
        command.env(format!("OTEL_EXPORTER_OTLP_{name}"), value);
    }
    let output = run(command).await;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Checked {
        code: output.status.code(),
        printed: text(&output.stdout) + &text(&output.stderr),
    }
}

/// The one request of each signal that came, with what belongs into it.
#[track_caller]
fn all_three(collector: &Collector) -> [Came; 3] {
    let [metrics, traces, logs] = Signal::ALL.map(|signal| {
        let requests = collector.requests(signal);
        assert_eq!(requests.len(), 1, "{signal:?}: {requests:?}");
        requests.into_iter().next().expect("one")
    });
    assert!(metrics.metrics().contains(&"probe_success".to_owned()));
    assert_eq!((traces.spans().len(), logs.records().len()), (2, 1));
    [metrics, traces, logs]
}

#[tokio::test]
async fn every_signal_goes_over_http_and_over_grpc_compressed_and_with_credentials() {
    for (speaks, protocol) in [(Speaks::Http, "http/protobuf"), (Speaks::Grpc, "grpc")] {
        for compression in ["none", "gzip"] {
            let collector = Collector::start(speaks).await;
            let checked = check(&[
                ("ENDPOINT", &collector.endpoint()),
                ("PROTOCOL", protocol),
                ("COMPRESSION", compression),
                ("HEADERS", "authorization=Bearer%20t0ken"),
                ("LOGS_HEADERS", "x-tenant=7"),
            ])
            .await;
            assert_eq!(checked.code, Some(0), "{}", checked.printed);
            for line in ["points to", "delivered 2 spans to", "delivered 1 log record to"] {
                assert!(checked.printed.contains(line), "{}", checked.printed);
            }
            assert!(!checked.printed.contains("t0ken"));
            let [metrics, traces, logs] = all_three(&collector);
            assert_eq!(metrics.header("authorization"), Some("Bearer t0ken"));
            assert_eq!(traces.header("authorization"), Some("Bearer t0ken"));
            assert_eq!(
                (logs.header("authorization"), logs.header("x-tenant")),
                (None, Some("7"))
            );
            if speaks == Speaks::Grpc {
                let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
                assert_eq!(
                    (traces.path.as_str(), traces.header("te")),
                    (path, Some("trailers"))
                );
                assert_eq!(traces.header("content-type"), Some("application/grpc+proto"));
            }
        }
    }
}

#[tokio::test]
async fn grpc_needs_no_scheme_where_it_is_said_to_be_insecure() {
    let collector = Collector::start(Speaks::Grpc).await;
    let endpoint = collector.endpoint().replace("http://", "");
    let checked = check(&[
        ("ENDPOINT", &endpoint),
        ("PROTOCOL", "grpc"),
        ("INSECURE", "true"),
    ])
    .await;
    assert_eq!(checked.code, Some(0), "{}", checked.printed);
    all_three(&collector);
}

#[tokio::test]
async fn each_signal_may_have_its_own_protocol_and_endpoint() {
    let (http, grpc) = (
        Collector::start(Speaks::Http).await,
        Collector::start(Speaks::Grpc).await,
    );
    let logs = format!("{}/insert/logs", http.endpoint());
    let checked = check(&[
        ("ENDPOINT", &http.endpoint()),
        ("TRACES_PROTOCOL", "grpc"),
        ("TRACES_ENDPOINT", &grpc.endpoint()),
        ("LOGS_ENDPOINT", &logs),
    ])
    .await;
    assert_eq!(checked.code, Some(0), "{}", checked.printed);
    let count = |collector: &Collector| Signal::ALL.map(|signal| collector.requests(signal).len());
    assert_eq!((count(&http), count(&grpc)), ([1, 0, 1], [0, 1, 0]));
    assert_eq!(http.requests(Signal::Logs)[0].path, "/insert/logs");
}

#[tokio::test]
async fn a_collector_may_demand_a_certificate_of_ours() {
    let authority = Authority::new();
    let ca = authority.file().display().to_string();
    let (certificate, key) = authority.write_identity(&authority.issue_to_client());
    let (certificate, key) = (certificate.display().to_string(), key.display().to_string());
    for (speaks, protocol) in [(Speaks::Http, "http/protobuf"), (Speaks::Grpc, "grpc")] {
        let demanding = || authority.demanding(&authority.issue(&["localhost"]));
        let collector = Collector::start_tls(speaks, demanding()).await;
        let endpoint = collector.endpoint();
        let mut variables = vec![
            ("ENDPOINT", endpoint.as_str()),
            ("PROTOCOL", protocol),
            ("CERTIFICATE", ca.as_str()),
            ("CLIENT_CERTIFICATE", certificate.as_str()),
            ("CLIENT_KEY", key.as_str()),
        ];
        let checked = check(&variables).await;
        assert_eq!(checked.code, Some(0), "{}", checked.printed);
        all_three(&collector);
        // The signal's own file wins.
        variables.push(("TRACES_CERTIFICATE", key.as_str()));
        let checked = check(&variables).await;
        assert_eq!(checked.code, Some(6), "{}", checked.printed);
        let named = format!("`OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE` names `{key}`, which cannot be used");
        assert!(checked.printed.contains(&named), "{}", checked.printed);
        assert_eq!(
            Signal::ALL.map(|signal| collector.requests(signal).len()),
            [2, 1, 2]
        );
    }
}

#[tokio::test]
async fn who_shows_no_certificate_is_not_let_in() {
    let authority = Authority::new();
    let ca = authority.file().display().to_string();
    let collector = Collector::start_tls(
        Speaks::Grpc,
        authority.demanding(&authority.issue(&["localhost"])),
    )
    .await;
    let endpoint = collector.endpoint();
    let stranger = [
        ("METRICS_ENDPOINT", endpoint.as_str()),
        ("PROTOCOL", "grpc"),
        ("CERTIFICATE", ca.as_str()),
        ("TIMEOUT", "500"),
    ];
    let checked = check(&stranger).await;
    assert_eq!(checked.code, Some(6), "{}", checked.printed);
    assert_eq!(collector.requests(Signal::Metrics).len(), 0);
}

#[tokio::test]
async fn codes_of_grpc_are_tried_again_or_not() {
    let again = || Answer::Code(14, vec![("grpc-message", "come%20back".to_owned())]);
    let collector = Collector::start(Speaks::Grpc).await;
    collector.answer(Signal::Traces, [again(), Answer::Status(503, Vec::new())]);
    let endpoint = collector.endpoint();
    let variables = [("ENDPOINT", endpoint.as_str()), ("PROTOCOL", "grpc")];
    let checked = check(&variables).await;
    assert_eq!(checked.code, Some(0), "{}", checked.printed);
    assert!(checked.printed.contains("after 2 retries"), "{}", checked.printed);
    assert_eq!(collector.requests(Signal::Traces).len(), 3);
    assert_eq!(collector.requests(Signal::Metrics).len(), 1);

    let collector = Collector::start(Speaks::Grpc).await;
    collector.answer(
        Signal::Logs,
        [Answer::Code(
            16,
            vec![("grpc-message", "who%20are you".to_owned())],
        )],
    );
    // What nobody implements is not taken, and at an endpoint for all that is no failure.
    collector.answer_always(Signal::Traces, Answer::Code(12, Vec::new()));
    let endpoint = collector.endpoint();
    let variables = [("ENDPOINT", endpoint.as_str()), ("PROTOCOL", "grpc")];
    let checked = check(&variables).await;
    assert_eq!(checked.code, Some(6));
    let told = format!("not delivered: `{endpoint}/` answered UNAUTHENTICATED: `who are you`");
    assert!(checked.printed.contains(&told), "{}", checked.printed);
    assert!(
        checked.printed.contains("no traces delivered: "),
        "{}",
        checked.printed
    );
}

#[tokio::test]
async fn who_speaks_the_other_protocol_is_told_apart() {
    let http = Collector::start(Speaks::Http).await;
    let endpoint = http.endpoint();
    let checked = check(&[
        ("METRICS_ENDPOINT", endpoint.as_str()),
        ("PROTOCOL", "grpc"),
        ("TIMEOUT", "1000"),
    ])
    .await;
    assert_eq!(checked.code, Some(6), "{}", checked.printed);
    let grpc = Collector::start(Speaks::Grpc).await;
    let endpoint = grpc.endpoint();
    let checked = check(&[("METRICS_ENDPOINT", endpoint.as_str())]).await;
    assert_eq!(checked.code, Some(6), "{}", checked.printed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_collector_takes_every_signal_over_http_and_grpc() {
    let Some(collector) = or_skip(Rotel::start()) else {
        return;
    };
    for (endpoint, protocol) in [
        (collector.over_http(), "http/protobuf"),
        (collector.over_grpc(), "grpc"),
    ] {
        for compression in ["none", "gzip"] {
            let checked = check(&[
                ("ENDPOINT", &endpoint),
                ("PROTOCOL", protocol),
                ("COMPRESSION", compression),
            ])
            .await;
            assert_eq!(checked.code, Some(0), "{}", checked.printed);
            let lines = collector.received(3);
            let [logs, metrics, traces] = &lines[..] else {
                panic!()
            };
            let [logs, metrics, traces] =
                [logs, metrics, traces].map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
            assert_eq!((&logs["data_type"], &logs["logs"]), (&"logs".into(), &1.into()));
            assert_eq!(
                (&traces["data_type"], &traces["spans"]),
                (&"traces".into(), &2.into())
            );
            assert!(metrics["metrics"].as_u64() > Some(15), "{metrics}");
        }
    }
}
