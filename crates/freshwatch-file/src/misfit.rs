//! The mistakes of a block as a whole: keys that it does not have, and values that are no map.

use crate::context::Context;
use crate::custody;
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::Shape;
use crate::suggestion;
use crate::yaml::{Key, Node, Place};

/// What is wrong with a key of a block, if anything.
pub(crate) fn key(key: &Key, shape: &Shape, context: &Context) -> Option<Found> {
    let name = key.text.as_str();
    if shape.keys.contains(&name) {
        return None;
    }
    if shape.later.contains(&name) {
        return Some(not_supported_yet(key.place, name));
    }
    match shape.elsewhere(name) {
        None => Some(unknown_key(key, shape, context)),
        Some(elsewhere) if elsewhere.is_built => {
            let message = format!("`{name}` does not belong into {}", shape.name);
            Some(Found::new(key.place, Code::MisplacedKey, message).help(elsewhere.remedy))
        }
        Some(elsewhere) => Some(not_supported_yet(key.place, name).help(elsewhere.remedy)),
    }
}

/// The mistake of a key that is in the grammar but not built yet.
pub(crate) fn not_supported_yet(place: Place, key: &str) -> Found {
    Found::new(
        place,
        Code::NotSupportedYet,
        format!("`{key}` is not supported yet"),
    )
    .help("take it out for now: this version would not act on it")
}

/// The mistake of a key that the grammar does not have.
pub(crate) fn unknown_key(key: &Key, shape: &Shape, context: &Context) -> Found {
    let unknown = |name: &str| {
        let message = format!("{} has no key `{name}`", shape.name);
        Found::new(key.place, Code::UnknownKey, message)
    };
    if let Some(glued) = Glued::split(&key.text, shape) {
        // What follows the colon may be a credential.
        return unknown(&format!("{}:…", glued.key)).help(glued.remedy());
    }
    let known: Vec<&str> = shape.keys.iter().chain(shape.later).copied().collect();
    let near = Some(known).filter(|_| context.has_time_to_suggest());
    let help = match near.and_then(|known| suggestion::nearest(&key.text, known)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("allowed here: {}", suggestion::listed(shape.keys)),
    };
    unknown(&key.text).help(help)
}

/// The mistake of a value that should be a map.
pub(crate) fn no_map(node: &Node, shape: &Shape) -> Found {
    if node.is_null() {
        return empty(node, shape);
    }
    let found = Found::new(
        node.place,
        Code::WrongType,
        format!("{} is a map of keys and values, not {}", shape.name, node.kind()),
    );
    let text = node
        .scalar()
        .filter(|scalar| scalar.plain)
        .map_or("", |scalar| &scalar.text);
    if let Some(glued) = Glued::split(text, shape) {
        return found.help(glued.remedy());
    }
    if text.contains("://") && shape.keys.contains(&"get") {
        let url = custody::without_credentials(text);
        return found.help(format!("write `get: {url}` beneath the name"));
    }
    found.help(what_to_write(shape))
}

/// The mistake of a block without keys.
pub(crate) fn empty(node: &Node, shape: &Shape) -> Found {
    Found::new(node.place, Code::Empty, format!("{} is empty", shape.name))
        .help(format!("{}, or remove it", what_to_write(shape)))
}

fn what_to_write(shape: &Shape) -> String {
    if shape.keys.is_empty() {
        return format!(
            "write one `key: value` a line beneath it, such as `{}`",
            shape.example
        );
    }
    if shape.keys.contains(&"get") {
        return "write a method with a URL beneath it, such as `get: https://…`".into();
    }
    format!(
        "write at least one of {} beneath it",
        suggestion::listed(shape.keys)
    )
}

/// A key and a value without the space between them, which YAML takes for one word.
struct Glued<'t> {
    key: &'t str,
    value: &'t str,
}

impl<'t> Glued<'t> {
    fn split(text: &'t str, shape: &Shape) -> Option<Self> {
        let (key, value) = text.split_once(':')?;
        let is_key = shape.keys.contains(&key) || shape.is_free();
        (is_key && !value.starts_with("//")).then_some(Self { key, value })
    }

    fn remedy(&self) -> String {
        space_after_colon(self.key, self.value)
    }
}

/// What to do about a key and a value without a space between them. The value is shown only where it is a URL:
/// anything else may be a credential.
pub(crate) fn space_after_colon(key: &str, value: &str) -> String {
    let value = if value.starts_with("http") {
        custody::without_credentials(value)
    } else {
        "…".into()
    };
    format!("put a space after the colon: `{key}: {value}`")
}
