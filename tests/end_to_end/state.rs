//! `--state`: what must move on is known from one process to the next.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use freshwatch_agent::clock;
use freshwatch_tests::daemon::{Daemon, Files, Series, Settings, Signal, Target};
use freshwatch_tests::program::{program, run};
use freshwatch_tests::server::{Recorded, Server, json};
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

/// A probe of a cursor, its target, and a place for what it remembers.
struct Scene {
    target: Target,
    files: Files,
    folder: TempDir,
}

/// What a one-shot run told.
#[derive(Debug)]
struct Told {
    /// `verdict code` of the first probe.
    verdict: String,
    /// The sentence of its first reason.
    sentence: String,
    errors: String,
    code: Option<i32>,
}

impl Scene {
    /// One whose probe has these keys.
    async fn new(keys: &str) -> Self {
        let target = Target::start().await;
        let files = Files::new(&target.probe("price", keys));
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            target,
            files,
            folder,
        }
    }

    /// One whose offset must move on.
    async fn of_an_offset() -> Self {
        Self::new("every: 1s\nfresh:\n  advances: $.offset\n  max_age: 1h").await
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state.db")
    }

    fn answer(&self, value: u32) {
        let body = format!(r#"{{"offset": {value}}}"#);
        self.target.answer("/price", json(&body));
    }

    fn command(&self) -> Command {
        let mut command = program();
        command
            .arg("check")
            .arg(self.files.path())
            .args(["--format", "json"]);
        command
    }

    /// A one-shot run with the state file, at this time of a day.
    async fn see(&self, value: u32, time: &str) -> Told {
        self.answer(value);
        let mut command = self.command();
        command.arg("--state").arg(self.state());
        command.args(["--now", &format!("2026-11-21T{time}Z")]);
        tell(command).await
    }

    /// A one-shot run at the time that it is.
    async fn see_now(&self, value: u32) -> Told {
        self.answer(value);
        let mut command = self.command();
        command.arg("--state").arg(self.state());
        tell(command).await
    }

    /// A daemon with the state file.
    fn daemon(&self) -> Settings {
        let state = self.state();
        Daemon::of(&self.files).with("--state", state.to_str().expect("UTF-8"))
    }
}

async fn tell(command: Command) -> Told {
    let output = run(command).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let told = &report["runs"][0];
    let reason = &told["reasons"][0];
    let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Told {
        verdict: format!("{} {}", words(&told["verdict"]), words(&reason["code"]))
            .trim()
            .to_owned(),
        sentence: words(&reason["message"]),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code(),
    }
}

fn runs(series: &Series, verdict: &str) -> f64 {
    let labels = [("probe", "price"), ("verdict", verdict)];
    series.value("probe_runs_total", &labels).unwrap_or_default()
}

#[tokio::test]
async fn one_shot_runs_know_since_when_a_cursor_stands_still() {
    let scene = Scene::of_an_offset().await;
    for (value, time, verdict) in [
        (1, "09:00:00", "unknown warming"),
        (2, "09:10:00", "ok"),
        (2, "10:10:00", "ok"),
        (2, "10:10:01", "stale not_advanced"),
        (2, "23:00:00", "stale not_advanced"),
        (3, "23:10:00", "ok"),
        (3, "23:59:00", "ok"),
    ] {
        let told = scene.see(value, time).await;
        assert_eq!(
            (told.verdict.as_str(), told.errors.as_str()),
            (verdict, ""),
            "{time}"
        );
    }
    let names = fs::read_dir(scene.folder.path()).expect("a folder").count();
    assert_eq!(names, 1, "nothing but the state file");
}

#[tokio::test]
async fn one_shot_runs_know_since_when_content_is_the_same() {
    let keys = "fresh:\n  changes: $.offset\n  max_age: 1h";
    let scene = Scene::new(keys).await;
    for (value, time, verdict) in [
        (7, "09:00:00", "unknown warming"),
        (3, "09:10:00", "ok"),
        (3, "10:10:01", "stale not_changed"),
    ] {
        assert_eq!(scene.see(value, time).await.verdict, verdict, "{time}");
    }
}

#[tokio::test]
async fn without_a_place_to_remember_a_run_says_what_to_give_it() {
    let scene = Scene::of_an_offset().await;
    scene.answer(1);
    let told = tell(scene.command()).await;
    assert_eq!((told.verdict.as_str(), told.code), ("unknown state", Some(3)));
    assert!(told.sentence.contains("--state"), "{}", told.sentence);
}

#[tokio::test]
async fn the_environment_names_the_file_as_well_and_nothing_when_it_is_empty() {
    let scene = Scene::of_an_offset().await;
    scene.answer(1);
    let mut command = scene.command();
    command.env("FRESHWATCH_STATE", scene.state());
    assert_eq!(tell(command).await.verdict, "unknown warming");
    assert_eq!(scene.see_now(2).await.verdict, "ok");
    let mut command = scene.command();
    command.env("FRESHWATCH_STATE", "");
    assert_eq!(tell(command).await.verdict, "unknown state");
}

#[tokio::test]
async fn a_damaged_file_is_set_aside_and_its_new_name_told() {
    let scene = Scene::of_an_offset().await;
    fs::write(scene.state(), "nonsense").expect("a file");
    let told = scene.see_now(1).await;
    assert_eq!(told.verdict, "unknown warming");
    assert!(told.errors.contains("state.db.damaged-1"), "{}", told.errors);
    let kept = fs::read_to_string(scene.folder.path().join("state.db.damaged-1"));
    assert_eq!(kept.expect("it is there"), "nonsense");
    assert_eq!(scene.see_now(2).await.errors, "");
}

#[tokio::test]
async fn a_file_that_belongs_to_somebody_else_is_refused_before_anything_is_asked() {
    let scene = Scene::of_an_offset().await;
    fs::create_dir(scene.state()).expect("a folder");
    let told = scene.see_now(1).await;
    assert_eq!(told.code, Some(64));
    assert!(told.errors.contains("is not a file"), "{}", told.errors);
    assert_eq!(scene.target.arrivals("/price").len(), 0);
    let (code, lines) = scene.daemon().spawn().ended().await;
    assert_eq!(code, Some(64), "{lines:#?}");
    assert!(
        lines.iter().any(|line| line.contains("is not a file")),
        "{lines:#?}"
    );
}

#[tokio::test]
async fn a_folder_that_takes_no_file_stops_no_probe() {
    let scene = Scene::of_an_offset().await;
    scene.answer(1);
    let mut command = scene.command();
    // In this folder nobody can make a file.
    command.args(["--state", "/sys/state.db"]);
    let told = tell(command).await;
    assert_eq!((told.verdict.as_str(), told.code), ("unknown state", Some(3)));
    assert!(
        told.errors.contains("`/sys/state.db` cannot be opened"),
        "{}",
        told.errors
    );
}

#[tokio::test]
async fn who_remembers_nothing_touches_no_file() {
    let scene = Scene::new("every: 1m").await;
    let told = scene.see_now(1).await;
    assert_eq!((told.verdict.as_str(), told.errors.as_str()), ("ok", ""));
    assert!(!scene.state().exists());
}

#[tokio::test]
async fn a_daemon_goes_on_where_the_one_before_ended() {
    let scene = Scene::of_an_offset().await;
    scene.answer(1);
    let daemon = scene.daemon().start().await;
    scene.target.asked("/price", 1).await;
    scene.answer(2);
    daemon.series_when(|series| runs(series, "ok") >= 1.0).await;
    daemon.signal(Signal::SIGTERM);
    let (code, lines) = daemon.ended().await;
    assert_eq!(code, Some(0), "{lines:#?}");
    // The cursor stands still now; what moved before is known, also to a run of another kind.
    assert_eq!(scene.see_now(2).await.verdict, "ok");
    let daemon = scene.daemon().start().await;
    let series = daemon.series_when(|series| series.runs("price") >= 1.0).await;
    assert_eq!(
        (runs(&series, "ok"), runs(&series, "unknown")),
        (1.0, 0.0),
        "{series:#?}"
    );
    assert_eq!(
        series.value("freshwatch_state_last_write_successful", &[]),
        Some(1.0)
    );
}

#[tokio::test]
async fn a_probe_that_a_reload_adds_begins_with_what_is_known_of_it() {
    let scene = Scene::of_an_offset().await;
    for value in [1, 2] {
        scene.see_now(value).await;
    }
    let price = fs::read_to_string(scene.files.path()).expect("a file");
    scene.files.write(&scene.target.probe("other", "every: 1s"));
    let daemon = scene.daemon().start().await;
    fs::write(scene.files.path(), price).expect("the file can be written");
    assert_eq!(daemon.ask("POST", "/-/reload", &[]).await.status, 200);
    let series = daemon.series_when(|series| series.runs("price") >= 1.0).await;
    assert_eq!(
        (runs(&series, "ok"), runs(&series, "unknown")),
        (1.0, 0.0),
        "{series:#?}"
    );
}

#[tokio::test]
async fn a_daemon_that_cannot_write_says_so_once_and_goes_on() {
    let scene = Scene::of_an_offset().await;
    scene.answer(1);
    let settings = Daemon::of(&scene.files).with("--state", "/sys/state.db");
    let daemon = settings.start().await;
    scene.target.asked("/price", 1).await;
    scene.answer(2);
    let series = daemon.series_when(|series| runs(series, "ok") >= 3.0).await;
    assert_eq!(
        series.value("freshwatch_state_last_write_successful", &[]),
        Some(0.0)
    );
    daemon.signal(Signal::SIGTERM);
    let (code, lines) = daemon.ended().await;
    assert_eq!(code, Some(0), "{lines:#?}");
    let said = |words: &str| lines.iter().filter(|line| line.contains(words)).count();
    assert_eq!(said("kept in memory alone"), 1, "{lines:#?}");
    assert_eq!(said("is lost: the program ends"), 1, "{lines:#?}");
}

#[tokio::test]
async fn a_file_that_is_damaged_under_a_daemon_is_set_aside_and_written_again() {
    let scene = Scene::of_an_offset().await;
    for value in [1, 2] {
        scene.see_now(value).await;
    }
    let daemon = scene.daemon().start().await;
    daemon.series_when(|series| series.runs("price") >= 1.0).await;
    fs::write(scene.state(), "nonsense").expect("a file");
    scene.answer(3);
    daemon.log.line("state.db.damaged-1").await;
    daemon.signal(Signal::SIGTERM);
    let (code, lines) = daemon.ended().await;
    assert_eq!(code, Some(0), "{lines:#?}");
    assert_eq!(scene.see_now(3).await.verdict, "ok");
}

#[tokio::test]
async fn processes_that_share_a_file_lose_nothing_of_one_another() {
    let target = Target::start().await;
    let keys = "every: 1s\nfresh:\n  advances: $.offset\n  max_age: 1h";
    let names = ["price", "rent", "sale", "land"];
    let probes: Vec<String> = names.iter().map(|name| target.probe(name, keys)).collect();
    let files = Files::new(&probes.concat());
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state.db");
    let see = |offset: u32| {
        for name in names {
            target.answer(&format!("/{name}"), json(&format!(r#"{{"offset": {offset}}}"#)));
        }
    };
    let check_each = || {
        let checks = names.map(|name| {
            let mut command = program();
            command.arg("check").arg(files.path()).args(["--probe", name]);
            command.args(["--format", "json", "--state"]).arg(&state);
            tokio::spawn(tell(command))
        });
        async {
            let mut told = Vec::new();
            for check in checks {
                told.push(check.await.expect("it ends"));
            }
            told
        }
    };
    see(1);
    for told in check_each().await {
        assert_eq!(
            (told.verdict.as_str(), told.errors.as_str()),
            ("unknown warming", "")
        );
    }
    // A daemon reads and writes the same file all the while.
    let settings = Daemon::of(&files).with("--state", state.to_str().expect("UTF-8"));
    let daemon = settings.start().await;
    see(2);
    for _ in 0..3 {
        for told in check_each().await {
            assert_eq!((told.verdict.as_str(), told.errors.as_str()), ("ok", ""));
        }
    }
    daemon.series_when(|series| runs(series, "ok") >= 2.0).await;
    daemon.signal(Signal::SIGTERM);
    let (code, lines) = daemon.ended().await;
    assert_eq!(code, Some(0), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("state.db")), "{lines:#?}");
    for told in check_each().await {
        assert_eq!((told.verdict.as_str(), told.errors.as_str()), ("ok", ""));
    }
}

#[tokio::test]
async fn a_daemon_without_a_file_remembers_while_it_lives() {
    let scene = Scene::of_an_offset().await;
    scene.answer(1);
    let daemon = Daemon::of(&scene.files).start().await;
    scene.target.asked("/price", 1).await;
    scene.answer(2);
    let series = daemon.series_when(|series| runs(series, "ok") >= 2.0).await;
    assert_eq!(series.value("freshwatch_state_last_write_successful", &[]), None);
}

/// A server whose prices never change, and whose time is that of the answer: the real one once `frozen` is 0, in
/// seconds.
async fn stamping(frozen: &Arc<AtomicI64>) -> Server {
    let frozen = Arc::clone(frozen);
    Server::answering(move |_: &Recorded| {
        let at = match frozen.load(Ordering::SeqCst) {
            0 => clock::now(),
            seconds => Timestamp::from_second(seconds).expect("a time"),
        };
        json(&format!(r#"{{"updatedAt": "{at}", "prices": [1, 2]}}"#))
    })
    .await
}

#[tokio::test]
async fn a_timestamp_that_is_made_with_the_answer_is_noted_and_logged_once() {
    let frozen = Arc::new(AtomicI64::new(0));
    let server = stamping(&frozen).await;
    let keys = "every: 6s\n    fresh: {at: $.updatedAt, max_age: 5m}";
    let files = Files::new(&format!(
        "  price:\n    get: {}\n    {keys}\n",
        server.url("/price")
    ));
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state.db");
    // One run less than it takes, in ten minutes that end now.
    let began = clock::now().as_second();
    for run in (1..=19).rev() {
        let at = began - 35 * run;
        frozen.store(at, Ordering::SeqCst);
        let mut command = program();
        command
            .arg("check")
            .arg(files.path())
            .args(["--format", "json", "--state"]);
        command
            .arg(&state)
            .args(["--now", &Timestamp::from_second(at).expect("a time").to_string()]);
        let output = run_of(command).await;
        assert_eq!(output, (Some(0), Value::Array(Vec::new())), "run {run}");
    }
    frozen.store(0, Ordering::SeqCst);
    let settings = Daemon::of(&files).with("--state", state.to_str().expect("UTF-8"));
    let daemon = settings.start().await;
    daemon
        .log
        .line("price: this timestamp looks stamped at answer time: in 20 runs")
        .await;
    daemon.series_when(|series| series.runs("price") >= 2.0).await;
    let shown = daemon.get("/api/v1/probes/price").await.json();
    let notes = shown["probe"]["state"]["notes"].to_string();
    assert!(notes.contains("in 21 runs"), "{shown:#}");
    daemon.signal(Signal::SIGTERM);
    let (code, lines) = daemon.ended().await;
    assert_eq!(code, Some(0), "{lines:#?}");
    let said = lines.iter().filter(|line| line.contains("looks stamped")).count();
    assert_eq!(said, 1, "{lines:#?}");
    // It was written at the end, although no verdict is made of it.
    let mut command = program();
    command
        .arg("check")
        .arg(files.path())
        .args(["--format", "json", "--state"])
        .arg(&state);
    let (code, notes) = run_of(command).await;
    assert_eq!(
        (code, notes.to_string().contains("looks stamped")),
        (Some(0), true),
        "{notes}"
    );
}

/// The exit code of a one-shot run, and what it notes.
async fn run_of(command: Command) -> (Option<i32>, Value) {
    let output = run(command).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), report["runs"][0]["notes"].clone())
}
