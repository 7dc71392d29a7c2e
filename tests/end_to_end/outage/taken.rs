//! What the receiver has, and whether anything is missing.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash as _, Hasher as _};

use jiff::{SignedDuration, Timestamp};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message as _;

/// Two exports are a second apart; where one is missing there are two seconds between its neighbours.
const LONGEST_GAP: SignedDuration = SignedDuration::from_millis(1750);

/// A kill may take the one export with it that was just being written.
const LONGEST_BEFORE_A_KILL: SignedDuration = SignedDuration::from_millis(2750);

/// Until a daemon that has just started has run every probe once and told of it.
const LONGEST_START: SignedDuration = SignedDuration::from_secs(4);

/// When a daemon was killed, and when the next had started.
#[derive(Debug, Clone, Copy)]
pub struct Death {
    pub at: Timestamp,
    pub back: Timestamp,
}

impl Death {
    /// Whether it explains that there is nothing between these.
    fn explains(self, before: Timestamp, after: Timestamp) -> bool {
        (before..=after).contains(&self.at)
            && self.at.duration_since(before) <= LONGEST_BEFORE_A_KILL
            && after.duration_since(self.back) <= LONGEST_START
    }
}

/// What the receiver has said that it has.
#[derive(Default)]
pub struct Taken {
    /// The times of each series, in the order in which they came.
    pub series: BTreeMap<String, Vec<Timestamp>>,
    /// The latest of all of them.
    pub latest: Timestamp,
    pub bodies: BTreeSet<u64>,
    /// Requests that it had already, byte for byte.
    pub repeated: usize,
}

impl Taken {
    /// Takes in a request.
    pub fn take(&mut self, body: &[u8]) {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        if !self.bodies.insert(hasher.finish()) {
            self.repeated += 1;
            return;
        }
        let request = ExportMetricsServiceRequest::decode(body).expect("an OTLP request");
        let scopes = request
            .resource_metrics
            .into_iter()
            .flat_map(|of| of.scope_metrics);
        for metric in scopes.flat_map(|of| of.metrics) {
            let mut add = |attributes: &[KeyValue], nanos: u64| {
                let series = format!("{} {attributes:?}", metric.name);
                let time = Timestamp::from_nanosecond(nanos.into()).expect("a time");
                self.series.entry(series).or_default().push(time);
                self.latest = self.latest.max(time);
            };
            match metric.data.as_ref().expect("a metric has data") {
                Data::Gauge(of) => of
                    .data_points
                    .iter()
                    .for_each(|of| add(&of.attributes, of.time_unix_nano)),
                Data::Sum(of) => of
                    .data_points
                    .iter()
                    .for_each(|of| add(&of.attributes, of.time_unix_nano)),
                Data::Histogram(of) => of
                    .data_points
                    .iter()
                    .for_each(|of| add(&of.attributes, of.time_unix_nano)),
                other => panic!("{other:?}"),
            }
        }
    }

    /// The first time that anything of a probe carries.
    pub fn first(&self) -> Timestamp {
        let times = self.series.values().filter_map(|times| times.first());
        times.min().copied().expect("something came")
    }

    /// Every series is there every second of the time, once and in order, but while the daemon was dead.
    pub fn check(&self, probes: usize, from: Timestamp, to: Timestamp, deaths: &[Death]) {
        let of_probes = self
            .series
            .iter()
            .filter(|(series, _)| series.contains("\"probe\""));
        let mut count = 0;
        for (series, times) in of_probes {
            count += 1;
            let first = times[0].duration_since(from);
            let begin = &times[..times.len().min(30)];
            assert!(
                first < LONGEST_START,
                "{series} begins after {first}: {from}, {begin:?}"
            );
            let last = to.duration_since(times[times.len() - 1]);
            assert!(last < SignedDuration::from_secs(2), "{series} ends {last} early");
            for pair in times.windows(2) {
                let gap = pair[1].duration_since(pair[0]);
                assert!(
                    gap > SignedDuration::ZERO,
                    "{series}: {} after {}",
                    pair[1],
                    pair[0]
                );
                let was_dead = deaths.iter().any(|death| death.explains(pair[0], pair[1]));
                assert!(
                    gap <= LONGEST_GAP || was_dead,
                    "{series}: nothing between {} and {}",
                    pair[0],
                    pair[1]
                );
            }
        }
        assert!(count >= probes * 20, "{count} series");
    }
}
