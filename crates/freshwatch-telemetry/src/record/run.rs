//! What one run shows. Only gauges: a process that runs once has no count that grows.

use freshwatch_probe::metric;
use freshwatch_probe::observation::{Exchange, Phase};
use freshwatch_probe::run::{DataAge, Items, Run};
use freshwatch_probe::verdict::Verdict;
use jiff::Timestamp;

use super::{Bearer, Measurement, Recorder, number, seconds, truth, unix};

/// Everything that one run shows, as it was at `time`.
pub fn of_run<'a>(run: &'a Run, time: Timestamp, visit: &mut dyn FnMut(Measurement<'a>)) {
    let bearer = Some(Bearer::probe(&run.definition));
    record(&mut Recorder { bearer, time, visit }, run);
}

pub(super) fn record<'a>(recorder: &mut Recorder<'a, '_>, run: &'a Run) {
    verdict(recorder, run);
    attempts(recorder, run);
    http(recorder, run);
    connection(recorder, &run.exchange);
    if let Some(age) = &run.judgment.data {
        data(recorder, age);
    }
    if let Some(items) = &run.judgment.items {
        of_items(recorder, items);
    }
}

fn verdict<'a>(recorder: &mut Recorder<'a, '_>, run: &'a Run) {
    let judgment = &run.judgment;
    recorder.gauge(metric::PROBE_SUCCESS, judgment.verdict.success().map(truth));
    for verdict in Verdict::ALL {
        let is_this = truth(verdict == judgment.verdict);
        recorder.labelled(metric::PROBE_VERDICT, Some(verdict.as_str()), Some(is_this));
    }
    recorder.gauge(metric::PROBE_SLOW, run.is_slow().map(truth));
    if judgment.verdict != Verdict::Ok
        && let Some(reason) = judgment.reasons.first()
    {
        recorder.labelled(metric::PROBE_REASON_INFO, Some(reason.code.as_str()), Some(1.0));
    }
}

fn attempts(recorder: &mut Recorder<'_, '_>, run: &Run) {
    recorder.gauge(metric::PROBE_ATTEMPTS, Some(f64::from(run.attempts)));
    recorder.gauge(metric::PROBE_LAST_RUN, Some(unix(run.started)));
    let attempted = run.attempts > 0;
    recorder.gauge(
        metric::PROBE_DURATION,
        attempted.then(|| seconds(run.exchange.took)),
    );
}

/// What the answer says. Without an answer there is only the status 0, and none of that either where the
/// prober could not look: nobody else's fault is shown.
fn http(recorder: &mut Recorder<'_, '_>, run: &Run) {
    let exchange = &run.exchange;
    let no_answer = (run.judgment.verdict != Verdict::Unknown).then_some(0.0);
    let status = exchange.status.map(f64::from).or(no_answer);
    recorder.gauge(metric::PROBE_HTTP_STATUS_CODE, status);
    if exchange.status.is_none() {
        return;
    }
    recorder.gauge(
        metric::PROBE_HTTP_CONTENT_LENGTH,
        exchange.content_length.map(number),
    );
    let body_length = exchange.body_length.map(number);
    recorder.gauge(metric::PROBE_HTTP_UNCOMPRESSED_BODY_LENGTH, body_length);
    recorder.gauge(metric::PROBE_HTTP_REDIRECTS, Some(f64::from(exchange.redirects)));
    recorder.gauge(metric::PROBE_HTTP_SSL, Some(truth(exchange.tls.is_some())));
    recorder.gauge(
        metric::PROBE_HTTP_VERSION,
        exchange.version.and_then(version_number),
    );
    recorder.gauge(metric::PROBE_HTTP_LAST_MODIFIED, exchange.last_modified.map(unix));
}

/// How far the exchange got, also when no answer came.
fn connection<'a>(recorder: &mut Recorder<'a, '_>, exchange: &'a Exchange) {
    for phase in Phase::ALL {
        let took = exchange.phase(phase).map(seconds);
        recorder.labelled(metric::PROBE_HTTP_DURATION, Some(phase.as_str()), took);
    }
    let lookup = exchange.phase(Phase::Resolve).map(seconds);
    recorder.gauge(metric::PROBE_DNS_LOOKUP_TIME, lookup);
    let protocol = exchange
        .address
        .map(|address| if address.is_ipv4() { 4.0 } else { 6.0 });
    recorder.gauge(metric::PROBE_IP_PROTOCOL, protocol);
    if let Some(tls) = &exchange.tls {
        let expiry = tls.earliest_expiry.map(unix);
        recorder.gauge(metric::PROBE_SSL_EARLIEST_CERT_EXPIRY, expiry);
        recorder.labelled(metric::PROBE_TLS_VERSION_INFO, Some(tls.version), Some(1.0));
    }
}

fn data(recorder: &mut Recorder<'_, '_>, data: &DataAge) {
    recorder.gauge(metric::PROBE_DATA_TIMESTAMP, data.timestamp.map(unix));
    recorder.gauge(metric::PROBE_DATA_AGE, data.age.map(|age| age.as_secs_f64()));
    recorder.gauge(metric::PROBE_DATA_MAX_AGE, data.max_age.map(seconds));
    recorder.gauge(metric::PROBE_DATA_DUE, data.due.map(unix));
    recorder.gauge(metric::PROBE_DATA_LANDED, data.landed.map(truth));
}

/// The items that were judged each on its own. However many there are, only the oldest become series.
fn of_items<'a>(recorder: &mut Recorder<'a, '_>, items: &'a Items) {
    let count = |count: usize| Some(number(count as u64));
    recorder.gauge(metric::PROBE_DATA_ITEMS, count(items.judged));
    recorder.gauge(metric::PROBE_DATA_FRESH_ITEMS, count(items.fresh));
    for item in items.oldest.iter().take(Items::SHOWN) {
        let age = item.age.as_secs_f64();
        recorder.labelled(metric::PROBE_DATA_ITEM_AGE, Some(&item.name), Some(age));
    }
}

fn version_number(version: http::Version) -> Option<f64> {
    match version {
        http::Version::HTTP_09 => Some(0.9),
        http::Version::HTTP_10 => Some(1.0),
        http::Version::HTTP_11 => Some(1.1),
        http::Version::HTTP_2 => Some(2.0),
        http::Version::HTTP_3 => Some(3.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use freshwatch_probe::metric::Kind;
    use freshwatch_probe::run::{ItemAge, Items, Run};
    use freshwatch_probe::verdict::Verdict;

    use jiff::SignedDuration;

    use super::of_run;
    use crate::record::tests::shown;
    use crate::record::{Measurement, Value};
    use crate::sample::{allow, answered, labels, time, unanswered};

    fn measurements(run: &Run) -> Vec<Measurement<'_>> {
        let mut measurements = Vec::new();
        of_run(run, run.ended(), &mut |measurement| {
            measurements.push(measurement);
        });
        measurements
    }

    /// The names and values of a run's series that `keep` the name, without what every series carries.
    fn series(run: &Run, keep: impl Fn(&str) -> bool) -> String {
        let kept: Vec<_> = measurements(run)
            .into_iter()
            .filter(|measurement| keep(measurement.metric.name))
            .collect();
        shown(&kept)
            .replace("probe=real-price,team=prices,", "")
            .replace("{probe=real-price,team=prices}", "")
    }

    #[test]
    fn items_are_counted_and_the_oldest_are_series_of_their_own() {
        let mut run = answered(Verdict::Stale);
        let item = |number: u8| ItemAge {
            name: format!("district \"{number}\""),
            age: SignedDuration::from_secs(100 - i64::from(number)),
        };
        run.judgment.items = Some(Box::new(Items {
            judged: 1000,
            fresh: 997,
            oldest: (0..12).map(item).collect(),
        }));
        let shown = series(&run, |name| name.starts_with("probe_data_item"));
        assert_eq!(shown.lines().count(), 1 + Items::SHOWN, "{shown}");
        let shown = series(&run, |name| name.contains("items"));
        insta::assert_snapshot!(shown, @r"
        probe_data_items 1000
        probe_data_fresh_items 997
        ");
        let oldest = measurements(&run)
            .into_iter()
            .find(|one| one.metric.name == "probe_data_item_age_seconds");
        assert_eq!(oldest.unwrap().own_label(), Some(("item", "district \"0\"")));
    }

    #[test]
    fn an_answer_shows_everything() {
        insta::assert_snapshot!(series(&answered(Verdict::Stale), |_| true), @r#"
        probe_success 0
        probe_verdict{verdict=ok} 0
        probe_verdict{verdict=degraded} 0
        probe_verdict{verdict=stale} 1
        probe_verdict{verdict=invalid} 0
        probe_verdict{verdict=down} 0
        probe_verdict{verdict=unknown} 0
        probe_reason_info{reason=too_old} 1
        probe_attempts 2
        probe_last_run_timestamp_seconds 1795262400
        probe_duration_seconds 0.25
        probe_http_status_code 200
        probe_http_content_length 512
        probe_http_uncompressed_body_length 2048
        probe_http_redirects 1
        probe_http_ssl 1
        probe_http_version 1.1
        probe_http_last_modified_timestamp_seconds 1795176000
        probe_http_duration_seconds{phase=resolve} 0.001
        probe_http_duration_seconds{phase=connect} 0.002
        probe_http_duration_seconds{phase=tls} 0.004
        probe_http_duration_seconds{phase=processing} 0.2
        probe_http_duration_seconds{phase=transfer} 0.008
        probe_dns_lookup_time_seconds 0.001
        probe_ip_protocol 4
        probe_ssl_earliest_cert_expiry 1798761600
        probe_tls_version_info{version=TLS 1.3} 1
        probe_data_timestamp_seconds 1795258800.5
        probe_data_age_seconds 3599.5
        probe_data_max_age_seconds 1800
        probe_data_due_timestamp_seconds 1795260600
        "#);
    }

    #[test]
    fn an_answer_is_slow_or_not_where_the_probe_says_what_is_slow() {
        for (verdict, allowed, slow) in [
            (Verdict::Ok, 250.0, "probe_slow 0\n"),
            (Verdict::Degraded, 249.0, "probe_slow 1\n"),
            (Verdict::Stale, 249.0, "probe_slow 1\n"),
            (Verdict::Invalid, 249.0, ""),
            (Verdict::Down, 249.0, ""),
            (Verdict::Unknown, 249.0, ""),
        ] {
            let mut run = answered(verdict);
            allow(&mut run, allowed);
            assert_eq!(series(&run, |name| name == "probe_slow"), slow, "{verdict}");
        }
    }

    #[test]
    fn no_answer_shows_the_status_0_and_how_far_it_got() {
        insta::assert_snapshot!(series(&unanswered(Verdict::Down), |name| !name.starts_with("probe_verdict")), @r#"
        probe_success 0
        probe_reason_info{reason=too_old} 1
        probe_attempts 2
        probe_last_run_timestamp_seconds 1795262400
        probe_duration_seconds 0.003
        probe_http_status_code 0
        probe_http_duration_seconds{phase=resolve} 0.001
        probe_dns_lookup_time_seconds 0.001
        "#);
    }

    #[test]
    fn a_run_that_was_never_made_blames_nobody() {
        let mut run = unanswered(Verdict::Unknown);
        run.attempts = 0;
        run.exchange = freshwatch_probe::observation::Exchange::default();
        insta::assert_snapshot!(series(&run, |_| true), @r#"
        probe_verdict{verdict=ok} 0
        probe_verdict{verdict=degraded} 0
        probe_verdict{verdict=stale} 0
        probe_verdict{verdict=invalid} 0
        probe_verdict{verdict=down} 0
        probe_verdict{verdict=unknown} 1
        probe_reason_info{reason=too_old} 1
        probe_attempts 0
        probe_last_run_timestamp_seconds 1795262400
        "#);
    }

    #[test]
    fn each_verdict_is_one_of_six_and_success_is_absent_when_unknown() {
        for (verdict, success, reason) in [
            (Verdict::Ok, "probe_success 1\n", ""),
            (
                Verdict::Degraded,
                "probe_success 1\n",
                "probe_reason_info{reason=too_old} 1\n",
            ),
            (
                Verdict::Stale,
                "probe_success 0\n",
                "probe_reason_info{reason=too_old} 1\n",
            ),
            (
                Verdict::Invalid,
                "probe_success 0\n",
                "probe_reason_info{reason=too_old} 1\n",
            ),
            (
                Verdict::Down,
                "probe_success 0\n",
                "probe_reason_info{reason=too_old} 1\n",
            ),
            (Verdict::Unknown, "", "probe_reason_info{reason=too_old} 1\n"),
        ] {
            let run = answered(verdict);
            assert_eq!(series(&run, |name| name == "probe_success"), success, "{verdict}");
            assert_eq!(
                series(&run, |name| name == "probe_reason_info"),
                reason,
                "{verdict}"
            );
            let verdicts = series(&run, |name| name == "probe_verdict");
            let is_one = format!("probe_verdict{{verdict={verdict}}} 1\n");
            assert!(
                verdicts.contains(&is_one) && verdicts.matches("} 0\n").count() == 5,
                "{verdicts}"
            );
        }
    }

    #[test]
    fn every_series_of_a_probe_carries_its_name_and_labels_and_its_own_label_wins() {
        let mut run = answered(Verdict::Ok);
        for (name, value) in [
            ("verdict", "mine"),
            ("job", "mine"),
            ("instance", "mine"),
            ("probe", "mine"),
        ] {
            labels(&mut run).insert(name.to_owned(), value.to_owned());
        }
        for measurement in measurements(&run) {
            let labels: Vec<_> = measurement.labels().collect();
            assert_eq!(labels[..2], [("probe", "real-price"), ("team", "prices")]);
            let mut names: Vec<_> = labels.iter().map(|(name, _)| *name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), labels.len(), "{labels:?}");
            assert!(names.iter().all(|name| !["job", "instance"].contains(name)));
            let has_own = measurement.metric.labels.iter().all(|name| names.contains(name));
            assert!(has_own && measurement.label != Some("mine"), "{labels:?}");
        }
    }

    #[test]
    fn a_one_shot_run_has_gauges_only_all_finite_and_of_its_end() {
        let mut run = answered(Verdict::Down);
        run.judgment.data.as_mut().unwrap().max_age = Some(std::time::Duration::MAX);
        assert_eq!(run.ended(), time("2026-11-21T12:00:01.5Z"));
        for measurement in measurements(&run) {
            assert_eq!(
                (measurement.metric.kind, measurement.time),
                (Kind::Gauge, run.ended())
            );
            assert!(matches!(measurement.value, Value::Gauge(value) if value.is_finite()));
        }
        run.took = std::time::Duration::MAX;
        assert_eq!(run.ended(), jiff::Timestamp::MAX);
    }
}
