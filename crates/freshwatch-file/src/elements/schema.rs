//! JSON Schemas, read and compiled at load.

use std::io;
use std::path::Path;

use freshwatch_probe::expectation::Schema;
use freshwatch_probe::unreadable;

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
    let key = path.clone();
    context.schemas.get(key, node.place, context, || {
        compile(name, &path, context).map_err(|(message, help)| {
            Found::new(
                node.place,
                Code::BadSchema,
                format!("the schema `{name}` {message}"),
            )
            .help(help)
            .boxed()
        })
    })
}

/// Compiles the schema of a file, or says what is wrong and what to do.
fn compile(name: &str, path: &Path, context: &Context) -> Result<Schema, (String, &'static str)> {
    let bytes = context.file(path).map_err(|error| {
        let help = if error.kind() == io::ErrorKind::InvalidInput {
            "name a file"
        } else {
            "its path is relative to this file"
        };
        (format!("cannot be read: {}", unreadable::why(&error)), help)
    })?;
    if bytes.len() > LARGEST {
        return Err(("is larger than 4 MiB".into(), "use a smaller one"));
    }
    let schema: serde_json::Value = serde_json::from_slice(&bytes)
        .map_err(|error| (format!("is not JSON: {error}"), "a JSON Schema is a JSON file"))?;
    Schema::compile(name, &schema).map_err(|why| {
        let refers = ["fetch", "retriev", "resolv", "reference"];
        let help = if refers.iter().any(|word| why.contains(word)) {
            "nothing is fetched: put what it refers to under its own `$defs`"
        } else {
            "check the schema against the draft that its `$schema` names"
        };
        (format!("does not compile: {why}"), help)
    })
}
