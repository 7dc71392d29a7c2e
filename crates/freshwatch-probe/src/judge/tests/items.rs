//! Items that are judged each on its own, sources of several members, and several rules.

use std::collections::BTreeSet;

use super::*;
use crate::definition::Ratio;
use crate::freshness::Each;
use crate::freshness::source::Join;

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

fn each() -> Each {
    Each {
        items: path("$.d[*]"),
        key: Some(path("$.k")),
        quorum: None,
        ignore: BTreeSet::new(),
    }
}

fn rule(each: Each) -> Freshness {
    Freshness {
        each: Some(Box::new(each)),
        ..at("$.t")
    }
}

fn quorum(percentage: &str) -> Each {
    Each {
        quorum: Some(Ratio::parse_percentage(percentage).unwrap()),
        ..each()
    }
}

fn ignoring(names: &[&str]) -> Each {
    Each {
        ignore: names.iter().map(|name| (*name).to_owned()).collect(),
        ..each()
    }
}

/// Districts `A`, `B`, … whose data is so many minutes old.
fn districts(minutes: &[i64]) -> Value {
    let district = |(index, minutes): (usize, &i64)| {
        let name = char::from(b'A' + u8::try_from(index).unwrap());
        let stamp = now() - SignedDuration::from_mins(*minutes);
        json!({"k": name.to_string(), "t": stamp.to_string()})
    };
    json!({"d": minutes.iter().enumerate().map(district).collect::<Vec<_>>()})
}

#[test]
fn every_item_is_judged_on_its_own() {
    check(&freshness(rule(each())), &json(&districts(&[1, 60])), "ok");
    check(
        &freshness(rule(each())),
        &json(&districts(&[1, 61, 2])),
        "stale quorum",
    );
    insta::assert_snapshot!(message(&freshness(rule(each())), &json(&districts(&[1, 61, 2, 120, 90, 100, 61]))), @r#"5 of 7 items at `$.d[*]` are stale, and all must be fresh; the worst is `D`: the data is 2h old; at most 1h is promised: `$.t` is "2026-11-21T07:00:00Z"; then `F`, `E` and 2 more"#);
    insta::assert_snapshot!(message(&freshness(rule(each())), &json(&districts(&[1, 61]))), @r#"1 of 2 items at `$.d[*]` is stale, and all must be fresh; it is `B`: the data is 1h 1m old; at most 1h is promised: `$.t` is "2026-11-21T07:59:00Z""#);
}

#[test]
fn a_quorum_says_how_many_must_be_fresh() {
    let three_of_four = districts(&[1, 2, 3, 90]);
    for (percentage, expected) in [
        ("75%", "ok"),
        ("75.0001%", "stale quorum"),
        ("100%", "stale quorum"),
        ("0.1%", "ok"),
    ] {
        check(
            &freshness(rule(quorum(percentage))),
            &json(&three_of_four),
            expected,
        );
    }
    let judgment = judge(
        &freshness(rule(quorum("75%"))),
        &json(&three_of_four),
        Recall::Nowhere,
        now(),
    );
    insta::assert_snapshot!(judgment.notes.join("\n"), @r#"1 of 4 items at `$.d[*]` is stale, and 75% of them fresh are enough; it is `D`: the data is 1h 30m old; at most 1h is promised: `$.t` is "2026-11-21T07:30:00Z""#);
    insta::assert_snapshot!(message(&freshness(rule(quorum("80%"))), &json(&three_of_four)), @r#"1 of 4 items at `$.d[*]` is stale, and 80% must be fresh; it is `D`: the data is 1h 30m old; at most 1h is promised: `$.t` is "2026-11-21T07:30:00Z""#);
}

#[test]
fn an_item_that_cannot_be_judged_is_invalid_whatever_the_quorum() {
    let with = |value: Value| {
        let mut body = districts(&[1, 2, 3]);
        body["d"][1]["t"] = value;
        json(&body)
    };
    let definition = freshness(rule(quorum("1%")));
    check(&definition, &with(json!(null)), "invalid no_timestamp");
    check(&definition, &with(json!("soon")), "invalid bad_timestamp");
    check(
        &definition,
        &with(json!("2026-11-21T08:00")),
        "invalid naive_timestamp",
    );
    check(
        &definition,
        &with(json!("2026-11-21T09:03:00Z")),
        "invalid future",
    );
    insta::assert_snapshot!(message(&definition, &with(json!(null))), @"1 of 3 items at `$.d[*]` is wrong; it is `B`: `$.t` is null: null holds no time");
    let mut missing = districts(&[1, 2]);
    missing["d"][0].as_object_mut().unwrap().remove("t");
    check(&definition, &json(&missing), "invalid no_match");
}

#[test]
fn what_is_ignored_is_not_looked_at() {
    let mut body = districts(&[1, 9999, 2]);
    check(&freshness(rule(ignoring(&["B"]))), &json(&body), "ok");
    body["d"][1]["t"] = json!(null);
    check(&freshness(rule(ignoring(&["B"]))), &json(&body), "ok");
    check(
        &freshness(rule(ignoring(&["A", "B", "C"]))),
        &json(&body),
        "invalid no_match",
    );
    let judgment = judge(
        &freshness(rule(ignoring(&["B"]))),
        &json(&body),
        Recall::Nowhere,
        now(),
    );
    assert_eq!(judgment.items.unwrap().judged, 2);
}

#[test]
fn items_need_names_of_their_own() {
    let named = |name: Value| {
        let mut body = districts(&[1, 2]);
        body["d"][1]["k"] = name;
        json(&body)
    };
    let definition = freshness(rule(each()));
    for name in [
        json!(null),
        json!(""),
        json!(true),
        json!(["B"]),
        json!("A"),
        json!("x".repeat(201)),
    ] {
        check(&definition, &named(name), "invalid bad_key");
    }
    check(&definition, &named(json!(11680)), "ok");
    insta::assert_snapshot!(message(&definition, &named(json!("A"))), @"two items at `$.d[*]` by `$.k` are called `A`, and cannot be told apart");
    insta::assert_snapshot!(message(&definition, &named(json!(null))), @"item [1] of `$.d[*]` has no name: `$.k` is null");
    let mut nameless = districts(&[1, 2]);
    nameless["d"][0].as_object_mut().unwrap().remove("k");
    check(&definition, &json(&nameless), "invalid bad_key");
}

#[test]
fn no_items_at_all_are_never_fresh() {
    for body in [json!({"d": []}), json!({}), json!({"d": null})] {
        check(&freshness(rule(each())), &json(&body), "invalid no_match");
    }
}

#[test]
fn items_without_a_key_go_by_their_place() {
    let nameless = Each { key: None, ..each() };
    insta::assert_snapshot!(message(&freshness(rule(nameless)), &json(&districts(&[1, 61]))), @r#"1 of 2 items at `$.d[*]` is stale, and all must be fresh; it is `[1]`: the data is 1h 1m old; at most 1h is promised: `$.t` is "2026-11-21T07:59:00Z""#);
}

#[test]
fn the_oldest_items_are_told_ten_at_most() {
    let minutes: Vec<i64> = (1..=25).collect();
    let judgment = judge(
        &freshness(rule(each())),
        &json(&districts(&minutes)),
        Recall::Nowhere,
        now(),
    );
    let items = judgment.items.unwrap();
    assert_eq!((items.judged, items.fresh, items.oldest.len()), (25, 25, 10));
    assert_eq!(items.oldest[0].name, "Y");
    assert_eq!(items.oldest[9].age, SignedDuration::from_mins(16));
    assert_eq!(judgment.data.unwrap().age, Some(SignedDuration::from_mins(25)));
}

#[test]
fn a_secret_in_a_name_is_never_shown() {
    let mut observation = json(&json!({"d": [{"k": "token-hunter2", "t": "2026-11-21T01:00:00Z"}]}));
    observation.secrets = Redactor::new(["hunter2"]);
    let definition = freshness(rule(each()));
    let judgment = judge(&definition, &observation, Recall::From(&Memory::default()), now());
    let memory = serde_json::to_string(judgment.memory.as_deref().unwrap()).unwrap();
    assert_eq!(judgment.verdict, Verdict::Stale);
    for text in [format!("{judgment:?}"), memory] {
        assert!(text.contains("token-***") && !text.contains("hunter2"), "{text}");
    }
}

/// Runs one after the other, a minute apart. Gives the verdicts.
fn over_time(rule: &Freshness, bodies: &[Value]) -> Vec<String> {
    let definition = freshness(rule.clone());
    let mut memory = Memory::default();
    let judged = bodies.iter().map(|body| {
        let judgment = judge(&definition, &json(body), Recall::From(&memory), now());
        if let Some(remembered) = &judgment.memory {
            memory = Memory::clone(remembered);
        }
        let codes = judgment.reasons.iter().map(|reason| reason.code.as_str());
        std::iter::once(judgment.verdict.as_str())
            .chain(codes)
            .collect::<Vec<_>>()
            .join(" ")
    });
    judged.collect()
}

#[test]
fn a_vanished_district_is_found() {
    let (all, fewer) = (districts(&[1, 2, 3]), districts(&[1, 2]));
    let runs = [all.clone(), fewer.clone(), fewer.clone(), all.clone()];
    assert_eq!(
        over_time(&rule(each()), &runs),
        ["ok", "invalid no_match", "invalid no_match", "ok"]
    );
    assert_eq!(
        over_time(&rule(ignoring(&["C"])), &runs),
        ["ok", "ok", "ok", "ok"]
    );
    assert_eq!(over_time(&rule(quorum("60%")), &runs), ["ok", "ok", "ok", "ok"]);
    assert_eq!(
        over_time(&rule(quorum("70%")), &runs),
        ["ok", "invalid no_match", "invalid no_match", "ok"]
    );
    let nameless = Each { key: None, ..each() };
    assert_eq!(over_time(&rule(nameless), &runs), ["ok", "ok", "ok", "ok"]);
    let definition = freshness(rule(each()));
    let memory = judge(&definition, &json(&all), Recall::From(&Memory::default()), now())
        .memory
        .unwrap();
    let judgment = judge(&definition, &json(&fewer), Recall::From(&memory), now());
    insta::assert_snapshot!(judgment.reasons[0].message, @"1 item that earlier runs saw at `$.d[*]` is gone: `C`; what is gone for good goes under `ignore`");
}

#[test]
fn cursors_of_items_are_known_by_their_names() {
    let signal = Signal::Advances {
        follows: None,
        bound: bound(),
    };
    let rule = Freshness {
        each: Some(Box::new(each())),
        ..Freshness::new(signal, Source::Path(path("$.n")))
    };
    let body = |cursors: &[(&str, i64)]| {
        let items: Vec<Value> = cursors
            .iter()
            .map(|(name, n)| json!({"k": name, "n": n}))
            .collect();
        json!({"d": items})
    };
    let runs = [
        body(&[("A", 1), ("B", 1)]),
        body(&[("B", 2), ("A", 1)]),
        body(&[("B", 2), ("A", 2)]),
        body(&[("B", 1), ("A", 2)]),
        body(&[("B", 2), ("A", 2), ("C", 5)]),
        body(&[("B", 2), ("C", 5)]),
    ];
    let verdicts = [
        "unknown warming",
        "ok",
        "ok",
        "invalid went_backwards",
        "ok",
        "invalid no_match",
    ];
    assert_eq!(over_time(&rule, &runs), verdicts);
    check(&freshness(rule), &json(&runs[0]), "unknown state");
}

#[test]
fn more_items_than_a_probe_remembers_are_no_pass_for_cursors() {
    let many: Vec<Value> = (0..=10_000).map(|n| json!({"k": n, "n": n, "t": NOW})).collect();
    let body = json!({"d": many});
    let signal = Signal::Advances {
        follows: None,
        bound: bound(),
    };
    let cursors = Freshness {
        each: Some(Box::new(each())),
        ..Freshness::new(signal, Source::Path(path("$.n")))
    };
    assert_eq!(
        over_time(&cursors, std::slice::from_ref(&body)),
        ["unknown state"]
    );
    assert_eq!(over_time(&rule(each()), &[body]), ["ok"]);
}

fn dated(source: Source, pick: Option<Pick>) -> Definition {
    let signal = Signal::At {
        reading: reading(Some(TimeZone::UTC)),
        bound: bound().into(),
    };
    freshness(Freshness {
        pick,
        ..Freshness::new(signal, source)
    })
}

#[test]
fn parts_of_a_date_are_joined() {
    let join = Join {
        of: path("$.items[*]"),
        parts: vec![path("$.y"), path("$.m"), path("$.d")],
    };
    let definition = dated(Source::Join(Box::new(join)), Some(Pick::Newest));
    let deal = |y: Value, m: Value, d: Value| json!({"y": y, "m": m, "d": d});
    let body = |deals: Vec<Value>| json(&json!({"items": deals}));
    let old = deal(json!(2026), json!(1), json!(5));
    check(
        &definition,
        &body(vec![old.clone(), deal(json!("2026"), json!("11"), json!(" 21"))]),
        "ok",
    );
    check(
        &definition,
        &body(vec![old.clone(), deal(json!(2026), json!(11), json!(20))]),
        "stale too_old",
    );
    check(
        &definition,
        &body(vec![old.clone(), deal(json!(2026), json!(13), json!(1))]),
        "invalid bad_timestamp",
    );
    check(
        &definition,
        &body(vec![old.clone(), deal(json!(2026), json!(11), json!(null))]),
        "invalid bad_timestamp",
    );
    check(&definition, &body(vec![old, json!({})]), "stale too_old");
    check(&definition, &body(vec![json!({})]), "invalid no_timestamp");
    check(&definition, &body(vec![]), "invalid no_match");
}

#[test]
fn names_of_members_are_values() {
    let definition = dated(Source::Keys(path("$.data")), Some(Pick::Newest));
    let body = |data: Value| json(&json!({"data": data}));
    check(
        &definition,
        &body(json!({"2026-11-20": 1, "2026-11-21": 2})),
        "ok",
    );
    check(
        &definition,
        &body(json!({"2026-11-19": 1, "2026-11-20": 2})),
        "stale too_old",
    );
    check(
        &definition,
        &body(json!({"2026-11-21": 1, "total": 2})),
        "invalid bad_timestamp",
    );
    check(&definition, &body(json!({})), "invalid no_match");
    for data in [json!(["2026-11-21"]), json!("2026-11-21"), json!(null)] {
        check(&definition, &body(data), "invalid no_timestamp");
    }
}

#[test]
fn all_rules_must_hold_and_the_oldest_data_is_shown() {
    let both = Definition {
        fresh: [at("$.a"), at("$.b")].into(),
        ..probe()
    };
    let body = |a: &str, b: &str| json(&json!({"a": a, "b": b}));
    check(&both, &body("2026-11-21T08:30:00Z", "2026-11-21T08:40:00Z"), "ok");
    check(
        &both,
        &body("2026-11-21T07:00:00Z", "2026-11-21T08:40:00Z"),
        "stale too_old",
    );
    check(
        &both,
        &body("2026-11-21T08:40:00Z", "2026-11-21T07:00:00Z"),
        "stale too_old",
    );
    check(
        &both,
        &body("2026-11-21T07:00:00Z", "2026-11-21T06:00:00Z"),
        "stale too_old too_old",
    );
    check(
        &both,
        &body("2026-11-21T07:00:00Z", ""),
        "invalid no_timestamp too_old",
    );
    for (a, b) in [("2026-11-21T07:00:00Z", NOW), (NOW, "2026-11-21T07:00:00Z")] {
        let data = judge(&both, &body(a, b), Recall::Nowhere, now()).data.unwrap();
        assert_eq!(data.age, Some(SignedDuration::from_hours(2)));
    }
}
