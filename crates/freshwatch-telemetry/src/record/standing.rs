//! What the state of one probe shows: its last run, and what its runs have come to.

use freshwatch_probe::metric;
use freshwatch_probe::standing::Standing;
use freshwatch_probe::verdict::Verdict;
use jiff::Timestamp;

use super::{Bearer, Measurement, Recorder, run, unix};

/// Everything that a probe's state shows, as it is at `time`. One that has not run yet shows its counts, so that
/// the first run is seen as a growth, and when it runs next.
pub fn of_standing<'a>(standing: &'a Standing, time: Timestamp, visit: &mut dyn FnMut(Measurement<'a>)) {
    let mut recorder = Recorder {
        bearer: Some(Bearer::probe(&standing.definition)),
        time,
        visit,
    };
    if let Some(last) = &standing.last {
        run::record(&mut recorder, last);
    }
    for verdict in Verdict::ALL {
        let count = standing.count(verdict);
        recorder.count(metric::PROBE_RUNS, Some(verdict.as_str()), count, standing.since);
    }
    if standing.definition.bounds_latency() {
        recorder.count(metric::PROBE_SLOW_RUNS, None, standing.slow_runs, standing.since);
    }
    recorder.histogram(metric::PROBE_RUN_DURATION, &standing.durations, standing.since);
    recorder.gauge(metric::PROBE_NEXT_RUN, standing.next_run.map(unix));
}

#[cfg(test)]
mod tests {
    use freshwatch_probe::run::Run;
    use freshwatch_probe::verdict::Verdict;

    use super::of_standing;
    use crate::record::tests::shown;
    use crate::record::{Measurement, of_run};
    use crate::sample::{NOON, allow, answered, standing, time};

    fn measurements(runs: &[Run], check: impl FnOnce(&[Measurement<'_>])) {
        let standing = standing(runs.iter().cloned());
        let mut measurements = Vec::new();
        of_standing(&standing, time(NOON), &mut |measurement| {
            measurements.push(measurement);
        });
        check(&measurements);
    }

    #[test]
    fn a_probe_that_has_not_run_yet_shows_its_counts_and_its_next_run() {
        measurements(&[], |measurements| {
            insta::assert_snapshot!(shown(measurements), @r"
        probe_runs_total{probe=real-price,team=prices,verdict=ok} 0 since 2026-11-21T08:00:00Z
        probe_runs_total{probe=real-price,team=prices,verdict=degraded} 0 since 2026-11-21T08:00:00Z
        probe_runs_total{probe=real-price,team=prices,verdict=stale} 0 since 2026-11-21T08:00:00Z
        probe_runs_total{probe=real-price,team=prices,verdict=invalid} 0 since 2026-11-21T08:00:00Z
        probe_runs_total{probe=real-price,team=prices,verdict=down} 0 since 2026-11-21T08:00:00Z
        probe_runs_total{probe=real-price,team=prices,verdict=unknown} 0 since 2026-11-21T08:00:00Z
        probe_run_duration_seconds{probe=real-price,team=prices} 0 of 0 s since 2026-11-21T08:00:00Z
        probe_next_run_timestamp_seconds{probe=real-price,team=prices} 1795262460
        ");
        });
    }

    #[test]
    fn runs_are_counted_as_slow_where_the_probe_says_what_is_slow() {
        // The sample's answers take 250 ms.
        let runs = [Verdict::Ok, Verdict::Stale, Verdict::Down, Verdict::Unknown].map(|verdict| {
            let mut run = answered(verdict);
            allow(&mut run, 249.0);
            run
        });
        measurements(&runs, |measurements| {
            let shown = shown(measurements);
            assert!(
                shown.contains("probe_slow_runs_total{probe=real-price,team=prices} 2 since"),
                "{shown}"
            );
        });
    }

    #[test]
    fn it_shows_all_that_its_last_run_shows_and_the_counts_of_all() {
        let runs = [
            answered(Verdict::Ok),
            answered(Verdict::Stale),
            answered(Verdict::Stale),
        ];
        let mut of_last = Vec::new();
        of_run(&runs[2], time(NOON), &mut |measurement| of_last.push(measurement));
        let of_last = shown(&of_last);
        measurements(&runs, |measurements| {
            let shown = shown(measurements);
            let of_all = shown.strip_prefix(of_last.as_str()).unwrap();
            insta::assert_snapshot!(of_all, @r"
        probe_runs_total{probe=real-price,team=prices,verdict=ok} 1 since 2026-11-21T08:00:00Z
        probe_runs_total{probe=real-price,team=prices,verdict=degraded} 0 since 2026-11-21T08:00:00Z
        probe_runs_total{probe=real-price,team=prices,verdict=stale} 2 since 2026-11-21T08:00:00Z
        probe_runs_total{probe=real-price,team=prices,verdict=invalid} 0 since 2026-11-21T08:00:00Z
        probe_runs_total{probe=real-price,team=prices,verdict=down} 0 since 2026-11-21T08:00:00Z
        probe_runs_total{probe=real-price,team=prices,verdict=unknown} 0 since 2026-11-21T08:00:00Z
        probe_run_duration_seconds{probe=real-price,team=prices} 3 of 4.5 s since 2026-11-21T08:00:00Z
        probe_next_run_timestamp_seconds{probe=real-price,team=prices} 1795262460
        ");
        });
    }
}
