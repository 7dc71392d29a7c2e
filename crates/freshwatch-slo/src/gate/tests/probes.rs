use super::*;

fn burning(probes: Probes) -> Rule {
    Rule::BurnRate {
        probes,
        promise: Promise::Fresh,
        over: Duration::from_hours(1),
        bound: bound(Operator::AtMost, Limit::Number(6.0)),
    }
}

fn ended(probes: &[&str]) -> Rule {
    Rule::LastVerdict {
        probes: named(probes),
        allowed: vec![RunVerdict::Ok, RunVerdict::Degraded],
        within: Duration::from_mins(5),
    }
}

#[test]
fn burn_rates_are_those_that_are_recorded() {
    let query = r#"probe_promise:burn_rate:ratio_1h{probe="a",promise="fresh"}"#;
    assert_eq!(queries(&burning(named(&["a"]))), [query]);
    let told = "over 1h the budget of `fresh` burns at";
    for (value, end) in [
        ("0", "pass kept: {} 0 times its even rate, at most 6"),
        ("6", "pass kept: {} exactly 6 times its even rate, at most 6"),
        ("6.5", "block broken: {} 6.5 times its even rate, not at most 6"),
    ] {
        let answer = series(&format!(r#"{{probe="a"}} {value}"#));
        check(
            burning(named(&["a"])),
            [answer],
            &format!("a: {}", end.replace("{}", told)),
        );
    }
    check(
        burning(named(&["a"])),
        [series("")],
        "a: inconclusive no_data: no burn rate of `fresh` over 1h is recorded: load the rules of `freshwatch generate \
         rules`",
    );
}

#[test]
fn probes_by_label_are_all_that_carry_it_and_at_least_one() {
    let prices = || Probes::Labelled([("team".to_owned(), "prices".to_owned())].into());
    let query = r#"probe_promise:burn_rate:ratio_1h{team="prices",promise="fresh"}"#;
    assert_eq!(queries(&burning(prices())), [query]);
    check(
        burning(prices()),
        [series(
            r#"{probe="a",location="seoul"} 1; {probe="a",location="tokyo"} 2; {probe="b",team="x"} 7"#,
        )],
        "b: block broken: over 1h the budget of `fresh` burns at 7 times its even rate, not at most 6\n\
         a (location=tokyo): pass kept: over 1h the budget of `fresh` burns at 2 times its even rate, at most 6\n\
         a (location=seoul): pass kept: over 1h the budget of `fresh` burns at 1 times its even rate, at most 6",
    );
    assert!(found(&condition(burning(prices())), vec![series("")]).starts_with("inconclusive no_data:"));
}

#[test]
fn the_last_verdict_is_one_of_those_allowed() {
    assert_eq!(
        queries(&ended(&["a", "b"])),
        [r#"last_over_time(probe_verdict{probe=~"a|b"}[5m]) == 1"#]
    );
    for (verdict, told) in [
        ("ok", "pass kept: the last verdict is ok"),
        ("degraded", "pass kept: the last verdict is degraded"),
        (
            "stale",
            "block broken: the last verdict is stale, not ok or degraded",
        ),
        (
            "down",
            "block broken: the last verdict is down, not ok or degraded",
        ),
        (
            "unknown",
            "inconclusive unknown_verdict: the last verdict is unknown, which says nothing of the service: wanted ok or \
             degraded",
        ),
        (
            "fine",
            "inconclusive unreadable: the backend gives a series that is no verdict",
        ),
    ] {
        let answer = series(&format!(r#"{{probe="a",verdict="{verdict}"}} 1"#));
        check(ended(&["a"]), [answer], &format!("a: {told}"));
    }
    check(
        ended(&["a"]),
        [series(r#"{probe="a",verdict="ok"} 0"#)],
        "a: inconclusive unreadable: the backend gives a series that is no verdict",
    );
    check(
        ended(&["a"]),
        [series("")],
        "a: inconclusive no_data: no verdict was told within 5m: is the probe there, and does it run?",
    );
}

#[test]
fn where_two_probers_tell_of_a_probe_both_count() {
    check(
        ended(&["a"]),
        [series(
            r#"{probe="a",location="seoul",verdict="ok"} 1; {probe="a",location="tokyo",verdict="down"} 1"#,
        )],
        "a (location=tokyo): block broken: the last verdict is down, not ok or degraded\n\
         a (location=seoul): pass kept: the last verdict is ok",
    );
}
