//! A pretend history of a probe's runs, and the series that it would leave in Prometheus.

use freshwatch_probe::verdict::Verdict;
use freshwatch_tests::rule_tests::RuleTest;

/// One run.
#[derive(Debug, Clone, Copy)]
pub struct Ran {
    /// When, in seconds.
    pub at: u64,
    /// How it ended.
    pub verdict: Verdict,
    /// Whether its valid answer was slow.
    pub slow: bool,
}

/// How runs come to Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As counters, with a sample every so many seconds.
    Daemon(u64),
    /// As one sample a run.
    CronJob,
}

impl Mode {
    /// The word of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Daemon(_) => "daemon",
            Self::CronJob => "cronjob",
        }
    }

    /// Between two samples, in seconds.
    pub fn interval(self) -> u64 {
        match self {
            Self::Daemon(interval) => interval,
            Self::CronJob => 60,
        }
    }
}

/// The runs of a probe every so many seconds, from the first on until the end; `judge` says how each ends.
pub fn runs(every: u64, end: u64, judge: impl Fn(u64) -> (Verdict, bool)) -> Vec<Ran> {
    let starts = (0..).map(|nth| nth * every).take_while(|at| *at <= end);
    let ran = |at| {
        let (verdict, slow) = judge(at);
        Ran { at, verdict, slow }
    };
    starts.map(ran).collect()
}

/// Adds the series that the runs of a probe leave until the end.
pub fn add(test: &mut RuleTest, probe: &str, runs: &[Ran], end: u64, mode: Mode) {
    let times = || (0..=end / mode.interval()).map(|nth| nth * mode.interval());
    match mode {
        Mode::Daemon(_) => {
            for verdict in Verdict::ALL {
                let name =
                    format!("probe_runs_total{{probe=\"{probe}\",verdict=\"{verdict}\",instance=\"a\"}}");
                test.series(&name, counted(runs, times(), |ran| ran.verdict == verdict));
            }
            let name = format!("probe_slow_runs_total{{probe=\"{probe}\",instance=\"a\"}}");
            test.series(&name, counted(runs, times(), |ran| ran.slow));
            let name = format!("probe_last_run_timestamp_seconds{{probe=\"{probe}\",instance=\"a\"}}");
            test.series(
                &name,
                times().map(|time| last(runs, time).map(|ran| number(ran.at))),
            );
        }
        Mode::CronJob => {
            let pushed: Vec<_> = times()
                .map(|time| runs.binary_search_by_key(&time, |ran| ran.at).ok())
                .collect();
            for verdict in Verdict::ALL {
                let name = format!("probe_verdict{{probe=\"{probe}\",verdict=\"{verdict}\"}}");
                let truth = |nth: usize| f64::from(u8::from(runs[nth].verdict == verdict));
                test.series(&name, pushed.iter().map(|nth| nth.map(truth)));
            }
            let slow = |nth: usize| f64::from(u8::from(runs[nth].slow));
            test.series(
                &format!("probe_slow{{probe=\"{probe}\"}}"),
                pushed.iter().map(|nth| nth.map(slow)),
            );
            let name = format!("probe_last_run_timestamp_seconds{{probe=\"{probe}\"}}");
            test.series(
                &name,
                pushed.iter().map(|nth| nth.map(|nth| number(runs[nth].at))),
            );
        }
    }
}

/// A counter of those runs.
fn counted(
    runs: &[Ran],
    times: impl Iterator<Item = u64>,
    counts: impl Fn(&Ran) -> bool,
) -> Vec<Option<f64>> {
    let (mut count, mut next) = (0, 0);
    let mut values = Vec::new();
    for time in times {
        while next < runs.len() && runs[next].at <= time {
            count += u64::from(counts(&runs[next]));
            next += 1;
        }
        values.push(Some(number(count)));
    }
    values
}

fn last(runs: &[Ran], time: u64) -> Option<&Ran> {
    let until = runs.partition_point(|ran| ran.at <= time);
    until.checked_sub(1).map(|nth| &runs[nth])
}

/// A number as Prometheus has it.
#[expect(clippy::cast_precision_loss, reason = "the numbers are small")]
pub fn number(count: u64) -> f64 {
    count as f64
}
