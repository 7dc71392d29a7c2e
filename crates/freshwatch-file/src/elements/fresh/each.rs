//! Items that are judged each on its own.

use std::collections::BTreeSet;

use freshwatch_probe::definition::Ratio;
use freshwatch_probe::freshness::Each;
use freshwatch_probe::path::Path;

use super::{Rule, lacks, source};
use crate::block::Block;
use crate::context::Context;
use crate::elements::{path, scalar};
use crate::found::Found;
use crate::mistake::Code;
use crate::yaml::Node;

/// Reads `each` and what belongs to it.
pub(super) fn read(block: &Block, context: &Context) -> Option<Each> {
    let items = block.read("each", |node| items(node, context));
    let key = block.read("key", |node| source::lone(node, context));
    let quorum = block.read("quorum", |node| quorum(node, context));
    let ignore = block.read("ignore", |node| names(node, context));
    Some(Each {
        items: items?,
        key,
        quorum,
        ignore: ignore.unwrap_or_default(),
    })
}

/// What moves has to be known again in the next run.
pub(super) fn check(rule: &Rule, context: &Context) {
    let is_nameless = rule.block.field("each").is_some() && rule.block.field("key").is_none();
    if is_nameless && rule.is(&["advances", "changes"]) && !rule.block.is_damaged {
        context.report(lacks(
            rule,
            rule.signal.key.place,
            Code::MissingKey,
            "nothing tells the items of one run from those of the next",
            "add `key: $.code` (what names an item)",
        ));
    }
}

fn items(node: &Node, context: &Context) -> Option<Path> {
    let path = path::read(node, context)?;
    if !path.is_singular() {
        return Some(path);
    }
    context.refuse(
        Found::new(
            node.place,
            Code::BadPath,
            format!("`{path}` matches one value at most: there is nothing to judge each of"),
        )
        .help(format!("did you mean `{path}[*]`?")),
    )
}

fn quorum(node: &Node, context: &Context) -> Option<Ratio> {
    let quorum = scalar::percentage(node, context)?;
    if quorum.parts_per_million() > 0 {
        return Some(quorum);
    }
    context.refuse(
        Found::new(
            node.place,
            Code::OutOfRange,
            "a quorum of nothing: no item would have to be fresh",
        )
        .help("write how many must be fresh, such as `95%`"),
    )
}

/// Names as texts or numbers, as the answer has them.
fn names(node: &Node, context: &Context) -> Option<BTreeSet<String>> {
    let items = scalar::list(node, "names of items", context)?;
    let names = items
        .iter()
        .map(|item| match item.scalar().filter(|_| !item.is_null()) {
            Some(scalar) if !scalar.text.is_empty() => Some(scalar.text.to_string()),
            Some(_) | None => context.refuse(scalar::wrong_type(item, "the name of an item")),
        });
    names.collect::<Vec<_>>().into_iter().collect()
}
