//! Sets of status codes: `200`, `2xx`, `[200, 204]`.

use freshwatch_probe::expectation::{StatusRange, StatusSet};

use super::scalar;
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::yaml::{Content, Node};

/// Reads the key `status`.
pub(crate) fn read(node: &Node, context: &Context) -> Option<StatusSet> {
    let entries = match &node.content {
        Content::List(_) => scalar::list(node, "statuses such as `200` or `2xx`", context)?,
        Content::Scalar(_) | Content::Map(_) => std::slice::from_ref(node),
    };
    let ranges: Vec<StatusRange> = entries.iter().filter_map(|entry| range(entry, context)).collect();
    (ranges.len() == entries.len()).then(|| StatusSet::new(ranges))
}

fn range(node: &Node, context: &Context) -> Option<StatusRange> {
    let Some(scalar) = node.scalar().filter(|_| !node.is_null()) else {
        return context.refuse(scalar::wrong_type(node, "a status such as `200` or `2xx`"));
    };
    let text = scalar.text.as_str();
    let range = match text.as_bytes() {
        [class @ b'1'..=b'5', b'x', b'x'] => Some(StatusRange::Class(u16::from(class - b'0'))),
        [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] => text.parse().ok().map(StatusRange::Code),
        _ => None,
    };
    match range {
        Some(range) => Some(range),
        None => context.refuse(
            Found::new(
                node.place,
                Code::BadStatus,
                format!("`{text}` is neither a status nor a class of them"),
            )
            .help(
                "write a code from 100 to 599, a class such as `2xx`, or a list of them such as `[200, 3xx]`",
            ),
        ),
    }
}
