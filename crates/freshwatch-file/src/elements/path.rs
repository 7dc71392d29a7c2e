//! JSONPaths (RFC 9535).

use freshwatch_probe::path::Path;

use super::scalar;
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::yaml::{Key, Node, Place};

/// Longer ones are no path that anybody wrote; parsing takes time by their length.
const LONGEST: usize = 2000;

/// How deep brackets and parentheses of a filter may nest: the engine's parser recurses.
const DEEPEST: usize = 32;

/// A path as a value.
pub(crate) fn read(node: &Node, context: &Context) -> Option<Path> {
    let text = scalar::text(node, context)?;
    parse(text, node.place, context)
}

/// A path as a key.
pub(crate) fn key(key: &Key, context: &Context) -> Option<Path> {
    parse(&key.text, key.place, context)
}

fn parse(text: &str, place: Place, context: &Context) -> Option<Path> {
    let depth = text
        .bytes()
        .scan(0_usize, |depth, byte| {
            match byte {
                b'[' | b'(' => *depth += 1,
                b']' | b')' => *depth = depth.saturating_sub(1),
                _ => {}
            }
            Some(*depth)
        })
        .max();
    if text.len() > LONGEST || depth.is_some_and(|depth| depth > DEEPEST) {
        return context.refuse(
            Found::new(
                place,
                Code::BadPath,
                format!("a path of more than {LONGEST} characters or {DEEPEST} nested brackets"),
            )
            .help("select with a shorter one"),
        );
    }
    context.paths.get(text.to_owned(), place, context, || {
        Path::parse(text).map_err(|why| match why.split_once("is not supported: ") {
            Some((what, instead)) => Found::new(place, Code::BadPath, format!("{what}is not supported"))
                .help(instead)
                .boxed(),
            None => Found::new(place, Code::BadPath, why).help(remedy(text)).boxed(),
        })
    })
}

fn remedy(text: &str) -> String {
    if let Some(rest) = text.strip_prefix('.') {
        return format!("did you mean `$.{rest}`?");
    }
    if !text.starts_with('$') && !text.contains(char::is_whitespace) {
        return format!("did you mean `$.{text}`?");
    }
    if text.contains("[]") {
        return format!("did you mean `{}`?", text.replace("[]", "[*]"));
    }
    if text.contains('-') && !text.contains('[') {
        return "a name with `-` stands in brackets: `$['last-update']`".into();
    }
    "write it like `$.updatedAt`, `$.items[0].price`, `$.items[*].price` or `$['a-b']`".into()
}
