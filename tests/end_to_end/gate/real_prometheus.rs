//! Each way in which a condition can end, with a real Prometheus.

use std::fmt::Write as _;

use freshwatch_tests::prometheus::Prometheus;
use freshwatch_tests::unpacked::or_skip;

use super::{file, gate};

/// When the gates are asked, as of which all samples are written.
const NOON: &str = "2026-11-21T12:00:00Z";
const NOON_SECONDS: u64 = 1_795_262_400;

/// Half an hour of services: of each so many requests, and so many of them errors, in the last 15 minutes; and some
/// series that rules would have recorded.
fn samples() -> String {
    let mut text = String::from("# TYPE requests counter\n");
    for (service, of_15_minutes, errors) in [
        ("well", 10_005, Some(15)),
        ("broken", 9_990, Some(60)),
        ("at-the-bound", 9_000, Some(45)),
        ("without-errors", 9_000, None),
        ("idle", 45, Some(15)),
        ("silent", 0, Some(0)),
    ] {
        counter(&mut text, service, "200", of_15_minutes - errors.unwrap_or(0));
        if let Some(errors) = errors {
            counter(&mut text, service, "500", errors);
        }
    }
    text.push_str("# TYPE seconds gauge\n");
    for (route, buckets) in [
        (
            "within",
            [("0.5", 9000), ("0.8", 9600), ("1", 9900), ("+Inf", 10_000)],
        ),
        (
            "beyond",
            [("0.5", 9000), ("0.8", 9400), ("1", 9900), ("+Inf", 10_000)],
        ),
        (
            "unknown",
            [("0.5", 0), ("0.75", 0), ("1", 10_000), ("+Inf", 10_000)],
        ),
    ] {
        for (le, count) in buckets {
            writeln!(
                text,
                "seconds{{route=\"{route}\",le=\"{le}\"}} {count} {NOON_SECONDS}"
            )
            .expect("a text takes all");
        }
    }
    text.push_str("# TYPE nan gauge\n");
    writeln!(text, "nan NaN {NOON_SECONDS}").expect("a text takes all");
    for (series, values) in [
        (
            "probe_promise:bad_runs:sum",
            [("a", "10"), ("b", "90"), ("c", "95")],
        ),
        (
            "probe_promise:counted_runs:sum",
            [("a", "100000"), ("b", "100000"), ("c", "100000")],
        ),
        (
            "probe_promise:objective:ratio",
            [("a", "0.999"), ("b", "0.999"), ("c", "0.999")],
        ),
        (
            "probe_promise:burn_rate:ratio_1h",
            [("a", "0.5"), ("b", "6"), ("c", "14.4")],
        ),
    ] {
        writeln!(text, "# TYPE {series} gauge").expect("a text takes all");
        for (probe, value) in values {
            writeln!(
                text,
                "{series}{{probe=\"{probe}\",promise=\"up\"}} {value} {NOON_SECONDS}"
            )
            .expect("a text takes all");
        }
    }
    text.push_str("# TYPE probe_verdict gauge\n");
    for (probe, now) in [("a", "ok"), ("b", "stale"), ("c", "unknown")] {
        for verdict in ["ok", "degraded", "stale", "invalid", "down", "unknown"] {
            let value = u8::from(verdict == now);
            writeln!(
                text,
                "probe_verdict{{probe=\"{probe}\",verdict=\"{verdict}\"}} {value} {NOON_SECONDS}"
            )
            .expect("a text takes all");
        }
    }
    text + "# EOF\n"
}

/// A counter that grows evenly, by `of_15_minutes` in so long.
fn counter(text: &mut String, service: &str, code: &str, of_15_minutes: u64) {
    for minute in 0..=30 {
        let at = NOON_SECONDS - 60 * (30 - minute);
        let value = of_15_minutes * minute / 15;
        writeln!(
            text,
            "requests_total{{service=\"{service}\",code=\"{code}\"}} {value} {at}"
        )
        .expect("a text takes all");
    }
}

/// One condition, the exit code, and the line of the table that it gives.
struct Case {
    condition: String,
    code: i32,
    row: &'static str,
}

fn ratio(service: &str, more: &str, code: i32, row: &'static str) -> Case {
    let all = format!("requests_total{{service=\"{service}\"}}");
    let errors = format!("requests_total{{service=\"{service}\",code=~\"5..\"}}");
    Case {
        condition: format!(
            "it:\n  ratio:\n    of: sum(increase({errors}[15m]))\n    to: sum(increase({all}[15m]))\n  {more}"
        ),
        code,
        row,
    }
}

fn line(condition: &str, code: i32, row: &'static str) -> Case {
    Case {
        condition: format!("it: {condition}"),
        code,
        row,
    }
}

/// Shares of errors.
fn ratios() -> Vec<Case> {
    vec![
        ratio(
            "well",
            "below: 0.5%",
            0,
            "pass it 0.15% below 0.5% 15 of 10005 is 0.15%, below 0.5%",
        ),
        ratio(
            "broken",
            "below: 0.5%",
            1,
            "block it 0.6% below 0.5% 60 of 9990 is 0.6%, not below 0.5%",
        ),
        ratio(
            "at-the-bound",
            "below: 0.5%",
            1,
            "block it exactly 0.5% below 0.5% 45 of 9000 is exactly 0.5%, not below 0.5%",
        ),
        ratio(
            "at-the-bound",
            "at_most: 0.5%",
            0,
            "pass it exactly 0.5% at most 0.5% 45 of 9000 is exactly 0.5%, at most 0.5%",
        ),
        ratio(
            "without-errors",
            "below: 0.5%",
            0,
            "pass it 0% below 0.5% 0 of 9000 is 0%, below 0.5% (`of` gives no series, which counts as none of them)",
        ),
        ratio(
            "idle",
            "below: 0.5%\n  floor: 100",
            0,
            "skipped it - below 0.5% 45 is less than the floor of 100: too few to tell",
        ),
        ratio(
            "idle",
            "below: 0.5%",
            1,
            "block it 33.33% below 0.5% 15 of 45 is 33.33%, not below 0.5%",
        ),
        ratio(
            "silent",
            "below: 0.5%",
            2,
            "inconclusive it - below 0.5% `to` counts nothing",
        ),
        ratio(
            "nobody",
            "below: 0.5%",
            2,
            "inconclusive it - below 0.5% `to` gives no series: is its metric there?",
        ),
        ratio(
            "nobody",
            "below: 0.5%\n  no_data: pass",
            0,
            "skipped it - below 0.5% `to` gives no series: is its metric there?",
        ),
    ]
}

/// Latency.
fn quantiles() -> Vec<Case> {
    let p95 = |route: &str| {
        format!(
            "{{quantile: {{share: 95%, buckets: 'sum by (le) (seconds{{route=\"{route}\"}})'}}, below: 800ms}}"
        )
    };
    vec![
        line(
            &p95("within"),
            0,
            "pass it 500ms to 800ms below 800ms 96% (9600 of 10000) stayed within 800ms, more than 95%",
        ),
        line(
            &p95("beyond"),
            1,
            "block it 800ms to 1s below 800ms 94% (9400 of 10000) stayed within 800ms, not more than 95%",
        ),
        line(
            &p95("unknown"),
            2,
            "inconclusive it - below 800ms no bucket ends at 800ms, and 95% of the observations end 750ms to 1s: give the \
             histogram a bucket `le=\"0.8\"`",
        ),
    ]
}

/// Queries of all kinds.
fn values() -> Vec<Case> {
    vec![
        line(
            "{promql: nan, below: 1}",
            2,
            "inconclusive it - below 1 the value is not a number (NaN)",
        ),
        line(
            "{promql: vector(0) / 0, below: 1}",
            2,
            "inconclusive it - below 1 the value is not a number (NaN)",
        ),
        line(
            "{promql: vector(1) / 0, below: 1}",
            1,
            "block it +Inf below 1 +Inf, not below 1",
        ),
        line(
            "{promql: vector(1) / 0, above: 1}",
            2,
            "inconclusive it - above 1 the value is infinite (+Inf)",
        ),
        line(
            "{promql: 0.1 + 0.2, below: 30%}",
            1,
            "block it exactly 30% below 30% exactly 30%, not below 30%",
        ),
        line(
            "{promql: 'seconds{le=\"0.8\"}', below: 1}",
            2,
            "inconclusive it - below 1 the query gives 2 series, and one is wanted: put `sum(…)` or `max(…)` around it",
        ),
        line(
            "{promql: 'seconds[5m]', below: 1}",
            2,
            "inconclusive it - below 1 the backend gives a value for each of many points in time: take the range `[…]` \
             out of the query, or a function over it",
        ),
    ]
}

/// Budgets, burn rates and verdicts.
fn recorded() -> Vec<Case> {
    vec![
        line(
            "{budget_left: up, probe: a, above: 10%}",
            0,
            "pass it: a 90% above 10% 90% of the budget of `up` is left (10 of 100 bad runs are spent), above 10%",
        ),
        line(
            "{budget_left: up, probe: b, above: 10%}",
            1,
            "block it: b exactly 10% above 10% exactly 10% of the budget of `up` is left (90 of 100 bad runs are spent), \
             not above 10%",
        ),
        line(
            "{budget_left: up, probe: c, above: 10%}",
            1,
            "block it: c 5% above 10% 5% of the budget of `up` is left (95 of 100 bad runs are spent), not above 10%",
        ),
        line(
            "{budget_left: fresh, probe: a, above: 10%}",
            2,
            "inconclusive it: a - above 10% no budget of `fresh` is recorded: load the rules of `freshwatch generate \
             rules`",
        ),
        line(
            "{burn_rate: up, over: 1h, probe: b, below: 6}",
            1,
            "block it: b exactly 6 below 6 over 1h the budget of `up` burns at exactly 6 times its even rate, not below 6",
        ),
        line(
            "{last_verdict: [ok, degraded], probe: a}",
            0,
            "pass it: a ok ok or degraded the last verdict is ok",
        ),
        line(
            "{last_verdict: [ok, degraded], probe: b}",
            1,
            "block it: b stale ok or degraded the last verdict is stale, not ok or degraded",
        ),
        line(
            "{last_verdict: [ok, degraded], probe: c}",
            2,
            "inconclusive it: c unknown ok or degraded the last verdict is unknown, which says nothing of the service: \
             wanted ok or degraded",
        ),
    ]
}

#[tokio::test]
async fn each_way_in_which_a_condition_can_end() {
    let setup = Prometheus::configured("").holding(&samples());
    let Some(prometheus) = or_skip(setup.start(&[])) else {
        return;
    };
    let cases = [ratios(), quantiles(), values(), recorded()]
        .into_iter()
        .flatten();
    for Case { condition, code, row } in cases {
        let text = file(&prometheus.url(""), &condition);
        let gated = gate(&text, |command| {
            command.args(["--now", NOON]);
        })
        .await;
        assert_eq!(
            (gated.rows(), gated.code),
            (vec![row.to_owned()], Some(code)),
            "{condition}: {gated:?}"
        );
    }
}

#[tokio::test]
async fn several_conditions_are_one_verdict() {
    let setup = Prometheus::configured("").holding(&samples());
    let Some(prometheus) = or_skip(setup.start(&[])) else {
        return;
    };
    let conditions = "budgets: {budget_left: up, probe: [a, c], above: 10%}\n\
                      unknown: {promql: nan, below: 1}\n\
                      verdict: {last_verdict: ok, probe: a}";
    let gated = gate(&file(&prometheus.url(""), conditions), |command| {
        command.args(["--now", NOON, "--format", "json"]);
    })
    .await;
    let document = gated.document();
    assert_eq!(gated.code, Some(1), "{gated:?}");
    assert_eq!(document["schema"], "freshwatch.gate/v1");
    assert_eq!(
        (&document["verdict"], &document["exit_code"]),
        (&"block".into(), &1.into())
    );
    assert_eq!(document["at"], NOON);
    let outcomes: Vec<_> = document["conditions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| &of["outcome"])
        .collect();
    assert_eq!(outcomes, ["block", "inconclusive", "pass"]);
    let worst = &document["conditions"][0]["findings"][0];
    assert_eq!(
        (&worst["subject"], &worst["code"]),
        (&"c".into(), &"broken".into()),
        "{document:#}"
    );
    assert!(
        (worst["value"].as_f64().unwrap() - 0.05).abs() < 1e-9,
        "{document:#}"
    );
}

#[tokio::test]
async fn without_now_it_is_the_time_of_the_backend() {
    let Some(prometheus) = or_skip(Prometheus::start(&[])) else {
        return;
    };
    let text = file(
        &prometheus.url("/"),
        "time: {promql: 'time() - 1700000000', above: 1}",
    );
    let gated = gate(&text, |command| {
        command.args(["--format", "json"]);
    })
    .await;
    assert_eq!(gated.code, Some(0), "{gated:?}");
    assert!(gated.document()["at"].is_string(), "{gated:?}");
}

#[tokio::test]
async fn a_query_that_is_slow_or_wrong_and_a_backend_that_is_down_are_inconclusive() {
    let Some(prometheus) = or_skip(Prometheus::start(&[])) else {
        return;
    };
    let slow = format!("{{url: {}, timeout: 200ms}}", prometheus.url(""));
    let heavy = "heavy: {promql: 'sum(count_over_time((vector(1) + vector(1))[400d:1s]))', below: 1}";
    let gated = gate(&file(&slow, heavy), |_| {}).await;
    assert_eq!(gated.code, Some(2), "{gated:?}");
    let rows = gated.rows().concat();
    let is_slow = rows.contains("did not answer within 200ms") || rows.contains("query timed out");
    assert!(is_slow, "{gated:?}");

    let url = prometheus.url("");
    let gated = gate(&file(&url, "it: {promql: sum by sum, below: 1}"), |_| {}).await;
    assert_eq!(gated.code, Some(2), "{gated:?}");
    let told = "the backend gives no result: invalid parameter \"query\": 1:8: parse error: ";
    assert!(gated.rows()[0].contains(told), "{gated:?}");

    drop(prometheus);
    let gated = gate(&file(&url, "it: {promql: up, below: 1}"), |_| {}).await;
    assert_eq!(gated.code, Some(2), "{gated:?}");
    assert!(
        gated
            .said
            .contains("the backend cannot be reached: connection refused"),
        "{gated:?}"
    );
}
