//! What is odd about probes without mistakes: `lint` shows it, `check` and `run` say what they have to.

use std::fs;
use std::path::Path;
use std::process::Command;

use freshwatch_tests::daemon::{Daemon, Files, Signal, Target};
use freshwatch_tests::program::{program, run};
use serde_json::Value;
use tempfile::TempDir;

const ODD: &str = r#"calendars:
  kr:
    days: [mon, tue, wed, thu, fri]
    timezone: Asia/Seoul
    through: 2026-12-31

probes:
  hourly:
    get: http://127.0.0.1:9/
    every: 1h
    slo: {up: 99.9%}
    fresh: {at: $.updatedAt, max_age: 30m}
  sundays:
    get: http://127.0.0.1:9/
    fresh: {at: $.updatedAt, due: "0 9 * * sun", window: 8h, timezone: Asia/Seoul, calendar: kr}
"#;

/// Six weeks before the calendar ends.
const NOW: &str = "2026-11-20T09:00:00+09:00";

const SHOWN: &str = r#"warning[calendar_ends]: the calendar `kr` ends on 2026-12-31: what needs it is `unknown` after that
  --> odd.yaml:2:3
   = help: add the holidays that follow, and move `through` on, here or in what it includes

warning[unattainable]: hourly: `slo.up: 99.9%` over 30 days allows 0.72 failed runs of a probe that runs every 1h: the first one breaks it
  --> odd.yaml:8:3
   = help: run it more often, promise less, or promise it over a `window` longer than 30 days

warning[runs_too_rarely]: hourly: `max_age: 30m` of `$.updatedAt` is shorter than the 1h between two runs: data can be too old for as long as that before a run sees it
  --> odd.yaml:8:3
   = help: run it at least every 30m

warning[never_due]: sundays: `due: "0 9 * * sun"` falls on no open day of the calendar `kr`: the probe stays `unknown`
  --> odd.yaml:13:3
   = help: name days that are open, or move what is due to the next open day with `roll: forward`

2 probes in 1 file: no mistakes, 4 warnings
"#;

struct Told {
    code: Option<i32>,
    output: String,
    errors: String,
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("odd.yaml"), ODD).expect("the file is written");
    folder
}

async fn tell(mut command: Command, folder: &Path, words: &[&str]) -> Told {
    let output = run({
        command.current_dir(folder).args(words);
        command
    })
    .await;
    Told {
        code: output.status.code(),
        output: String::from_utf8_lossy(&output.stdout).into_owned(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[tokio::test]
async fn lint_shows_warnings_with_their_places_and_remedies() {
    let folder = folder();
    let told = tell(program(), folder.path(), &["lint", "odd.yaml", "--now", NOW]).await;
    assert_eq!(told.output, SHOWN);
    assert_eq!((told.code, told.errors.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn lint_tells_machines_as_well() {
    let folder = folder();
    let words = ["lint", "odd.yaml", "--now", NOW, "--format", "json"];
    let told = tell(program(), folder.path(), &words).await;
    let document: Value = serde_json::from_str(&told.output).expect("JSON");
    assert_eq!(
        (
            document["schema"].as_str(),
            document["mistakes"].as_array().map(Vec::len)
        ),
        (Some("freshwatch.lint/v1"), Some(0))
    );
    let warnings = document["warnings"].as_array().expect("a list");
    let shown: Vec<String> = warnings
        .iter()
        .map(|warning| {
            format!(
                "{}:{}:{} {} {} {}",
                warning["file"],
                warning["line"],
                warning["column"],
                warning["code"],
                warning["probe"],
                warning["calendar"]
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            r#""odd.yaml":2:3 "calendar_ends" null "kr""#,
            r#""odd.yaml":8:3 "unattainable" "hourly" null"#,
            r#""odd.yaml":8:3 "runs_too_rarely" "hourly" null"#,
            r#""odd.yaml":13:3 "never_due" "sundays" null"#,
        ]
    );
    assert!(
        warnings
            .iter()
            .all(|warning| warning["message"].is_string() && warning["help"].is_string())
    );
}

#[tokio::test]
async fn warnings_that_are_denied_count_as_mistakes() {
    let folder = folder();
    for (denied, code) in [
        ("warnings", 78),
        ("never_due", 78),
        ("calendar_ends,unattainable", 78),
        ("naive", 64),
    ] {
        let words = ["lint", "odd.yaml", "--now", NOW, "--deny", denied];
        let told = tell(program(), folder.path(), &words).await;
        assert_eq!(told.code, Some(code), "{denied}: {}", told.errors);
    }
    // By then nothing is odd about the calendar.
    let words = [
        "lint",
        "odd.yaml",
        "--now",
        "2026-10-01T00:00:00Z",
        "--deny",
        "calendar_ends",
    ];
    assert_eq!(tell(program(), folder.path(), &words).await.code, Some(0));
}

#[tokio::test]
async fn check_says_what_makes_its_runs_unknown() {
    let folder = folder();
    let told = tell(program(), folder.path(), &["check", "odd.yaml", "--now", NOW]).await;
    let calendar = "warning: the calendar `kr` ends on 2026-12-31: what needs it is `unknown` after that; add the \
                    holidays that follow";
    let due = "warning: sundays: `due: \"0 9 * * sun\"` falls on no open day of the calendar `kr`";
    for said in [calendar, due] {
        assert_eq!(told.errors.matches(said).count(), 1, "{}", told.errors);
    }
    // How often somebody calls `check`, the file does not tell.
    assert!(!told.errors.contains("hourly"), "{}", told.errors);
    let words = [
        "check",
        "odd.yaml",
        "--now",
        "2026-10-01T00:00:00Z",
        "--probe",
        "hourly",
    ];
    assert_eq!(tell(program(), folder.path(), &words).await.errors, "");
}

#[tokio::test]
async fn a_daemon_says_what_is_odd_once() {
    let target = Target::start().await;
    let odd = |max_age: &str| {
        let keys = format!("every: 1h\nfresh: {{at: $.updatedAt, max_age: {max_age}}}");
        target.probe("price", &keys)
    };
    let files = Files::new(&odd("30m"));
    let daemon = Daemon::of(&files).start().await;
    let said = daemon.log.line("price: `max_age: 30m` of `$.updatedAt`").await;
    assert!(said.contains("run it at least every 30m"), "{said}");
    // What a reload does not change is not said again; what it changes is.
    for max_age in ["30m", "20m"] {
        files.write(&odd(max_age));
        assert_eq!(daemon.ask("POST", "/-/reload", &[]).await.status, 200);
    }
    daemon.log.line("price: `max_age: 20m` of `$.updatedAt`").await;
    daemon.signal(Signal::SIGTERM);
    let (code, lines) = daemon.ended().await;
    assert_eq!(code, Some(0), "{lines:#?}");
    let said = |words: &str| lines.iter().filter(|line| line.contains(words)).count();
    assert_eq!(
        (said("`max_age: 30m`"), said("`max_age: 20m`")),
        (1, 1),
        "{lines:#?}"
    );
}
