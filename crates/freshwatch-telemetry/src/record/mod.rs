//! Turns the state into measurements: the one way from it to everything in [`freshwatch_probe::metric`], for OTLP
//! and for `/metrics` alike.
//!
//! Measurements are handed to a visitor one after the other, never collected: ten thousand probes show half a
//! million of them.

mod gate;
mod prober;
mod run;
mod standing;

use std::collections::BTreeMap;
use std::time::Duration;

use freshwatch_probe::definition::Definition;
use freshwatch_probe::histogram::Histogram;
use freshwatch_probe::metric::{GATE_LABEL, Metric, PROBE_LABEL};
use jiff::Timestamp;

pub use gate::{Gate, of_bypass, of_gate};
pub use prober::{of_one_shot, of_prober};
pub use run::of_run;
pub use standing::of_standing;

/// Labels that a receiver gives a meaning of its own, so no series carries them from its probe: the resource's, and
/// the bounds of buckets.
const RECEIVERS_LABELS: [&str; 4] = ["job", "instance", "le", "quantile"];

/// One value of one series at one time.
#[derive(Debug, Clone, Copy)]
pub struct Measurement<'a> {
    /// What was measured.
    pub metric: &'static Metric,
    /// Of what; `None`: of the prober itself.
    pub bearer: Option<Bearer<'a>>,
    /// The value of the metric's own label.
    pub label: Option<&'a str>,
    /// The value, in the metric's unit.
    pub value: Value<'a>,
    /// When it was so.
    pub time: Timestamp,
}

/// What every series of a probe or of a gate carries.
#[derive(Debug, Clone, Copy)]
pub struct Bearer<'a> {
    /// The label that names it, and its name.
    identity: (&'static str, &'a str),
    /// Its further labels.
    labels: &'a BTreeMap<String, String>,
}

/// The value of a series; which one it is follows from the metric's kind, but for the end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// What is now. Always finite.
    Gauge(f64),
    /// A count that only grows.
    Count {
        /// How many.
        count: u64,
        /// Since when.
        since: Timestamp,
    },
    /// Durations by upper bounds.
    Histogram {
        /// The durations.
        histogram: &'a Histogram,
        /// Since when.
        since: Timestamp,
    },
    /// The series is no longer there.
    Ended,
}

impl<'a> Bearer<'a> {
    /// What every series of a probe carries.
    pub fn probe(definition: &'a Definition) -> Self {
        Self {
            identity: (PROBE_LABEL, definition.name.as_str()),
            labels: &definition.labels,
        }
    }

    /// What every series of a gate carries.
    pub const fn gate(name: &'a str, labels: &'a BTreeMap<String, String>) -> Self {
        Self {
            identity: (GATE_LABEL, name),
            labels,
        }
    }

    /// Whether it has a label of this name.
    pub(crate) fn has_label(self, name: &str) -> bool {
        self.labels.contains_key(name)
    }

    /// The names and values that every series carries, but for labels of the metric's own that have one of these
    /// names. A label without a value is none: so Prometheus reads it.
    pub fn shared_labels(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let labels = self
            .labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let is_free = move |(name, value): &(&str, &str)| {
            *name != self.identity.0 && !RECEIVERS_LABELS.contains(name) && !value.is_empty()
        };
        std::iter::once(self.identity).chain(labels.filter(is_free))
    }
}

impl<'a> Measurement<'a> {
    /// The name and the value of the metric's own label.
    pub fn own_label(&self) -> Option<(&'static str, &'a str)> {
        Some((*self.metric.labels.first()?, self.label?))
    }

    /// The names and values of the series' labels. Where a label of the bearer's has the name of the metric's own, the
    /// metric's wins.
    pub fn labels(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let own = self.own_label();
        let shared = self.bearer.into_iter().flat_map(Bearer::shared_labels);
        shared
            .filter(move |(name, _)| own.is_none_or(|(taken, _)| taken != *name))
            .chain(own)
    }
}

/// Makes measurements of one subject at one time, and hands them on.
struct Recorder<'a, 'v> {
    bearer: Option<Bearer<'a>>,
    time: Timestamp,
    visit: &'v mut dyn FnMut(Measurement<'a>),
}

impl<'a> Recorder<'a, '_> {
    fn gauge(&mut self, metric: &'static Metric, value: Option<f64>) {
        self.labelled(metric, None, value);
    }

    /// One NaN would poison every average over the series for as long as it is kept.
    fn labelled(&mut self, metric: &'static Metric, label: Option<&'a str>, value: Option<f64>) {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            self.record(metric, label, Value::Gauge(value));
        }
    }

    fn count(&mut self, metric: &'static Metric, label: Option<&'a str>, count: u64, since: Timestamp) {
        self.record(metric, label, Value::Count { count, since });
    }

    fn histogram(&mut self, metric: &'static Metric, histogram: &'a Histogram, since: Timestamp) {
        self.record(metric, None, Value::Histogram { histogram, since });
    }

    fn record(&mut self, metric: &'static Metric, label: Option<&'a str>, value: Value<'a>) {
        (self.visit)(Measurement {
            metric,
            bearer: self.bearer,
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write;

    use freshwatch_probe::metric::{self, Kind};
    use freshwatch_probe::run::{ItemAge, Items};
    use freshwatch_probe::verdict::Verdict;
    use jiff::SignedDuration;

    use super::{Gate, Measurement, Value, of_bypass, of_gate, of_prober, of_standing};
    use crate::sample::{NOON, allow, answered, prober, standing, time};

    /// What measurements show, a line each; histograms by their count and sum.
    pub(super) fn shown(measurements: &[Measurement<'_>]) -> String {
        let mut text = String::new();
        for measurement in measurements {
            let labels = measurement
                .labels()
                .map(|(name, value)| format!("{name}={value}"));
            let labels = labels.collect::<Vec<_>>().join(",");
            let value = match measurement.value {
                Value::Gauge(value) => value.to_string(),
                Value::Count { count, since } => format!("{count} since {since}"),
                Value::Histogram { histogram, since } => {
                    format!("{} of {} s since {since}", histogram.count(), histogram.sum())
                }
                Value::Ended => "ended".to_owned(),
            };
            writeln!(text, "{}{{{labels}}} {value}", measurement.metric.name).unwrap();
        }
        text
    }

    #[test]
    fn every_metric_of_the_table_is_shown_as_its_kind_and_no_other() {
        let mut run = answered(Verdict::Stale);
        run.judgment.items = Some(Box::new(Items {
            judged: 25,
            fresh: 24,
            oldest: vec![ItemAge {
                name: "A1".into(),
                age: SignedDuration::from_hours(9),
            }],
        }));
        run.judgment.data.as_mut().unwrap().landed = Some(false);
        allow(&mut run, 200.0);
        let standing = standing([run]);
        let prober = prober();
        let mut shown = BTreeSet::new();
        let mut check = |measurement: Measurement<'_>| {
            let matches = matches!(
                (measurement.value, measurement.metric.kind),
                (Value::Gauge(_), Kind::Gauge)
                    | (Value::Count { .. }, Kind::Counter)
                    | (Value::Histogram { .. }, Kind::Histogram(_))
            );
            assert!(matches, "{measurement:?}");
            assert_eq!(
                measurement.label.is_some(),
                !measurement.metric.labels.is_empty(),
                "{measurement:?}"
            );
            shown.insert(measurement.metric.name);
        };
        of_standing(&standing, time(NOON), &mut check);
        of_prober(&prober, time(NOON), &mut check);
        let gate = Gate::new("prices", &["pass", "block"], "block").bypassed("mina", "roll back");
        of_gate(&gate, time(NOON), &mut check);
        of_bypass(&gate, time(NOON), &mut check);
        let known: BTreeSet<_> = metric::ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(shown, known);
    }
}
