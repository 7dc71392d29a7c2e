//! Credentials of the receiver, which tells them back.

use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use freshwatch_tests::leaks::{Leaks, percent_encoded};
use freshwatch_tests::program::{program, run};
use freshwatch_tests::server::{Recorded, Server, answer};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};
use prost::Message as _;

const KEY: &str = "OTKEYKx93 \"OTKEYVm47'&OTKEYPj58+/OTKEYWb62%OTKEYHt71;OTKEYRq36,OTKEYYd84=end";
const USER: &str = "OTUSRKx93";
const PASSWORD: &str = "OTPWDKx93 \"OTPWDVm47'&OTPWDPj58+/OTPWDWb62";
const TOKEN: &str = "OTTOKKx93\"OTTOKVm47'+OTTOKPj58";

/// All that a receiver could say of the secrets in a request.
fn echo(request: &Recorded) -> String {
    let fields: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let mut words = vec![
        PASSWORD.to_owned(),
        BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}")),
    ];
    if request.target.contains("token") || request.header("x-token").is_some() {
        words.push(TOKEN.to_owned());
    }
    if request.header("x-key").is_some() {
        words.extend([
            KEY.to_owned(),
            percent_encoded(KEY, "").to_lowercase(),
            percent_encoded(KEY, ""),
        ]);
    }
    format!("{} {} {}", words.join(" "), request.target, fields.join(" "))
}

fn leaks() -> Leaks {
    let mut leaks = Leaks::default();
    for (name, secret) in [
        ("key", KEY),
        ("user", USER),
        ("password", PASSWORD),
        ("token", TOKEN),
    ] {
        leaks.add(name, secret);
    }
    leaks.add("login", &format!("{USER}:{PASSWORD}"));
    leaks
}

/// Pushes to a receiver that answers so: by its credentials in a header, and by those in its URL. Nothing of them may
/// come out, and the exit code tells that the receiver did not take it.
async fn check(code: i32, reply: fn(&Recorded) -> Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let probed = Server::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let file = folder.path().join("probes.yaml");
    fs::write(&file, format!("probes:\n  x:\n    get: {}\n", probed.url("/")))
        .expect("the probe file is written");
    let receiver = Server::answering(reply).await;
    let login = format!("//{USER}:{}@", percent_encoded(PASSWORD, ""));
    let by_url = receiver.url("").replace("//", &login) + "/?token=" + &percent_encoded(TOKEN, "");
    let header = format!(
        "x-key={},x-token={}",
        percent_encoded(KEY, ""),
        percent_encoded(TOKEN, "")
    );
    let basic = format!(
        "authorization=Basic%20{}",
        BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"))
    );
    for (endpoint, headers) in [
        (by_url, String::new()),
        (receiver.url(""), format!("{header},{basic}")),
    ] {
        for format in ["text", "json", "junit"] {
            let mut command = program();
            command
                .arg("check")
                .arg(&file)
                .args(["--format", format])
                .env("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint);
            command
                .env("OTEL_EXPORTER_OTLP_HEADERS", &headers)
                .envs([("RUST_BACKTRACE", "1"), ("RUST_LOG", "trace")]);
            let output = run(command).await;
            let printed = [output.stdout.as_slice(), &output.stderr].concat();
            leaks().assert_none(format, &printed);
            assert_eq!(
                output.status.code(),
                Some(code),
                "{}",
                String::from_utf8_lossy(&printed)
            );
        }
    }
    let requests = receiver.requests();
    let login = format!("Basic {}", BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}")));
    assert!(
        requests
            .iter()
            .all(|request| request.header("authorization") == Some(&login))
    );
    assert!(
        requests
            .iter()
            .any(|request| request.header("x-key") == Some(KEY))
    );
    assert!(
        requests
            .iter()
            .any(|request| request.target.contains("OTTOKKx93"))
    );
}

#[tokio::test]
async fn a_receivers_words_tell_no_secret() {
    check(6, |request| {
        answer("400 Bad Request", &["Content-Type: text/plain"], echo(request))
    })
    .await;
    check(6, |request| {
        answer(
            "404 Not Found",
            &[],
            format!("{}{}", "x ".repeat(120), echo(request)),
        )
    })
    .await;
    check(6, |request| {
        answer(
            "401 Unauthorized",
            &[],
            format!("{}{}", "x".repeat(290), echo(request)),
        )
    })
    .await;
    check(6, |request| {
        answer("503 Busy", &["Retry-After: 3600"], echo(request))
    })
    .await;
    check(6, |request| {
        answer("200 OK", &["Content-Type: text/html"], echo(request))
    })
    .await;
    check(6, |request| {
        answer("200 OK", &["Content-Type: application/x-protobuf"], echo(request))
    })
    .await;
}

#[tokio::test]
async fn a_receivers_redirect_tells_no_secret() {
    check(6, |request| {
        let location = format!("Location: https://elsewhere.example/?{}", echo(request));
        answer("307 Temporary Redirect", &[&location], "")
    })
    .await;
}

#[tokio::test]
async fn a_receivers_warning_tells_no_secret() {
    check(6, |request| {
        let partial = ExportMetricsPartialSuccess {
            rejected_data_points: 3,
            error_message: echo(request),
        };
        let body = ExportMetricsServiceResponse {
            partial_success: Some(partial),
        }
        .encode_to_vec();
        answer("200 OK", &["Content-Type: application/x-protobuf"], body)
    })
    .await;
}

/// A body that is cut where reading stops, in the middle of a secret.
#[tokio::test]
async fn a_receivers_endless_words_tell_no_secret() {
    check(6, |request| {
        let body = format!("{}{}", " ".repeat((64 << 10) - 20), echo(request));
        answer("400 Bad Request", &[], body)
    })
    .await;
}

#[tokio::test]
async fn wrong_settings_tell_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("probes.yaml");
    fs::write(&file, "probes:\n  x:\n    get: http://127.0.0.1:1/\n").unwrap();
    for (variable, value) in [
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            format!("http://{USER}:{TOKEN}@a host/"),
        ),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("{USER}:{TOKEN}")),
        (
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
            format!("{USER}://{TOKEN}@host"),
        ),
        ("OTEL_EXPORTER_OTLP_HEADERS", KEY.replace('=', ":")),
        ("OTEL_EXPORTER_OTLP_HEADERS", format!("x-key={KEY}")),
        ("OTEL_EXPORTER_OTLP_HEADERS", format!("a key={TOKEN}")),
        ("OTEL_EXPORTER_OTLP_HEADERS", format!("x-key=a%0A{TOKEN}")),
        ("OTEL_EXPORTER_OTLP_HEADERS", format!("content-length={TOKEN}")),
    ] {
        let mut command = program();
        command
            .arg("check")
            .arg(&file)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1/")
            .env(variable, &value);
        let output = run(command).await;
        let printed = [output.stdout.as_slice(), &output.stderr].concat();
        leaks().assert_none(variable, &printed);
        assert_eq!(
            output.status.code(),
            Some(64),
            "{value}: {}",
            String::from_utf8_lossy(&printed)
        );
        assert!(String::from_utf8_lossy(&printed).contains(variable));
    }
}
