//! The tree: nodes with the place of every key and value.

use std::hash::{Hash, Hasher};
use std::mem;

use compact_str::CompactString;

use super::scalar::{self, Plain};

/// A range of bytes in one of the files that are read together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The file's position in load order.
    pub file: usize,
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Place {
    /// The part of this place that starts `offset` bytes later and has `length` bytes.
    pub const fn part(self, offset: usize, length: usize) -> Self {
        Self {
            file: self.file,
            start: self.start + offset,
            end: self.start + offset + length,
        }
    }
}

/// A value of a file.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Where it stands. A value that is not written at all stands where its key does.
    pub place: Place,
    /// What it is.
    pub content: Content,
    /// Whether it is a map that lost members to mistakes: what it lacks is no mistake of its own then.
    pub is_damaged: bool,
}

/// What is written: not where, nor in which kind of quotes.
impl Hash for Node {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.content.hash(state);
    }
}

/// What a node is.
#[derive(Debug, Clone, Hash)]
pub(crate) enum Content {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Member>),
}

/// A key and its value.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Member {
    pub key: Key,
    pub value: Node,
}

/// A key, always a text.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub text: CompactString,
    pub place: Place,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// A scalar as it is written.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Scalar {
    /// Its text without quotes, escapes resolved.
    pub text: CompactString,
    /// Whether it has neither quotes nor a block style: only then can it be anything but a text.
    pub plain: bool,
}

impl Scalar {
    /// What the scalar is by the core schema of YAML 1.2.2, section 10.3.
    pub fn plain(&self) -> Plain {
        if self.plain {
            scalar::resolve(&self.text)
        } else {
            Plain::Text
        }
    }
}

impl Node {
    /// The scalar, if it is one.
    pub const fn scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            Content::List(_) | Content::Map(_) => None,
        }
    }

    /// The members, if it is a map.
    pub fn members(&self) -> Option<&[Member]> {
        match &self.content {
            Content::Map(members) => Some(members),
            Content::Scalar(_) | Content::List(_) => None,
        }
    }

    /// A member of a map.
    pub fn entry(&self, key: &str) -> Option<&Member> {
        self.members()?.iter().find(|member| member.key.text == key)
    }

    /// Takes the members out of a member of a map; it is empty afterwards.
    pub fn take_members(&mut self, key: &str) -> Vec<Member> {
        let Content::Map(members) = &mut self.content else {
            return Vec::new();
        };
        let member = members.iter_mut().find(|member| member.key.text == key);
        match member.map(|member| &mut member.value.content) {
            Some(Content::Map(members)) => mem::take(members),
            Some(Content::Scalar(_) | Content::List(_)) | None => Vec::new(),
        }
    }

    /// The value of a member of a map.
    pub fn member(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|member| &member.value)
    }

    /// A key of a map.
    pub fn key(&self, key: &str) -> Option<&Key> {
        self.entry(key).map(|member| &member.key)
    }

    /// What it is, in words: `a number`, `a list`.
    pub fn kind(&self) -> &'static str {
        match &self.content {
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
            Content::Scalar(scalar) => match scalar.plain() {
                Plain::Null => "empty",
                Plain::Bool(_) => "a truth value",
                Plain::Number(_) | Plain::NoNumber(_) => "a number",
                Plain::Text => "a text",
            },
        }
    }

    /// Whether nothing is written here, or `null`.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.plain() == Plain::Null)
    }
}
