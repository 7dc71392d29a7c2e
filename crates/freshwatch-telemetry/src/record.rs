//! Turns runs into measurements: what one run shows of everything in [`freshwatch_probe::metric`].
//!
//! Only gauges: a process that runs once has no count that grows.

use std::collections::BTreeMap;
use std::time::Duration;

use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::metric::{self, Metric, PROBE_LABEL};
use freshwatch_probe::observation::Phase;
use freshwatch_probe::run::{DataAge, Run};
use freshwatch_probe::verdict::Verdict;
use jiff::Timestamp;

/// Labels that a receiver overwrites with the resource's own, so no series carries them.
const RECEIVERS_LABELS: [&str; 2] = ["job", "instance"];

/// One value of one series at one time. The value is always finite.
#[derive(Debug, Clone, Copy)]
pub struct Measurement<'a> {
    /// What was measured.
    pub metric: &'static Metric,
    /// Of which probe; `None`: of the prober itself.
    pub probe: Option<Probe<'a>>,
    /// The value of the metric's own label.
    pub label: Option<&'a str>,
    /// The value, in the metric's unit.
    pub value: f64,
    /// When it was so.
    pub time: Timestamp,
}

/// What every series of a probe carries.
#[derive(Debug, Clone, Copy)]
pub struct Probe<'a> {
    /// The probe's name.
    pub name: &'a ProbeName,
    /// The probe's labels.
    pub labels: &'a BTreeMap<String, String>,
}

impl<'a> Measurement<'a> {
    /// The names and values of the series' labels. Where a probe's label has the name of the metric's own, the
    /// metric's wins.
    pub fn labels(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let own = self
            .label
            .and_then(|value| Some((*self.metric.labels.first()?, value)));
        let is_free = move |name: &str| {
            name != PROBE_LABEL
                && !RECEIVERS_LABELS.contains(&name)
                && own.is_none_or(|(taken, _)| taken != name)
        };
        let name = self.probe.map(|probe| (PROBE_LABEL, probe.name.as_str()));
        let labels = self.probe.into_iter().flat_map(|probe| probe.labels);
        let labels = labels.map(|(name, value)| (name.as_str(), value.as_str()));
        name.into_iter()
            .chain(labels.filter(move |(name, _)| is_free(name)))
            .chain(own)
    }
}

/// Everything that one run shows, as it was at `time`.
pub fn of_run(run: &Run, time: Timestamp) -> Vec<Measurement<'_>> {
    let mut recorder = Recorder {
        run,
        time,
        measurements: Vec::with_capacity(32),
    };
    recorder.verdict();
    recorder.attempts();
    recorder.http();
    recorder.connection();
    if let Some(data) = &run.judgment.data {
        recorder.data(data);
    }
    recorder.measurements
}

/// What the prober says of itself: its version, and how many probes it runs.
pub fn of_prober(version: &str, probes: usize, time: Timestamp) -> [Measurement<'_>; 2] {
    let of_self = |metric, label, value| Measurement {
        metric,
        probe: None,
        label,
        value,
        time,
    };
    [
        of_self(metric::FRESHWATCH_BUILD_INFO, Some(version), 1.0),
        of_self(
            metric::FRESHWATCH_PROBES,
            None,
            number(u64::try_from(probes).unwrap_or(u64::MAX)),
        ),
    ]
}

struct Recorder<'a> {
    run: &'a Run,
    time: Timestamp,
    measurements: Vec<Measurement<'a>>,
}

impl<'a> Recorder<'a> {
    fn verdict(&mut self) {
        let judgment = &self.run.judgment;
        self.gauge(metric::PROBE_SUCCESS, judgment.verdict.success().map(truth));
        for verdict in Verdict::ALL {
            let is_this = truth(verdict == judgment.verdict);
            self.labelled(metric::PROBE_VERDICT, verdict.as_str(), Some(is_this));
        }
        if judgment.verdict != Verdict::Ok
            && let Some(reason) = judgment.reasons.first()
        {
            self.labelled(metric::PROBE_REASON_INFO, reason.code.as_str(), Some(1.0));
        }
    }

    fn attempts(&mut self) {
        let run = self.run;
        self.gauge(metric::PROBE_ATTEMPTS, Some(f64::from(run.attempts)));
        self.gauge(metric::PROBE_LAST_RUN, Some(unix(run.started)));
        let attempted = run.attempts > 0;
        self.gauge(
            metric::PROBE_DURATION,
            attempted.then(|| seconds(run.exchange.took)),
        );
    }

    /// What the answer says. Without an answer there is only the status 0, and none of that either where the
    /// prober could not look: nobody else's fault is shown.
    fn http(&mut self) {
        let exchange = &self.run.exchange;
        let no_answer = (self.run.judgment.verdict != Verdict::Unknown).then_some(0.0);
        let status = exchange.status.map(f64::from).or(no_answer);
        self.gauge(metric::PROBE_HTTP_STATUS_CODE, status);
        if exchange.status.is_none() {
            return;
        }
        self.gauge(
            metric::PROBE_HTTP_CONTENT_LENGTH,
            exchange.content_length.map(number),
        );
        let body_length = exchange.body_length.map(number);
        self.gauge(metric::PROBE_HTTP_UNCOMPRESSED_BODY_LENGTH, body_length);
        self.gauge(metric::PROBE_HTTP_REDIRECTS, Some(f64::from(exchange.redirects)));
        self.gauge(metric::PROBE_HTTP_SSL, Some(truth(exchange.tls.is_some())));
        self.gauge(
            metric::PROBE_HTTP_VERSION,
            exchange.version.and_then(version_number),
        );
        self.gauge(metric::PROBE_HTTP_LAST_MODIFIED, exchange.last_modified.map(unix));
    }

    /// How far the exchange got, also when no answer came.
    fn connection(&mut self) {
        let exchange = &self.run.exchange;
        for phase in Phase::ALL {
            let took = exchange.phase(phase).map(seconds);
            self.labelled(metric::PROBE_HTTP_DURATION, phase.as_str(), took);
        }
        let lookup = exchange.phase(Phase::Resolve).map(seconds);
        self.gauge(metric::PROBE_DNS_LOOKUP_TIME, lookup);
        let protocol = exchange
            .address
            .map(|address| if address.is_ipv4() { 4.0 } else { 6.0 });
        self.gauge(metric::PROBE_IP_PROTOCOL, protocol);
        if let Some(tls) = &exchange.tls {
            let expiry = tls.earliest_expiry.map(unix);
            self.gauge(metric::PROBE_SSL_EARLIEST_CERT_EXPIRY, expiry);
            self.labelled(metric::PROBE_TLS_VERSION_INFO, tls.version, Some(1.0));
        }
    }

    fn data(&mut self, data: &DataAge) {
        self.gauge(metric::PROBE_DATA_TIMESTAMP, data.timestamp.map(unix));
        self.gauge(metric::PROBE_DATA_AGE, data.age.map(|age| age.as_secs_f64()));
        self.gauge(metric::PROBE_DATA_MAX_AGE, data.max_age.map(seconds));
        self.gauge(metric::PROBE_DATA_DUE, data.due.map(unix));
    }

    fn gauge(&mut self, metric: &'static Metric, value: Option<f64>) {
        self.push(metric, None, value);
    }

    fn labelled(&mut self, metric: &'static Metric, label: &'a str, value: Option<f64>) {
        self.push(metric, Some(label), value);
    }

    /// One NaN would poison every average over the series for as long as it is kept.
    fn push(&mut self, metric: &'static Metric, label: Option<&'a str>, value: Option<f64>) {
        let Some(value) = value.filter(|value| value.is_finite()) else {
            return;
        };
        let probe = Some(Probe {
            name: self.run.probe(),
            labels: self.run.labels(),
        });
        self.measurements.push(Measurement {
            metric,
            probe,
            label,
            value,
            time: self.time,
        });
    }
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

fn unix(time: Timestamp) -> f64 {
    time.as_duration().as_secs_f64()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a double; beyond 2^53 the last digits do not matter"
)]
fn number(count: u64) -> f64 {
    count as f64
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
    use std::fmt::Write;

    use freshwatch_probe::metric::Kind;
    use freshwatch_probe::run::Run;
    use freshwatch_probe::verdict::Verdict;

    use super::{Measurement, of_prober, of_run};
    use crate::sample::{NOON, answered, labels, time, unanswered};

    fn shown(measurements: &[Measurement<'_>]) -> String {
        let mut text = String::new();
        for measurement in measurements {
            let labels = measurement
                .labels()
                .map(|(name, value)| format!("{name}={value}"));
            let labels = labels.collect::<Vec<_>>().join(",");
            writeln!(
                text,
                "{}{{{labels}}} {}",
                measurement.metric.name, measurement.value
            )
            .unwrap();
        }
        text
    }

    /// The names and values of a run's series that `keep` the name, without what every series carries.
    fn series(run: &Run, keep: impl Fn(&str) -> bool) -> String {
        let measurements = of_run(run, run.ended());
        let kept: Vec<_> = measurements
            .into_iter()
            .filter(|measurement| keep(measurement.metric.name))
            .collect();
        shown(&kept)
            .replace("probe=real-price,team=prices,", "")
            .replace("{probe=real-price,team=prices}", "")
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
        for measurement in of_run(&run, time(NOON)) {
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
        for measurement in of_run(&run, run.ended()) {
            assert_eq!(
                (measurement.metric.kind, measurement.time),
                (Kind::Gauge, run.ended())
            );
            assert!(measurement.value.is_finite());
        }
        run.took = std::time::Duration::MAX;
        assert_eq!(run.ended(), jiff::Timestamp::MAX);
    }

    #[test]
    fn the_prober_tells_its_version_and_how_many_probes_it_runs() {
        insta::assert_snapshot!(shown(&of_prober("1.2.3", 7, time(NOON))), @r#"
        freshwatch_build_info{version=1.2.3} 1
        freshwatch_probes{} 7
        "#);
    }
}
