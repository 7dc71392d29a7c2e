//! What looks at the answer's body needs an answer that has one, read as what it looks for.

use freshwatch_probe::definition::Definition;
use freshwatch_probe::freshness::{Signal, Source};
use freshwatch_probe::request::{Method, ReadAs};

use crate::block::{Block, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::yaml::{Key, Node, Place};

/// Refuses conditions on a body that the request does not get, or does not read as JSON.
pub(crate) fn check(definition: &Definition, block: &Block, method: Place, context: &Context) {
    let request = &definition.request;
    let no_body = request.method == Method::Head;
    let no_json = request.read_as == ReadAs::Text;
    if !no_body && !no_json {
        return;
    }
    let looks = in_blocks(block)
        .chain(in_fresh(definition, block))
        .chain(in_self_report(definition, block));
    for look in looks {
        let word = look.word;
        if no_body {
            context.report(
                Found::new(
                    look.place,
                    Code::Conflict,
                    format!("`{word}` looks at the body, and the answer to HEAD has none"),
                )
                .also(method, "the request")
                .help("use `get`"),
            );
        } else if look.json {
            let read_as = block.field("read_as").map_or(method, |field| field.key.place);
            context.report(
                Found::new(
                    look.place,
                    Code::Conflict,
                    format!("`{word}` needs JSON, and the body is read as text"),
                )
                .also(read_as, "here")
                .help("remove `read_as: text`, or look at the body with `text`"),
            );
        }
    }
}

/// A key that looks at the body.
struct Look<'n> {
    place: Place,
    word: &'n str,
    /// Whether it needs JSON.
    json: bool,
}

fn in_blocks<'n>(block: &Block<'n>) -> impl Iterator<Item = Look<'n>> {
    let blocks = ["expect", "warn"].into_iter().filter_map(|key| block.value(key));
    let rules = block.value("verdict").into_iter().flat_map(|value| {
        let maps = [Some(value.node), value.beneath].into_iter().flatten();
        maps.filter_map(Node::members)
            .flatten()
            .map(|member| Value::own(&member.value))
    });
    let looked_at = blocks.chain(rules).collect::<Vec<_>>();
    looked_at.into_iter().flat_map(|value| {
        let words = [("body", true), ("schema", true), ("text", false), ("size", false)];
        words.into_iter().filter_map(move |(word, json)| {
            let place = key(value, word)?.place;
            Some(Look { place, word, json })
        })
    })
}

fn in_fresh<'n>(definition: &Definition, block: &Block<'n>) -> Option<Look<'n>> {
    let fresh = definition.fresh.as_ref()?;
    let word = match fresh.signal {
        Signal::At { .. } => "at",
        Signal::Age { .. } => "age",
        Signal::Expires { .. } => "expires",
    };
    let json = match fresh.source {
        Source::Path(_) => true,
        Source::Text(_) => false,
        Source::Header(_) => return None,
    };
    let place = key(block.value("fresh")?, word)?.place;
    Some(Look { place, word, json })
}

fn in_self_report<'n>(definition: &Definition, block: &Block<'n>) -> Option<Look<'n>> {
    let place = block
        .field("self_report")
        .filter(|_| definition.self_report)?
        .key
        .place;
    Some(Look {
        place,
        word: "self_report",
        json: true,
    })
}

/// A key of a value, or of what `defaults` put beneath it.
fn key<'n>(value: Value<'n>, key: &str) -> Option<&'n Key> {
    value.node.key(key).or_else(|| value.beneath?.key(key))
}
