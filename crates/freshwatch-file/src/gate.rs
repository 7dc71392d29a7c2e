//! A gate's file: one text to one gate, or every mistake in it.

use std::io;
use std::path::Path;

use freshwatch_probe::gate::Gate;

use crate::context::Context;
use crate::elements::gate;
use crate::found::Found;
use crate::mistakes::Mistakes;
use crate::parse::{Source, drop_byte_order_mark, root};
use crate::purpose::Purpose;

/// Reads the file of a gate that is already in memory. `env` looks environment variables up; nothing else of the world
/// is seen.
///
/// # Errors
/// Every mistake in it.
pub fn parse_gate(source: Source, env: &dyn Fn(&str) -> Option<String>) -> Result<Gate, Mistakes> {
    parse_beside(vec![source], Vec::new(), env)
}

/// As [`parse_gate`], with the mistakes that were found on the way to the text.
pub(crate) fn parse_beside(
    mut sources: Vec<Source>,
    found: Vec<Found>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Gate, Mistakes> {
    sources.iter_mut().for_each(drop_byte_order_mark);
    // The files that a gate names are read when it asks.
    let reads_nothing = |_: &Path| -> io::Result<Vec<u8>> { Err(io::ErrorKind::NotFound.into()) };
    let context = Context::new(&sources, Purpose::Running, env, &reads_nothing);
    let is_readable = found.is_empty();
    for found in found {
        context.report(found);
    }
    let text = sources.first().map_or("", |source| &source.text);
    let root = is_readable
        .then(|| root(0, text, gate::EMPTY, &context))
        .flatten();
    let gate = root.and_then(|root| gate::read(&root, &context));
    match gate {
        Some(gate) if context.reported() == 0 => Ok(gate),
        Some(_) => Err(context.finish()),
        None => {
            gate::never_without_a_word(&context);
            Err(context.finish())
        }
    }
}
