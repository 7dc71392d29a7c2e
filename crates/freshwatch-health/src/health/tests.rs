use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::Health;
use crate::bound::Bound;
use crate::check::State;
use crate::finding::Status;
use crate::name::NotDeclared;

const DAY: Duration = Duration::from_hours(24);

/// 2026-11-22T06:00:00Z.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(498_702)
}

fn health() -> Health {
    Health::new().with_clock(now)
}

fn bound() -> Bound {
    Bound::max_age(2 * DAY).warn_age(DAY)
}

/// The code, the word of the whole, and each check's key and word.
fn told(health: &Health) -> (u16, String, Vec<(String, String)>) {
    let answer = health.answer();
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let word = |value: &Value| value["status"].as_str().unwrap().to_owned();
    let checks = body["checks"].as_object().unwrap();
    let checks = checks.iter().map(|(key, parts)| (key.clone(), word(&parts[0])));
    assert_eq!(word(&body), answer.status.as_str());
    (answer.code, word(&body), checks.collect())
}

#[track_caller]
fn check(health: &Health, code: u16, word: &str, checks: &[(&str, &str)]) {
    let expected = checks
        .iter()
        .map(|(key, word)| ((*key).to_owned(), (*word).to_owned()));
    assert_eq!(told(health), (code, word.to_owned(), expected.collect()));
}

#[test]
fn the_whole_answer() {
    let health = health().with_description("real prices").with_release("1.4.2");
    let prices = health.dataset("prices", bound()).unwrap();
    prices.updated_at(now() - 3 * DAY - Duration::from_millis(250));
    health.check("database:connections").unwrap().set(State::Pass);
    let answer = health.answer();
    assert_eq!((answer.code, answer.status), (503, Status::Fail));
    assert_eq!(
        (answer.content_type, answer.cache_control),
        ("application/health+json", "no-store")
    );
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(
        body,
        json!({
            "status": "fail",
            "description": "real prices",
            "releaseId": "1.4.2",
            "checks": {
                "prices:age": [{
                    "componentId": "prices",
                    "componentType": "datastore",
                    "observedValue": 259_200.25,
                    "observedUnit": "s",
                    "updatedAt": "2026-11-19T05:59:59.750Z",
                    "status": "fail",
                    "time": "2026-11-22T06:00:00Z",
                    "output": "the data is 3d old; at most 2d is promised",
                }],
                "database:connections": [{
                    "componentId": "database",
                    "componentType": "component",
                    "status": "pass",
                    "time": "2026-11-22T06:00:00Z",
                }],
            },
        })
    );
}

#[test]
fn the_worst_decides() {
    let health = health();
    let (prices, areas) = (
        health.dataset("prices", bound()),
        health.dataset("areas", bound()),
    );
    let (prices, areas) = (prices.unwrap(), areas.unwrap());
    check(
        &health,
        503,
        "fail",
        &[("areas:age", "fail"), ("prices:age", "fail")],
    );
    prices.updated();
    check(
        &health,
        503,
        "fail",
        &[("areas:age", "fail"), ("prices:age", "pass")],
    );
    areas.updated_at(now() - DAY - Duration::from_secs(1));
    check(
        &health,
        200,
        "warn",
        &[("areas:age", "warn"), ("prices:age", "pass")],
    );
    areas.updated();
    check(
        &health,
        200,
        "pass",
        &[("areas:age", "pass"), ("prices:age", "pass")],
    );
}

#[test]
fn down_goes_before_stale() {
    let health = health();
    let prices = health.dataset("prices", bound()).unwrap();
    let database = health.check("database").unwrap();
    prices.updated_at(now() - 9 * DAY);
    check(
        &health,
        503,
        "fail",
        &[("database", "fail"), ("prices:age", "warn")],
    );
    database.set(State::Warn("one of two".into()));
    check(
        &health,
        503,
        "fail",
        &[("database", "warn"), ("prices:age", "fail")],
    );
    database.set(State::Fail("gone".into()));
    check(
        &health,
        503,
        "fail",
        &[("database", "fail"), ("prices:age", "warn")],
    );
    assert!(
        health
            .answer()
            .body
            .contains("9d old; at most 2d is promised (a warning only")
    );
    prices.updated();
    check(
        &health,
        503,
        "fail",
        &[("database", "fail"), ("prices:age", "pass")],
    );
}

#[test]
fn nothing_declared_is_not_healthy() {
    check(&Health::new(), 503, "fail", &[]);
    assert!(Health::new().answer().body.contains("declared no dataset"));
}

#[test]
fn a_question_is_asked_at_every_answer() {
    let asked = Arc::new(AtomicU64::new(0));
    let (health, asking) = (health(), Arc::clone(&asked));
    let state = move || match asking.fetch_add(1, Ordering::SeqCst) {
        0 => State::Pass,
        _ => State::Fail("full".into()),
    };
    health.check_by("queue:depth", state).unwrap();
    check(&health, 200, "pass", &[("queue:depth", "pass")]);
    check(&health, 503, "fail", &[("queue:depth", "fail")]);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn what_is_asked_may_declare() {
    let health = health();
    let inner = health.clone();
    let declaring = move || match inner.check("late").map(|check| check.set(State::Pass)) {
        Ok(()) | Err(_) => State::Pass,
    };
    health.check_by("first", declaring).unwrap();
    health.answer();
    check(&health, 200, "pass", &[("first", "pass"), ("late", "pass")]);
}

#[test]
fn what_cannot_be_declared() {
    let health = health();
    health.dataset("prices", bound()).unwrap();
    let refused = |name: &str, bound: Bound| health.dataset(name, bound).unwrap_err();
    assert_eq!(refused("prices", bound()), NotDeclared::Twice("prices".into()));
    assert_eq!(
        health.check("prices").unwrap_err(),
        NotDeclared::Twice("prices".into())
    );
    for bound in [
        Bound::max_age(Duration::ZERO),
        Bound::max_age(Duration::from_micros(1)),
        Bound::max_age(DAY).warn_age(DAY),
    ] {
        assert_eq!(refused("areas", bound), NotDeclared::BadBound("areas".into()));
    }
    assert_eq!(told(&health).2.len(), 1);
}

#[test]
fn an_answer_stays_small() {
    let health = health();
    for number in 0.. {
        let name = format!("{number}{}", "가".repeat(58));
        let Ok(check) = health.check(&name) else { break };
        check.set(State::Fail("\u{2028}<\"장애".repeat(10_000)));
    }
    assert_eq!(health.check("one more").unwrap_err(), NotDeclared::TooMany);
    let body = health.answer().body;
    assert!(
        told(&health).2.len() == 500 && body.len() < 1 << 20,
        "{}",
        body.len()
    );
}
