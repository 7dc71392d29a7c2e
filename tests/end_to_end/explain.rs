//! `freshwatch explain` as its users see it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
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
        self.run_in(program::program(), words).await
    }

    async fn run_with_key(&self, words: &[&str]) -> Printed {
        let mut command = program::program();
        command.env("PRICE_KEY", ENV_KEY);
        self.run_in(command, words).await
    }

    async fn run_in(&self, mut command: Command, words: &[&str]) -> Printed {
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

const TOLD: &str = r#"real-price
  asks        GET https://api.example.com/real-price
              with the header `x-key: ***`
              the body is read as its content type says, and as JSON where that says nothing, up to 1 MiB of it
  runs        by the cron line `30 2 * * *` in Europe/Berlin
              a run may take 10s
  expects     the status is 2xx
  fresh       `$.updatedAt` is a point in time, and the data is as old as that
              the value may be in any form that cannot be mistaken for another (`format: auto`); one without a zone is taken for one of Europe/Berlin (`timezone`)
              `stale` when older than 2d
              a time up to 2m ahead counts as now, one further ahead is `invalid` (`max_skew`)
              what is missing, `null` or cannot be read is `invalid`, never fresh

next runs after 2026-03-28T12:00:00Z, in Europe/Berlin
              Sun 2026-03-29 03:00 +02:00 (01:00 UTC); clocks have gone forward by 1h before it
              Mon 2026-03-30 02:30 +02:00 (00:30 UTC)
              Tue 2026-03-31 02:30 +02:00 (00:30 UTC)
              Wed 2026-04-01 02:30 +02:00 (00:30 UTC)
              Thu 2026-04-02 02:30 +02:00 (00:30 UTC)

the answer in answer.txt, judged at 2026-03-28T12:00:00Z
  answer      200, with a body of 28 B to be read as JSON
  expectation all that is expected holds, the status included
  selected    `$.updatedAt` has 1 value: "2026-03-26"
  read        "2026-03-26" is read as a day in Europe/Berlin (`timezone`): 2026-03-26, which ends at 2026-03-26T23:00:00Z (Fri 2026-03-27 00:00 +01:00 in Europe/Berlin)
  age         1d 13h, the time since 2026-03-26T23:00:00Z
  bound       1d 13h is within `max_age: 2d`
  ok          nothing speaks against it
"#;

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
    assert_eq!(printed.output, TOLD);
}

const DUE: &str = "\
calendars:
  kr-business:
    days: [mon, tue, wed, thu, fri]
    timezone: Asia/Seoul
    holidays: [{from: 2027-02-06, to: 2027-02-09, name: Seollal}]
    through: 2027-12-31
probes:
  real-price:
    get: https://api.example.com/real-price?region=seoul
    fresh:
      period: $.baseDate
      due: \"0 9 * * *\"
      covers: previous_business_day
      calendar: kr-business
      roll: forward
      grace: 30m
      timezone: Asia/Seoul
";

#[tokio::test]
async fn the_example_of_the_readme_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(root.join("README.md")).expect("the README");
    let (_, example) = readme.split_once("$ freshwatch explain ").expect("an example");
    let (example, _) = example.split_once("\n```").expect("its end");
    let (words, told) = example.split_once('\n').expect("a command and what it prints");
    let folder = Folder::new(&[
        ("real-price.yaml", DUE),
        ("answer.json", "{\"baseDate\": \"2027-02-04\"}\n"),
    ]);
    let words: Vec<&str> = words.split_ascii_whitespace().collect();
    let printed = folder
        .run(&[&["explain"], &words[..], &["real-price.yaml"]].concat())
        .await;
    assert_eq!((printed.code, printed.errors.as_str()), (0, ""));
    let mut rest = printed.output.as_str();
    for line in told.lines().filter(|line| line.trim() != "…") {
        let found = rest.split_once(&format!("{line}\n"));
        rest = found
            .unwrap_or_else(|| panic!("`{line}` is not in its place:\n{}", printed.output))
            .1;
    }
    assert_eq!(rest, "");
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
        let told: Vec<String> = ["x-key", "x-file", "authorization"]
            .into_iter()
            .map(|name| request.header(name).unwrap_or_default().to_owned())
            .collect();
        json(&format!(r#"{{"updatedAt": "of {}"}}"#, told.join(" and ")))
    })
    .await;
    let folder = Folder::new(&[
        ("key", FILE_KEY),
        ("prices.yaml", &secretive(&server.url("/price"))),
    ]);
    for format in ["text", "json"] {
        let printed = folder
            .run_with_key(&["explain", "prices.yaml", "--format", format])
            .await;
        assert_eq!(printed.code, 0, "{}", printed.errors);
        let told = format!("{}{}", printed.output, printed.errors);
        assert!(
            told.contains("bad_timestamp") && told.contains("of *** and ***"),
            "{told}"
        );
        assert_tells_no_secret(&told);
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn no_secret_is_told_of_a_recorded_answer() {
    // What a server that echoes its request has answered.
    let basic = base64(&format!("probe:{ENV_KEY}"));
    let echo = format!(
        "HTTP/2 200\nx-echo: {ENV_KEY}\n\n{{\"updatedAt\": \"of {FILE_KEY}, {ENV_KEY} and {basic}\"}}\n"
    );
    let text = secretive("http://a.example/?key=${env:PRICE_KEY}").replace(
        "max_age: 2d}",
        "max_age: 2d}\n    expect: {headers: {x-echo: {starts_with: no}}}",
    );
    let folder = Folder::new(&[("key", FILE_KEY), ("prices.yaml", &text), ("answer.txt", &echo)]);
    for format in ["text", "json"] {
        let words = [
            "explain",
            "prices.yaml",
            "--answer",
            "answer.txt",
            "--format",
            format,
        ];
        let printed = folder.run_with_key(&words).await;
        let told = format!("{}{}", printed.output, printed.errors);
        assert!(
            told.contains("of ***, *** and ***") && told.contains("key=***"),
            "{told}"
        );
        assert_tells_no_secret(&told);
    }
}

const ENV_KEY: &str = "s3cr3t-price-key";
const FILE_KEY: &str = "f1le-s3cr3t-key";

/// A probe with secrets of every kind.
fn secretive(url: &str) -> String {
    format!(
        "\
probes:
  real-price:
    get: {url}
    headers: {{x-key: \"${{env:PRICE_KEY}}\", x-file: \"${{file:key}}\"}}
    auth: {{basic: {{username: probe, password: \"${{env:PRICE_KEY}}\"}}}}
    fresh: {{at: $.updatedAt, max_age: 2d}}
"
    )
}

fn base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[track_caller]
fn assert_tells_no_secret(told: &str) {
    for secret in [ENV_KEY, FILE_KEY, &base64(&format!("probe:{ENV_KEY}"))] {
        // Not even a part of one.
        assert!(!told.contains(&secret[..6]), "{secret}: {told}");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_down_is_told() {
    let folder = Folder::new(&[(
        "prices.yaml",
        "probes: {real-price: {get: \"http://127.0.0.1:9/\", every: 1h}}\n",
    )]);
    let printed = folder.run(&["explain", "prices.yaml"]).await;
    assert_eq!((printed.code, printed.errors.as_str()), (0, ""));
    assert!(
        printed.output.contains("\nno answer of the endpoint after "),
        "{}",
        printed.output
    );
    assert!(
        printed.output.contains("\n  down        (connect) "),
        "{}",
        printed.output
    );
}

#[tokio::test]
async fn what_earlier_runs_saw_is_read_and_left_as_it_is() {
    let server = Server::answering(|_: &Recorded| json(r#"{"offset": 42}"#)).await;
    let url = server.url("/offset");
    let text = format!("probes: {{offset: {{get: {url:?}, fresh: {{advances: $.offset, max_age: 1h}}}}}}\n");
    let folder = Folder::new(&[("offset.yaml", &text), ("answer.json", r#"{"offset": 42}"#)]);
    let state = ["--state", "state.db", "--now"];
    let explain = ["explain", "offset.yaml", "--answer", "answer.json"];
    let explained = |now| [&explain[..], &state[..], &[now][..]].concat();

    let printed = folder.run(&explained("2026-11-21T09:00:00Z")).await;
    assert_eq!(
        printed.errors,
        "`state.db` is not there: no earlier run is known\n"
    );
    assert!(!folder.path("state.db").exists());

    let check = ["check", "offset.yaml"];
    let checked = folder
        .run(&[&check[..], &state[..], &["2026-11-21T09:00:00Z"]].concat())
        .await;
    assert_eq!(checked.code, 3, "{}", checked.errors);
    for _ in 0..2 {
        let printed = folder.run(&explained("2026-11-21T11:30:00Z")).await;
        assert_eq!((printed.code, printed.errors.as_str()), (0, ""));
        let way = [
            "remembered  it is 42; it was first seen at 2026-11-21T09:00:00Z and has not been seen to move since",
            "age         2h 30m, the time since 2026-11-21T09:00:00Z",
            "bound       2h 30m is more than `max_age: 1h`",
            "stale       (not_advanced) ",
        ];
        for step in way {
            assert!(
                printed.output.contains(&format!("\n  {step}")),
                "{}",
                printed.output
            );
        }
    }
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
            "the first line of its head has no status",
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
