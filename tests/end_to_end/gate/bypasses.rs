//! Who goes past a gate: it is evaluated all the same, it passes, and it is told.

use std::collections::BTreeMap;
use std::process::Command;

use freshwatch_tests::receiver::{Received, Receiver, Reply};
use freshwatch_tests::server::{Server, json};
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::metrics::v1::number_data_point;

use super::{Gated, file, gate};

/// A gate that is blocked, with what `change` adds.
async fn blocked(change: impl FnOnce(&mut Command)) -> Gated {
    let three = r#"{"status":"success","data":{"resultType":"scalar","result":[1795262400,"3"]}}"#;
    let server = Server::answering(json(three)).await;
    let text = file(&server.url(""), "it: {promql: it, below: 1}");
    gate(&text, |command| {
        command.args(["--now", "2026-11-21T12:00:00Z"]);
        change(command);
    })
    .await
}

/// Every series of a request: `name{label="value",…} value`.
fn series(received: &Received) -> Vec<String> {
    let points = received.points().into_iter().map(|(name, point)| {
        let labels = point.attributes.iter().map(|label| {
            let value = label.value.as_ref().and_then(|value| value.value.clone());
            let text = match value {
                Some(any_value::Value::StringValue(text)) => text,
                other => panic!("{other:?}"),
            };
            (label.key.clone(), text)
        });
        let labels: BTreeMap<String, String> = labels.collect();
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        let value = match point.value {
            Some(number_data_point::Value::AsDouble(value)) => value,
            other => panic!("{other:?}"),
        };
        format!("{name}{{{}}} {value}", labels.join(","))
    });
    let mut points: Vec<String> = points.collect();
    points.sort();
    points
}

const VERDICT: [&str; 3] = [
    r#"freshwatch_gate_verdict{gate="prices",verdict="block"} 1"#,
    r#"freshwatch_gate_verdict{gate="prices",verdict="inconclusive"} 0"#,
    r#"freshwatch_gate_verdict{gate="prices",verdict="pass"} 0"#,
];

#[tokio::test]
async fn a_bypass_passes_and_tells_what_it_overrode() {
    let receiver = Receiver::start([]).await;
    let gated = blocked(|command| {
        command.args(["--bypass", "roll back to 1.2", "--by", "mina"]);
        command.args(["--otlp-endpoint", &receiver.endpoint()]);
    })
    .await;
    assert_eq!(gated.code, Some(0), "{gated:?}");
    assert_eq!(gated.rows(), ["block it 3 below 1 3, not below 1"]);
    assert!(
        gated.said.contains("BLOCK prices: of 1 condition, 1 is broken"),
        "{gated:?}"
    );
    assert!(
        gated.said.ends_with("BYPASSED by mina: roll back to 1.2\n"),
        "{gated:?}"
    );
    let mut told = vec![
        r#"freshwatch_gate_bypass{by="mina",gate="prices",reason="roll back to 1.2",verdict="block"} 1"#,
    ];
    told.extend(VERDICT);
    assert_eq!(series(&receiver.request(1).await), told);
}

#[tokio::test]
async fn what_a_gate_says_is_told_without_a_bypass_too() {
    let receiver = Receiver::start([]).await;
    let gated = blocked(|command| {
        command.args(["--format", "json", "--otlp-endpoint", &receiver.endpoint()]);
    })
    .await;
    assert_eq!(gated.code, Some(1), "{gated:?}");
    assert_eq!(series(&receiver.request(1).await), VERDICT);
    let document = gated.document();
    assert!(document["bypass"].is_null());
    assert_eq!(document["delivery"]["delivered"], true, "{document:#}");
}

#[tokio::test]
async fn a_failure_to_tell_never_blocks_and_never_passes() {
    let refusing = Receiver::start([Reply::status(400), Reply::status(400), Reply::status(400)]).await;
    let bypass = ["--bypass", "roll back", "--by", "mina"];
    for (endpoint, noted) in [
        (refusing.endpoint(), "not delivered"),
        ("http://127.0.0.1:1".to_owned(), "not delivered"),
        ("nonsense".to_owned(), "what the gate says is not delivered: "),
    ] {
        let gated = blocked(|command| {
            command.args(bypass).args(["--otlp-endpoint", &endpoint]);
        })
        .await;
        assert_eq!(gated.code, Some(0), "{gated:?}");
        assert!(gated.noted.contains(noted), "{gated:?}");
    }
    let gated = blocked(|command| {
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
    })
    .await;
    assert_eq!(gated.code, Some(1), "{gated:?}");
    let gated = blocked(|command| {
        command.args(bypass);
    })
    .await;
    assert_eq!(gated.code, Some(0));
    let told = "nobody but you hears of this bypass: no OTLP endpoint is configured\n";
    assert_eq!(gated.noted, told);
}

#[tokio::test]
async fn a_commit_message_may_ask_for_a_bypass() {
    let message = "Fix the cache [skip-slo-check]\n\nIt was cold.";
    let gated = blocked(|command| {
        command.args(["--commit-message", message, "--by", "mina", "--format", "json"]);
    })
    .await;
    assert_eq!(gated.code, Some(0), "{gated:?}");
    let bypass = serde_json::json!({"reason": "Fix the cache", "by": "mina", "said": "commit_message"});
    let document = gated.document();
    assert_eq!(
        (&document["bypass"], &document["verdict"]),
        (&bypass, &"block".into())
    );

    let gated = blocked(|command| {
        command.args(["--commit-message", "Fix the cache"]);
    })
    .await;
    assert_eq!(gated.code, Some(1), "{gated:?}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("message");
    std::fs::write(&path, message).unwrap();
    let gated = blocked(|command| {
        command.arg("--commit-message-file").arg(&path);
    })
    .await;
    assert_eq!(gated.code, Some(0), "{gated:?}");
    assert!(
        gated
            .said
            .ends_with("BYPASSED by the author of the commit: Fix the cache\n"),
        "{gated:?}"
    );

    let gated = blocked(|command| {
        command
            .arg("--commit-message-file")
            .arg(folder.path().join("gone"));
    })
    .await;
    assert_eq!(gated.code, Some(64), "{gated:?}");
}

#[tokio::test]
async fn a_bypass_without_a_reason_or_a_name_is_wrong_use() {
    for arguments in [
        &["--bypass", "roll back"][..],
        &["--bypass", " ", "--by", "mina"],
        &["--bypass", "roll back", "--by", ""],
    ] {
        let gated = blocked(|command| {
            command.args(arguments);
        })
        .await;
        assert_eq!(gated.code, Some(64), "{arguments:?}: {gated:?}");
    }
}
