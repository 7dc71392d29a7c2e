//! What the receiver was given, folded as it comes: half a million points a minute are not kept.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use freshwatch_probe::verdict::Verdict;
use jiff::Timestamp;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{HistogramDataPoint, NumberDataPoint, number_data_point};

/// The flag of a series that has ended.
const NO_RECORDED_VALUE: u32 = 1;

/// So many complaints are kept.
const MOST_COMPLAINTS: usize = 20;

/// The counts of a probe, by verdict.
pub type Counts = [u64; Verdict::ALL.len()];

/// What the receiver was given.
#[derive(Debug, Default)]
pub struct Delivered {
    /// Batches.
    pub batches: u64,
    /// Points.
    pub points: u64,
    /// When each batch came.
    pub came: Vec<Timestamp>,
    /// Every whole export, in order.
    pub exports: Vec<Export>,
    /// What the prober says of itself, by metric and label: the last values.
    pub prober: HashMap<String, f64>,
    /// The probes.
    pub probes: HashMap<String, Told>,
    /// What is wrong with what came; the first of it.
    pub complaints: Vec<String>,
    /// How much that was.
    pub wrong: u64,
    latest: HashMap<u64, u64>,
    told_now: Vec<String>,
}

/// What was told of one probe.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Its last counts.
    pub counts: Counts,
    /// Whether its series have ended since.
    pub has_ended: bool,
}

/// One export as a whole.
#[derive(Debug, Clone)]
pub struct Export {
    /// The time of what the prober said of itself in it, which comes last.
    pub at: Timestamp,
    /// How many of the steady probes it tells of.
    pub steady: usize,
}

impl Delivered {
    /// Takes a batch in, which came at `now`.
    pub fn take(&mut self, request: &ExportMetricsServiceRequest, now: Timestamp) {
        self.batches += 1;
        self.came.push(now);
        let scopes = request.resource_metrics.iter().flat_map(|of| &of.scope_metrics);
        for metric in scopes.flat_map(|of| &of.metrics) {
            match &metric.data {
                Some(Data::Gauge(gauge)) => self.numbers(&metric.name, &gauge.data_points),
                Some(Data::Sum(sum)) => self.numbers(&metric.name, &sum.data_points),
                Some(Data::Histogram(histogram)) => self.histograms(&metric.name, &histogram.data_points),
                Some(Data::ExponentialHistogram(_) | Data::Summary(_)) | None => {
                    self.wrong(format!("`{}` has data of a kind that nobody sends", metric.name));
                }
            }
        }
    }

    /// Notes what is wrong.
    pub fn wrong(&mut self, what: String) {
        self.wrong += 1;
        if self.complaints.len() < MOST_COMPLAINTS {
            self.complaints.push(what);
        }
    }

    /// What the prober last said of itself; 0 when it never did.
    pub fn of_prober(&self, series: &str) -> f64 {
        self.prober.get(series).copied().unwrap_or_default()
    }

    fn histograms(&mut self, metric: &str, points: &[HistogramDataPoint]) {
        for point in points {
            self.in_order(metric, &point.attributes, point.time_unix_nano);
        }
    }

    fn numbers(&mut self, metric: &str, points: &[NumberDataPoint]) {
        for point in points {
            self.in_order(metric, &point.attributes, point.time_unix_nano);
            let has_ended = point.flags & NO_RECORDED_VALUE != 0;
            match label(&point.attributes, "probe") {
                Some(probe) if metric == "probe_runs_total" => self.count(probe, point, has_ended),
                Some(_) => {}
                None if has_ended => {}
                None => self.of_itself(metric, point),
            }
        }
    }

    /// Every series goes forwards in time, across all outages.
    fn in_order(&mut self, metric: &str, attributes: &[KeyValue], time: u64) {
        self.points += 1;
        let mut hasher = DefaultHasher::new();
        metric.hash(&mut hasher);
        for attribute in attributes {
            attribute.key.hash(&mut hasher);
            text(attribute).hash(&mut hasher);
        }
        let before = self.latest.insert(hasher.finish(), time);
        if before.is_some_and(|before| before >= time) {
            let probe = label(attributes, "probe").unwrap_or_default();
            self.wrong(format!(
                "`{metric}` of `{probe}` at {time} came after {}",
                before.unwrap_or_default()
            ));
        }
    }

    fn count(&mut self, probe: &str, point: &NumberDataPoint, has_ended: bool) {
        let word = label(&point.attributes, "verdict").unwrap_or_default();
        let Some(verdict) = Verdict::ALL.into_iter().find(|verdict| verdict.as_str() == word) else {
            return self.wrong(format!("`{word}` is no verdict"));
        };
        if verdict == Verdict::Ok && !has_ended {
            self.told_now.push(probe.to_owned());
        }
        let told = self.probes.entry(probe.to_owned()).or_default();
        told.has_ended = has_ended;
        if has_ended {
            return;
        }
        let count = match point.value {
            Some(number_data_point::Value::AsInt(count)) => u64::try_from(count).unwrap_or_default(),
            Some(number_data_point::Value::AsDouble(_)) | None => {
                return self.wrong(format!("the count of `{probe}` is no integer"));
            }
        };
        let before = std::mem::replace(&mut told.counts[verdict as usize], count);
        if count < before {
            self.wrong(format!(
                "the {word} runs of `{probe}` went from {before} to {count}"
            ));
        }
    }

    fn of_itself(&mut self, metric: &str, point: &NumberDataPoint) {
        let own = ["cause", "outcome"]
            .into_iter()
            .find_map(|name| label(&point.attributes, name));
        let series = own.map_or_else(|| metric.to_owned(), |own| format!("{metric} {own}"));
        self.prober.insert(series, value(point));
        if metric == "freshwatch_build_info" {
            let mut told = std::mem::take(&mut self.told_now);
            let all = told.len();
            told.sort_unstable();
            told.dedup();
            if told.len() < all {
                self.wrong(format!("an export tells of {} probes twice", all - told.len()));
            }
            self.exports.push(Export {
                at: Timestamp::from_nanosecond(point.time_unix_nano.into()).unwrap_or_default(),
                steady: told.iter().filter(|name| name.starts_with("steady")).count(),
            });
        }
    }
}

fn label<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    let attribute = attributes.iter().find(|attribute| attribute.key == name)?;
    text(attribute)
}

fn text(attribute: &KeyValue) -> Option<&str> {
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a soak counts nothing beyond 2^53")]
fn value(point: &NumberDataPoint) -> f64 {
    match point.value {
        Some(number_data_point::Value::AsInt(count)) => count as f64,
        Some(number_data_point::Value::AsDouble(value)) => value,
        None => 0.0,
    }
}
