use super::*;

/// The counts of the promise `up` of the probe `a` against `above: 10%`.
#[track_caller]
fn check_left(bad: &str, counted: &str, objective: &str, told: &str) {
    check(
        budget(&["a"]),
        [series(&counts("a", bad, counted, objective))],
        told,
    );
}

fn budget(probes: &[&str]) -> Rule {
    Rule::BudgetLeft {
        probes: named(probes),
        promise: Promise::Up,
        bound: bound(Operator::Above, share("10%")),
    }
}

fn counts(probe: &str, bad: &str, counted: &str, objective: &str) -> String {
    let one = |name: &str, value: &str| {
        format!(
            "{{__name__=\"probe_promise:{name}\",probe=\"{probe}\",promise=\"up\",team=\"prices\",window=\"30d\"}} {value};"
        )
    };
    one("bad_runs:sum", bad) + &one("counted_runs:sum", counted) + &one("objective:ratio", objective)
}

#[test]
fn one_query_asks_for_the_three_counts() {
    let names = "probe_promise:bad_runs:sum|probe_promise:counted_runs:sum|probe_promise:objective:ratio";
    assert_eq!(
        queries(&budget(&["a"])),
        [format!("{{probe=\"a\",__name__=~\"{names}\",promise=\"up\"}}")]
    );
}

#[test]
fn what_is_left_is_told_by_runs() {
    check_left(
        "10",
        "43200",
        "0.999",
        "a: pass kept: 76.85% of the budget of `up` is left (10 of 43.2 bad runs are spent), above 10%",
    );
    check_left(
        "40",
        "43200",
        "0.999",
        "a: block broken: 7.41% of the budget of `up` is left (40 of 43.2 bad runs are spent), not above 10%",
    );
    check_left(
        "90",
        "43200",
        "0.999",
        "a: block broken: -108.33% of the budget of `up` is left (90 of 43.2 bad runs are spent), not above 10%",
    );
}

#[test]
fn exactly_a_tenth_left_is_not_above_a_tenth() {
    check_left(
        "90",
        "100000",
        "0.999",
        "a: block broken: exactly 10% of the budget of `up` is left (90 of 100 bad runs are spent), not above 10%",
    );
    for thousands in 1..500_u32 {
        let (counted, bad) = (thousands * 10_000, thousands * 9);
        for (bad, passes) in [(bad - 1, true), (bad, false), (bad + 1, false)] {
            let answer = series(&counts("a", &bad.to_string(), &counted.to_string(), "0.999"));
            let condition = condition(budget(&["a"]));
            let passed = decide([(&condition, vec![answer])]).verdict == Verdict::Pass;
            assert_eq!(passed, passes, "{bad} of {counted}");
        }
    }
}

#[test]
fn a_promise_of_all_runs_has_no_budget() {
    check_left(
        "0",
        "100",
        "1",
        "a: pass kept: 100% of the budget of `up` is left (0 of 0 bad runs are spent), above 10%",
    );
    check_left(
        "1",
        "100",
        "1",
        "a: block broken: a promise of 100% for `up` has no budget, and it was broken (bad runs: 1), not above 10%",
    );
}

#[test]
fn a_budget_without_its_counts_is_not_known() {
    check_left(
        "0",
        "0",
        "0.999",
        "a: inconclusive no_data: no run has counted for `up` yet",
    );
    check_left(
        "NaN",
        "1",
        "0.999",
        "a: inconclusive not_a_number: `bad_runs` is not a number (NaN)",
    );
    check_left(
        "-1",
        "1",
        "0.999",
        "a: inconclusive no_count: `bad_runs` is -1, and no count",
    );
    check_left(
        "2",
        "1",
        "0.999",
        "a: inconclusive no_count: 2 of 1 runs broke a promise of 0.999: these counts cannot be",
    );
    check(
        budget(&["a"]),
        [series(r#"{__name__="probe_promise:bad_runs:sum",probe="a"} 1"#)],
        "a: inconclusive no_data: `probe_promise:counted_runs:sum` is not recorded: load the rules of `freshwatch \
         generate rules`",
    );
    let twice = counts("a", "1", "1", "0.9").repeat(2);
    check(
        budget(&["a"]),
        [series(&twice)],
        "inconclusive several_series: there are several series `probe_promise:bad_runs:sum` of one probe",
    );
}

#[test]
fn every_named_probe_has_to_be_there_and_the_worst_comes_first() {
    let both = counts("a", "1", "100000", "0.999") + &counts("b", "95", "100000", "0.999");
    check(
        budget(&["a", "b", "c"]),
        [series(&both)],
        "b: block broken: 5% of the budget of `up` is left (95 of 100 bad runs are spent), not above 10%\n\
         c: inconclusive no_data: no budget of `up` is recorded: load the rules of `freshwatch generate rules`\n\
         a: pass kept: 99% of the budget of `up` is left (1 of 100 bad runs are spent), above 10%",
    );
    check(
        budget(&["a"]),
        [series(&counts("b", "1", "100000", "0.999"))],
        "a: inconclusive no_data: no budget of `up` is recorded: load the rules of `freshwatch generate rules`",
    );
}
