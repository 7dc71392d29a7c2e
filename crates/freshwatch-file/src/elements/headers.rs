//! Headers of a request, and the names of headers everywhere.

use freshwatch_probe::template::Template;
use http::header::{self, HeaderName, HeaderValue};

use super::placeholder;
use crate::block::{Block, Field, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::Shape;
use crate::yaml::Place;

pub(super) const HEADERS: Shape = Shape::free("`headers`", "Accept: application/json");

/// What frames a message or belongs to one connection (RFC 9110, section 7.6.1): the prober writes these itself.
const OURS: [HeaderName; 7] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// Headers whose value is a credential.
const CREDENTIALS: [HeaderName; 3] = [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE];

/// The headers of a request. An own one goes before one of `defaults`, whatever its case.
pub(crate) fn read(value: Value, context: &Context) -> Vec<(HeaderName, Template)> {
    let Some(block) = Block::open(value, &HEADERS, context) else {
        return Vec::new();
    };
    let mut headers: Vec<(HeaderName, Template)> = Vec::new();
    let mut known: Vec<(HeaderName, Place)> = Vec::new();
    for field in block.fields() {
        let Some(name) = name(&field.key.text, field.key.place, context) else {
            continue;
        };
        if OURS.contains(&name) {
            context.report(
                Found::new(
                    field.key.place,
                    Code::BadHeader,
                    format!("`{name}` is written by the prober itself"),
                )
                .help(if name == header::CONNECTION {
                    "use the key `connection` beside `headers`"
                } else {
                    "remove it"
                }),
            );
            continue;
        }
        if let Some((_, first)) = known.iter().find(|(known, _)| *known == name) {
            if !field.value.inherited {
                context.report(
                    Found::new(
                        field.key.place,
                        Code::DuplicateKey,
                        format!("the header `{name}` stands here twice"),
                    )
                    .label("again")
                    .also(*first, "first")
                    .help("names of headers have no case: keep one of the two"),
                );
            }
            continue;
        }
        known.push((name.clone(), field.key.place));
        headers.extend(header(name, field, context));
    }
    headers
}

fn header(name: HeaderName, field: Field, context: &Context) -> Option<(HeaderName, Template)> {
    let node = field.value.node;
    let template = if CREDENTIALS.contains(&name) {
        placeholder::credential(node, context)?
    } else {
        placeholder::template(node, context)?
    };
    check_value(&template, node.place, &format!("`{name}`"), context)?;
    Some((name, template))
}

/// Refuses what a header cannot carry (RFC 9110, section 5.5), such as the newline at the end of a variable.
pub(super) fn check_value(template: &Template, place: Place, of: &str, context: &Context) -> Option<()> {
    let rendered = placeholder::rendered_harmlessly(template);
    if HeaderValue::from_bytes(rendered.as_bytes()).is_ok() {
        return Some(());
    }
    let help = if template.holds_secret() {
        "look for a newline in the variable or the text; `printf %s` writes none"
    } else {
        "keep it on one line"
    };
    context.refuse(
        Found::new(
            place,
            Code::BadHeader,
            format!("the value of {of} holds a control character, such as a newline"),
        )
        .help(help),
    )
}

/// The name of a header (RFC 9110, section 5.1).
pub(crate) fn name(text: &str, place: Place, context: &Context) -> Option<HeaderName> {
    match HeaderName::from_bytes(text.as_bytes()) {
        Ok(name) => Some(name),
        Err(_) => context.refuse(
            Found::new(
                place,
                Code::BadName,
                format!("`{text}` is not the name of a header"),
            )
            .help("it has letters, digits and `-`, without spaces or `:`"),
        ),
    }
}
