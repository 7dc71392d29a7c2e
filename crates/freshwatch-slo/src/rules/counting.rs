//! How runs are counted: by steps of the daemon's counters, or by the samples of one-shot runs.

use std::time::Duration;

use freshwatch_probe::metric;
use freshwatch_probe::verdict::Verdict;

use super::group::Rule;
use super::promql::{range, select};
use super::{Mode, Subject};
use crate::promise::Promise;

/// The daemon's counts of runs as they were last seen.
const RUNS_SEEN: &str = "verdict:probe_runs_total:seen";

/// The daemon's counts of slow runs as they were last seen.
const SLOW_SEEN: &str = "probe:probe_slow_runs_total:seen";

/// How many runs ended so since the evaluation before.
pub(super) const RUNS_STEP: &str = "probe_verdict:probe_runs:step";

/// How many runs were slow since the evaluation before.
const SLOW_STEP: &str = "probe:probe_slow_runs:step";

/// How many runs broke the promise since the evaluation before.
const BAD_STEP: &str = "probe_promise:bad_runs:step";

/// How many runs count for the promise since the evaluation before.
const COUNTED_STEP: &str = "probe_promise:counted_runs:step";

/// So long a counter that is not there is remembered. What it has counted meanwhile counts when it is back.
const REMEMBERED: &str = "1d";

impl Subject<'_> {
    /// How many runs of a window broke a promise: one series without labels.
    pub(super) fn bad(&self, promise: Promise, window: Duration) -> String {
        let sum = |selector: String| format!("sum(sum_over_time({selector}[{}]))", range(window));
        match (self.options.mode, promise.breaker()) {
            (Mode::Daemon, _) => sum(self.select(BAD_STEP, &[("promise=", promise.as_str())])),
            (Mode::CronJob, Some(verdict)) => sum(self.verdicts("verdict=", verdict.as_str())),
            (Mode::CronJob, None) => sum(self.select(metric::PROBE_SLOW.name, &[])),
        }
    }

    /// How many runs of a window count for a promise: one series without labels.
    pub(super) fn counted(&self, promise: Promise, window: Duration) -> String {
        self.counted_in(promise, &format!("[{}]", range(window)))
    }

    /// How many runs of the window before a window counted for a promise: one series without labels.
    pub(super) fn counted_before(&self, promise: Promise, window: Duration) -> String {
        self.counted_in(promise, &format!("[{0}] offset {0}", range(window)))
    }

    fn counted_in(&self, promise: Promise, window: &str) -> String {
        let sum = |selector: String| format!("sum(sum_over_time({selector}{window}))");
        match self.options.mode {
            Mode::Daemon => sum(self.select(COUNTED_STEP, &[("promise=", promise.as_str())])),
            Mode::CronJob => sum(self.verdicts("verdict=~", &counted_verdicts(promise))),
        }
    }

    /// How many runs of a window ended as unknown, and how many there were: one series without labels each.
    pub(super) fn unknown(&self, window: Duration) -> (String, String) {
        let metric = match self.options.mode {
            Mode::Daemon => RUNS_STEP,
            Mode::CronJob => metric::PROBE_VERDICT.name,
        };
        let sum = |matchers: &[(&str, &str)]| {
            format!(
                "sum(sum_over_time({}[{}]))",
                self.select(metric, matchers),
                range(window)
            )
        };
        (sum(&[("verdict=", Verdict::Unknown.as_str())]), sum(&[]))
    }

    /// What is recorded at every evaluation so that runs can be counted.
    pub(super) fn counting(&self) -> Vec<Rule> {
        if self.options.mode == Mode::CronJob {
            return Vec::new();
        }
        let runs = self.select(metric::PROBE_RUNS.name, &[]);
        let young = self.young(&runs);
        let young_runs = format!("ignoring(verdict) group_left() ({young})");
        let mut rules = vec![self.record(
            RUNS_STEP,
            &[],
            format!("sum by (verdict) ({})", self.step(&runs, RUNS_SEEN, &young_runs)),
        )];
        if self.definition.bounds_latency() {
            let slow = self.select(metric::PROBE_SLOW_RUNS.name, &[]);
            let step = self.step(&slow, SLOW_SEEN, &format!("({young})"));
            rules.push(self.record(SLOW_STEP, &[], format!("sum({step})")));
            rules.push(self.seen(SLOW_SEEN, slow));
        }
        rules.push(self.seen(RUNS_SEEN, runs));
        rules.extend(
            self.objectives
                .iter()
                .flat_map(|objective| self.steps(objective.promise)),
        );
        rules
    }

    /// How far a counter has come since it was last seen. One that has fallen began anew; one that was never seen counts
    /// in full when it is young, else its past is not of now.
    ///
    /// What was last seen is looked for a second ago: some evaluators record it before they come here.
    fn step(&self, counter: &str, seen: &str, young: &str) -> String {
        let seen = format!(
            "last_over_time({}[{REMEMBERED}] offset 1s)",
            self.select(seen, &[])
        );
        format!("\n  ({counter} - {seen} >= 0)\n  or ({counter} and {seen})\n  or {counter} * {young}\n")
    }

    /// Keeps counters as they are now, each with its own labels.
    fn seen(&self, name: &str, counters: String) -> Rule {
        Rule::record(name, counters).label("probe", self.definition.name.as_str())
    }

    /// Whether a prober has not run the probe more often than it can have since the evaluation before.
    fn young(&self, runs: &str) -> String {
        let since = self.interval().as_millis() * 2;
        let most = since.div_ceil(self.cadence.shortest.as_millis().max(1)) + 1;
        format!("sum without (verdict) ({runs}) <= bool {most}")
    }

    fn steps(&self, promise: Promise) -> [Rule; 2] {
        let labels = [("promise", promise.as_str())];
        let bad = match promise.breaker() {
            Some(verdict) => self.select(RUNS_STEP, &[("verdict=", verdict.as_str())]),
            None => self.select(SLOW_STEP, &[]),
        };
        let counted = self.select(RUNS_STEP, &[("verdict=~", &counted_verdicts(promise))]);
        [
            self.record(BAD_STEP, &labels, format!("sum({bad})")),
            self.record(COUNTED_STEP, &labels, format!("sum({counted})")),
        ]
    }

    fn verdicts(&self, matcher: &str, words: &str) -> String {
        self.select(metric::PROBE_VERDICT.name, &[(matcher, words)])
    }

    /// A metric of this probe.
    pub(super) fn select(&self, metric: &str, matchers: &[(&str, &str)]) -> String {
        let probe = [(PROBE, self.definition.name.as_str())];
        let all: Vec<_> = probe.into_iter().chain(matchers.iter().copied()).collect();
        select(metric, &all)
    }
}

const PROBE: &str = "probe=";

/// The verdicts of runs that count for a promise, as alternatives of a pattern: those that say something about it.
fn counted_verdicts(promise: Promise) -> String {
    let counts = |verdict: &Verdict| match verdict {
        Verdict::Ok | Verdict::Degraded | Verdict::Stale => true,
        Verdict::Invalid => matches!(promise, Promise::Up | Promise::Valid),
        Verdict::Down => promise == Promise::Up,
        Verdict::Unknown => false,
    };
    let words = Verdict::ALL.iter().filter(|verdict| counts(verdict));
    words
        .map(|verdict| verdict.as_str())
        .collect::<Vec<_>>()
        .join("|")
}
