//! Recorded exchanges, and what the judge says of them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

use super::{Before, Earlier, Expected, FAILURES, Place, Recorded, RecordedAnswer, UnitTest};
use crate::definition::{Definition, ProbeName};
use crate::expectation::Expectation;
use crate::freshness::{Freshness, MaxAge, Signal, Source};
use crate::path::Path;
use crate::request::{Auth, Request};
use crate::run::Judgment;
use crate::template::Template;
use crate::verdict::{Code, Verdict};

fn answer(status: u16, body: &'static str) -> RecordedAnswer {
    RecordedAnswer {
        status,
        headers: HeaderMap::new(),
        body: Bytes::from_static(body.as_bytes()),
        latency: Duration::ZERO,
        certificate_valid_for: None,
    }
}

fn probe() -> Definition {
    Definition::new(
        ProbeName::parse("prices").unwrap(),
        Request::get("https://a.example/"),
    )
}

fn judge(definition: &Definition, recorded: Recorded) -> Judgment {
    judge_after(definition, Vec::new(), recorded)
}

fn judge_after(definition: &Definition, before: Vec<Before>, recorded: Recorded) -> Judgment {
    let test = UnitTest {
        name: "a test".into(),
        place: Place {
            file: Arc::from("a.yaml"),
            line: 1,
            column: 1,
        },
        now: "2026-11-21T09:00:00Z".parse().unwrap(),
        before,
        recorded,
        expected: Expected {
            verdict: Verdict::Ok,
            reason: None,
        },
    };
    test.judge(definition)
}

/// The verdict, and the codes of all reasons.
#[track_caller]
fn check(definition: &Definition, answer: RecordedAnswer, told: &str) {
    assert_eq!(tell(&judge(definition, Recorded::Answer(answer))), told);
}

fn tell(judgment: &Judgment) -> String {
    let codes = judgment.reasons.iter().map(|reason| reason.code.as_str());
    let words: Vec<&str> = std::iter::once(judgment.verdict.as_str()).chain(codes).collect();
    words.join(" ")
}

#[test]
fn every_failure_has_the_code_of_its_word() {
    for (word, cause) in FAILURES {
        let judgment = judge(&probe(), Recorded::Down(cause));
        assert_eq!(tell(&judgment), format!("down {word}"));
    }
}

#[test]
fn an_answer_is_judged_by_its_status_and_its_headers() {
    check(&probe(), answer(200, ""), "ok");
    check(&probe(), answer(503, ""), "down status");
    let mut limited = answer(429, "");
    limited
        .headers
        .insert("retry-after", HeaderValue::from_static("90"));
    let judgment = judge(&probe(), Recorded::Answer(limited));
    assert_eq!(
        judgment.reasons[0].message,
        "429: the service asks us to slow down; it asks for 1m 30s of rest"
    );
}

#[test]
fn a_body_beyond_the_probes_bound_is_not_seen() {
    let mut definition = probe();
    definition.request.max_body = 3;
    check(&definition, answer(200, "abc"), "ok");
    check(&definition, answer(200, "abcd"), "invalid too_large");
}

#[test]
fn a_certificate_ends_as_long_after_now_as_the_test_says() {
    let mut definition = probe();
    definition.expect = Expectation {
        certificate_valid_for: Some(Duration::from_secs(10)),
        ..Expectation::default()
    };
    let ends_in = |seconds: u64| RecordedAnswer {
        certificate_valid_for: Some(Duration::from_secs(seconds)),
        ..answer(200, "")
    };
    check(&definition, ends_in(10), "ok");
    check(&definition, ends_in(9), "invalid certificate");
    check(&definition, answer(200, ""), "invalid certificate");
}

#[test]
fn a_refused_credential_is_the_probers_trouble_although_none_is_read() {
    let mut definition = probe();
    check(&definition, answer(401, ""), "invalid status");
    definition.request.auth = Some(Auth::Bearer(Template::literal("")));
    check(&definition, answer(401, ""), "unknown credential");
}

#[test]
fn a_secret_in_a_recorded_answer_is_not_told() {
    let mut definition = probe();
    definition.request.auth = Some(Auth::Bearer(Template::hidden("s3cret-token")));
    definition.self_report = true;
    let judgment = judge(
        &definition,
        Recorded::Answer(answer(200, r#"{"status": "s3cret-token"}"#)),
    );
    assert_eq!(tell(&judgment), "invalid self_report");
    assert!(!format!("{judgment:?}").contains("s3cret"), "{judgment:?}");
}

#[test]
fn a_reason_counts_where_it_speaks_for_the_verdict() {
    let judgment = judge(&probe(), Recorded::Answer(answer(503, "")));
    let meets = |verdict, reason| Expected { verdict, reason }.is_met_by(&judgment);
    assert!(meets(Verdict::Down, None));
    assert!(meets(Verdict::Down, Some(Code::Status)));
    assert!(!meets(Verdict::Down, Some(Code::Timeout)));
    assert!(!meets(Verdict::Invalid, Some(Code::Status)));
    assert!(!meets(Verdict::Ok, None));
}

#[test]
fn what_is_expected_is_told_as_reports_tell_it() {
    let shown = |verdict, reason| Expected { verdict, reason }.to_string();
    assert_eq!(shown(Verdict::Stale, Some(Code::TooOld)), "stale (too_old)");
    assert_eq!(shown(Verdict::Ok, None), "ok");
}

/// A probe whose `$.offset` must move every hour.
fn cursor() -> Definition {
    let signal = Signal::Advances {
        follows: None,
        bound: MaxAge::new(Duration::from_hours(1)),
    };
    let source = Source::Path(Path::parse("$.offset").unwrap());
    let mut definition = probe();
    definition.fresh = [Freshness::new(signal, source)].into();
    definition
}

fn seen(time: &str, what: Earlier) -> Before {
    Before {
        seen: time.parse().unwrap(),
        what,
    }
}

fn offset(value: i64) -> Earlier {
    Earlier::Value {
        value: value.into(),
        producer: None,
        item: None,
    }
}

/// What is told of the offset 7 at 9:00 after these earlier runs.
#[track_caller]
fn check_after(before: Vec<Before>, told: &str) {
    let seven = Recorded::Answer(answer(200, r#"{"offset": 7}"#));
    assert_eq!(tell(&judge_after(&cursor(), before, seven)), told);
}

#[test]
fn earlier_values_are_remembered() {
    check_after(vec![], "unknown warming");
    check_after(vec![seen("2026-11-21T08:30:00Z", offset(6))], "ok");
    check_after(
        vec![
            seen("2026-11-21T06:00:00Z", offset(6)),
            seen("2026-11-21T07:30:00Z", offset(7)),
        ],
        "stale not_advanced",
    );
    check_after(
        vec![seen("2026-11-21T08:30:00Z", offset(8))],
        "invalid went_backwards",
    );
}

#[test]
fn earlier_answers_are_judged_before() {
    let answered = |body| Earlier::Answer(Recorded::Answer(answer(200, body)));
    check_after(
        vec![
            seen("2026-11-21T06:00:00Z", answered(r#"{"offset": 6}"#)),
            seen("2026-11-21T07:30:00Z", answered(r#"{"offset": 7}"#)),
        ],
        "stale not_advanced",
    );
    check_after(
        vec![seen("2026-11-21T08:30:00Z", answered(r#"{"offset": 6}"#))],
        "ok",
    );
}
