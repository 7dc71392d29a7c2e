//! Measurements as OTLP requests, each within bounds that every receiver takes.

use std::collections::BTreeMap;
use std::iter::Peekable;

use bytes::Bytes;
use freshwatch_probe::metric;
use jiff::Timestamp;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric::Data, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1 as wire;
use prost::Message;

use crate::record::Measurement;
use crate::resource::{Resource, VERSION};

/// The most points of a request.
pub const MOST_POINTS: usize = 10_000;

/// The most bytes of a request before compression: the smallest limit of the usual receivers.
pub const MOST_BYTES: usize = 4 << 20;

/// What the tag and the length of an embedded message take at most.
const FRAME: usize = 6;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The encoded `ExportMetricsServiceRequest`.
    pub body: Bytes,
    /// How many points it holds.
    pub points: usize,
}

/// Groups measurements by metric into requests, without holding more than one request at a time.
///
/// The order of time is kept across requests: with each of them Prometheus writes a `target_info` of the same
/// resource, and refuses one that is older than the last.
pub fn batches<'a>(
    resource: &Resource,
    measurements: impl Iterator<Item = Measurement<'a>>,
) -> impl Iterator<Item = Batch> {
    let resource = wire::Resource {
        attributes: key_values(resource.attributes()),
        ..wire::Resource::default()
    };
    Batches {
        head_bytes: resource.encoded_len() + 100,
        resource,
        measurements: measurements.peekable(),
    }
}

struct Batches<'a, I: Iterator<Item = Measurement<'a>>> {
    resource: wire::Resource,
    head_bytes: usize,
    measurements: Peekable<I>,
}

impl<'a, I: Iterator<Item = Measurement<'a>>> Iterator for Batches<'a, I> {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let mut bytes = self.head_bytes;
        let mut points = 0;
        let mut by_metric: BTreeMap<&str, Metric> = BTreeMap::new();
        // A point that is too large alone is sent alone: the receiver's answer then tells about it.
        while points < MOST_POINTS
            && let Some(measurement) = self.measurements.next_if(|next| {
                bytes += size_of(next, &by_metric);
                points == 0 || bytes <= MOST_BYTES
            })
        {
            let described = measurement.metric;
            let metric = by_metric
                .entry(described.name)
                .or_insert_with(|| gauge(described));
            if let Some(Data::Gauge(gauge)) = &mut metric.data {
                gauge.data_points.push(point(&measurement));
            }
            points += 1;
        }
        (points > 0).then(|| self.request(by_metric.into_values().collect(), points))
    }
}

impl<'a, I: Iterator<Item = Measurement<'a>>> Batches<'a, I> {
    fn request(&self, metrics: Vec<Metric>, points: usize) -> Batch {
        let scope = InstrumentationScope {
            name: "freshwatch".to_owned(),
            version: VERSION.to_owned(),
            ..InstrumentationScope::default()
        };
        let scope_metrics = ScopeMetrics {
            scope: Some(scope),
            metrics,
            ..ScopeMetrics::default()
        };
        let resource_metrics = ResourceMetrics {
            resource: Some(self.resource.clone()),
            scope_metrics: vec![scope_metrics],
            ..ResourceMetrics::default()
        };
        let request = ExportMetricsServiceRequest {
            resource_metrics: vec![resource_metrics],
        };
        Batch {
            body: request.encode_to_vec().into(),
            points,
        }
    }
}

/// How many bytes a measurement adds to a request, rather too many than too few.
fn size_of(measurement: &Measurement<'_>, by_metric: &BTreeMap<&str, Metric>) -> usize {
    let labels = measurement
        .labels()
        .map(|(name, value)| name.len() + value.len() + 4 * FRAME);
    let metric = measurement.metric;
    let head = if by_metric.contains_key(metric.name) {
        0
    } else {
        metric.name.len() + metric.help.len() + metric.unit.ucum().len() + 5 * FRAME
    };
    labels.sum::<usize>() + 2 * 9 + FRAME + head
}

fn gauge(metric: &metric::Metric) -> Metric {
    Metric {
        name: metric.name.to_owned(),
        description: metric.help.to_owned(),
        unit: metric.unit.ucum().to_owned(),
        data: Some(Data::Gauge(Gauge::default())),
        ..Metric::default()
    }
}

fn point(measurement: &Measurement<'_>) -> NumberDataPoint {
    NumberDataPoint {
        attributes: key_values(measurement.labels()),
        time_unix_nano: unix_nanos(measurement.time),
        value: Some(number_data_point::Value::AsDouble(measurement.value)),
        ..NumberDataPoint::default()
    }
}

/// Before 1970 and after 2554 there is no such time on the wire.
fn unix_nanos(time: Timestamp) -> u64 {
    u64::try_from(time.as_nanosecond().max(0)).unwrap_or(u64::MAX)
}

fn key_values<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> Vec<KeyValue> {
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
    use freshwatch_probe::run::Run;
    use freshwatch_probe::verdict::Verdict;
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint, metric::Data};
    use prost::Message;

    use super::{Batch, MOST_BYTES, MOST_POINTS, batches, unix_nanos};
    use crate::record::of_run;
    use crate::resource::{Identity, Resource};
    use crate::sample::{NOON, answered, labels, time};

    fn encode(runs: &[Run]) -> Vec<Batch> {
        let resource = Resource::read(
            &|_| None,
            &Identity {
                default_instance: "probes",
                ..Identity::default()
            },
        );
        batches(&resource, runs.iter().flat_map(|run| of_run(run, run.ended()))).collect()
    }

    fn metrics(batch: &Batch) -> Vec<Metric> {
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

    #[test]
    fn a_request_names_the_resource_the_scope_and_each_metric_once() {
        let batch = encode(&runs(3)).remove(0);
        let request = ExportMetricsServiceRequest::decode(batch.body.clone()).unwrap();
        let resource = request.resource_metrics[0].resource.as_ref().unwrap();
        let keys: Vec<_> = resource.attributes.iter().map(|pair| pair.key.as_str()).collect();
        assert_eq!(keys, ["service.instance.id", "service.name", "service.version"]);
        assert_eq!(
            request.resource_metrics[0].scope_metrics[0]
                .scope
                .as_ref()
                .unwrap()
                .name,
            "freshwatch"
        );
        let metrics = metrics(&batch);
        assert!(metrics.is_sorted_by(|a, b| a.name < b.name));
        let duration = metrics
            .iter()
            .find(|metric| metric.name == "probe_duration_seconds")
            .unwrap();
        assert_eq!(
            (duration.unit.as_str(), duration.description.is_empty()),
            ("s", false)
        );
        assert!(metrics.iter().all(|metric| metric.unit != "1"));
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
        assert_eq!(unix_nanos(time("1969-01-01T00:00:00Z")), 0);
        assert_eq!(unix_nanos(jiff::Timestamp::MAX), u64::MAX);
        assert_eq!(unix_nanos(time(NOON)), 1_795_262_400_000_000_000);
    }

    #[test]
    fn many_runs_are_cut_into_requests_in_order_of_time() {
        let batches = encode(&runs(1000));
        let total: usize = runs(1)
            .iter()
            .map(|run| of_run(run, run.ended()).len())
            .sum::<usize>()
            * 1000;
        assert_eq!(
            batches.iter().map(|batch| points(batch).len()).sum::<usize>(),
            total
        );
        assert!(batches.len() == total.div_ceil(MOST_POINTS), "{}", batches.len());
        assert!(
            batches
                .iter()
                .all(|batch| batch.points == points(batch).len() && batch.points <= MOST_POINTS)
        );
        let times = batches.iter().map(|batch| {
            points(batch)
                .iter()
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
        let total = of_run(&runs[0], runs[0].started).len() * 20;
        assert_eq!(
            batches.iter().map(|batch| points(batch).len()).sum::<usize>(),
            total
        );
        assert!(batches.iter().all(|batch| batch.body.len() <= MOST_BYTES));
        assert!(
            batches[0].body.len() > MOST_BYTES / 10 * 9,
            "{}",
            batches[0].body.len()
        );
    }

    #[test]
    fn a_point_that_is_too_large_alone_is_sent_alone() {
        let mut runs = runs(1);
        labels(&mut runs[0]).insert("note".to_owned(), "x".repeat(MOST_BYTES));
        assert!(encode(&runs).iter().all(|batch| batch.points == 1));
    }
}
