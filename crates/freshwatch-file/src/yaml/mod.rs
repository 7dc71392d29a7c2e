//! YAML as a small tree that remembers where everything stands.

mod escape;
mod node;
mod offsets;
mod scalar;
mod syntax;
mod tree;

#[cfg(test)]
mod differential;

pub(crate) use node::{Content, Key, Member, Node, Place, Scalar};
pub(crate) use scalar::Plain;
pub(crate) use tree::read;
