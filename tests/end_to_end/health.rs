//! Both ends together: a backend that answers by `freshwatch-health`, and the program that asks it.

use std::convert::Infallible;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use freshwatch_health::{Bound, Check, Dataset, Health, State};
use freshwatch_tests::program;
use freshwatch_tests::server::{Server, Visit};
use http_body_util::Full;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;

const HOUR: Duration = Duration::from_hours(1);

/// A backend of one dataset and one check, whose clock the test sets.
struct Backend {
    server: Server,
    clock: Arc<Mutex<SystemTime>>,
    prices: Dataset,
    database: Check,
}

impl Backend {
    /// Just started: nothing is known yet.
    async fn start() -> Self {
        let clock = Arc::new(Mutex::new(
            SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365 * 50),
        ));
        let ticking = Arc::clone(&clock);
        let health = Health::new().with_clock(move || *ticking.lock().expect("nobody panics"));
        let nightly = Bound::max_age(36 * HOUR).warn_age(26 * HOUR);
        Self {
            prices: health.dataset("prices", nightly).expect("a dataset"),
            database: health.check("database:connections").expect("a check"),
            server: Server::playing(move |visit| serve(visit, health.clone())).await,
            clock,
        }
    }

    /// The same, and all is well.
    async fn well() -> Self {
        let backend = Self::start().await;
        backend.prices.updated();
        backend.database.set(State::Pass);
        backend
    }

    fn pass(&self, time: Duration) {
        *self.clock.lock().expect("nobody panics") += time;
    }

    /// What the program makes of it: exit code, verdict, sentences, and the age in seconds.
    async fn probed(&self) -> (i32, String, String, Option<f64>) {
        let folder = tempfile::tempdir().expect("a folder");
        let probe = format!(
            r#"
probes:
  price-health:
    get: {}
    self_report: true
    fresh:
      age: $.checks["prices:age"][0].observedValue
      max_age: 36h
"#,
            self.server.url("/synthetic/health")
        );
        fs::write(folder.path().join("prices.yaml"), probe).expect("the file is written");
        let mut command = program::program();
        command.args(["check", "--format", "json"]).arg(folder.path());
        let output = program::run(command).await;
        let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
        let run = &report["runs"][0];
        let reasons = run["reasons"].as_array().expect("reasons");
        let sentences: Vec<String> = reasons
            .iter()
            .map(|reason| {
                let text = |member: &str| reason[member].as_str().expect("a text");
                format!("{}: {}", text("code"), text("message"))
            })
            .collect();
        (
            output.status.code().expect("an end of its own"),
            run["verdict"].as_str().expect("a verdict").to_owned(),
            sentences.join("; "),
            run["data"]["age_seconds"].as_f64(),
        )
    }

    async fn check(&self, code: i32, verdict: &str, sentences: &str, age: Option<f64>) {
        let expected = (code, verdict.to_owned(), sentences.to_owned(), age);
        assert_eq!(self.probed().await, expected);
    }
}

/// As the crate's documentation shows it.
async fn serve(visit: Visit, health: Health) {
    let answer = service_fn(move |_| {
        let answer = health.answer();
        let mut response = Response::new(Full::new(Bytes::from(answer.body)));
        *response.status_mut() = StatusCode::from_u16(answer.code).expect("a status");
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(answer.cache_control));
        async { Ok::<_, Infallible>(response) }
    });
    let served = http1::Builder::new().serve_connection(TokioIo::new(visit.into_io()), answer);
    let _ = served.await;
}

#[tokio::test]
async fn fresh_data_is_ok() {
    Backend::well().await.check(0, "ok", "", Some(0.0)).await;
}

#[tokio::test]
async fn aging_data_is_degraded_and_old_data_stale() {
    let backend = Backend::well().await;
    backend.pass(26 * HOUR);
    backend.check(0, "ok", "", Some(93_600.0)).await;
    backend.pass(Duration::from_millis(500));
    let aging = r#"self_report: the endpoint says of itself that it is "warn" because of `prices:age`"#;
    backend.check(0, "degraded", aging, Some(93_600.5)).await;
    backend.pass(10 * HOUR);
    let old = r#"self_report: the endpoint says of itself that it is "fail" because of `prices:age`"#;
    backend.check(4, "stale", old, Some(129_600.5)).await;
    backend.prices.updated();
    backend.check(0, "ok", "", Some(0.0)).await;
}

#[tokio::test]
async fn a_check_that_fails_is_down_however_old_the_data() {
    let backend = Backend::well().await;
    let down =
        r#"self_report: the endpoint says of itself that it is "fail" because of `database:connections`"#;
    backend.database.set(State::Fail("no connection".into()));
    backend.check(2, "down", down, Some(0.0)).await;
    backend.pass(40 * HOUR);
    backend.check(2, "down", down, Some(144_000.0)).await;
    backend.database.set(State::Warn("one of two".into()));
    let old = r#"self_report: the endpoint says of itself that it is "fail" because of `prices:age`"#;
    backend.check(4, "stale", old, Some(144_000.0)).await;
}

#[tokio::test]
async fn what_nobody_has_told_is_not_fresh() {
    let backend = Backend::start().await;
    backend.database.set(State::Pass);
    let old = r#"self_report: the endpoint says of itself that it is "fail" because of `prices:age`"#;
    backend.check(4, "stale", old, None).await;
}

#[tokio::test]
async fn a_time_in_the_future_is_not_fresh() {
    let backend = Backend::well().await;
    backend
        .prices
        .updated_at(*backend.clock.lock().expect("nobody panics") + HOUR);
    let (_, verdict, ..) = backend.probed().await;
    assert_eq!(verdict, "stale");
}
