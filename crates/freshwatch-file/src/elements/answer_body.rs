//! What looks at the answer's body needs an answer that has one, read as what it looks for.

use freshwatch_probe::definition::Definition;
use freshwatch_probe::freshness::Source;
use freshwatch_probe::request::{Method, ReadAs};
use freshwatch_probe::verdict::Verdict;

use crate::block::{Block, Field};
use crate::clash::{Party, clash};
use crate::context::Context;
use crate::mistake::Code;
use crate::yaml::Content;

/// Refuses conditions on a body that the request does not get, or does not read as JSON.
pub(crate) fn check(definition: &Definition, block: &Block, method: Field, context: &Context) {
    let request = &definition.request;
    let no_body = request.method == Method::Head;
    let no_json = request.read_as == ReadAs::Text;
    if !no_body && !no_json {
        return;
    }
    let looks = in_blocks(block)
        .chain(in_fresh(definition, block))
        .chain(in_self_report(definition, block));
    for Look { field, json } in looks {
        let word = field.key.text.as_str();
        if no_body {
            context.report(clash(
                Party::key(field),
                &[Some(Party::key(method))],
                Code::Conflict,
                &format!("`{word}` looks at the body, and the answer to HEAD has none"),
                "use `get`",
            ));
        } else if json {
            context.report(clash(
                Party::key(field),
                &[block.field("read_as").map(Party::key)],
                Code::Conflict,
                &format!("`{word}` needs JSON, and the body is read as text"),
                "remove `read_as: text`, or look at the body with `text`",
            ));
        }
    }
}

/// A key that looks at the body.
struct Look<'n> {
    field: Field<'n>,
    /// Whether it needs JSON.
    json: bool,
}

fn in_blocks<'n>(block: &Block<'n>) -> impl Iterator<Item = Look<'n>> {
    let blocks = ["expect", "warn"].into_iter().filter_map(|key| block.value(key));
    let rules = block.value("verdict").into_iter().flat_map(|rules| {
        let verdicts = Verdict::ALL.iter();
        verdicts.filter_map(move |verdict| Some(rules.member(verdict.as_str())?.value))
    });
    let looked_at = blocks.chain(rules).collect::<Vec<_>>();
    looked_at.into_iter().flat_map(|value| {
        let words = [("body", true), ("schema", true), ("text", false), ("size", false)];
        words.into_iter().filter_map(move |(word, json)| {
            let field = value.member(word)?;
            Some(Look { field, json })
        })
    })
}

/// The first rule under `fresh` that looks into the body.
fn in_fresh<'n>(definition: &Definition, block: &Block<'n>) -> Option<Look<'n>> {
    let rules = block.value("fresh")?;
    let rules = match &rules.node.content {
        Content::List(items) => items.iter().map(|item| rules.item(item)).collect(),
        Content::Map(_) | Content::Scalar(_) => vec![rules],
    };
    definition.fresh.iter().zip(rules).find_map(|(rule, value)| {
        let json = match rule.source {
            Source::Path(_) | Source::Join(_) | Source::Keys(_) => true,
            Source::Text(_) => false,
            Source::Header(_) => return None,
        };
        let field = value.member(rule.signal.word())?;
        Some(Look { field, json })
    })
}

fn in_self_report<'n>(definition: &Definition, block: &Block<'n>) -> Option<Look<'n>> {
    let field = block.field("self_report").filter(|_| definition.self_report)?;
    Some(Look { field, json: true })
}
