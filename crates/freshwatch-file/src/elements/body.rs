//! What a request sends: `body`, `json` or `form`.

use freshwatch_probe::request::{Method, RequestBody};
use freshwatch_probe::template::Template;

use super::{json, placeholder};
use crate::block::{Block, Field, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::Shape;

/// The keys, of which a request has one at most.
pub(crate) const KEYS: [&str; 3] = ["body", "json", "form"];

pub(super) const FORM: Shape = Shape::free("`form`", "name: value");

/// Reads the body of a request with this method.
pub(crate) fn read(block: &Block, method: Option<Method>, context: &Context) -> Option<RequestBody> {
    let written: Vec<Field> = KEYS.iter().filter_map(|key| block.field(key)).collect();
    let first = *written.first()?;
    if let Some(second) = written.get(1) {
        context.report(
            Found::new(
                second.key.place,
                Code::Conflict,
                format!(
                    "a request has `{}` or `{}`, not both",
                    first.key.text, second.key.text
                ),
            )
            .also(first.key.place, "the other one")
            .help("keep one of them"),
        );
    }
    if method == Some(Method::Head) {
        context.report(
            Found::new(first.key.place, Code::Conflict, "a HEAD request sends no body")
                .help("remove it, or use `post`"),
        );
    }
    let mut bodies: Vec<Option<RequestBody>> = written.iter().map(|field| body(field, context)).collect();
    bodies.swap_remove(0)
}

fn body(field: &Field, context: &Context) -> Option<RequestBody> {
    let node = field.value.node;
    match field.key.text.as_str() {
        "json" => json::body(node, context).map(RequestBody::Json),
        "form" => Some(RequestBody::Form(named(field.value, &FORM, context))),
        _ => placeholder::template(node, context).map(RequestBody::Text),
    }
}

/// Request strings by names of the writer's own, as in `form` and `query`.
pub(crate) fn named(value: Value, shape: &Shape, context: &Context) -> Vec<(String, Template)> {
    let Some(block) = Block::open(value, shape, context) else {
        return Vec::new();
    };
    block
        .fields()
        .filter_map(|field| {
            if field.key.text.contains("${") {
                return context.refuse(
                    Found::new(field.key.place, Code::Placeholder, "a placeholder in a name")
                        .help(format!("placeholders stand in the values of {}", shape.name)),
                );
            }
            let template = placeholder::template(field.value.node, context)?;
            Some((field.key.text.to_string(), template))
        })
        .collect()
}
