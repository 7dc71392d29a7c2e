//! The command line as its users see it: exit codes, reports, what stops it.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io};

use freshwatch_tests::program;
use freshwatch_tests::server::{Recorded, Server, answer, json};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc;

/// What the program printed, and its exit code.
#[derive(Debug)]
struct Printed {
    code: i32,
    output: String,
    errors: String,
}

/// Answers by the path: `/ok`, `/old`, `/wrong`, `/failed`, `/limited`.
fn service(request: &Recorded) -> Vec<u8> {
    match request.target.as_str() {
        "/ok" => json(r#"{"updatedAt": "2026-11-21T08:30:00Z"}"#),
        "/old" => json(r#"{"updatedAt": "2026-10-21T09:00:00Z"}"#),
        "/failed" => answer("503 Service Unavailable", &[], "try later"),
        "/limited" => answer("429 Too Many Requests", &["Retry-After: 30"], ""),
        _ => answer("200 OK", &["Content-Type: text/html"], "<html>Sign in</html>"),
    }
}

/// A folder with a probe for each of these paths of the service, named like them.
struct Probes {
    folder: TempDir,
}

impl Probes {
    fn new(server: &Server, paths: &[&str]) -> Self {
        let probes = paths.iter().map(|path| {
            let url = server.url(&format!("/{path}"));
            format!("  {path}:\n    get: {url}\n    fresh: {{at: $.updatedAt, max_age: 1h}}\n")
        });
        let text = format!("probes:\n{}", probes.collect::<Vec<_>>().concat());
        Self::of(&text)
    }

    fn of(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("prices.yaml"), text).expect("the file is written");
        Self { folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("prices.yaml")
    }

    /// `freshwatch check` of them at half past the data, with these words behind it.
    async fn check(&self, words: &[&str]) -> Printed {
        let mut command = program::program();
        command
            .arg("check")
            .arg(self.file())
            .args(["--now", "2026-11-21T09:00:00Z"])
            .args(words);
        run(command).await
    }
}

async fn run(command: Command) -> Printed {
    let output = program::run(command).await;
    Printed {
        code: output.status.code().expect("no signal ends it"),
        output: String::from_utf8(output.stdout).expect("UTF-8"),
        errors: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Checks probes of these paths; the exit code must be this.
async fn exits(paths: &[&str], words: &[&str], code: i32) {
    let server = Server::answering(service).await;
    let printed = Probes::new(&server, paths).check(words).await;
    assert_eq!(printed.code, code, "{paths:?} {words:?}: {printed:?}");
}

#[tokio::test]
async fn the_exit_code_is_the_worst_verdict_that_counts() {
    exits(&["ok"], &[], 0).await;
    exits(&["ok", "limited"], &[], 3).await;
    exits(&["ok", "limited", "old"], &[], 4).await;
    exits(&["limited", "old", "wrong"], &[], 5).await;
    exits(&["limited", "old", "wrong", "failed"], &[], 2).await;
    exits(
        &["limited", "old", "wrong", "failed"],
        &["--fail-on", "stale,unknown"],
        4,
    )
    .await;
    exits(&["limited", "old", "wrong", "failed"], &["--fail-on", "never"], 0).await;
    exits(&["ok", "failed"], &["--probe", "o*"], 0).await;
}

#[tokio::test]
async fn a_report_puts_the_worst_last_and_says_why() {
    let server = Server::answering(service).await;
    let printed = Probes::new(&server, &["failed", "old", "ok", "wrong", "limited"])
        .check(&[])
        .await;
    let lines: Vec<&str> = printed.output.lines().collect();
    assert!(
        lines[0].starts_with("ok        ok       data is 30m old, at most 1h; 200 in "),
        "{}",
        printed.output
    );
    assert_eq!(
        lines[1..6],
        [
            "stale     old      the data is 31 days old; at most 1h is promised: `$.updatedAt` is \"2026-10-21T09:00:00Z\"",
            "invalid   wrong    the body is HTML, not JSON",
            "down      failed   503: the service says that it failed",
            "unknown   limited  429: the service asks us to slow down; it asks for 30s of rest",
            "",
        ]
    );
    assert!(
        lines[6].starts_with("5 probes: 1 ok, 1 stale, 1 invalid, 1 down, 1 unknown, in "),
        "{}",
        printed.output
    );
    assert_eq!(printed.errors, "");
    assert!(
        !printed.output.contains('\u{1b}'),
        "no colours without a terminal"
    );
}

#[tokio::test]
async fn colours_can_be_asked_for_and_refused() {
    let server = Server::answering(service).await;
    let probes = Probes::new(&server, &["ok"]);
    for (variables, coloured) in [
        (&[("CLICOLOR_FORCE", "1")][..], true),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
    ] {
        let mut command = program::program();
        command
            .arg("check")
            .arg(probes.file())
            .envs(variables.iter().copied());
        assert_eq!(
            run(command).await.output.contains('\u{1b}'),
            coloured,
            "{variables:?}"
        );
    }
}

#[tokio::test]
async fn the_json_report_has_the_documented_shape() {
    let server = Server::answering(service).await;
    let printed = Probes::new(&server, &["old", "failed"])
        .check(&["--format", "json"])
        .await;
    let report: Value = serde_json::from_str(&printed.output).unwrap();
    assert_eq!(report["schema"], "freshwatch.report/v1");
    assert_eq!(report["exit_code"], 2);
    let run = &report["runs"][0];
    assert_eq!(run["probe"], "old");
    assert_eq!(run["verdict"], "stale");
    assert_eq!(run["reasons"][0]["code"], "too_old");
    assert!(
        run["reasons"][0]["message"]
            .as_str()
            .unwrap()
            .starts_with("the data is 31 days old")
    );
    assert_eq!(run["attempts"], 1);
    assert_eq!(run["http"]["status"], 200);
    assert!(run["duration_seconds"].as_f64().unwrap() > 0.0);
    assert!(run["phases"]["processing"].as_f64().unwrap() > 0.0);
    assert_eq!(run["phases"]["tls"], Value::Null);
    assert_eq!(run["data"]["timestamp"], "2026-10-21T09:00:00Z");
    assert_eq!(run["data"]["age_seconds"], 2_678_400.0);
    assert_eq!(run["data"]["max_age_seconds"], 3600.0);
    assert_eq!(run["labels"], serde_json::json!({}));
    assert_eq!(report["runs"][1]["data"], Value::Null);
}

#[tokio::test]
async fn the_junit_report_tells_failures_from_errors() {
    let server = Server::answering(service).await;
    let printed = Probes::new(&server, &["ok", "old", "limited"])
        .check(&["--format", "junit"])
        .await;
    assert!(
        printed
            .output
            .contains(r#"tests="3" skipped="0" failures="1" errors="1""#),
        "{}",
        printed.output
    );
    assert!(
        printed.output.contains(r#"type="stale too_old""#),
        "{}",
        printed.output
    );
    assert!(
        printed.output.contains(r#"type="unknown rate_limited""#),
        "{}",
        printed.output
    );
}

#[tokio::test]
async fn mistakes_stop_it_before_anything_is_probed() {
    let server = Server::answering(service).await;
    let url = server.url("/ok");
    let probes = Probes::of(&format!(
        "probes:\n  good: {{get: \"{url}\"}}\n  bad: {{get: \"{url}\", evry: 1m}}\n"
    ));
    let printed = probes.check(&["--format", "json"]).await;
    assert_eq!(printed.code, 78);
    assert!(
        printed.errors.contains("did you mean `every`"),
        "{}",
        printed.errors
    );
    assert!(
        printed.errors.ends_with("1 mistake; nothing was probed\n"),
        "{}",
        printed.errors
    );
    let report: Value = serde_json::from_str(&printed.output).unwrap();
    assert_eq!(report["mistakes"][0]["line"], 3);
    assert_eq!(report["exit_code"], 78);
    let printed = probes.check(&["--format", "junit"]).await;
    assert!(printed.output.contains(r#"errors="1""#), "{}", printed.output);
    assert!(printed.output.contains("prices.yaml:3:"), "{}", printed.output);
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn wrong_use_is_told_with_its_remedy() {
    let server = Server::answering(service).await;
    let probes = Probes::new(&server, &["ok"]);
    for (words, remedy) in [
        (&["--probe", "chat-*"][..], "there are: ok"),
        (&["--probe", "[a"], "is not a glob"),
        (&["--fail-on", "dwon"], "down, invalid, stale, unknown"),
        (&["--max-concurrent", "0"], "1..="),
        (&["--otlp-endpoint", "collector"], "http://localhost:4318"),
        (&["--colour"], "--help"),
    ] {
        let printed = probes.check(words).await;
        assert_eq!(printed.code, 64, "{words:?}: {printed:?}");
        assert!(printed.errors.contains(remedy), "{words:?}: {}", printed.errors);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn editors_get_the_schema_of_probe_files() {
    let mut command = program::program();
    command.args(["generate", "schema"]);
    let printed = run(command).await;
    assert_eq!(printed.code, 0, "{printed:?}");
    let schema: Value = serde_json::from_str(&printed.output).unwrap();
    let key = &schema["definitions"]["fresh"]["properties"]["max_age"];
    assert_eq!(key["description"], "Older is stale.", "{key}");
}

#[tokio::test]
async fn a_disabled_probe_is_known_and_not_run() {
    let server = Server::answering(service).await;
    let probes = Probes::of(&format!(
        "probes:\n  x: {{get: \"{}\", enabled: false}}\n",
        server.url("/ok")
    ));
    let printed = probes.check(&[]).await;
    assert_eq!((printed.code, server.connections()), (0, 0));
    assert!(printed.errors.contains("1 probe disabled"), "{}", printed.errors);
}

#[tokio::test]
async fn no_more_probes_run_at_once_than_asked_for() {
    let (here, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let server = Server::playing(move |mut visit| {
        let (here, most) = (Arc::clone(&here), Arc::clone(&most));
        async move {
            most.fetch_max(here.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            visit.request().await;
            // Counted down before the answer is whole: only then can the next probe start.
            here.fetch_sub(1, Ordering::SeqCst);
            visit.send(json("{}")).await;
            visit.close().await;
        }
    })
    .await;
    let probes = (0..20).map(|n| format!("  p{n}: {{get: \"{}\"}}\n", server.url("/")));
    let text = probes.collect::<Vec<_>>().concat();
    let printed = Probes::of(&format!("probes:\n{text}"))
        .check(&["--max-concurrent", "2"])
        .await;
    assert!(printed.output.contains("20 probes: 20 ok"), "{}", printed.output);
    assert_eq!(server.connections(), 20);
    assert!(seen.load(Ordering::SeqCst) <= 2);
}

#[tokio::test]
async fn an_interrupt_reports_what_is_done_and_aborts_the_rest() {
    for signal in ["TERM", "INT"] {
        let (arrived, mut arrivals) = mpsc::unbounded_channel();
        let server = Server::playing(move |mut visit| {
            let arrived = arrived.clone();
            async move {
                let request = visit.request().await;
                if request.is_some_and(|request| request.target == "/ok") {
                    visit.send(json("{}")).await;
                    visit.close().await;
                } else {
                    arrived.send(()).unwrap();
                    visit.hang().await;
                }
            }
        })
        .await;
        let quick = server.url("/ok");
        let text = format!(
            "probes:\n  quick: {{get: \"{quick}\"}}\n  slow: {{get: \"{}\", timeout: 1m}}\n",
            server.url("/slow")
        );
        let probes = Probes::of(&text);
        let mut command = program::program();
        command
            .arg("check")
            .arg(probes.file())
            .args(["--max-concurrent", "1"]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // One at a time: when the slow one is there, the quick one is either done or has not begun.
        arrivals.recv().await.unwrap();
        Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status()
            .unwrap();
        let output = tokio::task::spawn_blocking(move || {
            let status = child.wait().unwrap();
            (
                status.code(),
                io::read_to_string(child.stdout.take().unwrap()).unwrap(),
            )
        });
        let (code, output) = output.await.unwrap();
        assert_eq!(code, Some(3), "{output}");
        assert!(
            output.contains("unknown   slow   the run was cut off"),
            "{output}"
        );
    }
}

#[tokio::test]
async fn a_request_to_stop_cuts_the_delivery_short_after_the_report() {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let receiver = Server::playing(move |mut visit| {
        let arrived = arrived.clone();
        async move {
            visit.request().await;
            arrived.send(()).unwrap();
            visit.hang().await;
        }
    })
    .await;
    let server = Server::answering(service).await;
    let probes = Probes::new(&server, &["ok"]);
    let mut command = program::program();
    command
        .arg("check")
        .arg(probes.file())
        .args(["--now", "2026-11-21T09:00:00Z"]);
    command.args(["--otlp-endpoint", &receiver.url("")]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    arrivals.recv().await.unwrap();
    Command::new("kill")
        .args(["-s", "TERM", &child.id().to_string()])
        .status()
        .unwrap();
    let output = tokio::task::spawn_blocking(move || child.wait_with_output())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(output.status.code(), Some(6));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("ok        ok  data is 30m old"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("was interrupted"), "{errors}");
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_crash() {
    let server = Server::answering(service).await;
    let probes = Probes::new(&server, &["ok"]);
    let mut child = program::program()
        .arg("check")
        .arg(probes.file())
        .args(["--now", "2026-11-21T09:00:00Z"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = tokio::task::spawn_blocking(move || child.wait_with_output())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_report_that_cannot_be_printed_is_no_success() {
    let server = Server::answering(service).await;
    let probes = Probes::new(&server, &["ok"]);
    let mut check = program::program();
    check
        .arg("check")
        .arg(probes.file())
        .args(["--now", "2026-11-21T09:00:00Z"]);
    let mut help = program::program();
    help.args(["check", "--help"]);
    for mut command in [check, help] {
        command.stdout(fs::File::create("/dev/full").unwrap());
        let status = tokio::task::spawn_blocking(move || command.status());
        assert_eq!(status.await.unwrap().unwrap().code(), Some(1));
    }
}

#[tokio::test]
async fn lint_exits_by_what_it_found() {
    let probes = Probes::of("probes:\n  x: {get: \"http://a/\"}\n");
    let mut command = program::program();
    command.arg("lint").arg(probes.folder.path());
    let printed = run(command).await;
    assert_eq!(
        (printed.code, printed.output.as_str()),
        (0, "1 probe in 1 file: no mistakes\n")
    );

    let probes = Probes::of("probes:\n  x: {get: \"http://a/\", fresh: {at: $.t, max_aeg: 2d}}\n");
    let mut command = program::program();
    command.arg("lint").arg(probes.file()).args(["--format", "json"]);
    let printed = run(command).await;
    let document: Value = serde_json::from_str(&printed.output).unwrap();
    assert_eq!(
        (printed.code, &document["schema"]),
        (78, &Value::from("freshwatch.lint/v1"))
    );
    let mistake = &document["mistakes"][0];
    assert_eq!(
        (&mistake["line"], &mistake["column"]),
        (&Value::from(2), &Value::from(42))
    );
    assert!(mistake["help"].as_str().unwrap().contains("max_age"), "{mistake}");
}

#[tokio::test]
async fn help_and_version_are_answers() {
    for words in [
        &["--help"][..],
        &["check", "--help"],
        &["lint", "--help"],
        &["--version"],
    ] {
        let mut command = program::program();
        command.args(words);
        let printed = run(command).await;
        assert_eq!(printed.code, 0);
        assert!(!printed.output.is_empty());
    }
}
