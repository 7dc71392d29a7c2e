//! Whether a failure to answer is tried again.

use freshwatch_probe::definition::Retry;

use super::scalar;
use crate::block::{Block, Value};
use crate::context::Context;
use crate::shape::Shape;

pub(super) const RETRY: Shape = Shape::closed("`retry`", &["attempts", "backoff"]);

/// Reads the key `retry`.
pub(crate) fn read(value: Value, context: &Context) -> Option<Retry> {
    let block = Block::open(value, &RETRY, context)?;
    let default = Retry::default();
    let attempts = block.read("attempts", |node| scalar::integer(node, &(1..=10), context));
    Some(Retry {
        attempts: attempts
            .and_then(|attempts| u32::try_from(attempts).ok())
            .unwrap_or(default.attempts),
        backoff: block
            .read("backoff", |node| scalar::duration(node, context))
            .unwrap_or(default.backoff),
    })
}
