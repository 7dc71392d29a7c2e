//! Labels of a probe's series.

use std::collections::BTreeMap;
use std::sync::Arc;

use freshwatch_probe::metric::{self, PROBE_LABEL};

use super::scalar;
use crate::block::{Block, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::Shape;
use crate::yaml::{Key, Node};

pub(super) const LABELS: Shape = Shape::free("`labels`", "team: prices");

/// Names that the receiver gives a meaning of its own. Those of the table of metrics are reserved as well.
const OF_THE_RECEIVER: [&str; 4] = ["job", "instance", "le", "quantile"];

/// Longer values slow every query down.
const LONGEST: usize = 256;

/// Reads the key `labels`.
pub(crate) fn read(value: Value, context: &Context) -> Arc<BTreeMap<String, String>> {
    let Some(block) = Block::open(value, &LABELS, context) else {
        return Arc::default();
    };
    let labels: BTreeMap<String, String> = block
        .fields()
        .filter_map(|field| {
            let name = name(field.key, context);
            let value = label_value(field.value.node, context);
            name.zip(value)
        })
        .collect();
    let place = value.place();
    let shared = context
        .labels
        .get(labels.clone(), place, context, || Ok(Arc::new(labels)));
    shared.unwrap_or_default()
}

/// A name as Prometheus takes it: `[a-zA-Z_][a-zA-Z0-9_]*`.
fn name(key: &Key, context: &Context) -> Option<String> {
    let name = key.text.as_str();
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return context.refuse(
            Found::new(
                key.place,
                Code::BadName,
                format!("`{name}` is not the name of a label"),
            )
            .help("it has letters, digits and `_`, and does not start with a digit"),
        );
    }
    if is_reserved(name) {
        return context.refuse(
            Found::new(
                key.place,
                Code::BadName,
                format!("the label `{name}` is reserved"),
            )
            .help("the series carry it already, or the receiver overwrites it: choose another name"),
        );
    }
    Some(name.to_owned())
}

/// Whether the series carry a label of this name already, or the receiver overwrites it.
fn is_reserved(name: &str) -> bool {
    reserved().any(|reserved| reserved == name) || name.starts_with("__")
}

/// The names that the series carry already, or that the receiver overwrites, some of them several times.
pub(super) fn reserved() -> impl Iterator<Item = &'static str> {
    let of_metrics = metric::ALL
        .iter()
        .flat_map(|metric| metric.labels.iter().copied());
    of_metrics.chain([PROBE_LABEL]).chain(OF_THE_RECEIVER)
}

fn label_value(node: &Node, context: &Context) -> Option<String> {
    let text = scalar::text(node, context)?;
    if text.len() > LONGEST || text.chars().any(char::is_control) {
        return context.refuse(
            Found::new(
                node.place,
                Code::OutOfRange,
                format!("a label's value has one line of {LONGEST} bytes at most"),
            )
            .help("put longer texts into `description`"),
        );
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::is_reserved;

    #[test]
    fn the_labels_of_every_metric_are_reserved() {
        let words = "probe verdict phase reason item version cause outcome job instance le quantile __name__";
        for name in words.split(' ') {
            assert!(is_reserved(name), "{name}");
        }
        for name in ["team", "region", "_tier", "probes"] {
            assert!(!is_reserved(name), "{name}");
        }
    }
}
