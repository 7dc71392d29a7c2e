//! The recorded ratio is the true one, over thirty days in which everything happens that makes others guess.

use freshwatch_probe::verdict::Verdict;
use freshwatch_tests::rule_tests::RuleTest;

use super::simulation::{Mode, Ran, add, number, runs};
use super::{HOUR, MINUTE, generated, promtool_or_skip};

const DAY: u64 = 24 * HOUR;

const PROBES: &str = "
probes:
  search:
    get: http://a.example/
    every: 5m
    fresh: {at: $.at, max_age: 1h}
    slo: {up: 99.9%, valid: 99.9%, fresh: 99%}
";

/// Evaluations that far apart take promtool some seconds; however far they are, the steps add up.
const EVALUATION: u64 = HOUR;

/// A verdict by the hash of a run's number, so that no period hides a mistake.
fn judge(at: u64) -> (Verdict, bool) {
    let hash = (at / MINUTE).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    let verdict = match hash % 1000 {
        0..4 => Verdict::Down,
        4..9 => Verdict::Invalid,
        9..30 => Verdict::Stale,
        30..60 => Verdict::Unknown,
        60..90 => Verdict::Degraded,
        _ => Verdict::Ok,
    };
    (verdict, false)
}

/// The share of the runs of a window that keeps a promise.
fn kept(runs: &[Ran], from: u64, to: u64, bad: Verdict, counts: impl Fn(Verdict) -> bool) -> f64 {
    let within = || runs.iter().filter(|ran| ran.at > from && ran.at <= to);
    let counted = within().filter(|ran| counts(ran.verdict)).count();
    let bad = within().filter(|ran| ran.verdict == bad).count();
    number((counted - bad) as u64) / number(counted as u64)
}

/// Expects the three ratios of thirty days to be those of the runs, far better than to 1e-6.
fn expect_ratios(test: &mut RuleTest, runs: &[Ran], end: u64) {
    let up = kept(runs, end - 30 * DAY, end, Verdict::Down, |verdict| {
        verdict != Verdict::Unknown
    });
    let valid = kept(runs, end - 30 * DAY, end, Verdict::Invalid, |verdict| {
        !matches!(verdict, Verdict::Unknown | Verdict::Down)
    });
    let fresh = kept(runs, end - 30 * DAY, end, Verdict::Stale, |verdict| {
        !matches!(verdict, Verdict::Unknown | Verdict::Down | Verdict::Invalid)
    });
    for (promise, truth) in [("up", up), ("valid", valid), ("fresh", fresh)] {
        assert!(truth < 0.999, "{promise}: {truth}");
        let recorded = format!("probe_promise:good_runs:ratio{{promise=\"{promise}\",window=\"30d\"}}");
        test.expect(
            end,
            &format!("sum(abs({recorded} - {truth:.17})) < bool 1e-12"),
            1.0,
        );
    }
    let left = 1.0 - (1.0 - up) / 0.001;
    let recorded = "probe_promise:budget_left:ratio{promise=\"up\"}";
    test.expect(
        end,
        &format!("sum(abs({recorded} - ({left:.17}))) < bool 1e-6"),
        1.0,
    );
}

#[test]
fn one_shot_runs_of_thirty_days() {
    let rules = generated(PROBES, Mode::CronJob, &[]);
    if promtool_or_skip(&rules).is_none() {
        return;
    }
    let end = 31 * DAY;
    let runs = runs(5 * MINUTE, end, judge);
    let mut test = RuleTest::new(60, EVALUATION);
    add(&mut test, "search", &runs, end, Mode::CronJob);
    expect_ratios(&mut test, &runs, end);
    test.run(&rules.path).expect("promtool was there a moment ago");
}

/// The counters of a prober that begins anew on some days, is replaced by another instance on others, and is away from
/// Prometheus for an hour on one: nothing that it counts is lost, nothing counts twice.
fn add_troubled(test: &mut RuleTest, runs: &[Ran], end: u64) {
    // What a prober counts after the last evaluation before its end is never seen: here that is nothing.
    let restarts = [4 * DAY + MINUTE, 9 * DAY + 3 * HOUR + MINUTE, 20 * DAY + MINUTE];
    let replaced = [12 * DAY - 3 * MINUTE, 25 * DAY - 3 * MINUTE];
    let away = 17 * DAY..17 * DAY + HOUR;
    let times = || (0..=end / MINUTE).map(|nth| nth * MINUTE);
    let generation = |at: u64, since: &[u64]| since.iter().filter(|since| **since <= at).count();
    for instance in 0..=replaced.len() {
        for verdict in Verdict::ALL {
            let (mut count, mut next, mut began) = (0, 0, 0);
            let mut samples = Vec::new();
            for time in times() {
                if generation(time, &restarts) != began {
                    (count, began) = (0, generation(time, &restarts));
                }
                while next < runs.len() && runs[next].at <= time {
                    let is_mine = generation(runs[next].at, &replaced) == instance;
                    count += u64::from(is_mine && runs[next].verdict == verdict);
                    next += 1;
                }
                let is_there = generation(time, &replaced) == instance && !away.contains(&time);
                samples.push(is_there.then(|| number(count)));
            }
            let name =
                format!("probe_runs_total{{probe=\"search\",verdict=\"{verdict}\",instance=\"{instance}\"}}");
            test.series(&name, samples);
        }
    }
}

#[test]
fn a_daemon_that_is_restarted_and_replaced_in_thirty_days() {
    let rules = generated(PROBES, Mode::Daemon(60), &[]);
    if promtool_or_skip(&rules).is_none() {
        return;
    }
    let end = 31 * DAY;
    let runs = runs(5 * MINUTE, end, judge);
    let mut test = RuleTest::new(60, EVALUATION);
    add_troubled(&mut test, &runs, end);
    expect_ratios(&mut test, &runs, end);
    test.run(&rules.path).expect("promtool was there a moment ago");
}
