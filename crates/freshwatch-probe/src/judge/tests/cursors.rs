//! What must move: cursors that advance, contents that change, over several runs.

use super::*;

const MINUTE: Duration = Duration::from_mins(1);

fn path(text: &str) -> Source {
    Source::Path(Path::parse(text).unwrap())
}

fn advances() -> Freshness {
    let bound = bound();
    Freshness::new(Signal::Advances { follows: None, bound }, path("$.n"))
}

fn follows() -> Freshness {
    let follows = Some(path("$.produced"));
    Freshness::new(
        Signal::Advances {
            follows,
            bound: bound(),
        },
        path("$.n"),
    )
}

fn changes(source: &str) -> Freshness {
    Freshness::new(Signal::Changes { bound: bound() }, path(source))
}

/// A memory as it comes back from where it was kept.
fn kept(memory: &Memory) -> Memory {
    serde_json::from_str(&serde_json::to_string(memory).unwrap()).unwrap()
}

fn words(judgment: &Judgment) -> String {
    let codes = judgment.reasons.iter().map(|reason| reason.code.as_str());
    std::iter::once(judgment.verdict.as_str())
        .chain(codes)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs at these minutes see these answers. Gives the last judgment.
#[track_caller]
fn check(rule: Freshness, runs: &[(i64, Value, &str)]) -> Judgment {
    let definition = freshness(rule);
    let mut memory = Memory::default();
    let mut last = None;
    for (minute, body, expected) in runs {
        let at = now() + SignedDuration::from_mins(*minute);
        let judgment = judge(&definition, &json(body), Recall::From(&memory), at);
        assert_eq!(words(&judgment), *expected, "minute {minute}: {judgment:#?}");
        if let Some(remembered) = &judgment.memory {
            memory = kept(remembered);
        }
        last = Some(judgment);
    }
    last.unwrap()
}

fn n(number: i64) -> Value {
    json!({"n": number})
}

#[test]
fn a_cursor_is_unknown_until_it_moves_and_stale_when_it_stands_still() {
    check(
        advances(),
        &[
            (0, n(5), "unknown warming"),
            (60, n(5), "unknown warming"),
            (60, n(6), "ok"),
            (120, n(6), "ok"),
            (121, n(6), "stale not_advanced"),
            (122, n(7), "ok"),
        ],
    );
    check(
        advances(),
        &[(0, n(5), "unknown warming"), (61, n(5), "stale not_advanced")],
    );
}

#[test]
fn sentences_say_how_long_it_stood_and_what_was_promised() {
    let told = |judgment: Judgment| judgment.reasons[0].message.clone();
    let first = check(advances(), &[(0, n(5), "unknown warming")]);
    insta::assert_snapshot!(told(first), @"`$.n` has not advanced since it was first seen, and 1h is given for that: it is 5");
    let stale = check(
        advances(),
        &[(0, n(5), "unknown warming"), (90, n(5), "stale not_advanced")],
    );
    insta::assert_snapshot!(told(stale), @"`$.n` has not advanced for 1h 30m; at most 1h is promised: it is 5");
    let same = check(
        changes("$.q"),
        &[
            (0, json!({"q": [1]}), "unknown warming"),
            (90, json!({"q": [1]}), "stale not_changed"),
        ],
    );
    insta::assert_snapshot!(told(same), @"`$.q` has not changed for 1h 30m; at most 1h is promised: it is an array of 1 element");
    let back = check(
        advances(),
        &[
            (0, n(5), "unknown warming"),
            (1, n(3), "invalid went_backwards"),
            (6, n(4), "invalid went_backwards"),
        ],
    );
    insta::assert_snapshot!(told(back), @"`$.n` is 4 and was 5: it went back 5m ago, and may only advance");
    let behind = json!({"n": 5, "produced": 7});
    let lazy = check(
        follows(),
        &[
            (0, json!({"n": 5, "produced": 6}), "unknown warming"),
            (1, behind.clone(), "unknown warming"),
            (62, behind, "stale not_advanced"),
        ],
    );
    insta::assert_snapshot!(told(lazy), @"`$.n` has not followed `$.produced` for 1h 1m; at most 1h is promised: it is 5");
    let homeless = judge(&freshness(advances()), &json(&n(5)), Recall::Nowhere, now());
    assert_eq!(words(&homeless), "unknown state");
    insta::assert_snapshot!(told(homeless), @"`$.n` must be held against what earlier runs saw, and nothing keeps that: name a file with `--state FILE`");
}

#[test]
fn the_age_counts_from_when_it_last_moved() {
    let judgment = check(
        advances(),
        &[(0, n(5), "unknown warming"), (10, n(6), "ok"), (40, n(6), "ok")],
    );
    let data = judgment.data.unwrap();
    assert_eq!(data.age, Some(SignedDuration::from_mins(30)));
    assert_eq!(data.timestamp, Some(now() + SignedDuration::from_mins(10)));
    let warming = check(
        advances(),
        &[(0, n(5), "unknown warming"), (10, n(5), "unknown warming")],
    );
    assert_eq!(warming.data.unwrap().age, None);
}

#[test]
fn a_warning_comes_before_the_bound_but_not_before_it_ever_moved() {
    let bound = MaxAge {
        warn_age: Some(HOUR / 2),
        ..bound()
    };
    let rule = Freshness::new(Signal::Advances { follows: None, bound }, path("$.n"));
    check(
        rule,
        &[
            (0, n(5), "unknown warming"),
            (40, n(5), "unknown warming"),
            (50, n(6), "ok"),
            (80, n(6), "ok"),
            (81, n(6), "degraded aging"),
            (111, n(6), "stale not_advanced"),
        ],
    );
}

#[test]
fn a_number_that_goes_back_is_wrong_until_it_has_caught_up() {
    check(
        advances(),
        &[
            (0, n(5), "unknown warming"),
            (1, n(6), "ok"),
            (2, n(4), "invalid went_backwards"),
            (3, n(5), "invalid went_backwards"),
            (4, n(6), "ok"),
            (5, n(7), "ok"),
        ],
    );
}

#[test]
fn a_number_that_begins_anew_counts_once_it_was_told_for_long_enough() {
    check(
        advances(),
        &[
            (0, n(5000), "unknown warming"),
            (1, n(3), "invalid went_backwards"),
            (61, n(4), "invalid went_backwards"),
            (62, n(5), "ok"),
            (63, n(4), "invalid went_backwards"),
        ],
    );
    check(
        advances(),
        &[
            (0, n(5000), "unknown warming"),
            (1, n(3), "invalid went_backwards"),
            (62, n(3), "stale not_advanced"),
        ],
    );
}

#[test]
fn texts_only_have_to_differ() {
    let text = |text: &str| json!({"n": text});
    check(
        advances(),
        &[
            (0, text("b"), "unknown warming"),
            (1, text("a"), "ok"),
            (62, text("a"), "stale not_advanced"),
            (63, text("b"), "ok"),
        ],
    );
}

#[test]
fn what_is_no_cursor_is_invalid_and_forgets_nothing() {
    for value in [json!(null), json!(""), json!(true), json!([1]), json!({"a": 1})] {
        check(
            advances(),
            &[
                (0, n(5), "unknown warming"),
                (10, json!({"n": value}), "invalid no_timestamp"),
                (61, n(5), "stale not_advanced"),
            ],
        );
    }
    check(advances(), &[(0, json!({}), "invalid no_match")]);
    let producer = |value: Value| json!({"n": 1, "produced": value});
    check(follows(), &[(0, producer(json!(null)), "invalid no_timestamp")]);
    check(follows(), &[(0, n(1), "invalid no_match")]);
}

#[test]
fn of_many_numbers_one_counts() {
    let picking = |pick| Freshness {
        pick: Some(pick),
        source: path("$[*].n"),
        ..advances()
    };
    let newer = [
        (0, json!([n(1), n(9)]), "unknown warming"),
        (1, json!([n(2), n(9)]), "unknown warming"),
        (2, json!([n(2), n(10)]), "ok"),
    ];
    check(picking(Pick::Newest), &newer);
    let older = [
        (0, json!([n(1), n(9)]), "unknown warming"),
        (1, json!([n(1), n(10)]), "unknown warming"),
        (2, json!([n(2), n(10)]), "ok"),
    ];
    check(picking(Pick::Oldest), &older);
    check(
        picking(Pick::Oldest),
        &[(0, json!([n(1), {"n": null}]), "invalid no_timestamp")],
    );
    check(
        picking(Pick::Newest),
        &[(0, json!([{"n": "a"}, {"n": "b"}]), "invalid bad_timestamp")],
    );
}

#[test]
fn a_content_is_the_same_whatever_its_layout() {
    let quotes = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let body = |text: &str| json!({"q": quotes(text)});
    check(
        changes("$.q"),
        &[
            (0, body(r#"{"a": 1, "b": [2]}"#), "unknown warming"),
            (1, body(r#"{"b": [2.0], "a": 1}"#), "unknown warming"),
            (2, body(r#"{"b": [3], "a": 1}"#), "ok"),
            (63, body(r#"{"a": 1, "b": [3]}"#), "stale not_changed"),
        ],
    );
    check(
        changes("$.q[*].p"),
        &[
            (0, body(r#"[{"p": 1}, {"p": 2}]"#), "unknown warming"),
            (1, body(r#"[{"p": 2}, {"p": 1}]"#), "ok"),
        ],
    );
}

#[test]
fn nothing_is_no_content() {
    for value in [json!(null), json!([]), json!({}), json!(" "), json!([null])] {
        check(changes("$.q"), &[(0, json!({"q": value}), "invalid no_match")]);
    }
    check(changes("$.q"), &[(0, json!({}), "invalid no_match")]);
}

#[test]
fn an_idle_producer_does_not_make_its_follower_stale() {
    let seen = |produced: i64, consumed: i64| json!({"produced": produced, "n": consumed});
    check(
        follows(),
        &[
            (0, seen(10, 9), "unknown warming"),
            (10, seen(11, 10), "ok"),
            (500, seen(11, 10), "ok"),
            (510, seen(12, 10), "ok"),
            (570, seen(13, 10), "ok"),
            (571, seen(13, 10), "stale not_advanced"),
            (580, seen(13, 11), "ok"),
            (2000, seen(13, 11), "ok"),
        ],
    );
}

#[test]
fn a_follower_that_was_given_nothing_to_do_for_a_whole_watch_is_well() {
    let seen = |produced: i64| json!({"produced": produced, "n": 9});
    let judgment = check(
        follows(),
        &[
            (0, seen(10), "unknown warming"),
            (60, seen(10), "unknown warming"),
            (61, seen(10), "ok"),
        ],
    );
    assert_eq!(judgment.data.unwrap().age, Some(SignedDuration::ZERO));
    check(
        follows(),
        &[
            (0, seen(10), "unknown warming"),
            (61, seen(10), "ok"),
            (70, seen(11), "unknown warming"),
            (131, seen(11), "stale not_advanced"),
        ],
    );
}

#[test]
fn a_follower_that_has_caught_up_owes_nothing() {
    let seen = |produced: i64, consumed: i64| json!({"produced": produced, "n": consumed});
    check(
        follows(),
        &[
            (0, seen(10, 9), "unknown warming"),
            (10, seen(11, 10), "ok"),
            (20, seen(12, 10), "ok"),
            (30, seen(10, 10), "ok"),
            (200, seen(10, 10), "ok"),
        ],
    );
}

#[test]
fn a_clock_that_is_set_back_makes_no_cursor_young_for_long() {
    check(
        advances(),
        &[
            (10_000, n(5), "unknown warming"),
            (10_010, n(6), "ok"),
            (0, n(6), "ok"),
            (60, n(6), "ok"),
            (61, n(6), "stale not_advanced"),
        ],
    );
}

#[test]
fn a_memory_is_only_written_when_there_is_something_new() {
    let definition = freshness(advances());
    let first = judge(&definition, &json(&n(5)), Recall::From(&Memory::default()), now())
        .memory
        .unwrap();
    let at = now() + MINUTE;
    assert!(
        judge(&definition, &json(&n(5)), Recall::From(&first), at)
            .memory
            .is_none()
    );
    assert!(
        judge(&definition, &answer(503, ""), Recall::From(&first), at)
            .memory
            .is_none()
    );
    assert!(
        judge(&definition, &json(&n(6)), Recall::From(&first), at)
            .memory
            .is_some()
    );
    let reading = reading(None);
    let expires = freshness(Freshness::new(Signal::Expires { reading }, path("$.until")));
    let until = json(&json!({"until": "2027-01-01T00:00:00Z"}));
    assert!(judge(&expires, &until, Recall::From(&first), at).memory.is_none());
}

#[test]
fn a_rule_that_is_gone_is_forgotten_and_the_others_are_known_in_any_order() {
    let both = Definition {
        fresh: [advances(), changes("$.q")].into(),
        ..probe()
    };
    let body = json!({"n": 5, "q": "x"});
    let first = judge(&both, &json(&body), Recall::From(&Memory::default()), now())
        .memory
        .unwrap();
    let turned = Definition {
        fresh: [changes("$.q"), advances()].into(),
        ..probe()
    };
    let later = now() + SignedDuration::from_mins(61);
    let judgment = judge(&turned, &json(&body), Recall::From(&kept(&first)), later);
    assert_eq!(words(&judgment), "stale not_changed not_advanced");
    let one = judge(&freshness(advances()), &json(&body), Recall::From(&first), later);
    assert!(one.memory.unwrap().rule(&changes("$.q")).is_none());
}

#[test]
fn what_is_noted_is_what_a_run_would_have_seen() {
    let rule = follows();
    let mut memory = Memory::default();
    let note = |memory: &mut Memory, number: i64, minute: i64| {
        let at = now() - SignedDuration::from_mins(minute);
        memory
            .note(&rule, None, &json!(number), Some(&json!(number + 1)), at)
            .unwrap();
    };
    note(&mut memory, 4, 300);
    note(&mut memory, 5, 200);
    let body = json!({"n": 5, "produced": 6});
    let judgment = judge(
        &freshness(rule.clone()),
        &json(&body),
        Recall::From(&memory),
        now(),
    );
    assert_eq!(words(&judgment), "ok");
    assert!(judgment.memory.is_none(), "{judgment:#?}");
    assert!(memory.note(&rule, None, &json!(null), None, now()).is_err());
}

#[test]
fn a_memory_of_another_version_is_refused() {
    let read = |text: &str| serde_json::from_str::<Memory>(text);
    assert!(read(r#"{"version":1,"rules":{}}"#).is_ok());
    let error = read(r#"{"version":2,"rules":{}}"#).unwrap_err().to_string();
    assert!(error.starts_with("a memory of version 2"), "{error}");
    assert!(read(r#"{"version":1,"rules":{},"more":1}"#).is_err());
}

#[test]
fn a_memory_holds_no_content() {
    let body = json!({"n": "hunter2-text", "q": {"password": "hunter2"}});
    let both = Definition {
        fresh: [advances(), changes("$.q")].into(),
        ..probe()
    };
    let memory = judge(&both, &json(&body), Recall::From(&Memory::default()), now())
        .memory
        .unwrap();
    assert!(!serde_json::to_string(&*memory).unwrap().contains("hunter2"));
}
