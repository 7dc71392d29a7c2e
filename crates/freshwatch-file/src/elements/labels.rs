//! Labels of a probe's series.

use std::collections::BTreeMap;

use super::scalar;
use crate::block::{Block, Shape, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::yaml::{Key, Node};

const LABELS: Shape = Shape::free("`labels`", "team: prices");

/// Names that the series carry already, or that the receiver overwrites.
const RESERVED: [&str; 10] = [
    "probe", "verdict", "phase", "job", "instance", "le", "quantile", "reason", "item", "version",
];

/// Longer values slow every query down.
const LONGEST: usize = 256;

/// Reads the key `labels`.
pub(crate) fn read(value: Value, context: &Context) -> BTreeMap<String, String> {
    let Some(block) = Block::open(value, &LABELS, context) else {
        return BTreeMap::new();
    };
    block
        .fields()
        .filter_map(|field| {
            let name = name(field.key, context);
            let value = label_value(field.value.node, context);
            name.zip(value)
        })
        .collect()
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
    if RESERVED.contains(&name) || name.starts_with("__") {
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
