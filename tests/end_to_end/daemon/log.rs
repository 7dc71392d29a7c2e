//! What it says on standard error: what people have to know, once.

use freshwatch_tests::daemon::{Daemon, Files, Signal, Target};
use freshwatch_tests::leaks::Leaks;
use freshwatch_tests::receiver::Receiver;
use freshwatch_tests::server::{answer, json};
use serde_json::{Value, json};

const SECRET: &str = "s3cr3t/of+the&prober%41\"";

/// Lets a probe be well, go down, be stale and be well again, most of them for two runs, and gives what is said between
/// the start and the end.
async fn say_of_changes(format: &str) -> Vec<String> {
    let target = Target::start().await;
    let fresh = json(r#"{"updatedAt": "2099-01-01T00:00:00Z"}"#);
    target.answer("/price", fresh.clone());
    let keys = "every: 1s\nfresh: {at: $.updatedAt, max_age: 1h, max_skew: 36500d}";
    let files = Files::new(&target.probe("price", keys));
    let daemon = Daemon::of(&files).with("--log-format", format).start().await;
    let before = daemon.log.lines().len();
    let another_run = async || {
        let asked = target.arrivals("/price").len();
        target.asked("/price", asked + 1).await;
    };
    target.asked("/price", 2).await;
    target.answer("/price", answer("503 Service Unavailable", &[], ""));
    daemon.log.line("price is down").await;
    another_run().await;
    target.answer("/price", json(r#"{"updatedAt": "2020-01-01T00:00:00Z"}"#));
    daemon.log.line("price is stale").await;
    target.answer("/price", fresh);
    daemon.log.line("price is ok").await;
    another_run().await;
    daemon.log.lines().split_off(before)
}

#[tokio::test]
async fn each_change_of_a_verdict_is_told_once() {
    let (text, json) = tokio::join!(say_of_changes("text"), say_of_changes("json"));
    check_text(&text);
    check_json(&json);
}

/// In plain words.
#[track_caller]
fn check_text(lines: &[String]) {
    let [down, stale, ok] = lines else {
        panic!("{lines:#?}");
    };
    let says = |line: &str, level: &str, start: &str, end: &str| {
        let (_, sentence) = line.split_once(&format!(" {level} ")).unwrap_or_default();
        assert!(sentence.starts_with(start) && sentence.contains(end), "{line}");
    };
    says(down, "WARN", "price is down, after ", "s of ok: ");
    says(down, "WARN", "price is down", "503");
    says(stale, "WARN", "price is stale, after ", "s of down: ");
    says(ok, "INFO", "price is ok, after ", "of stale");
    assert!(ok.contains(" of stale (trace ") && ok.ends_with(')'), "{ok}");
}

/// With a field for each thing that an alert may ask for.
#[track_caller]
fn check_json(lines: &[String]) {
    let fields = |line: &String| {
        let change: Value = serde_json::from_str(line).expect("JSON");
        ["level", "probe", "was", "verdict", "reason"].map(|field| change[field].clone())
    };
    let told: Vec<_> = lines.iter().map(fields).collect();
    let expected = json!([
        ["WARN", "price", "ok", "down", "status"],
        ["WARN", "price", "down", "stale", "too_old"],
        ["INFO", "price", "stale", "ok", null],
    ]);
    assert_eq!(json!(told), expected);
}

#[tokio::test]
async fn at_the_level_error_it_is_silent() {
    let target = Target::start().await;
    target.answer("/price", answer("503 Service Unavailable", &[], ""));
    let files = Files::new(&target.probe("price", "every: 1s"));
    let settings = Daemon::of(&files).with("--log-level", "error");
    let daemon = settings.with("--listen", "none").spawn();
    target.asked("/price", 2).await;
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.ended().await, (Some(0), Vec::new()));
}

#[tokio::test]
async fn no_secret_gets_out_anywhere() {
    let target = Target::start().await;
    // Both answers babble what they were sent.
    let heard = json!({"error": SECRET}).to_string();
    target.answer("/header", json(&heard));
    target.answer("/query", answer("503 Service Unavailable", &[], &heard));
    let header = "every: 1s\nheaders: {X-Token: \"${env:TOKEN}\"}\nexpect: {body: {$.error: none}}";
    let query = "every: 1s\nquery: {token: \"${env:TOKEN}\"}\nexpect: {body: {$.error: none}}";
    // A port that nobody listens on, once the listener is dropped.
    let nowhere = Target::start().await.probe("nowhere", query);
    let files = Files::new(&(target.probe("header", header) + &target.probe("query", query) + &nowhere));
    let receiver = Receiver::start([]).await;
    let settings = Daemon::of(&files).with("--log-level", "trace");
    let settings = settings.with_variable("TOKEN", SECRET);
    let daemon = settings.pushing_to(&receiver, 200).start().await;
    for probe in ["header", "query", "nowhere"] {
        daemon.log.line(&format!("{probe} is ")).await;
    }
    let mut leaks = Leaks::default();
    leaks.add("TOKEN", SECRET);
    for page in [
        "/metrics",
        "/api/v1/probes",
        "/api/v1/probes/header",
        "/api/v1/probes/query",
    ] {
        leaks.assert_none(page, daemon.get(page).await.body.as_bytes());
    }
    daemon.signal(Signal::SIGTERM);
    let (_, lines) = daemon.ended().await;
    leaks.assert_none("the log", lines.join("\n").as_bytes());
    for push in receiver.requests() {
        leaks.assert_none("a push", &push.body);
    }
    assert!(
        leaks
            .find(
                target.arrivals("/header")[0]
                    .request
                    .header("x-token")
                    .unwrap_or_default()
                    .as_bytes()
            )
            .len()
            == 1
    );
    assert!(
        leaks
            .find(target.arrivals("/query")[0].request.target.as_bytes())
            .len()
            == 1
    );
}
