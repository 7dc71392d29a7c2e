use super::*;

/// `of` and `to` against `below: 0.5%` with this floor.
#[track_caller]
fn check_errors(of: &str, to: &str, floor: u64, told: &str) {
    check(errors(Operator::Below, floor), [series(of), series(to)], told);
}

fn errors(operator: Operator, floor: u64) -> Rule {
    Rule::Ratio {
        of: "errors".into(),
        to: "all".into(),
        floor,
        bound: bound(operator, share("0.5%")),
    }
}

#[test]
fn counts_are_compared_and_not_their_quotient() {
    check_errors(
        "{} 12",
        "{} 10034",
        0,
        "pass kept: 12 of 10034 is 0.12%, below 0.5%",
    );
    check_errors(
        "{} 60",
        "{} 10000",
        0,
        "block broken: 60 of 10000 is 0.6%, not below 0.5%",
    );
    check_errors(
        "{} 50",
        "{} 10000",
        0,
        "block broken: 50 of 10000 is exactly 0.5%, not below 0.5%",
    );
    check_errors(
        "{} 49.99",
        "{} 10000",
        0,
        "pass kept: 50 of 10000 is 0.4999%, below 0.5%",
    );
    check(
        errors(Operator::AtMost, 0),
        [series("{} 50"), series("{} 10000")],
        "pass kept: 50 of 10000 is exactly 0.5%, at most 0.5%",
    );
}

#[test]
fn every_count_at_the_bound_is_at_the_bound() {
    for whole in (200..2_000_000).step_by(2_600) {
        let part = whole / 200;
        for (part, passes) in [(part - 1, true), (part, false), (part + 1, false)] {
            let answers = vec![series(&format!("{{}} {part}")), series(&format!("{{}} {whole}"))];
            let condition = condition(errors(Operator::Below, 0));
            let passed = decide([(&condition, answers)]).verdict == Verdict::Pass;
            assert_eq!(passed, passes, "{part} of {whole}");
        }
    }
}

#[test]
fn traffic_without_errors_passes_and_no_traffic_does_not() {
    check_errors(
        "",
        "{} 10034",
        0,
        "pass kept: 0 of 10034 is 0%, below 0.5% (`of` gives no series, which counts as none of them)",
    );
    check_errors(
        "",
        "",
        0,
        "inconclusive no_data: `to` gives no series: is its metric there?",
    );
    check_errors(
        "{} 3",
        "",
        0,
        "inconclusive no_data: `to` gives no series: is its metric there?",
    );
    check_errors("{} 0", "{} 0", 0, "inconclusive no_data: `to` counts nothing");
}

#[test]
fn below_the_floor_a_ratio_does_not_apply() {
    check_errors(
        "{} 42",
        "{} 42",
        100,
        "skipped below_floor: 42 is less than the floor of 100: too few to tell",
    );
    check_errors(
        "{} 0",
        "{} 0",
        1,
        "skipped below_floor: 0 is less than the floor of 1: too few to tell",
    );
    check_errors(
        "{} 100",
        "{} 100",
        100,
        "block broken: 100 of 100 is 100%, not below 0.5%",
    );
    check_errors(
        "",
        "",
        100,
        "inconclusive no_data: `to` gives no series: is its metric there?",
    );
}

#[test]
fn what_cannot_be_a_share_is_none() {
    check_errors(
        "{} NaN",
        "{} 100",
        0,
        "inconclusive not_a_number: `of` is not a number (NaN)",
    );
    check_errors(
        "{} 1",
        "{} NaN",
        0,
        "inconclusive not_a_number: `to` is not a number (NaN)",
    );
    check_errors(
        "{} 1",
        "{} +Inf",
        0,
        "inconclusive no_count: `to` is inf, and no count",
    );
    check_errors(
        "{} -1",
        "{} 100",
        0,
        "inconclusive no_count: `of` is -1, and no count",
    );
    check_errors(
        "{} 101",
        "{} 100",
        0,
        "inconclusive no_count: 101 of 100: `of` is more than `to`, so it is no part of it",
    );
    check_errors(
        r#"{pod="a"} 1; {pod="b"} 1"#,
        "{} 100",
        0,
        "inconclusive several_series: `of` gives 2 series, and one is wanted: put `sum(…)` or `max(…)` around it",
    );
}
