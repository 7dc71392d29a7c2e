//! Measurements in the protobuf wire format (<https://protobuf.dev/programming-guides/encoding/>), written by hand:
//! what every point of a probe repeats is encoded once and copied, and no point is a struct first. The field
//! numbers are those of <https://github.com/open-telemetry/opentelemetry-proto> v1; the tests decode with its
//! generated code.

use freshwatch_probe::histogram::Histogram;
use freshwatch_probe::metric::{Kind, Metric};
use jiff::Timestamp;

use crate::record::{Bearer, Measurement, Value};

/// What follows a field's number.
#[derive(Clone, Copy)]
enum Type {
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
}

/// `AGGREGATION_TEMPORALITY_CUMULATIVE`.
const CUMULATIVE: u64 = 2;

/// `DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK`.
const NO_RECORDED_VALUE: u64 = 1;

/// The field of an `ExportMetricsServiceRequest` that holds a `ResourceMetrics`, and likewise for traces and logs.
pub(super) const OF_RESOURCE: u8 = 1;
/// The fields of a `ResourceMetrics`, a `ResourceSpans` and a `ResourceLogs`.
pub(super) const RESOURCE: u8 = 1;
pub(super) const OF_SCOPE: u8 = 2;
/// The fields of a `ScopeMetrics`, a `ScopeSpans` and a `ScopeLogs`.
pub(super) const SCOPE: u8 = 1;
pub(super) const ITEM: u8 = 2;

/// What the tag and the length of an embedded message take at most.
pub(super) const FRAME: usize = 6;

/// The attributes that every point of a probe or a gate carries, encoded.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    of_numbers: Vec<u8>,
    of_histograms: Vec<u8>,
}

impl Attributes {
    /// Those of a probe or a gate; of the prober itself, none.
    pub(super) fn of(bearer: Option<Bearer<'_>>) -> Self {
        let mut attributes = Self::default();
        for (key, value) in bearer.into_iter().flat_map(Bearer::shared_labels) {
            attribute(&mut attributes.of_numbers, NUMBER.attributes, key, value);
            attribute(&mut attributes.of_histograms, HISTOGRAM.attributes, key, value);
        }
        attributes
    }
}

/// The fields in which the two kinds of points differ.
struct Fields {
    attributes: u8,
    flags: u8,
}

/// Those of a `NumberDataPoint`.
const NUMBER: Fields = Fields {
    attributes: 7,
    flags: 8,
};

/// Those of a `HistogramDataPoint`.
const HISTOGRAM: Fields = Fields {
    attributes: 9,
    flags: 10,
};

/// Writes a measurement as a point; the attributes are those of its bearer.
pub(super) fn point(buffer: &mut Vec<u8>, attributes: &Attributes, measurement: &Measurement<'_>) {
    let (fields, shared) = match measurement.metric.kind {
        Kind::Gauge | Kind::Counter => (NUMBER, &attributes.of_numbers),
        Kind::Histogram(_) => (HISTOGRAM, &attributes.of_histograms),
    };
    write_labels(buffer, fields.attributes, shared, measurement);
    let time = unix_nanos(measurement.time);
    fixed(buffer, 3, time);
    match measurement.value {
        Value::Gauge(value) => fixed(buffer, 4, value.to_bits()),
        Value::Count { count, since } => {
            fixed(buffer, 2, unix_nanos(since).min(time));
            fixed(buffer, 6, count.min(i64::MAX.unsigned_abs()));
        }
        Value::Histogram { histogram, since } => {
            fixed(buffer, 2, unix_nanos(since).min(time));
            write_histogram(buffer, histogram);
        }
        Value::Ended => {
            varint_field(buffer, fields.flags, NO_RECORDED_VALUE);
            // The buckets that end are told by their bounds.
            if matches!(measurement.metric.kind, Kind::Histogram(_)) {
                write_histogram(buffer, &Histogram::of(measurement.metric));
            }
        }
    }
}

fn write_labels(buffer: &mut Vec<u8>, field: u8, shared: &[u8], measurement: &Measurement<'_>) {
    let own = measurement.own_label();
    let is_taken =
        own.is_some_and(|(name, _)| measurement.bearer.is_some_and(|bearer| bearer.has_label(name)));
    if is_taken {
        for (key, value) in measurement.labels() {
            attribute(buffer, field, key, value);
        }
        return;
    }
    buffer.extend_from_slice(shared);
    if let Some((key, value)) = own {
        attribute(buffer, field, key, value);
    }
}

fn write_histogram(buffer: &mut Vec<u8>, histogram: &Histogram) {
    fixed(buffer, 4, histogram.count());
    fixed(buffer, 5, histogram.sum().to_bits());
    let counts = histogram.counts();
    open(buffer, 6, 8 * counts.len());
    for count in counts {
        buffer.extend_from_slice(&count.to_le_bytes());
    }
    let bounds = histogram.bounds();
    open(buffer, 7, 8 * bounds.len());
    for bound in bounds {
        buffer.extend_from_slice(&bound.to_bits().to_le_bytes());
    }
}

/// A `KeyValue` with a text.
fn attribute(buffer: &mut Vec<u8>, field: u8, key: &str, value: &str) {
    let text = framed(value.len());
    open(buffer, field, framed(key.len()) + framed(text));
    bytes(buffer, 1, key.as_bytes());
    open(buffer, 2, text);
    bytes(buffer, 1, value.as_bytes());
}

/// Writes a `Metric` with its points, each framed already, in its own frame.
pub(super) fn metric(buffer: &mut Vec<u8>, metric: &Metric, points: &[u8]) {
    open(buffer, ITEM, length_of_metric(metric, points.len()));
    bytes(buffer, 1, metric.name.as_bytes());
    bytes(buffer, 2, metric.help.as_bytes());
    let unit = metric.unit.ucum();
    if !unit.is_empty() {
        bytes(buffer, 3, unit.as_bytes());
    }
    let data = points.len() + length_of_traits(metric.kind);
    match metric.kind {
        Kind::Gauge => open(buffer, 5, data),
        Kind::Counter => open(buffer, 7, data),
        Kind::Histogram(_) => open(buffer, 9, data),
    }
    buffer.extend_from_slice(points);
    match metric.kind {
        Kind::Gauge => (),
        Kind::Counter => {
            varint_field(buffer, 2, CUMULATIVE);
            varint_field(buffer, 3, u64::from(true));
        }
        Kind::Histogram(_) => varint_field(buffer, 2, CUMULATIVE),
    }
}

/// How long a metric with so many bytes of points is, without its frame.
pub(super) fn length_of_metric(metric: &Metric, points: usize) -> usize {
    let unit = metric.unit.ucum().len();
    let unit = if unit == 0 { 0 } else { framed(unit) };
    let data = framed(points + length_of_traits(metric.kind));
    framed(metric.name.len()) + framed(metric.help.len()) + unit + data
}

/// The temporality, and whether a sum only grows.
const fn length_of_traits(kind: Kind) -> usize {
    match kind {
        Kind::Gauge => 0,
        Kind::Counter => 4,
        Kind::Histogram(_) => 2,
    }
}

/// How many bytes a field of so many bytes takes.
pub(super) fn framed(length: usize) -> usize {
    let mut frame = 2;
    let mut rest = length >> 7;
    while rest > 0 {
        frame += 1;
        rest >>= 7;
    }
    frame + length
}

/// Begins an embedded message or another field of so many bytes.
pub(super) fn open(buffer: &mut Vec<u8>, field: u8, length: usize) {
    tag(buffer, field, Type::Length);
    varint(buffer, u64::try_from(length).unwrap_or(u64::MAX));
}

/// Writes a field of these bytes.
pub(super) fn bytes(buffer: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    open(buffer, field, bytes.len());
    buffer.extend_from_slice(bytes);
}

fn fixed(buffer: &mut Vec<u8>, field: u8, value: u64) {
    tag(buffer, field, Type::Fixed64);
    buffer.extend_from_slice(&value.to_le_bytes());
}

fn varint_field(buffer: &mut Vec<u8>, field: u8, value: u64) {
    tag(buffer, field, Type::Varint);
    varint(buffer, value);
}

/// No field has a number above 15, so a tag is one byte.
fn tag(buffer: &mut Vec<u8>, field: u8, of: Type) {
    buffer.push(field << 3 | of as u8);
}

fn varint(buffer: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        buffer.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    buffer.push(value.to_le_bytes()[0]);
}

/// Before 1970 and after 2554 there is no such time on the wire.
pub(super) fn unix_nanos(time: Timestamp) -> u64 {
    u64::try_from(time.as_nanosecond().max(0)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use freshwatch_probe::metric::ALL;

    use super::{framed, length_of_metric, open, unix_nanos, varint};
    use crate::sample::{NOON, time};

    #[test]
    fn metrics_are_as_long_as_is_announced() {
        for metric in ALL {
            for points in [0, 100, 200, 20_000] {
                let mut buffer = Vec::new();
                super::metric(&mut buffer, metric, &vec![0; points]);
                assert_eq!(
                    framed(length_of_metric(metric, points)),
                    buffer.len(),
                    "{}",
                    metric.name
                );
            }
        }
    }

    #[test]
    fn lengths_are_framed_as_they_are_written() {
        for length in [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 4 << 20] {
            let mut buffer = Vec::new();
            open(&mut buffer, 15, length);
            assert_eq!(framed(length), buffer.len() + length);
            assert_eq!(prost::decode_length_delimiter(&buffer[1..]).unwrap(), length);
        }
        let mut buffer = Vec::new();
        varint(&mut buffer, u64::MAX);
        assert_eq!(
            prost::encoding::decode_varint(&mut buffer.as_slice()),
            Ok(u64::MAX)
        );
    }

    #[test]
    fn times_that_the_wire_does_not_know_are_bounded() {
        assert_eq!(unix_nanos(time("1969-01-01T00:00:00Z")), 0);
        assert_eq!(unix_nanos(jiff::Timestamp::MAX), u64::MAX);
        assert_eq!(unix_nanos(time(NOON)), 1_795_262_400_000_000_000);
    }
}
