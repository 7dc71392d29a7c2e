use super::*;

fn p95(each: bool) -> Rule {
    Rule::Value {
        promql: "p95".into(),
        each,
        bound: bound(Operator::Below, millis(800)),
    }
}

#[test]
fn a_query_gives_one_series_or_each_counts() {
    check(p95(false), [series("{} 0.5")], "pass kept: 500ms, below 800ms");
    check(
        p95(false),
        [series("{} 0.9")],
        "block broken: 900ms, not below 800ms",
    );
    check(
        p95(false),
        [series("")],
        "inconclusive no_data: the query gives no series: is its metric there, and its labels?",
    );
    let many = r#"{route="a"} 0.5; {route="b"} 0.9"#;
    check(
        p95(false),
        [series(many)],
        "inconclusive several_series: the query gives 2 series, and one is wanted: put `sum(…)` or `max(…)` around it",
    );
    check(
        p95(true),
        [series(many)],
        "route=b: block broken: 900ms, not below 800ms\nroute=a: pass kept: 500ms, below 800ms",
    );
    check(
        p95(true),
        [series("")],
        "inconclusive no_data: the query gives no series: is its metric there, and its labels?",
    );
}

#[test]
fn trouble_with_the_backend_is_told_and_never_passes() {
    for (kind, code) in [
        (Kind::Unavailable, "unavailable"),
        (Kind::Slow, "slow"),
        (Kind::Refused, "refused"),
        (Kind::Unreadable, "unreadable"),
    ] {
        let trouble = Err(Trouble::new(kind, "did something"));
        check(
            p95(false),
            [trouble],
            &format!("inconclusive {code}: the backend did something"),
        );
    }
    check(
        p95(false),
        [],
        "inconclusive unavailable: the backend was not asked",
    );
}

#[test]
fn a_result_that_is_warned_of_shows_violations_and_nothing_else() {
    let warned = |value: &str| {
        of(&format!(
            r#"{{"status":"success","data":{{"resultType":"scalar","result":[1,"{value}"]}},"warnings":["a store is away"]}}"#
        ))
    };
    check(
        p95(false),
        [warned("0.5")],
        "inconclusive warned: 500ms, below 800ms; the backend warns: a store is away",
    );
    check(
        p95(false),
        [warned("0.9")],
        "block broken: 900ms, not below 800ms; the backend warns: a store is away",
    );
}

#[test]
fn where_no_data_passes_it_is_skipped_and_trouble_is_not() {
    let lenient = Condition {
        no_data: NoData::Pass,
        ..condition(p95(false))
    };
    let told = found(&lenient, vec![series("")]);
    assert!(told.starts_with("skipped no_data:"), "{told}");
    let told = found(&lenient, vec![series("{} NaN")]);
    assert!(told.starts_with("skipped not_a_number:"), "{told}");
    let told = found(&lenient, vec![series("{} 1; {} 2")]);
    assert!(told.starts_with("inconclusive several_series:"), "{told}");
    let told = found(&lenient, vec![Err(Trouble::new(Kind::Slow, "is slow"))]);
    assert!(told.starts_with("inconclusive slow:"), "{told}");
}

#[test]
fn a_witnessed_violation_beats_missing_data_and_that_beats_the_rest() {
    let condition = condition(p95(false));
    let verdict = |answers: &[&str]| {
        let judged = answers.iter().map(|text| (&condition, vec![series(text)]));
        decide(judged).verdict
    };
    assert_eq!(verdict(&["{} 0.5", "{} 0.6"]), Verdict::Pass);
    assert_eq!(verdict(&["{} 0.5", ""]), Verdict::Inconclusive);
    assert_eq!(verdict(&["", "{} 0.9", "{} 0.5"]), Verdict::Block);
    assert_eq!(verdict(&[]), Verdict::Inconclusive);
}
