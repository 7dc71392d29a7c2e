//! `freshwatch explain` as its users see it.

use std::fs;
use std::path::PathBuf;

use freshwatch_tests::program;
use freshwatch_tests::server::{Recorded, Server, json};
use serde_json::Value;
use tempfile::TempDir;

/// What the program printed, and its exit code.
struct Printed {
    code: i32,
    output: String,
    errors: String,
}

/// A folder with files, in which the program runs.
struct Folder(TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("the file is written");
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    async fn run(&self, words: &[&str]) -> Printed {
        let mut command = program::program();
        command.current_dir(self.0.path()).args(words);
        let output = program::run(command).await;
        Printed {
            code: output.status.code().expect("no signal ends it"),
            output: String::from_utf8(output.stdout).expect("UTF-8"),
            errors: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

const PRICES: &str = "\
probes:
  real-price:
    get: https://api.example.com/real-price
    headers: {x-key: \"${env:PRICE_KEY}\"}
    cron: \"30 2 * * *\"
    timezone: Europe/Berlin
    fresh: {at: $.updatedAt, max_age: 2d}
";

const ANSWER: &str = "\
HTTP/2 200
content-type: application/json

{\"updatedAt\": \"2026-03-26\"}
";

#[tokio::test]
async fn a_recorded_answer_is_followed_to_its_verdict() {
    let folder = Folder::new(&[("prices.yaml", PRICES), ("answer.txt", ANSWER)]);
    let now = "2026-03-28T12:00:00Z";
    // Nothing is sent, so the variable need not be set.
    let words = [
        "explain",
        "real-price",
        "prices.yaml",
        "--answer",
        "answer.txt",
        "--now",
        now,
    ];
    let printed = folder.run(&words).await;
    assert_eq!((printed.code, printed.errors.as_str()), (0, ""));
    insta::assert_snapshot!(printed.output, @"");
}

#[tokio::test]
async fn the_same_for_machines() {
    let folder = Folder::new(&[("prices.yaml", PRICES), ("answer.json", r#"{"updatedAt": 1}"#)]);
    let words = [
        "explain",
        "prices.yaml",
        "--answer",
        "answer.json",
        "--format",
        "json",
    ];
    let printed = folder
        .run(&[&words[..], &["--now", "2026-03-28T12:00:00Z"]].concat())
        .await;
    let document: Value = serde_json::from_str(&printed.output).expect("JSON");
    assert_eq!(document["schema"], "freshwatch.explain/v1");
    assert_eq!((printed.code, &document["exit_code"]), (0, &Value::from(0)));
    let probe = &document["probe"];
    assert_eq!(probe["name"], "real-price");
    assert_eq!(probe["promises"][0]["topic"], "asks");
    assert_eq!(
        probe["promises"][0]["sentences"][1],
        "with the header `x-key: ***`"
    );
    assert_eq!(probe["next_runs"].as_array().map(Vec::len), Some(5));
    assert_eq!(probe["next_runs"][0]["at"], "2026-03-29T01:00:00Z");
    assert_eq!(
        probe["next_runs"][0]["clock_change"],
        "clocks have gone forward by 1h before it"
    );
    let judged = &probe["judged"];
    assert_eq!(
        (&judged["from"], &judged["file"]),
        (&"file".into(), &"answer.json".into())
    );
    assert_eq!(judged["steps"][2]["stage"], "selected");
    assert_eq!(judged["verdict"], "invalid");
    assert_eq!(judged["reasons"][0]["code"], "bad_timestamp");
}

#[tokio::test]
async fn the_endpoint_is_asked_once_and_no_secret_is_told() {
    let server = Server::answering(|request: &Recorded| {
        let key = request.header("x-key").unwrap_or_default();
        json(&format!(r#"{{"updatedAt": "of {key}"}}"#))
    })
    .await;
    let text = PRICES.replace("https://api.example.com/real-price", &server.url("/price"));
    let folder = Folder::new(&[("prices.yaml", &text)]);
    let mut command = program::program();
    command
        .arg("explain")
        .arg(folder.path("prices.yaml"))
        .env("PRICE_KEY", "s3cr3t-price-key");
    let output = program::run(command).await;
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        told.contains("\"of ***\"") && told.contains("bad_timestamp"),
        "{told}"
    );
    assert!(!told.contains("s3cr3t"), "{told}");
    assert_eq!((output.status.code(), server.requests().len()), (Some(0), 1));
}

#[tokio::test]
async fn wrong_use_is_told_with_its_remedy() {
    let two = format!("{PRICES}  search: {{get: https://api.example.com/search}}\n");
    let folder = Folder::new(&[
        ("prices.yaml", &two),
        ("answer.txt", "HTTP/1.1\n\n"),
        ("bad.yaml", "probes: 1\n"),
    ]);
    for (words, code, told) in [
        (
            &["explain", "real-prise", "prices.yaml", "--offline"][..],
            64,
            "did you mean `real-price`?",
        ),
        (
            &["explain", "zzz", "prices.yaml", "--offline"],
            64,
            "there are: real-price, search",
        ),
        (
            &["explain", "prices.yaml", "--offline"],
            64,
            "there are 2 probes: name one of real-price, search",
        ),
        (
            &["explain", "Nothing.yaml", "--offline"],
            64,
            "neither a probe's name nor a file",
        ),
        (
            &["explain", "search", "prices.yaml", "--answer", "none"],
            64,
            "`--answer none` cannot be read",
        ),
        (
            &["explain", "search", "prices.yaml", "--answer", "answer.txt"],
            64,
            "has no status",
        ),
        (
            &["explain", "search", "prices.yaml", "--answer", "a", "--offline"],
            64,
            "cannot be used with",
        ),
        (&["explain", "bad.yaml"], 78, "nothing was explained"),
        (&["explain", "search", "prices.yaml"], 78, "PRICE_KEY"),
    ] {
        let printed = folder.run(words).await;
        assert!(printed.errors.contains(told), "{words:?}: {}", printed.errors);
        assert_eq!((printed.code, printed.output.as_str()), (code, ""), "{words:?}");
    }
}
