//! The files and the commands of deploy/, as far as a program is here that can check them.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use base64::Engine as _;
use freshwatch_telemetry::parcel::Signal;
use freshwatch_tests::collector::{Collector, Speaks};
use freshwatch_tests::program::{program, run};
use freshwatch_tests::prometheus::promtool;
use freshwatch_tests::server::{Server, json};
use freshwatch_tests::unpacked::{or_skip, path_of, shipped};
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

/// That they know all flags and files of the guide's commands.
#[test]
fn victoria_metrics_and_vmagent_take_the_guides_commands() {
    for program in ["victoria-metrics", "vmagent"] {
        let Some(binary) = or_skip(path_of(program)) else {
            return;
        };
        let command = line_of_guide(&format!("{program} -"));
        let output = Command::new(binary)
            .args(command.split_whitespace().skip(1))
            .arg("-dryRun")
            .current_dir(shipped("deploy"))
            .output()
            .expect("it starts");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}\n{told}");
    }
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

/// The line of the guide that begins so, with the lines that continue it.
fn line_of_guide(start: &str) -> String {
    let guide = fs::read_to_string(shipped("deploy/README.md")).expect("the guide");
    let guide = guide.replace("\\\n", " ");
    let line = guide.lines().find(|line| line.starts_with(start));
    line.unwrap_or_else(|| panic!("the guide has no line `{start}`"))
        .to_owned()
}

#[tokio::test]
async fn the_guides_line_for_basic_authentication_makes_the_header_that_is_meant() {
    let line = line_of_guide("export OTEL_EXPORTER_OTLP_HEADERS=");
    let made = Command::new("sh")
        .args([
            "-c",
            &format!("{line}; printf %s \"$OTEL_EXPORTER_OTLP_HEADERS\""),
        ])
        .env("USER_ID", "123456")
        .env("TOKEN", "glc_???>?")
        .output();
    let headers = String::from_utf8(made.expect("a shell").stdout).expect("text");
    let encoded = base64::engine::general_purpose::STANDARD.encode("123456:glc_???>?");
    assert!(
        "+/=".chars().all(|special| encoded.contains(special)),
        "{encoded} shows too little"
    );
    assert_eq!(
        authorization_sent_with(&headers).await,
        format!("Basic {encoded}")
    );
}

/// What a collector gets to see of `OTEL_EXPORTER_OTLP_HEADERS`.
async fn authorization_sent_with(headers: &str) -> String {
    let collector = Collector::start(Speaks::Http).await;
    let server = Server::answering(json("{}")).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("probes.yaml");
    let probe = format!("probes:\n  price:\n    get: {}\n", server.url("/"));
    fs::write(&file, probe).expect("it is written");
    let mut command = program();
    command
        .arg("check")
        .arg(file)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
        .env("OTEL_EXPORTER_OTLP_HEADERS", headers);
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let requests = collector.requests(Signal::Metrics);
    let [request] = &requests[..] else {
        panic!("{requests:?}")
    };
    request.header("authorization").unwrap_or_default().to_owned()
}
