//! Credentials of a request.

use freshwatch_probe::request::Auth;
use freshwatch_probe::template::Template;

use super::headers::check_value;
use super::placeholder;
use crate::block::{Block, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::Shape;
use crate::yaml::{Content, Node};

pub(super) const AUTH: Shape = Shape {
    later: &["oauth2"],
    ..Shape::closed("`auth`", &["basic", "bearer"])
};
pub(super) const BASIC: Shape = Shape::closed("`basic`", &["username", "password"]);

/// Reads the key `auth`.
pub(crate) fn read(value: Value, context: &Context) -> Option<Auth> {
    hide_everything(value.node, context);
    let block = Block::open(value, &AUTH, context)?;
    let by_password = block
        .field("basic")
        .map(|field| (field.key, basic(field.value, context)));
    let by_token = block
        .field("bearer")
        .map(|field| (field.key, bearer(field.value.node, context)));
    match (by_password, by_token) {
        (Some((first, _)), Some((second, _))) => context.refuse(
            Found::new(
                second.place,
                Code::Conflict,
                "`auth` is `basic` or `bearer`, not both",
            )
            .also(first.place, "the other one")
            .help("keep one of them"),
        ),
        (Some((_, auth)), None) | (None, Some((_, auth))) => auth,
        (None, None) => None,
    }
}

/// Whatever is written here is a credential, under a mistyped key as well.
fn hide_everything(node: &Node, context: &Context) {
    match &node.content {
        Content::Scalar(_) => placeholder::hide(node, context),
        Content::List(items) => items.iter().for_each(|item| hide_everything(item, context)),
        Content::Map(members) => members
            .iter()
            .for_each(|member| hide_everything(&member.value, context)),
    }
}

/// RFC 7617.
fn basic(value: Value, context: &Context) -> Option<Auth> {
    let block = Block::open(value, &BASIC, context)?;
    let help = "write `basic: {username: …, password: \"${env:NAME}\"}`";
    let read = |key: &str| -> Option<(Template, &Node)> {
        let node = block.required(key, block.place, help, context)?.node;
        Some((placeholder::credential(node, context)?, node))
    };
    let (username, password) = (read("username"), read("password"));
    let (username, at) = username?;
    let rendered = placeholder::rendered_harmlessly(&username);
    if rendered.contains(':') || rendered.chars().any(char::is_control) {
        return context.refuse(
            Found::new(
                at.place,
                Code::BadHeader,
                "a username may hold neither `:` nor control characters (RFC 7617)",
            )
            .help("check the value, and where it comes from"),
        );
    }
    let (password, _) = password?;
    Some(Auth::Basic { username, password })
}

/// RFC 6750.
fn bearer(node: &Node, context: &Context) -> Option<Auth> {
    let token = placeholder::credential(node, context)?;
    check_value(&token, node.place, "`bearer`", context)?;
    Some(Auth::Bearer(token))
}
