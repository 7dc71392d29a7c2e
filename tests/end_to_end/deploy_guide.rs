//! The files and the commands of deploy/, as far as a program is here that can check them.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use freshwatch_telemetry::parcel::Signal;
use freshwatch_tests::collector::{Collector, Speaks};
use freshwatch_tests::program::{program, run};
use freshwatch_tests::prometheus::promtool;
use freshwatch_tests::server::{Server, json};
use freshwatch_tests::unpacked::{or_skip, shipped};
use serde_yaml::Value;

#[test]
fn prometheus_takes_its_configuration() {
    let configuration = shipped("deploy/prometheus.yml");
    let arguments = ["check".as_ref(), "config".as_ref(), configuration.as_os_str()];
    let Some(output) = or_skip(promtool(&arguments)) else {
        return;
    };
    assert!(output.status.success(), "{output:?}");
}

/// No such collector is here: what can be checked is that the file is YAML, that each pipeline's parts are there and
/// that no part is left over.
#[test]
fn the_collectors_pipelines_have_their_parts() {
    let file = fs::read_to_string(shipped("deploy/otel-collector.yaml")).expect("the file");
    let file: Value = serde_yaml::from_str(&file).expect("YAML");
    let names = |value: &Value| -> BTreeSet<String> {
        let keys = value.as_mapping().expect("a map").keys();
        keys.map(|key| key.as_str().expect("a text").to_owned()).collect()
    };
    let pipelines = &file["service"]["pipelines"];
    assert_eq!(
        names(pipelines),
        ["logs", "metrics", "traces"].map(str::to_owned).into()
    );
    for part in ["receivers", "exporters"] {
        let pipelines = pipelines.as_mapping().expect("a map").values();
        let used = pipelines.flat_map(|pipeline| pipeline[part].as_sequence().expect("a list"));
        let used: BTreeSet<_> = used
            .map(|name| name.as_str().expect("a text").to_owned())
            .collect();
        assert_eq!(used, names(&file[part]));
    }
}

/// The line of the guide that makes the headers for basic authentication.
fn line_for_headers() -> String {
    let guide = fs::read_to_string(shipped("deploy/README.md")).expect("the guide");
    let line = guide
        .lines()
        .find(|line| line.starts_with("OTEL_EXPORTER_OTLP_HEADERS="));
    line.expect("the guide has such a line").to_owned()
}

#[tokio::test]
async fn the_guides_line_for_basic_authentication_makes_the_header_that_is_meant() {
    // In base64 there are all the characters that one might think to need escaping.
    let (user, token) = ("123456", "glc_???>?");
    let script = format!(
        "{}; printf %s \"$OTEL_EXPORTER_OTLP_HEADERS\"",
        line_for_headers()
    );
    let made = Command::new("sh")
        .args(["-c", &script])
        .env("USER_ID", user)
        .env("TOKEN", token)
        .output();
    let made = made.expect("a shell");
    let headers = String::from_utf8(made.stdout).expect("text");
    let encoded = headers
        .strip_prefix("Authorization=Basic%20")
        .expect("the scheme")
        .to_owned();
    assert!(
        "+/=".chars().all(|special| encoded.contains(special)),
        "{encoded}"
    );

    let collector = Collector::start(Speaks::Http).await;
    let server = Server::answering(json("{}")).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("probes.yaml");
    fs::write(
        &file,
        format!("probes:\n  price:\n    get: {}\n", server.url("/")),
    )
    .expect("it is written");
    let mut command = program();
    command
        .arg("check")
        .arg(file)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
        .env("OTEL_EXPORTER_OTLP_HEADERS", &headers);
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let came = collector.requests(Signal::Metrics);
    let came = came.first().and_then(|request| request.header("authorization"));
    assert_eq!(came, Some(&*format!("Basic {encoded}")));
    let decoded = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, &encoded);
    assert_eq!(decoded.expect("base64"), format!("{user}:{token}").as_bytes());
}
