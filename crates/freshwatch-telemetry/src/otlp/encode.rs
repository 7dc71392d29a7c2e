//! Measurements as OTLP requests, each within bounds that every receiver takes.

use bytes::Bytes;
use freshwatch_probe::metric::Metric;
use jiff::Timestamp;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1 as proto;
use prost::Message;

use super::wire::{self, Attributes, FRAME};
use crate::record::{Bearer, Measurement, of_prober, of_standing};
use crate::resource::{Resource, VERSION};
use crate::sections::{Section, Sections};
use crate::state::State;

/// The most points of a request: about a hundred probes, half a megabyte.
pub(crate) const MOST_POINTS: usize = 2_000;

/// The most bytes of a request before compression: the smallest limit of the usual receivers.
pub(crate) const MOST_BYTES: usize = 4 << 20;

/// So many probes are read and encoded at a time: about half a millisecond.
pub(crate) const MOST_PROBES: usize = 25;

/// Hands over what the whole state shows at `time`, request by request: encoded `ExportMetricsServiceRequest`s.
pub fn write(state: &dyn State, resource: &Resource, time: Timestamp, visit: &mut dyn FnMut(Bytes)) {
    let mut encoder = Encoder::new(resource);
    let mut hand_over = |full: Vec<Batch>| full.into_iter().for_each(|batch| visit(batch.body));
    let mut last = None;
    loop {
        let standings = state.after(last.as_ref(), MOST_PROBES);
        let Some(standing) = standings.last() else { break };
        last = Some(standing.definition.name.clone());
        for standing in &standings {
            let probe = Some(Bearer::probe(&standing.definition));
            hand_over(encoder.take(probe, |visit| of_standing(standing, time, visit)));
        }
    }
    let prober = state.prober();
    hand_over(encoder.take(None, |visit| of_prober(&prober, time, visit)));
    hand_over(encoder.finish().into_iter().collect());
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Batch {
    /// The encoded `ExportMetricsServiceRequest`.
    pub(crate) body: Bytes,
    /// How many points it holds.
    pub(crate) points: usize,
}

/// Groups measurements by metric into requests, without holding more than one request at a time.
///
/// The order of time is kept across requests: with each of them Prometheus writes a `target_info` of the same
/// resource, and refuses one that is older than the last.
pub(crate) struct Encoder {
    /// The resource and the scope, each in its frame.
    resource: Vec<u8>,
    scope: Vec<u8>,
    sections: Sections,
    points: usize,
    /// How large the request is at most.
    bytes: usize,
    point: Vec<u8>,
}

impl Encoder {
    /// An encoder of requests of this resource.
    pub(crate) fn new(resource: &Resource) -> Self {
        let (resource, scope) = origin(resource);
        let mut encoder = Self {
            resource,
            scope,
            sections: Sections::default(),
            points: 0,
            bytes: 0,
            point: Vec::new(),
        };
        encoder.bytes = encoder.head();
        encoder
    }

    /// Takes in everything that `measure` visits, all of which is of this probe or gate, or of the prober itself. Gives the
    /// requests that are full.
    pub(crate) fn take<'a>(
        &mut self,
        bearer: Option<Bearer<'a>>,
        measure: impl FnOnce(&mut dyn FnMut(Measurement<'a>)),
    ) -> Vec<Batch> {
        let attributes = Attributes::of(bearer);
        let mut full = Vec::new();
        measure(&mut |measurement| full.extend(self.push(&attributes, &measurement)));
        full
    }

    /// Takes one measurement in; gives the request that it no longer fits into.
    fn push(&mut self, attributes: &Attributes, measurement: &Measurement<'_>) -> Option<Batch> {
        let metric = measurement.metric;
        let mut point = std::mem::take(&mut self.point);
        point.clear();
        wire::point(&mut point, attributes, measurement);
        let length = point.len() + FRAME;
        // A point that is too large alone is sent alone: the receiver's answer then tells about it.
        let is_full = self.points == MOST_POINTS || self.bytes + length + head_of(metric) > MOST_BYTES;
        let full = if is_full { self.finish() } else { None };
        let points = self.sections.of(metric);
        let head = if points.is_empty() { head_of(metric) } else { 0 };
        wire::bytes(points, 1, &point);
        self.bytes += head + length;
        self.points += 1;
        self.point = point;
        full
    }

    /// The request of what was taken in since the last; none when nothing was.
    pub(crate) fn finish(&mut self) -> Option<Batch> {
        let points = std::mem::take(&mut self.points);
        if points == 0 {
            return None;
        }
        let body = self.request();
        self.sections.clear();
        self.bytes = self.head();
        Some(Batch {
            body: body.into(),
            points,
        })
    }

    fn request(&self) -> Vec<u8> {
        let length = |of: &Section| wire::framed(wire::length_of_metric(of.metric, of.encoded.len()));
        let of_scope = self.scope.len() + self.sections.filled().map(length).sum::<usize>();
        let of_resource = self.resource.len() + wire::framed(of_scope);
        let mut body = Vec::with_capacity(wire::framed(of_resource));
        wire::open(&mut body, wire::OF_RESOURCE, of_resource);
        body.extend_from_slice(&self.resource);
        wire::open(&mut body, wire::OF_SCOPE, of_scope);
        body.extend_from_slice(&self.scope);
        for section in self.sections.filled() {
            wire::metric(&mut body, section.metric, &section.encoded);
        }
        body
    }

    fn head(&self) -> usize {
        self.resource.len() + self.scope.len() + 2 * FRAME
    }
}

/// How many bytes the first point of a metric adds besides its own, rather too many than too few.
fn head_of(metric: &Metric) -> usize {
    metric.name.len() + metric.help.len() + metric.unit.ucum().len() + 6 * FRAME
}

/// Whose a request is: the resource and the scope, each in its frame. They have the same fields for every signal.
pub(super) fn origin(resource: &Resource) -> (Vec<u8>, Vec<u8>) {
    let of = proto::Resource {
        attributes: key_values(resource.attributes()),
        ..proto::Resource::default()
    };
    let scope = InstrumentationScope {
        name: "freshwatch".to_owned(),
        version: VERSION.to_owned(),
        ..InstrumentationScope::default()
    };
    (framed(wire::RESOURCE, &of), framed(wire::SCOPE, &scope))
}

pub(super) fn framed(field: u8, message: &impl Message) -> Vec<u8> {
    let mut buffer = Vec::new();
    wire::bytes(&mut buffer, field, &message.encode_to_vec());
    buffer
}

pub(super) fn key_values<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> Vec<KeyValue> {
    pairs
        .map(|(key, value)| KeyValue {
            key: key.to_owned(),
            value: Some(AnyValue {
                value: Some(any_value::Value::StringValue(value.to_owned())),
            }),
            ..KeyValue::default()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use freshwatch_probe::histogram::Histogram;
    use freshwatch_probe::metric::{Kind, Metric};
    use freshwatch_probe::run::Run;
    use freshwatch_probe::verdict::Verdict;
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_proto::tonic::metrics::v1::{
        self as proto, AggregationTemporality, Gauge, HistogramDataPoint, NumberDataPoint, Sum, metric::Data,
        number_data_point,
    };
    use prost::Message;

    use super::{Batch, Encoder, MOST_BYTES, MOST_POINTS, key_values};
    use crate::otlp::wire::unix_nanos;
    use crate::record::{Bearer, Measurement, Value, of_prober, of_run, of_standing};
    use crate::resource::Resource;
    use crate::sample::{NOON, answered, labels, prober, resource, standing, time};

    fn encode(runs: &[Run]) -> Vec<Batch> {
        let mut encoder = Encoder::new(&resource());
        let of = |run: &Run| {
            encoder.take(Some(Bearer::probe(&run.definition)), |visit| {
                of_run(run, run.ended(), visit);
            })
        };
        let mut batches: Vec<_> = runs.iter().flat_map(of).collect();
        batches.extend(encoder.finish());
        batches
    }

    fn metrics(batch: &Batch) -> Vec<proto::Metric> {
        let request = ExportMetricsServiceRequest::decode(batch.body.clone()).unwrap();
        request
            .resource_metrics
            .into_iter()
            .flat_map(|of| of.scope_metrics)
            .flat_map(|of| of.metrics)
            .collect()
    }

    fn points(batch: &Batch) -> Vec<NumberDataPoint> {
        let gauges = metrics(batch).into_iter().map(|metric| match metric.data {
            Some(Data::Gauge(gauge)) => gauge.data_points,
            other => panic!("{other:?}"),
        });
        gauges.flatten().collect()
    }

    /// So many runs, each a second after the other.
    fn runs(count: i64) -> Vec<Run> {
        let nth = |second| {
            let mut run = answered(Verdict::Stale);
            run.started += jiff::SignedDuration::from_secs(second);
            run
        };
        (0..count).map(nth).collect()
    }

    /// The same measurements by the generated code, a struct for each.
    fn with_structs(resource: &Resource, measurements: &[Measurement<'_>]) -> ExportMetricsServiceRequest {
        let mut metrics: Vec<proto::Metric> = Vec::new();
        for measurement in measurements {
            let described = measurement.metric;
            let index = metrics.iter().position(|metric| metric.name == described.name);
            let index = index.unwrap_or_else(|| {
                metrics.push(empty(described));
                metrics.len() - 1
            });
            match metrics[index].data.as_mut().unwrap() {
                Data::Gauge(Gauge { data_points }) | Data::Sum(Sum { data_points, .. }) => {
                    data_points.push(number_point(measurement));
                }
                Data::Histogram(histogram) => histogram.data_points.push(histogram_point(measurement)),
                other => panic!("{other:?}"),
            }
        }
        let scope = super::InstrumentationScope {
            name: "freshwatch".to_owned(),
            version: super::VERSION.to_owned(),
            ..Default::default()
        };
        let of_scope = proto::ScopeMetrics {
            scope: Some(scope),
            metrics,
            ..Default::default()
        };
        let resource = super::proto::Resource {
            attributes: key_values(resource.attributes()),
            ..Default::default()
        };
        ExportMetricsServiceRequest {
            resource_metrics: vec![proto::ResourceMetrics {
                resource: Some(resource),
                scope_metrics: vec![of_scope],
                ..Default::default()
            }],
        }
    }

    fn empty(metric: &Metric) -> proto::Metric {
        let aggregation_temporality = AggregationTemporality::Cumulative.into();
        let data = match metric.kind {
            Kind::Gauge => Data::Gauge(Gauge::default()),
            Kind::Counter => Data::Sum(Sum {
                aggregation_temporality,
                is_monotonic: true,
                ..Default::default()
            }),
            Kind::Histogram(_) => Data::Histogram(proto::Histogram {
                aggregation_temporality,
                ..Default::default()
            }),
        };
        proto::Metric {
            name: metric.name.to_owned(),
            description: metric.help.to_owned(),
            unit: metric.unit.ucum().to_owned(),
            data: Some(data),
            ..Default::default()
        }
    }

    fn number_point(measurement: &Measurement<'_>) -> NumberDataPoint {
        let (value, since, flags) = match measurement.value {
            Value::Gauge(value) => (Some(number_data_point::Value::AsDouble(value)), 0, 0),
            Value::Count { count, since } => {
                let count = i64::try_from(count).unwrap();
                (Some(number_data_point::Value::AsInt(count)), unix_nanos(since), 0)
            }
            Value::Histogram { .. } => panic!("{measurement:?}"),
            Value::Ended => (None, 0, 1),
        };
        NumberDataPoint {
            attributes: key_values(measurement.labels()),
            start_time_unix_nano: since,
            time_unix_nano: unix_nanos(measurement.time),
            value,
            flags,
            ..Default::default()
        }
    }

    fn histogram_point(measurement: &Measurement<'_>) -> HistogramDataPoint {
        let none = Histogram::of(measurement.metric);
        let (histogram, since, flags) = match measurement.value {
            Value::Histogram { histogram, since } => (histogram, unix_nanos(since), 0),
            Value::Ended => (&none, 0, 1),
            Value::Gauge(_) | Value::Count { .. } => panic!("{measurement:?}"),
        };
        HistogramDataPoint {
            attributes: key_values(measurement.labels()),
            start_time_unix_nano: since,
            time_unix_nano: unix_nanos(measurement.time),
            count: histogram.count(),
            sum: Some(histogram.sum()),
            bucket_counts: histogram.counts().to_vec(),
            explicit_bounds: histogram.bounds().collect(),
            flags,
            ..Default::default()
        }
    }

    /// Encodes what a state shows, and the end of it, and holds that against the generated code.
    #[track_caller]
    fn check(change: impl FnOnce(&mut BTreeMap<String, String>)) {
        let mut run = answered(Verdict::Stale);
        change(labels(&mut run));
        let mut standing = standing([]);
        standing.definition = run.definition.clone();
        standing.absorb(run);
        let prober = prober();
        let mut measurements = Vec::new();
        of_standing(&standing, time(NOON), &mut |measurement| {
            measurements.push(measurement);
        });
        of_prober(&prober, time(NOON), &mut |measurement| {
            measurements.push(measurement);
        });
        let mut ends = measurements.clone();
        for end in &mut ends {
            end.value = Value::Ended;
        }
        measurements.extend(ends);

        let mut encoder = Encoder::new(&resource());
        for measurement in &measurements {
            assert_eq!(encoder.take(measurement.bearer, |visit| visit(*measurement)), []);
        }
        let batch = encoder.finish().unwrap();
        assert_eq!(batch.points, measurements.len());
        let decoded = ExportMetricsServiceRequest::decode(batch.body).unwrap();
        assert_eq!(decoded, with_structs(&resource(), &measurements));
    }

    #[test]
    fn the_generated_code_reads_what_was_meant() {
        check(|_| ());
        check(|labels| drop(labels.insert("note".to_owned(), "서울 \"x\"\n".repeat(40))));
        check(|labels| drop(labels.insert("verdict".to_owned(), "mine".to_owned())));
        check(|labels| drop(labels.insert("job".to_owned(), "mine".to_owned())));
        check(BTreeMap::clear);
    }

    #[test]
    fn a_count_never_begins_after_its_own_time() {
        let standing = standing([]);
        let before = time("2026-11-21T07:00:00Z");
        let mut encoder = Encoder::new(&resource());
        encoder.take(Some(Bearer::probe(&standing.definition)), |visit| {
            of_standing(&standing, before, visit);
        });
        for metric in metrics(&encoder.finish().unwrap()) {
            match metric.data.unwrap() {
                Data::Sum(sum) => assert_eq!(sum.data_points[0].start_time_unix_nano, unix_nanos(before)),
                Data::Histogram(of) => assert_eq!(of.data_points[0].start_time_unix_nano, unix_nanos(before)),
                Data::Gauge(_) => (),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_request_names_the_resource_and_each_metric_once() {
        let batch = encode(&runs(3)).remove(0);
        let request = ExportMetricsServiceRequest::decode(batch.body.clone()).unwrap();
        let resource = request.resource_metrics[0].resource.as_ref().unwrap();
        let keys: Vec<_> = resource.attributes.iter().map(|pair| pair.key.as_str()).collect();
        assert_eq!(keys, ["service.instance.id", "service.name", "service.version"]);
        let metrics = metrics(&batch);
        let mut names: Vec<_> = metrics.iter().map(|metric| metric.name.as_str()).collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        assert!(
            metrics
                .iter()
                .all(|metric| metric.unit != "1" && !metric.description.is_empty())
        );
    }

    #[test]
    fn points_carry_their_own_time() {
        let batch = encode(&runs(1)).remove(0);
        let expected = unix_nanos(time("2026-11-21T12:00:01.5Z"));
        assert!(
            points(&batch)
                .iter()
                .all(|point| point.time_unix_nano == expected)
        );
    }

    #[test]
    fn many_runs_are_cut_into_requests_in_order_of_time() {
        let batches = encode(&runs(1000));
        let total = encode(&runs(1))[0].points * 1000;
        assert_eq!(
            batches.iter().map(|batch| points(batch).len()).sum::<usize>(),
            total
        );
        assert_eq!(batches.len(), total.div_ceil(MOST_POINTS));
        let holds = |batch: &Batch| batch.points == points(batch).len() && batch.points <= MOST_POINTS;
        assert!(batches.iter().all(holds));
        let times = batches.iter().map(|batch| {
            points(batch)
                .into_iter()
                .map(|point| point.time_unix_nano)
                .collect::<Vec<_>>()
        });
        let spans: Vec<_> = times
            .map(|times| (times.iter().min().copied(), times.iter().max().copied()))
            .collect();
        assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{spans:?}");
    }

    #[test]
    fn large_labels_are_cut_by_size_and_nothing_is_lost() {
        let mut runs = runs(20);
        for run in &mut runs {
            labels(run).insert("note".to_owned(), "x".repeat(40_000));
        }
        let batches = encode(&runs);
        let total = encode(&self::runs(1))[0].points * 20;
        assert_eq!(
            batches.iter().map(|batch| points(batch).len()).sum::<usize>(),
            total
        );
        assert!(batches.iter().all(|batch| batch.body.len() <= MOST_BYTES));
        let first = batches[0].body.len();
        assert!(first > MOST_BYTES / 10 * 9, "{first}");
    }

    #[test]
    fn a_point_that_is_too_large_alone_is_sent_alone() {
        let mut runs = runs(1);
        labels(&mut runs[0]).insert("note".to_owned(), "x".repeat(MOST_BYTES));
        assert!(encode(&runs).iter().all(|batch| batch.points == 1));
    }
}
