//! The story behind freshwatch, up to who is called: the batch stops, the API goes on to answer `200 OK`, the budget of
//! fresh data burns and that of answers does not. The data team is called, and nobody gets up for a service that is well.
//!
//! The runs are judged by the real judge on a frozen clock; what Prometheus would make of them is promtool's word.

use std::time::Duration;

use freshwatch_probe::definition::Definition;
use freshwatch_probe::unit_test::{Expected, Place, Recorded, RecordedAnswer, UnitTest};
use freshwatch_probe::verdict::Verdict;
use freshwatch_tests::rule_tests::RuleTest;
use jiff::{SignedDuration, Timestamp};

use super::simulation::{Mode, Ran, add};
use super::{HOUR, MINUTE, generated, promtool_or_skip};

const PROBES: &str = "
probes:
  real-price:
    get: http://a.example/real-price?region=seoul
    every: 10m
    fresh: {at: $.loadedAt, max_age: 30h}
    slo: {up: 99.9%, valid: 99.9%, fresh: 99%}
";

/// The night in which the story begins.
const BEGIN: &str = "2026-10-12T00:00:00+09:00";

const EVERY: u64 = 10 * MINUTE;

/// The batch lands at three every night, but for two nights.
const LANDS: [u64; 4] = [3 * HOUR, 27 * HOUR, 51 * HOUR, 123 * HOUR];

/// Thirty hours after it landed for the last time before these nights.
const STALE: u64 = 81 * HOUR;

const END: u64 = 132 * HOUR;

/// What the API answers at some second of the story.
fn answer(begin: Timestamp, at: u64) -> RecordedAnswer {
    let landed = LANDS.iter().rev().find(|landed| **landed <= at);
    // Before the story all was well too.
    let landed = landed.map_or(begin - SignedDuration::from_hours(21), |landed| {
        begin + seconds(*landed)
    });
    RecordedAnswer {
        status: 200,
        headers: http::HeaderMap::new(),
        body: format!("{{\"loadedAt\": \"{landed}\", \"items\": [1, 2, 3]}}").into(),
        latency: Duration::from_millis(40),
        certificate_valid_for: None,
    }
}

fn seconds(seconds: u64) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(seconds).expect("a few days"))
}

/// The verdict of a run at some second of the story.
fn judged(probe: &Definition, at: u64) -> Verdict {
    let begin: Timestamp = BEGIN.parse().expect("a time");
    let test = UnitTest {
        name: String::new(),
        place: Place {
            file: "story".into(),
            line: 1,
            column: 1,
        },
        now: begin + seconds(at),
        before: Vec::new(),
        recorded: Recorded::Answer(answer(begin, at)),
        expected: Expected {
            verdict: Verdict::Ok,
            reason: None,
        },
    };
    test.judge(probe).verdict
}

#[test]
fn the_data_team_is_called_and_on_call_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("probes.yaml");
    std::fs::write(&file, PROBES).expect("it is written");
    let Ok(set) = freshwatch_file::load(&[file], &|_| None) else {
        panic!("the probe file has no mistakes");
    };
    let times = (0..=END / EVERY).map(|nth| nth * EVERY);
    let ran = |at| Ran {
        at,
        verdict: judged(&set.definitions[0], at),
        slow: false,
    };
    let runs: Vec<Ran> = times.map(ran).collect();
    let stale: Vec<u64> = runs
        .iter()
        .filter(|ran| ran.verdict == Verdict::Stale)
        .map(|ran| ran.at)
        .collect();
    assert_eq!(
        (stale[0], stale[stale.len() - 1]),
        (STALE + EVERY, LANDS[3] - EVERY)
    );
    let told = runs
        .iter()
        .all(|ran| matches!(ran.verdict, Verdict::Ok | Verdict::Stale));
    assert!(told, "the service is well all the time");

    let mode = Mode::Daemon(MINUTE);
    let rules = generated(PROBES, mode, &[]);
    if promtool_or_skip(&rules).is_none() {
        return;
    }
    let mut test = RuleTest::new(MINUTE, EVERY);
    add(&mut test, "real-price", &runs, END, mode);
    let data = "probe=\"real-price\",team=\"data\",severity=\"page\"";
    let third = STALE + 3 * EVERY;
    test.never(third - EVERY, "ProbeFreshBudgetBurnsFast", data);
    test.alert(third, "ProbeFreshBudgetBurnsFast", data, true);
    test.alert(LANDS[3] - EVERY, "ProbeFreshBudgetBurnsFast", data, true);
    // Half an hour after the batch has landed again.
    test.alert(LANDS[3] + 30 * MINUTE, "ProbeFreshBudgetBurnsFast", data, false);
    for alert in [
        "ProbeUpBudgetBurnsFast",
        "ProbeUpBudgetBurns",
        "ProbeValidBudgetBurnsFast",
        "ProbeValidBudgetBurns",
    ] {
        test.never(END, alert, "probe=\"real-price\"");
    }
    let firing = "ALERTS{alertstate=\"firing\",team=\"on-call\"}";
    test.expect(
        END,
        &format!("count(count_over_time({firing}[{END}s])) or vector(0)"),
        0.0,
    );
    let left = |promise: &str| format!("sum(probe_promise:budget_left:ratio{{promise=\"{promise}\"}})");
    test.expect(END, &left("up"), 1.0);
    test.expect(END, &left("valid"), 1.0);
    test.expect(third, &format!("{} < bool 1", left("fresh")), 1.0);
    test.expect(END, &format!("{} < bool 0", left("fresh")), 1.0);
    test.run(&rules.path).expect("promtool was there a moment ago");
}
