//! The same values in OpenTelemetry's own SDK, and the way of its exporter up to the bytes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use freshwatch_probe::metric::{ALL, Kind, Metric};
use freshwatch_telemetry::record::{Measurement, Value, of_prober, of_standing};
use freshwatch_telemetry::state::State;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, MeterProvider as _};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{Instrument, PeriodicReader, SdkMeterProvider, Stream, Temporality};
use prost::Message as _;

use crate::state;

/// More series than any instrument here has.
const MOST_SERIES: usize = 1_000_000;

/// It exports when it is asked, not by itself.
const NEVER: Duration = Duration::from_hours(24);

/// A provider that holds values, and what it exported last.
pub struct Sdk {
    provider: SdkMeterProvider,
    instruments: BTreeMap<&'static str, Kept>,
    exported: Arc<Mutex<Vec<u8>>>,
}

/// An instrument of the SDK.
enum Kept {
    Gauge(Gauge<f64>),
    Counter(Counter<u64>),
    Histogram(Histogram<f64>),
}

/// Encodes what it gets as the OTLP exporter does, and keeps the bytes.
struct Encoding(Arc<Mutex<Vec<u8>>>);

impl PushMetricExporter for Encoding {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let request = ExportMetricsServiceRequest::from(metrics);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = request.encode_to_vec();
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

impl Sdk {
    /// One with an instrument for each metric of the table, and no values yet.
    pub fn new() -> Self {
        let exported = Arc::default();
        let reader = PeriodicReader::builder(Encoding(Arc::clone(&exported)))
            .with_interval(NEVER)
            .build();
        let unbounded = |_: &Instrument| Stream::builder().with_cardinality_limit(MOST_SERIES).build().ok();
        let provider = SdkMeterProvider::builder()
            .with_resource(resource())
            .with_reader(reader)
            .with_view(unbounded)
            .build();
        let meter = provider.meter("freshwatch");
        let instruments = ALL.iter().map(|metric| (metric.name, Kept::of(metric, &meter)));
        Self {
            instruments: instruments.collect(),
            provider,
            exported,
        }
    }

    /// Sets the values of a state.
    pub fn record(&self, state: &dyn State) {
        for standing in state.after(None, usize::MAX) {
            of_standing(&standing, state::now(), &mut |measurement| self.set(&measurement));
        }
        of_prober(&state.prober(), state::now(), &mut |measurement| {
            self.set(&measurement);
        });
    }

    /// Collects and encodes them.
    pub fn request(&self) -> Result<Vec<u8>, String> {
        self.provider.force_flush().map_err(|error| error.to_string())?;
        let mut exported = self.exported.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(std::mem::take(&mut exported))
    }

    fn set(&self, measurement: &Measurement<'_>) {
        let attributes: Vec<_> = measurement
            .labels()
            .map(|(name, value)| KeyValue::new(name.to_owned(), value.to_owned()))
            .collect();
        match (self.instruments.get(measurement.metric.name), measurement.value) {
            (Some(Kept::Gauge(gauge)), Value::Gauge(value)) => gauge.record(value, &attributes),
            (Some(Kept::Counter(counter)), Value::Count { count, .. }) => counter.add(count, &attributes),
            (Some(Kept::Histogram(of)), Value::Histogram { histogram, .. }) => {
                of.record(histogram.sum(), &attributes);
            }
            // The agreement of kinds is another test's.
            _ => (),
        }
    }
}

impl Kept {
    fn of(metric: &'static Metric, meter: &Meter) -> Self {
        let unit = metric.unit.ucum();
        match metric.kind {
            Kind::Gauge => {
                let gauge = meter.f64_gauge(metric.name).with_description(metric.help);
                Self::Gauge(gauge.with_unit(unit).build())
            }
            Kind::Counter => {
                let counter = meter.u64_counter(metric.name).with_description(metric.help);
                Self::Counter(counter.with_unit(unit).build())
            }
            Kind::Histogram(bounds) => {
                let bounds = bounds.iter().map(|bound| f64::from(*bound) / 1000.0);
                let histogram = meter
                    .f64_histogram(metric.name)
                    .with_description(metric.help)
                    .with_boundaries(bounds.collect());
                Self::Histogram(histogram.with_unit(unit).build())
            }
        }
    }
}

fn resource() -> Resource {
    let resource = state::resource();
    let attributes = resource
        .attributes()
        .map(|(key, value)| KeyValue::new(key.to_owned(), value.to_owned()));
    Resource::builder_empty().with_attributes(attributes).build()
}
