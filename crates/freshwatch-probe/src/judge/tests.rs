mod cursors;
mod items;
mod landing;
mod stamps;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use regex::Regex;
use serde_json::{Value, json};

use super::*;
use crate::definition::ProbeName;
use crate::expectation::{Expectation, StatusRange, VerdictRule};
use crate::freshness::{AgeUnit, Bound, Format, Freshness, MaxAge, Pick, Reading, Signal, Source};
use crate::matcher::{Comparison, Condition, Matcher, Operator};
use crate::observation::{Exchange, Phase, TlsFacts};
use crate::path::Path;
use crate::redact::Redactor;
use crate::request::{Auth, Request};
use crate::template::Template;

const NOW: &str = "2026-11-21T09:00:00Z";
const HOUR: Duration = Duration::from_hours(1);

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn probe() -> Definition {
    Definition::new(ProbeName::parse("x").unwrap(), Request::get("http://x/"))
}

/// A probe that wants `$.updatedAt` at most an hour old.
fn fresh() -> Definition {
    freshness(at("$.updatedAt"))
}

fn freshness(fresh: Freshness) -> Definition {
    Definition {
        fresh: [fresh].into(),
        ..probe()
    }
}

fn at(path: &str) -> Freshness {
    let signal = Signal::At {
        reading: reading(None),
        bound: bound().into(),
    };
    Freshness::new(signal, Source::Path(Path::parse(path).unwrap()))
}

fn reading(timezone: Option<TimeZone>) -> Reading {
    Reading {
        format: Format::Auto,
        timezone,
    }
}

const fn bound() -> MaxAge {
    MaxAge::new(HOUR)
}

fn expecting(path: &str, condition: Condition) -> Expectation {
    Expectation {
        body: vec![(Path::parse(path).unwrap(), matcher(condition))],
        ..Expectation::default()
    }
}

fn matcher(condition: Condition) -> Matcher {
    Matcher {
        conditions: vec![condition],
    }
}

fn answer(status: u16, body: impl Into<Bytes>) -> Observation {
    let body = body.into();
    Observation {
        exchange: Exchange {
            status: Some(status),
            body_length: Some(body.len() as u64),
            took: Duration::from_millis(40),
            ..Exchange::default()
        },
        outcome: Outcome::Answered(Answer {
            status,
            headers: HeaderMap::new(),
            body: Body::Complete(body),
            redirect_stop: None,
        }),
        secrets: Redactor::default(),
    }
}

fn json(body: &Value) -> Observation {
    answer(200, body.to_string())
}

fn with_header(mut observation: Observation, name: &'static str, value: &str) -> Observation {
    if let Outcome::Answered(answer) = &mut observation.outcome {
        answer.headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    observation
}

fn ending(outcome: Outcome) -> Observation {
    Observation {
        exchange: Exchange::default(),
        outcome,
        secrets: Redactor::default(),
    }
}

/// Judges, and shows the verdict and all codes: `stale too_old`.
fn judged(definition: &Definition, observation: &Observation) -> String {
    let judgment = judge(definition, observation, Recall::Nowhere, now());
    let words = std::iter::once(judgment.verdict.as_str().to_owned())
        .chain(judgment.reasons.iter().map(|reason| reason.code.to_string()));
    words.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(definition: &Definition, observation: &Observation, expected: &str) {
    let judgment = judge(definition, observation, Recall::Nowhere, now());
    assert_eq!(judged(definition, observation), expected, "{judgment:#?}");
}

#[track_caller]
fn message(definition: &Definition, observation: &Observation) -> String {
    judge(definition, observation, Recall::Nowhere, now()).reasons[0]
        .message
        .clone()
}

#[test]
fn no_complete_answer_is_down() {
    for (cause, code) in [
        (Cause::Dns, "dns"),
        (Cause::Connect, "connect"),
        (Cause::Tls, "tls"),
        (Cause::Timeout, "timeout"),
        (Cause::Reset, "reset"),
        (Cause::Truncated, "truncated"),
        (Cause::Protocol, "protocol"),
    ] {
        let failure = Unreachable {
            cause,
            phase: Phase::Connect,
            message: "it broke".into(),
        };
        check(
            &fresh(),
            &ending(Outcome::Unreachable(failure)),
            &format!("down {code}"),
        );
    }
}

#[test]
fn what_the_prober_could_not_do_is_unknown() {
    for (why, code) in [
        (NotMade::Secret("`/run/token` cannot be read".into()), "secret"),
        (NotMade::Aborted, "aborted"),
        (NotMade::Overload, "overload"),
        (NotMade::Unjudged(HOUR), "overload"),
        (NotMade::Internal, "internal"),
    ] {
        check(
            &fresh(),
            &ending(Outcome::NotMade(why)),
            &format!("unknown {code}"),
        );
    }
}

#[test]
fn a_status_means_what_it_says() {
    for (status, expected) in [
        (200, "ok"),
        (204, "ok"),
        (304, "invalid status"),
        (404, "invalid status"),
        (401, "invalid status"),
        (403, "invalid status"),
        (407, "invalid status"),
        (429, "unknown rate_limited"),
        (500, "down status"),
        (503, "down status"),
        (599, "down status"),
    ] {
        check(&probe(), &answer(status, ""), expected);
    }
    // The other promises are about the answer that did not come.
    check(&fresh(), &answer(503, "<html>"), "down status");
}

#[test]
fn refused_credentials_are_the_probers_trouble() {
    let mut definition = probe();
    definition.request.auth = Some(Auth::Bearer(Template::hidden("token")));
    for status in [401, 403, 407] {
        check(&definition, &answer(status, ""), "unknown credential");
    }
    check(&definition, &answer(404, ""), "invalid status");
}

#[test]
fn an_expected_status_is_right_whatever_it_is() {
    for status in [401, 404, 429, 503] {
        let mut definition = probe();
        definition.expect.status = Some(StatusSet::new(vec![StatusRange::Code(status)]));
        check(&definition, &answer(status, ""), "ok");
        check(&definition, &answer(200, ""), "invalid status");
    }
}

#[test]
fn redirects_that_end_nowhere_are_invalid() {
    for stop in [
        RedirectStop::TooMany { limit: 10 },
        RedirectStop::BadLocation("`ftp://x` is neither http nor https".into()),
        RedirectStop::Credentials,
    ] {
        let mut observation = answer(302, "");
        if let Outcome::Answered(answer) = &mut observation.outcome {
            answer.redirect_stop = Some(stop);
        }
        check(&fresh(), &observation, "invalid redirects");
    }
}

#[test]
fn what_does_not_parse_where_json_is_needed_is_invalid() {
    let deep = "[".repeat(1000);
    for body in [
        "<html>Sign in</html>",
        "",
        "  ",
        "{\"updatedAt\":",
        "{]",
        "nul",
        deep.as_str(),
    ] {
        check(&fresh(), &answer(200, body.to_owned()), "invalid not_json");
    }
    check(
        &fresh(),
        &answer(200, &b"{\"updatedAt\": \"\xff\"}"[..]),
        "invalid not_json",
    );
    // Said once, however many promises need it.
    let mut definition = fresh();
    definition.expect = expecting("$.a", Condition::Exists(true));
    definition.warn = Some(Box::new(expecting("$.b", Condition::Exists(true))));
    check(&definition, &answer(200, "<html>"), "invalid not_json");
    // Where nothing needs JSON, nothing is wrong.
    check(&probe(), &answer(200, "<html>"), "ok");
}

#[test]
fn sentences_say_what_the_body_is_instead() {
    assert_eq!(
        message(&fresh(), &answer(200, "<html>")),
        "the body is HTML, not JSON"
    );
    assert_eq!(message(&fresh(), &answer(200, "")), "the body is empty");
    let typed = |body: &'static str, content_type| {
        message(
            &fresh(),
            &with_header(answer(200, body), "content-type", content_type),
        )
    };
    assert_eq!(
        typed("price: 1", "text/yaml; charset=utf-8"),
        "the body is not JSON (line 1, column 1): its content type is \"text/yaml\""
    );
    assert_eq!(
        typed("a,b\n1", "text/csv"),
        "the body is not CSV (line 2): the row has 1 field, and the header 2 fields"
    );
}

#[test]
fn a_byte_order_mark_is_no_reason() {
    let body = format!("\u{feff}{}", json!({"updatedAt": "2026-11-21T08:30:00Z"}));
    check(&fresh(), &answer(200, body), "ok");
}

#[test]
fn a_body_that_never_came_whole_is_invalid() {
    for (body, code) in [
        (Body::TooLarge { limit: 1024 }, "too_large"),
        (
            Body::Undecodable {
                coding: "gzip".into(),
                why: "corrupt".into(),
            },
            "encoding",
        ),
    ] {
        let mut observation = json(&json!({}));
        if let Outcome::Answered(answer) = &mut observation.outcome {
            answer.body = body;
        }
        check(&fresh(), &observation, &format!("invalid {code}"));
        check(&probe(), &observation, &format!("invalid {code}"));
    }
}

#[test]
fn a_body_of_brackets_is_too_large_for_some_paths() {
    let nested = format!("{}0{}", "[".repeat(120), "]".repeat(120));
    let body = format!("[{}]", vec![nested; 4_000].join(","));
    let mut definition = probe();
    definition.expect = expecting("$..error", Condition::Exists(false));
    check(&definition, &answer(200, body.clone()), "invalid too_large");
    let mut rule = at("$..t");
    rule.pick = Some(Pick::Newest);
    check(&freshness(rule), &answer(200, body), "invalid too_large");
}

#[test]
fn fresh_until_the_very_second() {
    let judged_at = |stamp: &str| judged(&fresh(), &json(&json!({"updatedAt": stamp})));
    assert_eq!(judged_at("2026-11-21T08:30:00Z"), "ok");
    assert_eq!(judged_at("2026-11-21T08:00:00Z"), "ok");
    assert_eq!(judged_at("2026-11-21T07:59:59Z"), "stale too_old");
    assert_eq!(judged_at("2026-11-21T09:02:00Z"), "ok");
    assert_eq!(judged_at("2026-11-21T09:02:01Z"), "invalid future");
    assert_eq!(judged_at("0001-01-01T00:00:00Z"), "stale too_old");
}

#[test]
fn what_is_no_time_is_invalid_and_never_fresh() {
    for (value, expected) in [
        (json!(null), "no_timestamp"),
        (json!(true), "no_timestamp"),
        (json!([]), "no_timestamp"),
        (json!({}), "no_timestamp"),
        (json!(""), "no_timestamp"),
        (json!(0), "bad_timestamp"),
        (json!(-1), "bad_timestamp"),
        (json!("soon"), "bad_timestamp"),
        (json!("2026-11-21T08:59:00+00:00Z"), "bad_timestamp"),
        (json!("2026-11-21T08:59:00"), "naive_timestamp"),
        (json!("2026-11-21"), "naive_timestamp"),
    ] {
        check(
            &fresh(),
            &json(&json!({"updatedAt": value})),
            &format!("invalid {expected}"),
        );
    }
    for body in [json!({}), json!([]), json!("2026-11-21T08:59:00Z"), json!(null)] {
        check(&fresh(), &json(&body), "invalid no_match");
    }
}

#[test]
fn a_reason_without_a_zone_names_the_remedy() {
    let sentence = message(&fresh(), &json(&json!({"updatedAt": "2026-11-21T08:59"})));
    assert_eq!(
        sentence,
        "`$.updatedAt` is \"2026-11-21T08:59\", which is a time without a zone: say whose it is with `timezone`, \
         such as `timezone: Asia/Seoul` or `timezone: UTC`"
    );
}

#[test]
fn a_date_counts_from_its_end_in_its_zone() {
    let mut rule = at("$.date");
    rule.signal = Signal::At {
        reading: reading(Some(TimeZone::fixed(jiff::tz::offset(9)))),
        bound: bound().into(),
    };
    let definition = freshness(rule);
    let judge_at = |date: &str, now: &str| {
        let judgment = judge(
            &definition,
            &json(&json!({"date": date})),
            Recall::Nowhere,
            now.parse().unwrap(),
        );
        (judgment.verdict, judgment.data.and_then(|data| data.age))
    };
    let timestamp = |now: &str| {
        let judgment = judge(
            &definition,
            &json(&json!({"date": "2026-11-20"})),
            Recall::Nowhere,
            now.parse().unwrap(),
        );
        judgment.data.and_then(|data| data.timestamp).unwrap().to_string()
    };
    assert_eq!(timestamp("2026-11-20T16:00:00Z"), "2026-11-20T15:00:00Z");
    // While the day lasts, its data is as new as can be: a time in the future would make an age negative.
    assert_eq!(timestamp("2026-11-20T10:00:00Z"), "2026-11-20T10:00:00Z");
    // 2026-11-20 ends in Seoul at 15:00 UTC.
    assert_eq!(
        judge_at("2026-11-20", "2026-11-20T16:00:00Z"),
        (Verdict::Ok, Some(SignedDuration::from_hours(1)))
    );
    assert_eq!(judge_at("2026-11-20", "2026-11-20T16:00:01Z").0, Verdict::Stale);
    assert_eq!(
        judge_at("2026-11-20", "2026-11-20T10:00:00Z"),
        (Verdict::Ok, Some(SignedDuration::ZERO))
    );
    assert_eq!(
        judge_at("2026-11-20", "2026-11-19T14:57:59Z"),
        (Verdict::Invalid, None)
    );
}

#[test]
fn one_of_many_is_picked() {
    let picking = |pick| {
        let mut rule = at("$[*].t");
        rule.pick = Some(pick);
        freshness(rule)
    };
    let (new, old) = ("2026-11-21T08:59:00Z", "2026-11-20T08:59:00Z");
    for (body, newest, oldest) in [
        (json!([{"t": old}, {"t": new}]), "ok", "stale too_old"),
        (json!([{"t": new}, {"t": null}]), "ok", "invalid no_timestamp"),
        (
            json!([{"t": null}]),
            "invalid no_timestamp",
            "invalid no_timestamp",
        ),
        (
            json!([{"t": new}, {"t": ""}]),
            "invalid no_timestamp",
            "invalid no_timestamp",
        ),
        (
            json!([{"t": new}, {"t": "soon"}]),
            "invalid bad_timestamp",
            "invalid bad_timestamp",
        ),
        (
            json!([{"t": new}, {"t": "2026-11-22T08:59:00Z"}]),
            "invalid future",
            "invalid future",
        ),
        (json!([{"t": new}, {"id": 2}]), "ok", "invalid no_match"),
        (json!([{"x": new}]), "invalid no_match", "invalid no_match"),
        (json!([]), "invalid no_match", "invalid no_match"),
    ] {
        check(&picking(Pick::Newest), &json(&body), newest);
        check(&picking(Pick::Oldest), &json(&body), oldest);
    }
    let notes = judge(
        &picking(Pick::Newest),
        &json(&json!([{"t": new}, {"t": null}])),
        Recall::Nowhere,
        now(),
    )
    .notes;
    assert_eq!(notes, ["1 of 2 values of `$[*].t` are null and were passed over"]);
}

#[test]
fn the_worst_sentence_says_how_old_which_and_where() {
    let mut rule = at("$[*].t");
    rule.pick = Some(Pick::Newest);
    let body = json!([{"t": "2026-10-20T09:00:00Z"}, {"t": "2026-10-21T09:00:00Z"}]);
    assert_eq!(
        message(&freshness(rule), &json(&body)),
        "the data is 31 days old; at most 1h is promised: the newest of 2 at `$[*].t` is \"2026-10-21T09:00:00Z\""
    );
}

#[test]
fn what_is_just_too_old_looks_older_than_the_bound() {
    let mut rule = at("$.t");
    rule.signal = Signal::At {
        reading: reading(None),
        bound: MaxAge::new(24 * HOUR).into(),
    };
    let sentence = message(&freshness(rule), &json(&json!({"t": "2026-11-20T08:30:00Z"})));
    assert!(
        sentence.starts_with("the data is 1d 30m old; at most 1d is promised: "),
        "{sentence}"
    );
}

#[test]
fn an_item_without_the_value_breaks_each() {
    let positive = Comparison {
        operator: Operator::Above,
        number: 0.0,
    };
    let mut definition = probe();
    definition.expect = expecting(
        "$.hits[*].price",
        Condition::Each(matcher(Condition::Compare(positive))),
    );
    check(
        &definition,
        &json(&json!({"hits": [{"price": 1}, {"price": 2}]})),
        "ok",
    );
    check(
        &definition,
        &json(&json!({"hits": [{"price": 1}, {}]})),
        "invalid no_match",
    );
    assert_eq!(
        message(&definition, &json(&json!({"hits": [{"price": 1}, {}]}))),
        "`$.hits[*].price` is missing in 1 of 2, wanted a number above 0 in each"
    );
}

#[test]
fn a_warning_comes_before_the_bound() {
    let mut rule = at("$.t");
    rule.signal = Signal::At {
        reading: reading(None),
        bound: Bound::MaxAge(MaxAge {
            warn_age: Some(HOUR / 2),
            ..bound()
        }),
    };
    for (stamp, expected) in [
        ("2026-11-21T08:30:00Z", "ok"),
        ("2026-11-21T08:29:59Z", "degraded aging"),
        ("2026-11-21T07:59:59Z", "stale too_old"),
    ] {
        check(&freshness(rule.clone()), &json(&json!({"t": stamp})), expected);
    }
}

#[test]
fn an_age_is_a_number_of_its_unit() {
    let rule = |unit| {
        let mut rule = at("$.age");
        rule.signal = Signal::Age { unit, bound: bound() };
        freshness(rule)
    };
    for (unit, value, expected) in [
        (AgeUnit::Seconds, json!(3600), "ok"),
        (AgeUnit::Seconds, json!(3600.5), "stale too_old"),
        (AgeUnit::Minutes, json!(60), "ok"),
        (AgeUnit::Minutes, json!(61), "stale too_old"),
        (AgeUnit::Milliseconds, json!(3_600_001), "stale too_old"),
        (AgeUnit::Seconds, json!(-60), "ok"),
        (AgeUnit::Seconds, json!(-121), "invalid future"),
        (AgeUnit::Seconds, json!(1e300), "invalid bad_timestamp"),
        (AgeUnit::Seconds, json!("60"), "invalid bad_timestamp"),
        (AgeUnit::Seconds, json!(null), "invalid no_timestamp"),
        (AgeUnit::Seconds, json!(""), "invalid no_timestamp"),
    ] {
        check(&rule(unit), &json(&json!({"age": value})), expected);
    }
    let judgment = judge(
        &rule(AgeUnit::Seconds),
        &json(&json!({"age": 7200})),
        Recall::Nowhere,
        now(),
    );
    let data = judgment.data.unwrap();
    assert_eq!(data.timestamp, Some("2026-11-21T07:00:00Z".parse().unwrap()));
    assert_eq!(data.max_age, Some(HOUR));
}

#[test]
fn past_its_expiry_data_is_stale() {
    let mut rule = at("$.until");
    rule.signal = Signal::Expires {
        reading: reading(None),
    };
    for (stamp, expected) in [
        ("2026-11-21T09:00:00Z", "ok"),
        ("2030-01-01T00:00:00Z", "ok"),
        ("2026-11-21T08:59:59Z", "stale expired"),
    ] {
        check(
            &freshness(rule.clone()),
            &json(&json!({"until": stamp})),
            expected,
        );
    }
    let judgment = judge(
        &freshness(rule),
        &json(&json!({"until": "2030-01-01T00:00:00Z"})),
        Recall::Nowhere,
        now(),
    );
    assert_eq!(
        judgment.data.unwrap().due,
        Some("2030-01-01T00:00:00Z".parse().unwrap())
    );
}

#[test]
fn signals_in_headers_and_text() {
    let mut rule = at("$");
    rule.source = Source::Header(http::header::LAST_MODIFIED);
    let dated = |date: &str| with_header(answer(200, "<html>"), "last-modified", date);
    check(
        &freshness(rule.clone()),
        &dated("Sat, 21 Nov 2026 08:30:00 GMT"),
        "ok",
    );
    check(
        &freshness(rule.clone()),
        &dated("Sat, 21 Nov 2026 07:30:00 GMT"),
        "stale too_old",
    );
    check(
        &freshness(rule.clone()),
        &dated("yesterday"),
        "invalid bad_timestamp",
    );
    check(&freshness(rule), &answer(200, ""), "invalid no_match");

    let mut rule = at("$");
    rule.source = Source::Text(Regex::new(r"Updated: (\S+)?").unwrap());
    check(
        &freshness(rule.clone()),
        &answer(200, "Updated: 2026-11-21T08:30:00Z."),
        "invalid bad_timestamp",
    );
    check(
        &freshness(rule.clone()),
        &answer(200, "Updated: 2026-11-21T08:30:00Z"),
        "ok",
    );
    check(
        &freshness(rule.clone()),
        &answer(200, "Updated: "),
        "invalid no_timestamp",
    );
    check(
        &freshness(rule.clone()),
        &answer(200, "nothing"),
        "invalid no_match",
    );
    check(
        &freshness(rule.clone()),
        &answer(200, &b"Updated: \xff"[..]),
        "invalid not_text",
    );
    let two = answer(200, "Updated: 2026-11-21T08:30:00Z Updated: 2026-11-20T08:30:00Z");
    check(&freshness(rule.clone()), &two, "invalid bad_timestamp");
    rule.pick = Some(Pick::Newest);
    check(&freshness(rule), &two, "ok");
}

#[test]
fn an_old_copy_in_a_cache_is_stale() {
    let mut rule = at("$.updatedAt");
    rule.max_cache_age = Some(Duration::from_mins(5));
    let definition = freshness(rule);
    let body = json!({"updatedAt": "2026-11-21T08:59:00Z"});
    check(&definition, &json(&body), "ok");
    check(&definition, &with_header(json(&body), "age", "300"), "ok");
    check(
        &definition,
        &with_header(json(&body), "age", "301"),
        "stale too_old",
    );
    check(
        &definition,
        &with_header(json(&body), "age", "301, 5"),
        "stale too_old",
    );
    check(
        &definition,
        &with_header(json(&body), "age", "99999999999999999999"),
        "stale too_old",
    );
    for broken in ["-1", "soon", "1.5", ""] {
        check(
            &definition,
            &with_header(json(&body), "age", broken),
            "invalid bad_timestamp",
        );
    }
    assert!(
        message(&definition, &with_header(json(&body), "age", "301")).starts_with("a cache, not the origin")
    );
}

#[test]
fn broken_expectations_are_invalid_and_broken_warnings_degraded() {
    let condition = || Condition::Equals(json!("OK"));
    let mut definition = probe();
    definition.expect = expecting("$.status", condition());
    check(&definition, &json(&json!({"status": "OK"})), "ok");
    check(
        &definition,
        &json(&json!({"status": "FAIL"})),
        "invalid expectation",
    );
    check(&definition, &json(&json!({})), "invalid no_match");
    assert_eq!(
        message(&definition, &json(&json!({"status": "FAIL"}))),
        "`$.status` is \"FAIL\", wanted \"OK\""
    );

    let mut definition = probe();
    definition.warn = Some(Box::new(expecting("$.status", condition())));
    check(&definition, &json(&json!({"status": "FAIL"})), "degraded warning");
    check(&definition, &json(&json!({})), "degraded warning");
}

#[test]
fn headers_text_size_schema_and_certificate() {
    let mut definition = probe();
    definition.expect.headers = vec![(
        http::header::CONTENT_TYPE,
        matcher(Condition::Matches(Regex::new("^application/json").unwrap())),
    )];
    check(&definition, &answer(200, ""), "invalid no_match");
    check(
        &definition,
        &with_header(answer(200, ""), "content-type", "text/html"),
        "invalid expectation",
    );
    check(
        &definition,
        &with_header(answer(200, ""), "content-type", "application/json"),
        "ok",
    );

    let mut definition = probe();
    definition.expect.text = Some(matcher(Condition::Contains(json!("Seoul"))));
    check(&definition, &answer(200, "in Seoul"), "ok");
    check(&definition, &answer(200, "in Busan"), "invalid expectation");
    check(&definition, &answer(200, &b"\xff"[..]), "invalid not_text");

    let mut definition = probe();
    definition.expect.size = vec![Comparison {
        operator: Operator::AtMost,
        number: 4.0,
    }];
    check(&definition, &answer(200, "1234"), "ok");
    check(&definition, &answer(200, "12345"), "invalid expectation");

    let mut definition = probe();
    let schema = json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}});
    definition.expect.schema = Some(crate::expectation::Schema::compile("a.json", &schema).unwrap());
    check(&definition, &json(&json!({"a": 1})), "ok");
    check(&definition, &json(&json!({"a": "1"})), "invalid schema");
    check(&definition, &json(&json!([])), "invalid schema");
    check(&definition, &answer(200, "x"), "invalid not_json");
}

#[test]
fn a_certificate_that_ends_soon() {
    let mut definition = probe();
    definition.warn = Some(Box::new(Expectation {
        certificate_valid_for: Some(Duration::from_hours(14 * 24)),
        ..Expectation::default()
    }));
    let ending_at = |expiry: &str| {
        let mut observation = answer(200, "");
        observation.exchange.tls = Some(TlsFacts {
            version: "TLS 1.3",
            earliest_expiry: Some(expiry.parse().unwrap()),
        });
        observation
    };
    check(&definition, &ending_at("2026-12-05T09:00:00Z"), "ok");
    check(
        &definition,
        &ending_at("2026-12-05T08:59:59Z"),
        "degraded certificate",
    );
    check(
        &definition,
        &ending_at("2026-11-20T09:00:00Z"),
        "degraded certificate",
    );
    check(&definition, &answer(200, ""), "degraded certificate");
    definition.expect = *definition.warn.take().unwrap();
    check(&definition, &answer(200, ""), "invalid certificate");
}

#[test]
fn too_slow_is_degraded_and_never_more() {
    let mut definition = probe();
    definition.warn = Some(Box::new(Expectation {
        latency: vec![Comparison {
            operator: Operator::AtMost,
            number: 39.0,
        }],
        ..Expectation::default()
    }));
    check(&definition, &answer(200, ""), "degraded slow");
    check(&definition, &answer(503, ""), "down status slow");
    assert_eq!(
        message(&definition, &answer(200, "")),
        "the answer took 40ms, wanted at most 39ms"
    );
}

#[test]
fn the_first_rule_that_fits_decides_before_everything_else() {
    let rule = |verdict, when| VerdictRule { verdict, when };
    let mut definition = fresh();
    definition.verdict_rules = vec![
        rule(
            Verdict::Stale,
            expecting("$.status", Condition::Equals(json!("STALE"))),
        ),
        rule(
            Verdict::Ok,
            Expectation {
                status: Some(StatusSet::new(vec![StatusRange::Code(404)])),
                ..Expectation::default()
            },
        ),
        rule(
            Verdict::Unknown,
            expecting("$.maintenance", Condition::Equals(json!(true))),
        ),
    ];
    check(
        &definition,
        &answer(503, json!({"status": "STALE"}).to_string()),
        "stale rule",
    );
    check(&definition, &answer(404, "<html>"), "ok");
    check(
        &definition,
        &answer(503, json!({"maintenance": true}).to_string()),
        "unknown rule",
    );
    check(&definition, &answer(503, "{}"), "down status");
    check(
        &definition,
        &json(&json!({"updatedAt": "2026-11-21T08:59:00Z"})),
        "ok",
    );
    // The age is told all the same.
    let body = json!({"status": "STALE", "updatedAt": "2026-10-21T09:00:00Z"}).to_string();
    let judgment = judge(&definition, &answer(503, body), Recall::Nowhere, now());
    assert_eq!(
        judgment.data.unwrap().age,
        Some(SignedDuration::from_hours(31 * 24))
    );
}

#[test]
fn a_rule_that_cannot_be_held_against_the_body_is_no_pass() {
    let mut definition = probe();
    let mut when = expecting("$.status", Condition::Equals(json!("STALE")));
    definition.verdict_rules = vec![VerdictRule {
        verdict: Verdict::Stale,
        when: when.clone(),
    }];
    check(&definition, &answer(200, "<html>"), "invalid not_json");
    check(&definition, &answer(503, "<html>"), "down status");
    // A rule that its status rules out needs no body.
    when.status = Some(StatusSet::new(vec![StatusRange::Code(503)]));
    definition.verdict_rules[0].when = when;
    check(&definition, &answer(200, "<html>"), "ok");
}

#[test]
fn what_an_answer_says_cannot_command_a_terminal() {
    let definition = Definition {
        self_report: true,
        ..probe()
    };
    let body = json!({"status": "fail", "checks": {"a\u{1b}[2J\n": [{"status": "fail"}]}});
    assert!(!message(&definition, &json(&body)).contains(char::is_control));
}

#[test]
fn a_rule_about_the_body_does_not_fit_a_body_that_never_came_whole() {
    let rule = |when| Definition {
        verdict_rules: vec![VerdictRule {
            verdict: Verdict::Ok,
            when,
        }],
        ..probe()
    };
    let mut observation = json(&json!({}));
    if let Outcome::Answered(answer) = &mut observation.outcome {
        answer.body = Body::TooLarge { limit: 1024 };
    }
    let about_text = Expectation {
        text: Some(matcher(Condition::Contains(json!("OK")))),
        ..Expectation::default()
    };
    let about_size = Expectation {
        size: vec![Comparison {
            operator: Operator::AtMost,
            number: 1e9,
        }],
        ..Expectation::default()
    };
    for when in [expecting("$.a", Condition::Exists(false)), about_text, about_size] {
        check(&rule(when), &observation, "invalid too_large");
    }
    let about_status = Expectation {
        status: Some(StatusSet::success().clone()),
        ..Expectation::default()
    };
    check(&rule(about_status), &observation, "ok");
}

#[test]
fn the_endpoint_may_judge_itself() {
    let definition = Definition {
        self_report: true,
        ..probe()
    };
    for (status, body, expected) in [
        (200, json!({"status": "FRESH"}), "ok"),
        (200, json!({"status": "STALE"}), "stale self_report"),
        (503, json!({"status": "STALE"}), "stale self_report"),
        (200, json!({"status": "warn"}), "degraded self_report"),
        (503, json!({"status": "fail"}), "down self_report"),
        (503, json!({"status": "DOWN"}), "down self_report"),
        (200, json!({"status": "UNKNOWN"}), "unknown self_report"),
        // A good word does not make up for a bad status.
        (503, json!({"status": "FRESH"}), "down status"),
        (503, json!({"status": "warn"}), "down status"),
        (503, json!({"error": "x"}), "down status"),
        (200, json!({"error": "x"}), "invalid no_match"),
        (200, json!({"status": "REQUEST_SUCCEEDED"}), "invalid self_report"),
        (500, json!({"status": "REQUEST_FAILED"}), "down status"),
        // What these statuses say is about the prober, whatever the body says.
        (429, json!({"status": "fail"}), "unknown rate_limited"),
        (401, json!({"status": "fail"}), "invalid status"),
    ] {
        check(&definition, &answer(status, body.to_string()), expected);
    }
    check(&definition, &answer(200, "<html>"), "invalid not_json");
    check(&definition, &answer(503, "<html>"), "down status");
    check(&definition, &answer(503, ""), "down status");
}

#[test]
fn all_reasons_are_told_the_worst_first() {
    let mut definition = fresh();
    definition.expect = expecting("$.count", Condition::Equals(json!(1)));
    definition.warn = Some(Box::new(expecting("$.tone", Condition::Equals(json!("kind")))));
    let body = json!({"updatedAt": "2026-11-20T08:59:00Z", "count": 2, "tone": "rude"});
    check(&definition, &json(&body), "invalid expectation too_old warning");
    // The age is told although the verdict is another.
    assert!(
        judge(&definition, &json(&body), Recall::Nowhere, now())
            .data
            .is_some()
    );
}

#[test]
fn no_secret_leaves_in_a_sentence() {
    let mut observation = json(&json!({"updatedAt": "hunter2 is not a time"}));
    observation.secrets = Redactor::new(["hunter2"]);
    let judgment = judge(&fresh(), &observation, Recall::Nowhere, now());
    assert!(!format!("{judgment:?}").contains("hunter2"));
    assert!(judgment.reasons[0].message.contains("*** is not a time"));
}

/// Any JSON, shallow.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,3}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A value that holds no time whatever the format.
fn no_time() -> impl Strategy<Value = Value> {
    any_json().prop_filter("a time", |value| {
        !matches!(value, Value::String(_) | Value::Number(_)) || value.as_str() == Some("")
    })
}

proptest! {
    #[test]
    fn never_ok_when_the_needed_value_is_missing_null_or_of_the_wrong_type(value in no_time(), pick in any::<bool>()) {
        let mut rule = at("$.updatedAt");
        rule.pick = pick.then_some(Pick::Newest);
        for body in [json!({"updatedAt": value}), json!({"other": value}), json!([value])] {
            let judgment = judge(&freshness(rule.clone()), &json(&body), Recall::Nowhere, now());
            prop_assert_eq!(judgment.verdict, Verdict::Invalid);
        }
        let mut definition = probe();
        definition.expect = expecting("$.n", Condition::Compare(Comparison { operator: Operator::AtLeast, number: -1e308 }));
        prop_assert_eq!(judge(&definition, &json(&json!({"n": value})), Recall::Nowhere, now()).verdict, Verdict::Invalid);
    }

    #[test]
    fn fresh_only_when_the_value_is_a_time_within_the_bound(value in any_json()) {
        let judgment = judge(&fresh(), &json(&json!({"updatedAt": value})), Recall::Nowhere, now());
        if judgment.verdict == Verdict::Ok {
            let age = judgment.data.and_then(|data| data.age).unwrap();
            prop_assert!(age <= SignedDuration::from_hours(1));
        }
    }

    #[test]
    fn older_data_is_never_better(first in 0_i64..200_000, older in 0_i64..200_000, warn in prop::option::of(1_u64..3600)) {
        let mut rule = at("$.t");
        rule.signal = Signal::At {
            reading: reading(None),
            bound: Bound::MaxAge(MaxAge { warn_age: warn.map(Duration::from_secs), ..bound() }),
        };
        let verdict = |age: i64| {
            let stamp = now().checked_sub(SignedDuration::from_secs(age)).unwrap();
            judge(&freshness(rule.clone()), &json(&json!({"t": stamp.to_string()})), Recall::Nowhere, now()).verdict
        };
        prop_assert!(verdict(first) <= verdict(first + older));
    }

    #[test]
    fn any_answer_gets_a_judgment(status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..200), rules in any::<bool>()) {
        let mut definition = fresh();
        definition.self_report = rules;
        definition.expect.text = Some(matcher(Condition::Contains(json!("a"))));
        let judgment = judge(&definition, &answer(status, body), Recall::Nowhere, now());
        prop_assert_eq!(judgment.verdict == Verdict::Ok, judgment.reasons.is_empty());
    }

    #[test]
    fn the_worst_reason_decides(verdicts in prop::collection::vec(prop::sample::select(Verdict::ALL[1..].to_vec()), 0..8)) {
        let mut findings = Findings::default();
        for verdict in &verdicts {
            findings.reasons.push(Reason::new(*verdict, Code::Rule, "x"));
        }
        let judgment = findings.into_judgment();
        prop_assert_eq!(judgment.verdict, verdicts.iter().copied().max().unwrap_or(Verdict::Ok));
        prop_assert!(judgment.reasons.is_sorted_by_key(|reason| std::cmp::Reverse(reason.verdict)));
    }
}
