//! The judge's own steps.

use std::path::Path as FilePath;

use super::{at, definition, due, korean, path, period, zone};
use crate::duration;
use crate::explain::{Steps, Trace, recorded};
use crate::freshness::due::Roll;
use crate::freshness::memory::{Memory, Recall};
use crate::freshness::{Bound, Each, Format, Freshness, MaxAge, Pick, Reading, Signal};
use crate::judge::{judge, judge_aloud};
use crate::matcher::{Condition, Matcher};
use crate::request::Auth;
use crate::template::Template;
use crate::unit_test::Recorded;
use crate::verdict::Verdict;
use crate::{definition::Definition, expectation::VerdictRule};

const NOW: &str = "2027-02-15T00:10:00Z";

/// The steps to the verdict on an answer at [`NOW`], and the verdict.
#[track_caller]
fn steps(definition: &Definition, answer: &str, recall: Recall<'_>) -> String {
    let answer = recorded(answer.to_owned().into(), FilePath::new("answer.json")).unwrap();
    let observation = Recorded::Answer(answer).observe(definition, at(NOW));
    let steps = Steps::default();
    let judgment = judge_aloud(definition, &observation, recall, at(NOW), Trace::to(&steps));
    // Whoever listens changes nothing.
    let quiet = judge(definition, &observation, recall, at(NOW));
    assert_eq!(
        (quiet.verdict, &quiet.reasons, &quiet.notes),
        (judgment.verdict, &judgment.reasons, &judgment.notes)
    );
    let (told, omitted) = steps.into_parts();
    assert_eq!(omitted, 0);
    let told = told.iter();
    let told: Vec<String> = told
        .map(|step| format!("{}: {}", step.stage.as_str(), step.message))
        .collect();
    let codes: Vec<&str> = judgment
        .reasons
        .iter()
        .map(|reason| reason.code.as_str())
        .collect();
    format!("{}\n{} ({})", told.join("\n"), judgment.verdict, codes.join(", "))
}

fn max_age(text: &str) -> MaxAge {
    MaxAge {
        max_age: duration::parse(text).unwrap(),
        warn_age: None,
        calendar: None,
    }
}

fn at_rule(source: &str, timezone: Option<&str>) -> Freshness {
    Freshness {
        signal: Signal::At {
            reading: Reading {
                format: Format::Auto,
                timezone: timezone.map(zone),
            },
            bound: Bound::MaxAge(max_age("2d")),
        },
        ..period(source, Bound::MaxAge(max_age("2d")))
    }
}

fn probe(rule: Freshness) -> Definition {
    let mut definition = definition();
    definition.fresh = Box::new([rule]);
    definition
}

#[test]
fn of_many_values_one_is_picked_and_read() {
    let mut rule = at_rule("$.items[*].at", Some("Asia/Seoul"));
    rule.pick = Some(Pick::Newest);
    let body =
        r#"{"items": [{"at": "2027-02-10"}, {"at": "2027-02-11"}, {"at": null}, {"at": "2027-02-09"}]}"#;
    insta::assert_snapshot!(steps(&probe(rule), body, Recall::Nowhere), @r#"
    answer: 200, with a body of 91 B to be read as JSON
    expectation: all that is expected holds, the status included
    selected: `$.items[*].at` has 4 values: "2027-02-10", "2027-02-11", null, …
    picked: the newest counts (`pick: newest`), which is "2027-02-11"
    read: "2027-02-11" is read as a day in Asia/Seoul (`timezone`): 2027-02-11, which ends at 2027-02-11T15:00:00Z (Fri 2027-02-12 00:00 +09:00 in Asia/Seoul)
    age: 3d 9h, the time since 2027-02-11T15:00:00Z
    bound: 3d 9h is more than `max_age: 2d`
    stale (too_old)
    "#);
}

#[test]
fn a_time_that_cannot_be_read_ends_the_way() {
    let naive = probe(at_rule("$.at", None));
    insta::assert_snapshot!(steps(&naive, r#"{"at": "2027-02-14 12:00"}"#, Recall::Nowhere), @r#"
    answer: 200, with a body of 26 B to be read as JSON
    expectation: all that is expected holds, the status included
    selected: `$.at` has 1 value: "2027-02-14 12:00"
    read: `$.at` is "2027-02-14 12:00", which is a time without a zone: say whose it is with `timezone`, such as `timezone: Asia/Seoul` or `timezone: UTC`
    invalid (naive_timestamp)
    "#);
    insta::assert_snapshot!(steps(&naive, r#"{"at": 20270214}"#, Recall::Nowhere), @r#"
    answer: 200, with a body of 16 B to be read as JSON
    expectation: all that is expected holds, the status included
    selected: `$.at` has 1 value: 20270214
    read: `$.at` is 20270214, which is not a plausible number of seconds, milliseconds, microseconds or nanoseconds since 1970 (1990 to 2099): say what it is with `format`, such as `format: "%Y%m%d"` or `format: unix`
    invalid (bad_timestamp)
    "#);
    insta::assert_snapshot!(steps(&naive, r#"{"on": 1}"#, Recall::Nowhere), @r"
    answer: 200, with a body of 9 B to be read as JSON
    expectation: all that is expected holds, the status included
    selected: `$.at` matches nothing
    invalid (no_match)
    ");
    insta::assert_snapshot!(steps(&naive, r#"{"at": 1802700000}"#, Recall::Nowhere), @r"
    answer: 200, with a body of 18 B to be read as JSON
    expectation: all that is expected holds, the status included
    selected: `$.at` has 1 value: 1802700000
    read: `$.at` is 1802700000, 13h 50m in the future, and only 2m is believed (`max_skew`)
    invalid (future)
    ");
}

#[test]
fn the_calendar_and_the_due_moment_are_told() {
    let definition = probe(period("$.baseDate", Bound::Due(Box::new(due(Roll::Forward)))));
    insta::assert_snapshot!(steps(&definition, r#"{"baseDate": "2027-02-04"}"#, Recall::Nowhere), @r#"
    answer: 200, with a body of 26 B to be read as JSON
    expectation: all that is expected holds, the status included
    selected: `$.baseDate` has 1 value: "2027-02-04"
    read: "2027-02-04" is read as a day in Asia/Seoul (`timezone`): 2027-02-04, which ends at 2027-02-04T15:00:00Z (Fri 2027-02-05 00:00 +09:00 in Asia/Seoul)
    bound: 2027-02-05 was due at 2027-02-15 09:00 in Asia/Seoul, 10m ago, and has not landed; its grace of 30m is not over
    degraded (late)
    "#);
    let bound = MaxAge {
        calendar: Some(korean()),
        ..max_age("1d")
    };
    let definition = probe(period("$.baseDate", Bound::MaxAge(bound)));
    insta::assert_snapshot!(steps(&definition, r#"{"baseDate": "2027-02-04"}"#, Recall::Nowhere), @r#"
    answer: 200, with a body of 26 B to be read as JSON
    expectation: all that is expected holds, the status included
    selected: `$.baseDate` has 1 value: "2027-02-04"
    read: "2027-02-04" is read as a day in Asia/Seoul (`timezone`): 2027-02-04, which ends at 2027-02-04T15:00:00Z (Fri 2027-02-05 00:00 +09:00 in Asia/Seoul)
    age: 9h 10m: for so long the calendar `kr-business` was open in the 10 days since 2027-02-04T15:00:00Z
    bound: 9h 10m is within `max_age: 1d`
    ok ()
    "#);
}

#[test]
fn the_worst_items_are_followed() {
    let mut rule = at_rule("$.at", None);
    rule.each = Some(Box::new(Each {
        items: path("$.districts[*]"),
        key: Some(path("$.code")),
        quorum: None,
        ignore: ["old".to_owned()].into(),
    }));
    let body = r#"{"districts": [
        {"code": "a", "at": "2027-02-14T00:00:00Z"}, {"code": "b", "at": "2027-02-01T00:00:00Z"},
        {"code": "c", "at": "2027-02-14T12:00:00Z"}, {"code": "d"}, {"code": "old", "at": "2001-01-01T00:00:00Z"}]}"#;
    insta::assert_snapshot!(steps(&probe(rule), body, Recall::Nowhere), @r#"
    answer: 200, with a body of 229 B to be read as JSON
    expectation: all that is expected holds, the status included
    item: `d`, the worst or else the oldest of 4, of which 3 are told here
    selected: `$.at` matches nothing
    item: `b`
    selected: `$.at` has 1 value: "2027-02-01T00:00:00Z"
    read: "2027-02-01T00:00:00Z" is read as an ISO time with its zone: 2027-02-01T00:00:00Z
    age: 14 days, the time since 2027-02-01T00:00:00Z
    bound: 14 days is more than `max_age: 2d`
    item: `a`
    selected: `$.at` has 1 value: "2027-02-14T00:00:00Z"
    read: "2027-02-14T00:00:00Z" is read as an ISO time with its zone: 2027-02-14T00:00:00Z
    age: 1d, the time since 2027-02-14T00:00:00Z
    bound: 1d is within `max_age: 2d`
    quorum: 2 of 4 items are fresh; all of them must be
    invalid (no_match, quorum)
    "#);
}

#[test]
fn what_earlier_runs_saw_is_told() {
    let rule = Freshness {
        signal: Signal::Advances {
            follows: None,
            bound: max_age("2d"),
        },
        ..at_rule("$.offset", None)
    };
    let mut memory = Memory::default();
    for (value, day) in [(41, "2027-02-01"), (42, "2027-02-03")] {
        let at = at(&format!("{day}T00:00:00Z"));
        memory.note(&rule, None, &value.into(), None, at).unwrap();
    }
    let definition = probe(rule);
    let body = r#"{"offset": 42}"#;
    insta::assert_snapshot!(steps(&definition, body, Recall::From(&memory)), @r"
    answer: 200, with a body of 14 B to be read as JSON
    expectation: all that is expected holds, the status included
    selected: `$.offset` has 1 value: 42
    remembered: it is 42; it has stood still since 2027-02-03T00:00:00Z
    age: 12 days, the time since 2027-02-03T00:00:00Z
    bound: 12 days is more than `max_age: 2d`
    stale (not_advanced)
    ");
    insta::assert_snapshot!(steps(&definition, body, Recall::From(&Memory::default())), @r"
    answer: 200, with a body of 14 B to be read as JSON
    expectation: all that is expected holds, the status included
    selected: `$.offset` has 1 value: 42
    remembered: it is 42; no earlier run is remembered
    unknown (warming)
    ");
    insta::assert_snapshot!(steps(&definition, body, Recall::Nowhere), @r"
    answer: 200, with a body of 14 B to be read as JSON
    expectation: all that is expected holds, the status included
    selected: `$.offset` has 1 value: 42
    remembered: `$.offset` must be held against what earlier runs saw, and nothing keeps that: name a file with `--state FILE`
    unknown (state)
    ");
}

#[test]
fn rules_and_expectations_are_told() {
    let mut definition = definition();
    let wants = |text: &str| Matcher {
        conditions: vec![Condition::Equals(text.into())],
    };
    let mut rule = VerdictRule {
        verdict: Verdict::Stale,
        when: crate::expectation::Expectation::default(),
    };
    rule.when.body.push((path("$.status"), wants("STALE")));
    definition.verdict_rules = vec![rule];
    definition.expect.body.push((path("$.status"), wants("OK")));
    insta::assert_snapshot!(steps(&definition, r#"{"status": "OK"}"#, Recall::Nowhere), @r#"
    answer: 200, with a body of 16 B to be read as JSON
    rule: the rule for `stale` does not fit: `$.status` is "OK", wanted "STALE"
    expectation: all that is expected holds, the status included
    ok ()
    "#);
    insta::assert_snapshot!(steps(&definition, r#"{"status": "STALE"}"#, Recall::Nowhere), @r"
    answer: 200, with a body of 19 B to be read as JSON
    rule: the answer fits the rule for `stale`, which decides
    stale (rule)
    ");
    insta::assert_snapshot!(steps(&definition, r#"{"status": "odd"}"#, Recall::Nowhere), @r#"
    answer: 200, with a body of 17 B to be read as JSON
    rule: the rule for `stale` does not fit: `$.status` is "odd", wanted "STALE"
    expectation: `expect` does not hold: `$.status` is "odd", wanted "OK"
    invalid (expectation)
    "#);
}

#[test]
fn what_ends_the_way_early_is_told() {
    let mut definition = probe(at_rule("$.at", None));
    let answer = |status: u16, body: &str| format!("HTTP/1.1 {status}\nage: 7\n\n{body}");
    insta::assert_snapshot!(steps(&definition, &answer(503, "upstream"), Recall::Nowhere), @r"
    answer: 503, with a body of 8 B to be read as JSON
    expectation: 503: the service says that it failed; so nothing that the answer says is judged
    down (status)
    ");
    insta::assert_snapshot!(steps(&definition, &answer(200, "<html>"), Recall::Nowhere), @r"
    answer: 200, with a body of 6 B to be read as JSON
    expectation: all that is expected holds, the status included
    read: the body is HTML, not JSON
    cache: a cache has kept the answer for 7s (the header `age`)
    invalid (not_json)
    ");
    definition.self_report = true;
    let stale = r#"{"status": "STALE", "at": "2027-02-01T00:00:00Z"}"#;
    insta::assert_snapshot!(steps(&definition, &answer(503, stale), Recall::Nowhere), @r#"
    answer: 503, with a body of 49 B to be read as JSON
    self_report: the endpoint says of itself that it is "STALE", which means `stale`
    fresh: what follows tells the age alone: the verdict is decided already
    selected: `$.at` has 1 value: "2027-02-01T00:00:00Z"
    read: "2027-02-01T00:00:00Z" is read as an ISO time with its zone: 2027-02-01T00:00:00Z
    age: 14 days, the time since 2027-02-01T00:00:00Z
    bound: 14 days is more than `max_age: 2d`
    cache: a cache has kept the answer for 7s (the header `age`)
    stale (self_report)
    "#);
}

#[test]
fn an_expiry_is_told() {
    let expires = Freshness {
        signal: Signal::Expires {
            reading: Reading {
                format: Format::Auto,
                timezone: None,
            },
        },
        ..at_rule("$.until", None)
    };
    let definition = probe(expires);
    let later = r#"{"until": "Mon, 15 Feb 2027 00:20:00 GMT"}"#;
    insta::assert_snapshot!(steps(&definition, later, Recall::Nowhere), @r#"
    answer: 200, with a body of 42 B to be read as JSON
    expectation: all that is expected holds, the status included
    selected: `$.until` has 1 value: "Mon, 15 Feb 2027 00:20:00 GMT"
    read: "Mon, 15 Feb 2027 00:20:00 GMT" is read as an HTTP date: 2027-02-15T00:20:00Z
    bound: the data is good until 2027-02-15T00:20:00Z, for another 10m
    ok ()
    "#);
    insta::assert_snapshot!(steps(&definition, r#"{"until": 1802649000}"#, Recall::Nowhere), @r"
    answer: 200, with a body of 21 B to be read as JSON
    expectation: all that is expected holds, the status included
    selected: `$.until` has 1 value: 1802649000
    read: 1802649000 is read as seconds since 1970: 2027-02-14T23:50:00Z
    bound: the data was good until 2027-02-14T23:50:00Z, 20m ago
    stale (expired)
    ");
}

#[test]
fn of_several_rules_each_is_told() {
    let mut definition = definition();
    let oldest = Freshness {
        pick: Some(Pick::Oldest),
        ..at_rule("$.all[*]", None)
    };
    let pattern = Format::parse("%d.%m.%Y %H:%M").unwrap();
    let mut dotted = at_rule("$.at", Some("Europe/Berlin"));
    if let Signal::At { reading, .. } = &mut dotted.signal {
        reading.format = pattern;
    }
    definition.fresh = Box::new([dotted, oldest]);
    let body = r#"{"at": "14.02.2027 23:30", "all": ["2027-02-14T00:00:00Z", "2027-02-13T00:00:00Z"]}"#;
    insta::assert_snapshot!(steps(&definition, body, Recall::Nowhere), @r#"
    answer: 200, with a body of 83 B to be read as JSON
    expectation: all that is expected holds, the status included
    fresh: rule 1 of 2, at `$.at`
    selected: `$.at` has 1 value: "14.02.2027 23:30"
    read: "14.02.2027 23:30" is read as `%d.%m.%Y %H:%M` in Europe/Berlin (`timezone`): 2027-02-14T22:30:00Z (Sun 2027-02-14 23:30 +01:00 in Europe/Berlin)
    age: 1h 40m, the time since 2027-02-14T22:30:00Z
    bound: 1h 40m is within `max_age: 2d`
    fresh: rule 2 of 2, at `$.all[*]`
    selected: `$.all[*]` has 2 values: "2027-02-14T00:00:00Z", "2027-02-13T00:00:00Z"
    picked: the oldest counts (`pick: oldest`), which is "2027-02-13T00:00:00Z"
    read: "2027-02-13T00:00:00Z" is read as an ISO time with its zone: 2027-02-13T00:00:00Z
    age: 2d 10m, the time since 2027-02-13T00:00:00Z
    bound: 2d 10m is more than `max_age: 2d`
    stale (too_old)
    "#);
}

#[test]
fn no_secret_stands_in_a_step() {
    let mut definition = probe(at_rule("$.at", None));
    definition.request.auth = Some(Auth::Bearer(Template::hidden("s3cr3t-s3cr3t")));
    let mut rule = VerdictRule {
        verdict: Verdict::Stale,
        when: crate::expectation::Expectation::default(),
    };
    let wanted = Condition::Equals("s3cr3t-s3cr3t".into());
    let conditions = vec![wanted];
    rule.when.body.push((path("$.at"), Matcher { conditions }));
    definition.verdict_rules = vec![rule];
    let told = steps(&definition, r#"{"at": "key s3cr3t-s3cr3x"}"#, Recall::Nowhere);
    assert!(told.contains("wanted \"***\""), "{told}");
    let told = steps(&definition, r#"{"at": "key s3cr3t-s3cr3t"}"#, Recall::Nowhere);
    assert!(
        told.contains("\"key ***\"") && !told.contains("s3cr3t-s3cr3t"),
        "{told}"
    );
}
