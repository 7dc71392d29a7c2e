//! What the prober says of itself.

use freshwatch_probe::metric;
use freshwatch_probe::prober::{Export, Prober, Skip};
use jiff::Timestamp;

use super::{Measurement, Recorder, number, truth, unix};
use crate::resource::VERSION;

/// What a prober says of itself that runs its probes once and ends.
pub fn of_one_shot(probes: u64, time: Timestamp, visit: &mut dyn FnMut(Measurement<'static>)) {
    let mut recorder = Recorder {
        bearer: None,
        time,
        visit,
    };
    identity(&mut recorder, probes);
}

/// Everything that the prober says of itself, as it is at `time`.
pub fn of_prober<'a>(prober: &'a Prober, time: Timestamp, visit: &mut dyn FnMut(Measurement<'a>)) {
    let mut recorder = Recorder {
        bearer: None,
        time,
        visit,
    };
    identity(&mut recorder, prober.probes);
    if let Some(shard) = prober.shard {
        recorder.gauge(metric::FRESHWATCH_SHARD, Some(f64::from(shard.index())));
        recorder.gauge(metric::FRESHWATCH_SHARDS, Some(f64::from(shard.count())));
    }
    runs(&mut recorder, prober);
    configuration(&mut recorder, prober);
    let written = prober.state_written.map(truth);
    recorder.gauge(metric::FRESHWATCH_STATE_WRITE_SUCCESSFUL, written);
    if let Some(of) = &prober.export {
        export(&mut recorder, of, prober.since);
    }
}

fn identity(recorder: &mut Recorder<'_, '_>, probes: u64) {
    recorder.labelled(metric::FRESHWATCH_BUILD_INFO, Some(VERSION), Some(1.0));
    recorder.gauge(metric::FRESHWATCH_PROBES, Some(number(probes)));
}

fn runs<'a>(recorder: &mut Recorder<'a, '_>, prober: &'a Prober) {
    let since = prober.since;
    recorder.histogram(metric::FRESHWATCH_RUN_LATENESS, &prober.lateness, since);
    for cause in Skip::ALL {
        let slots = prober.skipped(cause);
        recorder.count(
            metric::FRESHWATCH_RUNS_SKIPPED,
            Some(cause.as_str()),
            slots,
            since,
        );
    }
    recorder.count(metric::FRESHWATCH_RESULTS_LOST, None, prober.results_lost, since);
    recorder.gauge(metric::FRESHWATCH_RUNS_IN_FLIGHT, Some(number(prober.in_flight)));
}

fn configuration(recorder: &mut Recorder<'_, '_>, prober: &Prober) {
    let loaded = prober.configuration;
    let successful = truth(loaded.successful);
    recorder.gauge(metric::FRESHWATCH_CONFIG_RELOAD_SUCCESSFUL, Some(successful));
    recorder.gauge(
        metric::FRESHWATCH_CONFIG_RELOAD_SUCCESS,
        Some(unix(loaded.success)),
    );
}

fn export(recorder: &mut Recorder<'_, '_>, export: &Export, since: Timestamp) {
    for (outcome, batches) in [
        ("accepted", export.accepted),
        ("partial", export.partly),
        ("refused", export.refused),
        ("retried", export.retried),
    ] {
        recorder.count(metric::FRESHWATCH_EXPORT_BATCHES, Some(outcome), batches, since);
    }
    recorder.gauge(metric::FRESHWATCH_EXPORT_QUEUE, Some(number(export.queued)));
    recorder.gauge(
        metric::FRESHWATCH_EXPORT_QUEUE_BYTES,
        Some(number(export.queued_bytes)),
    );
    let written = export.queue_written.map(truth);
    recorder.gauge(metric::FRESHWATCH_EXPORT_QUEUE_WRITTEN, written);
    for (cause, batches) in [
        ("full", export.dropped_full),
        ("age", export.dropped_age),
        ("damaged", export.dropped_damaged),
        ("torn", export.dropped_torn),
        ("refused", export.dropped_refused),
        ("shutdown", export.dropped_shutdown),
    ] {
        recorder.count(metric::FRESHWATCH_EXPORT_DROPPED, Some(cause), batches, since);
    }
    recorder.gauge(metric::FRESHWATCH_LAST_EXPORT_SUCCESS, export.success.map(unix));
}

#[cfg(test)]
mod tests {
    use freshwatch_probe::prober::Prober;

    use super::{of_one_shot, of_prober};
    use crate::record::tests::shown;
    use crate::resource::VERSION;
    use crate::sample::{NOON, prober, time};

    fn of(prober: &Prober) -> String {
        let mut measurements = Vec::new();
        of_prober(prober, time(NOON), &mut |measurement| {
            measurements.push(measurement);
        });
        shown(&measurements).replace(VERSION, "VERSION")
    }

    #[test]
    fn the_prober_tells_of_its_runs_its_files_and_its_export() {
        insta::assert_snapshot!(of(&prober()), @r"
        freshwatch_build_info{version=VERSION} 1
        freshwatch_probes{} 7
        freshwatch_shard{} 1
        freshwatch_shards{} 3
        freshwatch_run_lateness_seconds{} 1 of 0.003 s since 2026-11-21T08:00:00Z
        freshwatch_runs_skipped_total{cause=overlap} 1 since 2026-11-21T08:00:00Z
        freshwatch_runs_skipped_total{cause=overload} 2 since 2026-11-21T08:00:00Z
        freshwatch_runs_skipped_total{cause=missed} 3 since 2026-11-21T08:00:00Z
        freshwatch_results_lost_total{} 1 since 2026-11-21T08:00:00Z
        freshwatch_runs_in_flight{} 2
        freshwatch_config_last_reload_successful{} 0
        freshwatch_config_last_reload_success_timestamp_seconds{} 1795251600
        freshwatch_state_last_write_successful{} 0
        freshwatch_export_batches_total{outcome=accepted} 11 since 2026-11-21T08:00:00Z
        freshwatch_export_batches_total{outcome=partial} 12 since 2026-11-21T08:00:00Z
        freshwatch_export_batches_total{outcome=refused} 13 since 2026-11-21T08:00:00Z
        freshwatch_export_batches_total{outcome=retried} 14 since 2026-11-21T08:00:00Z
        freshwatch_export_queue_batches{} 15
        freshwatch_export_queue_bytes{} 1500
        freshwatch_export_queue_last_write_successful{} 0
        freshwatch_export_dropped_batches_total{cause=full} 16 since 2026-11-21T08:00:00Z
        freshwatch_export_dropped_batches_total{cause=age} 19 since 2026-11-21T08:00:00Z
        freshwatch_export_dropped_batches_total{cause=damaged} 20 since 2026-11-21T08:00:00Z
        freshwatch_export_dropped_batches_total{cause=torn} 21 since 2026-11-21T08:00:00Z
        freshwatch_export_dropped_batches_total{cause=refused} 17 since 2026-11-21T08:00:00Z
        freshwatch_export_dropped_batches_total{cause=shutdown} 18 since 2026-11-21T08:00:00Z
        freshwatch_last_export_success_timestamp_seconds{} 1795262390
        ");
    }

    #[test]
    fn without_an_endpoint_nothing_is_said_of_an_export() {
        let mut prober = prober();
        prober.export = None;
        assert!(!of(&prober).contains("export"), "{}", of(&prober));
    }

    #[test]
    fn one_that_runs_all_probes_says_nothing_of_shards() {
        let mut prober = prober();
        prober.shard = None;
        assert!(!of(&prober).contains("shard"), "{}", of(&prober));
    }

    #[test]
    fn without_a_state_file_nothing_is_said_of_it() {
        let mut prober = prober();
        prober.state_written = None;
        assert!(!of(&prober).contains("state"), "{}", of(&prober));
    }

    #[test]
    fn the_last_success_is_absent_until_there_is_one() {
        let mut prober = prober();
        prober.export.as_mut().unwrap().success = None;
        assert!(!of(&prober).contains("last_export_success"));
        assert!(of(&prober).contains("freshwatch_export_batches_total{outcome=accepted}"));
    }

    #[test]
    fn one_that_runs_once_tells_its_version_and_how_many_probes_it_runs() {
        let mut measurements = Vec::new();
        of_one_shot(7, time(NOON), &mut |measurement| measurements.push(measurement));
        insta::assert_snapshot!(shown(&measurements).replace(VERSION, "VERSION"), @r#"
        freshwatch_build_info{version=VERSION} 1
        freshwatch_probes{} 7
        "#);
    }
}
