//! OTLP and `/metrics` are held against each other: the same series, labels and values.

use std::collections::BTreeMap;

use freshwatch_probe::verdict::Verdict;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{HistogramDataPoint, metric::Data, number_data_point};
use prost::Message;

use crate::sample::{FixedState, NOON, named, prober, resource, time, unanswered};
use crate::state::State;
use crate::{otlp, prometheus};

/// The value of each series, by its name and its labels in the order of their names.
type Values = BTreeMap<(String, BTreeMap<String, String>), f64>;

fn insert(values: &mut Values, name: String, labels: BTreeMap<String, String>, value: f64) {
    let before = values.insert((name, labels), value);
    assert_eq!(before, None, "a series twice");
}

/// What OTLP carries, with its histograms taken apart as a receiver does that.
fn over_otlp(state: &dyn State) -> Values {
    let mut requests = Vec::new();
    otlp::write(state, &resource(), time(NOON), &mut |request| {
        requests.push(request);
    });
    let mut values = Values::new();
    for request in requests {
        let request = ExportMetricsServiceRequest::decode(request).unwrap();
        let scopes = request
            .resource_metrics
            .into_iter()
            .flat_map(|of| of.scope_metrics);
        for metric in scopes.flat_map(|of| of.metrics) {
            flatten(&mut values, &metric.name, metric.data.unwrap());
        }
    }
    values
}

fn flatten(values: &mut Values, name: &str, data: Data) {
    let numbers = match data {
        Data::Gauge(gauge) => gauge.data_points,
        Data::Sum(sum) => sum.data_points,
        Data::Histogram(histogram) => {
            for point in &histogram.data_points {
                flatten_histogram(values, name, point);
            }
            return;
        }
        other => panic!("{other:?}"),
    };
    for point in numbers {
        let value = match point.value.unwrap() {
            number_data_point::Value::AsDouble(value) => value,
            number_data_point::Value::AsInt(value) => i32::try_from(value).unwrap().into(),
        };
        insert(values, name.to_owned(), labels(&point.attributes), value);
    }
}

fn flatten_histogram(values: &mut Values, name: &str, point: &HistogramDataPoint) {
    let number = |count: u64| f64::from(u32::try_from(count).unwrap());
    let bounds = point.explicit_bounds.iter().map(ToString::to_string);
    let mut up_to = 0;
    for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(&point.bucket_counts) {
        up_to += count;
        let mut labels = labels(&point.attributes);
        assert_eq!(labels.insert("le".to_owned(), bound), None, "a label twice");
        insert(values, format!("{name}_bucket"), labels, number(up_to));
    }
    insert(
        values,
        format!("{name}_sum"),
        labels(&point.attributes),
        point.sum.unwrap(),
    );
    insert(
        values,
        format!("{name}_count"),
        labels(&point.attributes),
        number(point.count),
    );
}

fn labels(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |pair: &KeyValue| match pair.value.clone().unwrap().value.unwrap() {
        any_value::Value::StringValue(text) => text,
        other => panic!("{other:?}"),
    };
    attributes
        .iter()
        .map(|pair| (pair.key.clone(), text(pair)))
        .collect()
}

/// What `/metrics` says, read as the format has it.
fn over_http(state: &dyn State) -> Values {
    let page = String::from_utf8(prometheus::write(state)).unwrap();
    let mut values = Values::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        insert(
            &mut values,
            name.to_owned(),
            parse_labels(labels),
            value.parse().unwrap(),
        );
    }
    values
}

fn parse_labels(mut text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    while text != "}" {
        let (name, rest) = text.split_once("=\"").unwrap();
        let mut value = String::new();
        let mut rest = rest.chars();
        while let Some(c) = rest.next().filter(|c| *c != '"') {
            value.push(match c {
                '\\' => match rest.next().unwrap() {
                    'n' => '\n',
                    escaped => escaped,
                },
                other => other,
            });
        }
        assert_eq!(labels.insert(name.to_owned(), value), None, "a label twice");
        text = rest.as_str().trim_start_matches(',');
    }
    labels
}

#[test]
fn both_have_the_same_series_and_values() {
    let mut odd = named("odd", Verdict::Degraded);
    let labels = [
        ("verdict", "mine"),
        ("le", "mine"),
        ("job", "x"),
        ("note", "a \"b\" \\n\nc,d}"),
        ("none", ""),
    ];
    let definition = std::sync::Arc::make_mut(&mut odd.definition);
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
    definition.labels = std::sync::Arc::new(labels.into());
    let mut down = named("down", Verdict::Down);
    let mut run = unanswered(Verdict::Down);
    run.definition = std::sync::Arc::clone(&down.definition);
    down.absorb(run);
    let mut never = named("never", Verdict::Ok);
    never.redefine(std::sync::Arc::clone(&never.definition));
    let unknown = named("unknown", Verdict::Unknown);
    let state = FixedState::of([down, never, odd, unknown], prober());
    let (otlp, http) = (over_otlp(&state), over_http(&state));
    assert!(otlp.len() > 150, "{}", otlp.len());
    assert_eq!(otlp, http);
}
