//! Blocks: maps of the grammar, with what `defaults` puts beneath them.

use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::suggestion;
use crate::yaml::{Key, Node, Place};

/// A value of a probe, and the value of `defaults` beneath it where the two merge by key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'n> {
    /// The value that counts.
    pub node: &'n Node,
    /// The map of `defaults` that fills in the keys that this one lacks.
    pub beneath: Option<&'n Node>,
    /// Whether the value comes from `defaults`.
    pub inherited: bool,
}

impl<'n> Value<'n> {
    /// A value of its own, with nothing beneath.
    pub const fn own(node: &'n Node) -> Self {
        Self {
            node,
            beneath: None,
            inherited: false,
        }
    }

    /// Where it stands.
    pub const fn place(self) -> Place {
        self.node.place
    }
}

/// What a block of the grammar may hold.
pub(crate) struct Shape {
    /// The block in words: `a probe`, `` `tls` ``.
    pub name: &'static str,
    /// Its keys; none: the keys are the writer's own.
    pub keys: &'static [&'static str],
    /// Keys of the grammar that are not built yet.
    pub later: &'static [&'static str],
    /// Keys that belong elsewhere, and what to do about them.
    pub elsewhere: &'static [(&'static str, &'static str)],
    /// A line of a block whose keys are the writer's own.
    pub example: &'static str,
    /// Keys whose maps merge with those of `defaults`.
    pub merging: &'static [&'static str],
    /// Keys of which an own one puts the others of `defaults` out of force.
    pub exclusive: &'static [&'static [&'static str]],
}

impl Shape {
    /// A block with these keys, all of them built, that merges no further.
    pub const fn closed(name: &'static str, keys: &'static [&'static str]) -> Self {
        Self {
            name,
            keys,
            later: &[],
            elsewhere: &[],
            example: "",
            merging: &[],
            exclusive: &[],
        }
    }

    /// A block whose keys are the writer's own, with an example of a line.
    pub const fn free(name: &'static str, example: &'static str) -> Self {
        Self {
            example,
            ..Self::closed(name, &[])
        }
    }
}

/// A map, opened: its own members, then those of `defaults`.
#[derive(Debug, Clone)]
pub(crate) struct Block<'n> {
    /// Where it stands.
    pub place: Place,
    /// The block in words.
    pub name: &'static str,
    /// Whether it lost members to mistakes.
    pub is_damaged: bool,
    fields: Vec<Field<'n>>,
}

/// A member of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'n> {
    pub key: &'n Key,
    pub value: Value<'n>,
}

impl<'n> Block<'n> {
    /// Opens a value that should be a map of a shape; keys that do not belong there are reported.
    pub fn open(value: Value<'n>, shape: &Shape, context: &Context) -> Option<Self> {
        let Some(members) = value.node.members() else {
            return context.refuse(no_map(value.node, shape));
        };
        if members.is_empty() && value.beneath.is_none() && !value.node.is_damaged {
            return context.refuse(empty(value.node, shape));
        }
        let beneath = value.beneath.and_then(Node::members).unwrap_or_default();
        let own = members.iter().map(|member| Field {
            key: &member.key,
            value: Value {
                node: &member.value,
                beneath: value
                    .beneath
                    .filter(|_| shape.merges(&member.key.text))
                    .and_then(|map| map.member(&member.key.text))
                    .filter(|node| node.members().is_some()),
                inherited: value.inherited,
            },
        });
        let filled_in = beneath
            .iter()
            .filter(|member| {
                !members
                    .iter()
                    .any(|own| shape.replaces(&own.key.text, &member.key.text))
            })
            .map(|member| Field {
                key: &member.key,
                value: Value {
                    node: &member.value,
                    beneath: None,
                    inherited: true,
                },
            });
        let mut block = Self {
            place: value.node.place,
            name: shape.name,
            is_damaged: value.node.is_damaged,
            fields: own.chain(filled_in).collect(),
        };
        block.check_keys(shape, context);
        // A typo is told once: that the key which it should have been is missing would be the same mistake again.
        block.is_damaged |= block.has_typo(shape);
        Some(block)
    }

    /// The members in the order of the file, those of `defaults` last.
    pub fn fields(&self) -> impl Iterator<Item = Field<'n>> + '_ {
        self.fields.iter().copied()
    }

    /// A member.
    pub fn field(&self, key: &str) -> Option<Field<'n>> {
        self.fields().find(|field| field.key.text == key)
    }

    /// The value of a member.
    pub fn value(&self, key: &str) -> Option<Value<'n>> {
        self.field(key).map(|field| field.value)
    }

    /// The value of a member, read; nothing when it is missing or a mistake.
    pub fn read<T>(&self, key: &str, read: impl FnOnce(&'n Node) -> Option<T>) -> Option<T> {
        self.value(key).and_then(|value| read(value.node))
    }

    /// The value of a member that must be there.
    pub fn required(&self, key: &str, at: Place, help: &str, context: &Context) -> Option<Value<'n>> {
        let value = self.value(key);
        if value.is_none() && !self.is_damaged {
            context
                .report(Found::new(at, Code::MissingKey, format!("{} needs `{key}`", self.name)).help(help));
        }
        value
    }

    fn has_typo(&self, shape: &Shape) -> bool {
        let unknown = |name: &str| !shape.keys.contains(&name) && !shape.later.contains(&name);
        self.fields().any(|Field { key, value }| {
            let name = key.text.as_str();
            !value.inherited
                && unknown(name)
                && suggestion::nearest(name, shape.keys.iter().copied()).is_some()
        })
    }

    fn check_keys(&self, shape: &Shape, context: &Context) {
        if shape.keys.is_empty() && shape.later.is_empty() {
            return;
        }
        for Field { key, value } in self.fields() {
            let name = key.text.as_str();
            if let Some((_, remedy)) = shape.elsewhere.iter().find(|(key, _)| *key == name) {
                let message = format!("`{name}` does not belong into {}", shape.name);
                context.report(Found::new(key.place, Code::MisplacedKey, message).help(remedy));
            } else if shape.later.contains(&name) {
                context.report(not_supported_yet(key.place, name));
            } else if !shape.keys.contains(&name) && !value.inherited {
                context.report(unknown_key(key, shape, context));
            }
        }
    }
}

impl Shape {
    fn merges(&self, key: &str) -> bool {
        self.merging.contains(&key)
    }

    /// Whether an own key puts one of `defaults` out of force.
    fn replaces(&self, own: &str, default: &str) -> bool {
        own == default
            || self
                .exclusive
                .iter()
                .any(|keys| keys.contains(&own) && keys.contains(&default))
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
    let found = Found::new(
        key.place,
        Code::UnknownKey,
        format!("{} has no key `{}`", shape.name, key.text),
    );
    if let Some((before, _)) = key.text.split_once(':')
        && shape.keys.contains(&before)
    {
        return found.help(format!("put a space after the `:` of `{before}:`"));
    }
    let known: Vec<&str> = shape.keys.iter().chain(shape.later).copied().collect();
    let near = Some(known).filter(|_| context.has_time_to_suggest());
    let help = match near.and_then(|known| suggestion::nearest(&key.text, known)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("allowed here: {}", suggestion::listed(shape.keys)),
    };
    found.help(help)
}

fn no_map(node: &Node, shape: &Shape) -> Found {
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
        .map(|scalar| scalar.text.as_str());
    if let Some(url) = text.filter(|text| text.contains("://") && shape.keys.contains(&"get")) {
        return found.help(format!("write `get: {url}` beneath the name"));
    }
    if let Some((before, after)) = text.and_then(|text| text.split_once(':'))
        && !after.starts_with("//")
        && (shape.keys.contains(&before) || shape.keys.is_empty())
    {
        return found.help(format!("put a space after the `:` of `{before}:`"));
    }
    found.help(what_to_write(shape))
}

fn empty(node: &Node, shape: &Shape) -> Found {
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
