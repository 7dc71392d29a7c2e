//! A stale answer of the edge: is the origin as old? Two servers play the two.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use freshwatch_agent::Agent;
use freshwatch_probe::definition::Definition;
use freshwatch_probe::freshness::origin::StaleAt;
use freshwatch_probe::request::Auth;
use freshwatch_probe::run::Run;
use freshwatch_probe::template::Template;
use freshwatch_tests::checking::{fresh_at, probe};
use freshwatch_tests::program;
use freshwatch_tests::server::{Recorded, Server, answer, json};
use serde_json::Value;

/// Half past the newest data, and a month after the oldest.
const NOW: &str = "2026-11-21T09:00:00Z";
const NEW: &str = r#"{"updatedAt": "2026-11-21T08:30:00Z"}"#;
const OLD: &str = r#"{"updatedAt": "2026-10-21T09:00:00Z"}"#;

/// A probe of an edge that knows its origin.
fn asking(edge: &Server, origin: &str) -> Definition {
    let mut probe = probe(edge.url("/prices?region=seoul"));
    fresh_at(&mut probe, "$.updatedAt");
    probe.request.origin = Some(Box::new(Template::literal(origin)));
    probe
}

async fn run(probe: Definition) -> Run {
    let now = NOW.parse().expect("a time");
    Agent::new().run_once(&Arc::new(probe), Some(now)).await
}

/// An old answer of the edge beside this one of the origin: where it is stale, and all that is told.
async fn check(edge: Vec<u8>, origin: Vec<u8>, stale_at: Option<&str>, told: &str) -> Server {
    let (edge, origin) = (Server::answering(edge).await, Server::answering(origin).await);
    let run = run(asking(&edge, &origin.url("/"))).await;
    let reasons = run.judgment.reasons.iter().map(|reason| reason.message.clone());
    let notes = run.judgment.notes.iter().map(|note| format!("note: {note}"));
    let seen: Vec<String> = reasons.chain(notes).collect();
    let place = run.judgment.stale_at.map(StaleAt::as_str);
    let address = origin.address().to_string();
    assert_eq!(
        (place, seen.join("\n").replace(&address, "ORIGIN").as_str()),
        (stale_at, told)
    );
    origin
}

#[tokio::test]
async fn a_cache_is_old() {
    let told = "the data is 31 days old; at most 1d is promised: `$.updatedAt` is \"2026-10-21T09:00:00Z\"; the origin has fresh data (30m old): what is old is a cache before it";
    let origin = check(json(OLD), json(NEW), Some("edge"), told).await;
    let requests = origin.requests();
    let target = &requests[0].target;
    let token = target.strip_prefix("/prices?region=seoul&freshwatch=");
    assert!(token.is_some_and(|token| token.len() == 32), "{target}");
}

#[tokio::test]
async fn a_cache_that_names_itself_is_named() {
    let cached = answer(
        "200 OK",
        &[
            "Content-Type: application/json",
            "Age: 600",
            "Cache-Status: Origin; fwd=miss, \"Edge, Seoul\"; hit; ttl=-30",
        ],
        OLD,
    );
    let told = "the data is 31 days old; at most 1d is promised: `$.updatedAt` is \"2026-10-21T09:00:00Z\"; the origin has fresh data (30m old): what is old is a cache before it\nnote: a cache has kept this answer for 10m (the header `age`)\nnote: the cache \"Edge, Seoul\" had kept this answer, though it was due for a new one 30s ago (the header `cache-status`)";
    check(cached, json(NEW), Some("edge"), told).await;
}

#[tokio::test]
async fn the_origin_is_old() {
    let told = "the data is 31 days old; at most 1d is promised: `$.updatedAt` is \"2026-10-21T09:00:00Z\"; the origin itself is stale (31 days old)";
    check(json(OLD), json(OLD), Some("origin"), told).await;
}

#[tokio::test]
async fn an_origin_that_cannot_tell() {
    let old =
        "the data is 31 days old; at most 1d is promised: `$.updatedAt` is \"2026-10-21T09:00:00Z\"\nnote: ";
    let could_not = "`origin` could not tell whether it is stale as well: ";
    let failed = answer("503 Service Unavailable", &[], "");
    let told = format!("{old}{could_not}503: the service says that it failed");
    check(json(OLD), failed, None, &told).await;
    let told = format!("{old}{could_not}`$.updatedAt` matches nothing");
    check(json(OLD), json("{}"), None, &told).await;
    let cached = answer("200 OK", &["Content-Type: application/json", "Age: 9"], OLD);
    let told = format!(
        "{old}the answer of `origin` came from a cache as well, so whether the origin is old cannot be told"
    );
    check(json(OLD), cached, None, &told).await;
}

/// The whole run has one timeout, and the verdict of the edge stands.
#[tokio::test]
async fn an_origin_that_hangs_is_bounded() {
    let edge = Server::answering(json(OLD)).await;
    let origin = Server::playing(async |mut visit| visit.hang().await).await;
    let mut probe = asking(&edge, &origin.url("/prices"));
    probe.timeout = Duration::from_millis(500);
    let run = run(probe).await;
    assert_eq!(
        (run.judgment.verdict.as_str(), run.judgment.stale_at),
        ("stale", None)
    );
    assert!(
        run.judgment.notes[0].contains("no answer"),
        "{:?}",
        run.judgment.notes
    );
    assert!(run.took < Duration::from_secs(5) && run.attempts == 1);
}

#[tokio::test]
async fn only_what_is_stale_is_asked_again() {
    let origin = Server::answering(json(OLD)).await;
    for edge in [json(NEW), json("{}"), answer("503 Service Unavailable", &[], "")] {
        let edge = Server::answering(edge).await;
        let run = run(asking(&edge, &origin.url("/"))).await;
        assert_eq!((run.judgment.stale_at, origin.connections()), (None, 0));
    }
}

/// The author of the probe names the origin as well as the credentials; where its redirects lead is another's word.
#[tokio::test]
async fn credentials_go_to_the_origin_and_no_further() {
    let edge = Server::answering(json(OLD)).await;
    let away = Server::answering(json(NEW)).await;
    let location = format!("Location: {}", away.url("/away"));
    let origin = Server::answering(answer("302 Found", &[&location], "")).await;
    let mut probe = asking(&edge, &origin.url("/direct?v=1"));
    probe.request.auth = Some(Auth::Bearer(Template::hidden("t0ken")));
    probe.request.query = vec![("lang".into(), Template::literal("ko"))];
    let run = run(probe).await;
    assert_eq!(run.judgment.stale_at.map(StaleAt::as_str), Some("edge"));
    let (asked, led): (Recorded, Recorded) = (origin.requests()[0].clone(), away.requests()[0].clone());
    assert_eq!(asked.header("authorization"), Some("Bearer t0ken"));
    assert!(
        asked.target.starts_with("/direct?v=1&lang=ko&freshwatch="),
        "{}",
        asked.target
    );
    assert_eq!(
        (led.target.as_str(), led.header("authorization")),
        ("/away", None)
    );
}

#[tokio::test]
async fn what_the_program_reports() {
    let (edge, origin) = (
        Server::answering(json(OLD)).await,
        Server::answering(json(NEW)).await,
    );
    let folder = tempfile::tempdir().expect("a folder");
    let probes = format!(
        "probes:\n  prices:\n    get: {}\n    origin: {}\n    fresh: {{at: $.updatedAt, max_age: 1h}}\n",
        edge.url("/prices"),
        origin.url("")
    );
    fs::write(folder.path().join("prices.yaml"), probes).expect("the file is written");
    let mut command = program::program();
    command
        .args(["check", "--format", "json", "--now", NOW])
        .arg(folder.path());
    let report: Value = serde_json::from_slice(&program::run(command).await.stdout).expect("a report");
    let run = &report["runs"][0];
    assert_eq!(
        (&run["verdict"], &run["stale_at"]),
        (&"stale".into(), &"edge".into())
    );
    let mut command = program::program();
    command.args(["check", "--now", NOW]).arg(folder.path());
    let text = program::run(command).await.stdout;
    let text = String::from_utf8_lossy(&text).replace('\n', " ");
    assert!(text.contains("what is old is a cache before it"), "{text}");
}
