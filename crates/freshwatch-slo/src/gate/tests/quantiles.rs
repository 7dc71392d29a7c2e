use super::*;

/// Buckets as `le count`, `i` for infinity, against p95 `below: 800ms`.
#[track_caller]
fn check_latency(buckets: &str, told: &str) {
    check(latency(Operator::Below, millis(800)), [buckets_of(buckets)], told);
}

fn buckets_of(buckets: &str) -> Answer {
    let line = |pair: &str| {
        let (le, count) = pair.trim().split_once(' ').unwrap();
        let le = if le == "i" { "+Inf" } else { le };
        format!("{{le=\"{le}\"}} {count}")
    };
    let pairs = buckets.split(',').filter(|pair| !pair.trim().is_empty());
    series(&pairs.map(line).collect::<Vec<_>>().join(";"))
}

fn latency(operator: Operator, limit: Limit) -> Rule {
    Rule::Quantile {
        share: Ratio::parse_percentage("95%").unwrap(),
        buckets: "buckets".into(),
        floor: 10,
        bound: bound(operator, limit),
    }
}

#[test]
fn a_bucket_at_the_bound_decides_by_its_count() {
    check_latency(
        "0.5 900, 0.8 960, 1 990, i 1000",
        "pass kept: 96% (960 of 1000) stayed within 800ms, more than 95%",
    );
    check_latency(
        "0.5 900, 0.8 940, 1 990, i 1000",
        "block broken: 94% (940 of 1000) stayed within 800ms, not more than 95%",
    );
    let exactly = "0.5 900, 0.8 950, 1 990, i 1000";
    check_latency(
        exactly,
        "block broken: exactly 95% (950 of 1000) stayed within 800ms, not more than 95%",
    );
    check(
        latency(Operator::AtMost, millis(800)),
        [buckets_of(exactly)],
        "pass kept: exactly 95% (950 of 1000) stayed within 800ms, at least 95%",
    );
}

#[test]
fn without_a_bucket_at_the_bound_those_beside_it_decide_or_nobody() {
    check_latency(
        "0.5 960, 1 990, i 1000",
        "pass kept: 96% (960 of 1000) stayed within 500ms, wanted 95% below 800ms",
    );
    check_latency(
        "0.5 100, 1 900, i 1000",
        "block broken: 90% (900 of 1000) alone stayed within 1s, wanted 95% below 800ms",
    );
    // Every request takes 0.76 s: `histogram_quantile` says 0.9875 s.
    check_latency(
        "0.75 0, 1 1000, i 1000",
        "inconclusive no_bucket: no bucket ends at 800ms, and 95% of the observations end 750ms to 1s: give the \
         histogram a bucket `le=\"0.8\"`",
    );
    check_latency(
        "0.5 100, i 1000",
        "inconclusive no_bucket: no bucket ends at 800ms, and 95% of the observations end beyond 500ms: give the \
         histogram a bucket `le=\"0.8\"`",
    );
}

#[test]
fn bounds_of_histograms_in_other_units_are_numbers() {
    check(
        latency(Operator::AtMost, Limit::Number(800.0)),
        [buckets_of("500 900, 800 960, i 1000")],
        "pass kept: 96% (960 of 1000) stayed within 800, at least 95%",
    );
}

#[test]
fn what_is_no_histogram_tells_nothing() {
    let write = "write `sum by (le) (increase(…_bucket{…}[15m]))`";
    check_latency(
        "",
        "inconclusive no_data: `buckets` gives no series: is its metric there?",
    );
    check_latency(
        "0.8 0, i 9",
        "skipped below_floor: 9 is less than the floor of 10: too few to tell",
    );
    check_latency(
        "0.8 100, 1 100",
        &format!("inconclusive no_histogram: `buckets` has no bucket `+Inf`: {write}"),
    );
    check_latency(
        "0.5 100, 0.8 99, i 100",
        &format!(
            "inconclusive no_histogram: `buckets` counts fewer observations up to a larger bound than up to a smaller \
             one: {write}"
        ),
    );
    check_latency(
        "0.8 100, 0.80 100, i 100",
        &format!("inconclusive no_histogram: `buckets` gives several series for one `le`: {write}"),
    );
    check_latency(
        "0.8 NaN, i 100",
        "inconclusive not_a_number: the bucket `le=\"0.8\"` is not a number (NaN)",
    );
    check_latency(
        "0.8 -1, i 100",
        "inconclusive no_count: the bucket `le=\"0.8\"` is -1, and no count",
    );
    check_latency(
        "x 1, i 100",
        "inconclusive no_histogram: `buckets` gives a series whose `le` is no number: \"x\"",
    );
    let rule = || latency(Operator::Below, millis(800));
    check(
        rule(),
        [series(r#"{le="0.8",route="a"} 1; {le="0.8",route="b"} 1"#)],
        "inconclusive several_series: `buckets` tells series apart by `route`: write `sum by (le) (…)` around it",
    );
    check(
        rule(),
        [series("{} 1")],
        "inconclusive no_histogram: `buckets` gives a series without `le`: the buckets end with `_bucket`",
    );
}
