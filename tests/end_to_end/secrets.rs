//! No secret gets out: wherever it stands in a request, whatever goes wrong, in whatever format it is told.
//!
//! Every placement of a secret meets every provocation, by the real program, in every format, with a push of the
//! results. Each probe must reach the failure that it is meant to provoke, and the server must have got the secret:
//! nothing passes because nothing happened.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::read::GzDecoder;
use freshwatch_tests::leaks::{Leaks, percent_decoded};
use freshwatch_tests::program::{program, run};
use freshwatch_tests::server::{Recorded, Server, answer};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message as _;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

mod connections;
mod delivery;
mod heard;
mod lint;
mod placements;
mod promises;
mod provocations;

use heard::Heard;
use placements::Placement;
use promises::SCHEMAS;
use provocations::Provocation;

const NOW: &str = "2026-11-21T00:00:00Z";

#[tokio::test]
async fn no_report_and_no_push_tells_a_secret() {
    let scene = Scene::set().await;
    let receiver = Server::answering(answer("200 OK", &[], "")).await;
    for format in ["text", "json", "junit"] {
        let output = run(scene.check(format, &receiver.url(""))).await;
        assert_eq!(
            output.status.code(),
            Some(2),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        scene
            .leaks
            .assert_none(format, &[output.stdout.as_slice(), &output.stderr].concat());
        if format == "json" {
            scene.check_verdicts(&output.stdout);
        }
    }
    let pushed: Vec<(Vec<u8>, Vec<u8>)> = receiver.requests().iter().map(head_and_body).collect();
    for (head, body) in &pushed {
        scene.leaks.assert_none("pushed", head);
        scene.leaks.assert_none("pushed", body);
    }
    scene.check_pushed(pushed.iter().map(|(_, body)| body.as_slice()));
    scene.check_sent();
}

/// A server, a probe file of everything, and what must not come out of it.
struct Scene {
    placements: Vec<Placement>,
    server: Server,
    _folder: TempDir,
    file: PathBuf,
    environment: Vec<(String, String)>,
    leaks: Leaks,
}

impl Scene {
    async fn set() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let placements = placements::all(folder.path());
        let mut leaks = Leaks::default();
        for placement in &placements {
            placement
                .secrets
                .iter()
                .for_each(|secret| leaks.add(placement.name, secret));
        }
        let server = serve(&placements).await;
        for (name, schema) in SCHEMAS {
            fs::write(folder.path().join(name), schema).expect("a schema is written");
        }
        let mut environment = Vec::new();
        let mut probes = Map::new();
        for provocation in provocations::all() {
            for placement in &placements {
                let (probe, variables) = probe(&provocation, placement, &server);
                probes.insert(format!("{}-{}", provocation.name, placement.name), probe);
                environment.extend(variables);
            }
        }
        let file = folder.path().join("probes.yaml");
        let text = serde_yaml::to_string(&json!({"probes": probes})).expect("YAML");
        fs::write(&file, text).expect("the probe file is written");
        Self {
            placements,
            server,
            _folder: folder,
            file,
            environment,
            leaks,
        }
    }

    fn check(&self, format: &str, otlp_endpoint: &str) -> Command {
        let mut command = program();
        command
            .arg("check")
            .arg(&self.file)
            .args(["--format", format, "--now", NOW]);
        command
            .args(["--otlp-endpoint", otlp_endpoint])
            .envs(self.environment.iter().cloned());
        command.envs([("RUST_BACKTRACE", "1"), ("RUST_LOG", "trace")]);
        if format == "junit" {
            command.env("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
        }
        command
    }

    /// Every probe has reached what was to be provoked.
    fn check_verdicts(&self, report: &[u8]) {
        let report: Value = serde_json::from_slice(report).expect("a report");
        let runs = report["runs"].as_array().expect("runs");
        let told: BTreeMap<&str, String> = runs
            .iter()
            .map(|run| {
                let code = run["reasons"][0]["code"].as_str().unwrap_or_default();
                let told = format!("{} {code}", run["verdict"].as_str().unwrap_or_default());
                (run["probe"].as_str().unwrap_or_default(), told)
            })
            .collect();
        let mut wrong = Vec::new();
        for provocation in provocations::all() {
            for placement in &self.placements {
                let name = format!("{}-{}", provocation.name, placement.name);
                let told = told.get(name.as_str()).map_or("nothing", String::as_str);
                if told != provocation.told {
                    wrong.push(format!("{name}: {told}, not {}", provocation.told));
                }
            }
        }
        assert_eq!(wrong, [""; 0]);
    }

    /// Every run has pushed the result of every probe.
    fn check_pushed<'b>(&self, bodies: impl Iterator<Item = &'b [u8]>) {
        let requests = bodies.map(|body| ExportMetricsServiceRequest::decode(body).expect("an OTLP request"));
        let metrics = requests.flat_map(|request| request.resource_metrics);
        let metrics = metrics
            .flat_map(|resource| resource.scope_metrics)
            .flat_map(|scope| scope.metrics);
        let pushed = metrics.filter(|metric| metric.name == "probe_http_status_code");
        let points: usize = pushed
            .map(|metric| match metric.data {
                Some(Data::Gauge(gauge)) => gauge.data_points.len(),
                _ => 0,
            })
            .sum();
        assert_eq!(points, 3 * provocations::all().len() * self.placements.len());
    }

    /// The server has got every secret.
    fn check_sent(&self) {
        let requests = self.server.requests();
        for placement in &self.placements {
            let is_its =
                |request: &&Recorded| split(&request.target).is_some_and(|(_, name)| name == placement.name);
            let count = requests
                .iter()
                .filter(is_its)
                .filter(|request| carries(request, &placement.secrets[0]))
                .count();
            assert!(
                count >= 3 * provocations::all().len(),
                "{}: its secret came {count} times",
                placement.name
            );
        }
    }
}

/// What was pushed: the head as it came, the body decompressed.
fn head_and_body(request: &Recorded) -> (Vec<u8>, Vec<u8>) {
    let head = format!("{} {:?}", request.target, request.headers).into_bytes();
    if request.header("content-encoding") != Some("gzip") {
        return (head, request.body.clone());
    }
    let mut body = Vec::new();
    GzDecoder::new(request.body.as_slice())
        .read_to_end(&mut body)
        .expect("the body is gzip");
    (head, body)
}

/// Answers by the path: what it hears is provoked out of the program again.
async fn serve(placements: &[Placement]) -> Server {
    let secrets = placements
        .iter()
        .map(|placement| (placement.name, placement.secrets.clone()));
    let secrets: Arc<BTreeMap<&str, Vec<String>>> = Arc::new(secrets.collect());
    Server::playing(move |mut visit| {
        let secrets = Arc::clone(&secrets);
        async move {
            let Some(request) = visit.request().await else {
                return;
            };
            let (provocation, placement) = split(&request.target).expect("a path of the test");
            let provocation = provocations::all()
                .into_iter()
                .find(|known| known.name == provocation);
            let heard = Heard {
                secrets: secrets[placement].clone(),
                request: request.clone(),
            };
            let bytes = (provocation.expect("a known provocation").answer)(&heard);
            if bytes.is_empty() {
                visit.hang().await;
            } else {
                visit.send(bytes).await;
                visit.close().await;
            }
        }
    })
    .await
}

/// The provocation and the placement that a request is about.
fn split(target: &str) -> Option<(&str, &str)> {
    let (provocation, rest) = target.strip_prefix('/')?.split_once('/')?;
    Some((provocation, rest.split(['/', '?']).next().unwrap_or_default()))
}

/// The probe of a placement that meets a provocation, and the variables that it needs.
fn probe(
    provocation: &Provocation,
    placement: &Placement,
    server: &Server,
) -> (Value, Vec<(String, String)>) {
    let fill = |text: &str| {
        let variable = provocation.name.replace('-', "_");
        let text = text.replace("_OF_PROVOCATION", &format!("_OF_{variable}"));
        text.replace("PROVOCATION", provocation.name)
            .replace("HOST", &server.address().to_string())
    };
    let request = fill(&placement.request.to_string());
    let mut probe: Map<String, Value> = serde_json::from_str(&request).expect("JSON");
    probe.extend(provocation.promises.as_object().cloned().unwrap_or_default());
    let variables = placement
        .environment
        .iter()
        .map(|(name, value)| (fill(name), fill(value)));
    (probe.into(), variables.collect())
}

/// Whether a server that understands a request finds the secret in it.
fn carries(request: &Recorded, secret: &str) -> bool {
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let mut texts = vec![
        percent_decoded(&request.target),
        percent_decoded(&request.target.replace('+', " ")),
        percent_decoded(&body.replace('+', " ")),
    ];
    for (_, value) in &request.headers {
        let decoded = value
            .strip_prefix("Basic ")
            .and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
        texts.extend(decoded.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()));
        texts.push(value.clone());
    }
    if let Ok(value) = serde_json::from_str::<Value>(&body) {
        texts.extend(
            value
                .pointer("/key")
                .or(value.pointer("/login/0/key"))
                .and_then(Value::as_str)
                .map(str::to_owned),
        );
    }
    texts.push(body);
    texts.iter().any(|text| text.contains(secret))
}
