//! JSON Schemas, read and compiled at load.

use freshwatch_probe::expectation::Schema;

use super::scalar;
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::yaml::Node;

/// The largest schema file in bytes.
const LARGEST: usize = 4 << 20;

/// A schema by the path of its file, relative to the probe file.
pub(crate) fn read(node: &Node, context: &Context) -> Option<Schema> {
    let name = scalar::text(node, context)?;
    let path = context.beside(node.place, name);
    context.schema(path.clone(), || {
        let refuse = |message: String, help: &str| {
            context.refuse(Found::new(node.place, Code::BadSchema, message).help(help))
        };
        let bytes = match context.file(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                return refuse(
                    format!("the schema `{name}` cannot be read: {}", error.kind()),
                    "its path is relative to this file",
                );
            }
        };
        if bytes.len() > LARGEST {
            return refuse(
                format!("the schema `{name}` is larger than 4 MiB"),
                "use a smaller one",
            );
        }
        let schema = match serde_json::from_slice::<serde_json::Value>(&bytes) {
            Ok(schema) => schema,
            Err(error) => {
                return refuse(
                    format!("the schema `{name}` is not JSON: {error}"),
                    "a JSON Schema is a JSON file",
                );
            }
        };
        match Schema::compile(name, &schema) {
            Ok(schema) => Some(schema),
            Err(why) => {
                let help = if ["fetch", "retriev", "resolv", "reference"]
                    .iter()
                    .any(|word| why.contains(word))
                {
                    "nothing is fetched: put what it refers to under its own `$defs`"
                } else {
                    "check the schema against the draft that its `$schema` names"
                };
                refuse(format!("the schema `{name}` does not compile: {why}"), help)
            }
        }
    })
}
