//! Requests that never get an answer, or are never made.

use std::fs;
use std::path::Path;

use freshwatch_tests::certificates::Authority;
use freshwatch_tests::leaks::Leaks;
use freshwatch_tests::program::{program, run};
use freshwatch_tests::server::Server;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// In a host, whose letters a URL puts in lower case.
const HOST: &str = "HOSTNKx93Vm47Pj58";
const TOKEN: &str = "TOKENKx93 \"TOKENVm47'&TOKENPj58;TOKENRq36\u{d55c}\u{ae00}";

/// Runs a probe with both secrets, and looks for them in every format. `told` is its verdict and its first code.
async fn check(folder: &Path, probe: Value, told: &str) {
    let mut leaks = Leaks::default();
    leaks.add("host", HOST);
    leaks.add("token", TOKEN);
    let mut probe = probe;
    probe["auth"] = json!({"bearer": "${env:TOKEN}"});
    let file = folder.join("probes.yaml");
    fs::write(&file, json!({"probes": {"x": probe}}).to_string()).expect("the probe file is written");
    for format in ["text", "json", "junit"] {
        let mut command = program();
        command.arg("check").arg(&file).args(["--format", format]);
        command.envs([
            ("HOST", HOST),
            ("TOKEN", TOKEN),
            ("RUST_BACKTRACE", "1"),
            ("RUST_LOG", "trace"),
        ]);
        let output = run(command).await;
        leaks.assert_none(format, &[output.stdout.as_slice(), &output.stderr].concat());
        if format == "json" {
            let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
            let run = &report["runs"][0];
            let found = format!("{} {}", run["verdict"], run["reasons"][0]["code"]).replace('"', "");
            assert_eq!(found, told, "{}", run["reasons"]);
        }
    }
}

#[tokio::test]
async fn no_connection_tells_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    // A label over 63 characters is refused by the resolver itself, without a network.
    let long = "x".repeat(60);
    check(
        folder.path(),
        json!({"get": format!("http://${{env:HOST}}{long}.example/")}),
        "down dns",
    )
    .await;
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    check(
        folder.path(),
        json!({"get": format!("http://{closed}/${{env:HOST}}?key=${{env:HOST}}")}),
        "down connect",
    )
    .await;
}

#[tokio::test]
async fn no_handshake_tells_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let plain = Server::playing(async |mut visit| {
        visit.send("HTTP/1.1 400 Bad Request\r\n\r\n").await;
        visit.close().await;
    })
    .await;
    let to_plain = plain.url("/${env:HOST}").replace("http:", "https:");
    check(folder.path(), json!({"get": to_plain}), "down tls").await;
    let authority = Authority::new();
    let config = authority.issue(&["127.0.0.1"]).serving(&["http/1.1"]);
    let untrusted = Server::answering_over_tls(config, "HTTP/1.1 204 No Content\r\n\r\n").await;
    check(
        folder.path(),
        json!({"get": untrusted.url("/${env:HOST}")}),
        "down tls",
    )
    .await;
    assert_eq!((plain.requests().len(), untrusted.requests().len()), (0, 0));
}

#[tokio::test]
async fn no_request_that_cannot_be_made_tells_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    for content in ["", "TOKENKx93\nTOKENVm47", "TOKENKx93\u{0}TOKENVm47"] {
        fs::write(folder.path().join("key"), content).unwrap();
        let probe = json!({"get": server.url("/${env:HOST}"), "headers": {"X-Key": "${file:key}"}});
        check(folder.path(), probe, "unknown secret").await;
    }
    // In a URL the content of a file counts as it is, whatever that makes of the URL.
    fs::write(folder.path().join("key"), "TOKENKx93 [TOKENVm47").unwrap();
    check(
        folder.path(),
        json!({"get": "http://${file:key}/"}),
        "unknown secret",
    )
    .await;
    assert_eq!(server.requests().len(), 0);
}
