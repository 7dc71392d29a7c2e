//! Blocks: maps of the grammar, with what `defaults` puts beneath them.

use crate::context::Context;
use crate::found::Found;
use crate::misfit;
use crate::mistake::Code;
use crate::shape::Shape;
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

    /// An item of the list that it is, with the same beneath it.
    pub const fn item(self, node: &'n Node) -> Self {
        Self { node, ..self }
    }

    /// A member of it, or of what `defaults` put beneath it.
    pub fn member(self, key: &str) -> Option<Field<'n>> {
        let beneath = self.beneath.and_then(|map| map.entry(key));
        let own = self.node.entry(key);
        let member = own.or(beneath)?;
        Some(Field {
            key: &member.key,
            value: Self {
                node: &member.value,
                beneath: own.and(beneath).map(|member| &member.value),
                inherited: self.inherited || own.is_none(),
            },
        })
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
            return context.refuse(misfit::no_map(value.node, shape));
        };
        if members.is_empty() && value.beneath.is_none() && !value.node.is_damaged {
            return context.refuse(misfit::empty(value.node, shape));
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
        for field in block.fields() {
            context.member(field.key, field.value.node, field.value.inherited);
        }
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
        self.fields().any(|Field { key, value }| {
            !value.inherited
                && shape.is_unknown(&key.text)
                && suggestion::nearest(&key.text, shape.keys.iter().copied()).is_some()
        })
    }

    /// Reports keys that do not belong here. Those of `defaults` are reported where `defaults` themselves are read.
    fn check_keys(&self, shape: &Shape, context: &Context) {
        if shape.is_free() {
            return;
        }
        for field in self.fields().filter(|field| !field.value.inherited) {
            if let Some(found) = misfit::key(field.key, shape, context) {
                context.report(found);
            }
        }
    }
}
