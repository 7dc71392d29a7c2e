//! `origin`: the same server without the caches before it, asked as well when an answer is stale.

use freshwatch_probe::request::Method;
use freshwatch_probe::template::Template;

use super::url;
use crate::block::{Block, Field};
use crate::clash::{Party, clash};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::yaml::Node;

/// Reads the key `origin` of a probe that asks by `method`. What `defaults` bring is for the probes that can use it.
pub(crate) fn read(
    block: &Block,
    method: Field,
    tells_stale: bool,
    context: &Context,
) -> Option<Box<Template>> {
    let field = block.field("origin")?;
    let url = url(field.value.node, context);
    let own = !field.value.inherited;
    let word = method.key.text.as_str();
    // Only what changes nothing on the server may be asked twice (RFC 9110, section 9.2.1), and only these are cached.
    if ![Method::Get, Method::Head]
        .iter()
        .any(|method| method.key() == word)
    {
        if own {
            context.report(clash(
                Party::key(field),
                &[Some(Party::key(method))],
                Code::Conflict,
                &format!("`origin` asks a second time, and `{word}` is not asked twice"),
                "ask with `get` or `head`, or remove `origin`",
            ));
        }
        return None;
    }
    if !tells_stale && !block.is_damaged {
        if own {
            context.report(
                Found::new(
                    field.key.place,
                    Code::MisplacedKey,
                    "`origin` is asked when an answer is stale, and nothing here finds that",
                )
                .help("add `fresh`, or remove `origin`"),
            );
        }
        return None;
    }
    url.map(Box::new)
}

/// A URL without credentials of its own: those of the probe go there.
pub(crate) fn url(node: &Node, context: &Context) -> Option<Template> {
    let target = url::read(node, context)?;
    if target.credentials.is_none() {
        return Some(target.url);
    }
    context.refuse(
        Found::new(
            node.place,
            Code::BadUrl,
            "the URL of `origin` holds credentials of its own",
        )
        .help("take them out: the origin gets the probe's headers and its `auth`"),
    )
}
