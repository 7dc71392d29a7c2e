//! What a span or a log record tells besides its name and time.

use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value};

use crate::record::Bearer;

/// The attributes of one span or record. A probe's label of the name of one that is set already is left out.
#[derive(Default)]
pub(super) struct Attributes(Vec<KeyValue>);

impl Attributes {
    pub(super) fn text(&mut self, key: &str, value: impl Into<String>) {
        self.set(key, Value::StringValue(value.into()));
    }

    pub(super) fn count(&mut self, key: &str, value: impl Into<i64>) {
        self.set(key, Value::IntValue(value.into()));
    }

    pub(super) fn seconds(&mut self, key: &str, value: f64) {
        self.set(key, Value::DoubleValue(value));
    }

    pub(super) fn texts(&mut self, key: &str, values: impl Iterator<Item = String>) {
        let values = values.map(|value| any(Value::StringValue(value))).collect();
        self.set(key, Value::ArrayValue(ArrayValue { values }));
    }

    /// The name and the labels of a probe, as every series of it carries them.
    pub(super) fn probe(&mut self, probe: Bearer<'_>) {
        for (key, value) in probe.shared_labels() {
            if self.0.iter().all(|set| set.key != key) {
                self.text(key, value);
            }
        }
    }

    pub(super) fn into_vec(self) -> Vec<KeyValue> {
        self.0
    }

    fn set(&mut self, key: &str, value: Value) {
        self.0.push(KeyValue {
            key: key.to_owned(),
            value: Some(any(value)),
            ..KeyValue::default()
        });
    }
}

pub(super) fn any(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}
