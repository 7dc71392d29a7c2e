//! Series with their values, whether a page of Prometheus's format or a push over OTLP carries them.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{HistogramDataPoint, NumberDataPoint, number_data_point};

use crate::receiver::Received;

/// The value of each series, by its name and its labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series(BTreeMap<(String, Labels), f64>);

type Labels = BTreeMap<String, String>;

/// The flag of a point that says that its series has ended, of the OTLP metrics data model.
const NO_RECORDED_VALUE: u32 = 1;

impl Series {
    /// What a page in Prometheus's text format shows.
    ///
    /// # Panics
    /// When it is none.
    pub fn of_page(page: &str) -> Self {
        let mut series = Self::default();
        for line in page.lines().filter(|line| !line.starts_with('#')) {
            let (head, value) = line.rsplit_once(' ').expect("a series and its value");
            let (name, labels) = head.split_once('{').unwrap_or((head, "}"));
            series.insert(name, parse_labels(labels), value.parse().expect("a number"));
        }
        series
    }

    /// What a push carries, with its histograms taken apart as a receiver does that. Series that it marks as ended are
    /// in [`ended_in`](Self::ended_in).
    ///
    /// # Panics
    /// When it is none.
    pub fn pushed(push: &Received) -> Self {
        let mut series = Self::default();
        for (name, data) in metrics(push) {
            match data {
                Data::Gauge(of) => series.numbers(&name, &of.data_points),
                Data::Sum(of) => series.numbers(&name, &of.data_points),
                Data::Histogram(of) => {
                    let alive = of
                        .data_points
                        .iter()
                        .filter(|point| point.flags & NO_RECORDED_VALUE == 0);
                    alive.for_each(|point| series.histogram(&name, point));
                }
                other => panic!("{other:?}"),
            }
        }
        series
    }

    /// The series that a push marks as ended, with the value 0.
    ///
    /// # Panics
    /// When it is no push.
    pub fn ended_in(push: &Received) -> Self {
        let mut series = Self::default();
        for (name, data) in metrics(push) {
            let ended = match data {
                Data::Gauge(of) => ended(&of.data_points),
                Data::Sum(of) => ended(&of.data_points),
                Data::Histogram(of) => {
                    let points = of.data_points.iter();
                    points
                        .filter(|point| point.flags & NO_RECORDED_VALUE != 0)
                        .map(|point| attributes(&point.attributes))
                        .collect()
                }
                other => panic!("{other:?}"),
            };
            for labels in ended {
                series.insert(&name, labels, 0.0);
            }
        }
        series
    }

    /// The value of the series of this name that has these labels, and perhaps others.
    ///
    /// # Panics
    /// When there are several.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let mut found = self.of(name, labels);
        let value = found.next();
        assert!(found.next().is_none(), "several {name} have {labels:?}");
        value
    }

    /// The sum of the series of this name that have these labels.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.of(name, labels).sum()
    }

    /// How many series have these labels.
    pub fn count(&self, labels: &[(&str, &str)]) -> usize {
        let all = self.0.keys();
        all.filter(|(_, known)| has_all(known, labels)).count()
    }

    /// How many runs of a probe have ended.
    pub fn runs(&self, probe: &str) -> f64 {
        self.sum("probe_runs_total", &[("probe", probe)])
    }

    /// How many series there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the other one has not, or has with another value.
    pub fn beyond(&self, other: &Self) -> Vec<String> {
        let own = self.0.iter();
        own.filter(|(series, value)| other.0.get(*series) != Some(*value))
            .map(|((name, labels), value)| format!("{name} {labels:?} {value}"))
            .collect()
    }

    fn of(&self, name: &str, labels: &[(&str, &str)]) -> impl Iterator<Item = f64> {
        let all = self.0.iter();
        all.filter(move |((known, own), _)| known == name && has_all(own, labels))
            .map(|(_, value)| *value)
    }

    fn insert(&mut self, name: &str, labels: Labels, value: f64) {
        let before = self.0.insert((name.to_owned(), labels), value);
        assert_eq!(before, None, "{name} comes twice");
    }

    fn numbers(&mut self, name: &str, points: &[NumberDataPoint]) {
        for point in points {
            let value = match point.value {
                Some(number_data_point::Value::AsDouble(value)) => value,
                Some(number_data_point::Value::AsInt(value)) => {
                    i32::try_from(value).expect("a small count").into()
                }
                None => continue,
            };
            self.insert(name, attributes(&point.attributes), value);
        }
    }

    /// The buckets of the format count everything up to their bounds; those of OTLP do not.
    fn histogram(&mut self, name: &str, point: &HistogramDataPoint) {
        let number = |count: u64| f64::from(u32::try_from(count).expect("a small count"));
        let bounds = point.explicit_bounds.iter().map(ToString::to_string);
        let mut up_to = 0;
        for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(&point.bucket_counts) {
            up_to += count;
            let mut labels = attributes(&point.attributes);
            labels.insert("le".to_owned(), bound);
            self.insert(&format!("{name}_bucket"), labels, number(up_to));
        }
        let labels = attributes(&point.attributes);
        self.insert(
            &format!("{name}_sum"),
            labels.clone(),
            point.sum.expect("it has a sum"),
        );
        self.insert(&format!("{name}_count"), labels, number(point.count));
    }
}

fn metrics(push: &Received) -> Vec<(String, Data)> {
    let resources = push.request().resource_metrics.into_iter();
    let metrics = resources
        .flat_map(|of| of.scope_metrics)
        .flat_map(|of| of.metrics);
    metrics
        .map(|metric| (metric.name, metric.data.expect("a metric has data")))
        .collect()
}

fn ended(points: &[NumberDataPoint]) -> Vec<Labels> {
    let points = points.iter();
    points
        .filter(|point| point.flags & NO_RECORDED_VALUE != 0)
        .map(|point| attributes(&point.attributes))
        .collect()
}

fn attributes(attributes: &[KeyValue]) -> Labels {
    let text = |pair: &KeyValue| match pair.value.clone().and_then(|value| value.value) {
        Some(any_value::Value::StringValue(text)) => text,
        other => panic!("{other:?}"),
    };
    attributes
        .iter()
        .map(|pair| (pair.key.clone(), text(pair)))
        .collect()
}

fn has_all(labels: &Labels, wanted: &[(&str, &str)]) -> bool {
    wanted
        .iter()
        .all(|(name, value)| labels.get(*name).is_some_and(|known| known == value))
}

/// What stands behind `{`, with its `}`.
fn parse_labels(mut text: &str) -> Labels {
    let mut labels = Labels::new();
    while text != "}" {
        let (name, rest) = text.split_once("=\"").expect("a label and its value");
        let mut value = String::new();
        let mut rest = rest.chars();
        while let Some(c) = rest.next().filter(|c| *c != '"') {
            value.push(match c {
                '\\' => match rest.next().expect("something is escaped") {
                    'n' => '\n',
                    escaped => escaped,
                },
                other => other,
            });
        }
        labels.insert(name.to_owned(), value);
        text = rest.as_str().trim_start_matches(',');
    }
    labels
}
