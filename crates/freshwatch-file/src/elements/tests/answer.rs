//! `answer`: what came, as a test records it.

use std::io;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use freshwatch_probe::unit_test::{Recorded, RecordedAnswer, media_type};
use freshwatch_probe::unreadable;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};

use super::super::{headers, json, placeholder, scalar};
use super::words;
use crate::block::{Block, Field, Value};
use crate::context::Context;
use crate::found::Found;
use crate::misfit::not_supported_yet;
use crate::mistake::Code;
use crate::shape::Shape;
use crate::yaml::{Content, Node};

pub(in crate::elements) const ANSWER: Shape = Shape::closed(
    "`answer`",
    &[
        "status",
        "headers",
        "json",
        "text",
        "body",
        "latency",
        "certificate",
        "down",
    ],
);
pub(in crate::elements) const HEADERS: Shape = Shape::free("`headers`", "content-type: application/json");
pub(in crate::elements) const CERTIFICATE: Shape = Shape::closed("`certificate`", &["valid_for"]);

/// The largest file of a recorded answer in bytes.
const LARGEST: usize = 4 << 20;

/// The largest sum of them in bytes: they are in memory together.
const LARGEST_SUM: usize = 256 << 20;

/// Reads the key `answer` of a test of `probe`.
pub(super) fn read(value: Value, probe: &Block, context: &Context) -> Option<Recorded> {
    if matches!(value.node.content, Content::List(_)) {
        let found = not_supported_yet(value.place(), "answer: […]");
        return context.refuse(found.help("a list of answers comes with `steps`: write one answer"));
    }
    let block = Block::open(value, &ANSWER, context)?;
    if let Some(down) = block.field("down") {
        let cause = words::failure(down.value.node, context);
        refuse_beside_down(down, &block, context)?;
        return cause.map(Recorded::Down);
    }
    let before = context.reported();
    let content = content(&block, probe, context);
    let mut answer = RecordedAnswer {
        status: status(&block, context).unwrap_or(200),
        headers: block
            .value("headers")
            .map(|value| fields(value, context))
            .unwrap_or_default(),
        body: Bytes::new(),
        latency: block
            .read("latency", |node| scalar::latency(node, context))
            .unwrap_or(Duration::ZERO),
        certificate_valid_for: block
            .value("certificate")
            .and_then(|value| certificate(value, context)),
    };
    if let Some((body, media_type)) = content {
        answer.body = body;
        if let Some(media_type) = media_type.filter(|_| !answer.headers.contains_key(CONTENT_TYPE)) {
            answer
                .headers
                .insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        }
    }
    (context.reported() == before && !block.is_damaged).then_some(Recorded::Answer(answer))
}

fn refuse_beside_down(down: Field, block: &Block, context: &Context) -> Option<()> {
    let Some(other) = block.fields().find(|field| field.key.text != "down") else {
        return Some(());
    };
    let message = format!(
        "`down` says that no answer came, and here is its `{}`",
        other.key.text
    );
    context.refuse(
        Found::new(other.key.place, Code::Conflict, message)
            .also(down.key.place, "`down`")
            .help("keep `down` alone, or remove it"),
    )
}

fn status(block: &Block, context: &Context) -> Option<u16> {
    let status = block.read("status", |node| scalar::integer(node, &(200..=599), context))?;
    u16::try_from(status).ok()
}

fn certificate(value: Value, context: &Context) -> Option<Duration> {
    let block = Block::open(value, &CERTIFICATE, context)?;
    let help = "write how long it is valid from `now` on: `certificate: {valid_for: 20d}`";
    let value = block.required("valid_for", block.place, help, context)?;
    scalar::duration(value.node, context)
}

/// The header fields as they came: without placeholders, on one line each.
fn fields(value: Value, context: &Context) -> HeaderMap {
    let Some(block) = Block::open(value, &HEADERS, context) else {
        return HeaderMap::new();
    };
    let mut fields = HeaderMap::new();
    for field in block.fields() {
        let name = headers::name(&field.key.text, field.key.place, context);
        let value = field_value(field.value.node, context);
        if let (Some(name), Some(value)) = (name, value) {
            fields.append(name, value);
        }
    }
    fields
}

fn field_value(node: &Node, context: &Context) -> Option<HeaderValue> {
    let Some(scalar) = node.scalar().filter(|_| !node.is_null()) else {
        return context.refuse(scalar::wrong_type(node, "a text"));
    };
    placeholder::refuse(node, context)?;
    match HeaderValue::from_bytes(scalar.text.as_bytes()) {
        Ok(value) => Some(value),
        Err(_) => context.refuse(
            Found::new(
                node.place,
                Code::BadHeader,
                "the value holds a control character, such as a newline",
            )
            .help("keep it on one line"),
        ),
    }
}

/// The one key that says what the body is; its bytes, and the media type that a server would most likely name.
fn content(block: &Block, probe: &Block, context: &Context) -> Option<(Bytes, Option<&'static str>)> {
    let mut written = ["json", "text", "body"]
        .into_iter()
        .filter_map(|key| block.field(key));
    let field = written.next()?;
    for other in written {
        let message = format!(
            "an answer has one body, and here are `{}` and `{}`",
            field.key.text, other.key.text
        );
        context.report(
            Found::new(other.key.place, Code::Conflict, message)
                .also(field.key.place, "the other one")
                .help("keep one of them"),
        );
    }
    if let Some(head) = probe.field("head") {
        context.report(
            Found::new(
                field.key.place,
                Code::Conflict,
                format!(
                    "the answer to HEAD has no body, and here is its `{}`",
                    field.key.text
                ),
            )
            .also(head.key.place, "`head`")
            .help("record `status` and `headers` alone"),
        );
    }
    let node = field.value.node;
    match field.key.text.as_str() {
        "json" => {
            let json = json::value(node, context)?;
            Some((json.to_string().into(), Some("application/json")))
        }
        "text" => Some((text(node, context)?, None)),
        _ => file(node, context),
    }
}

/// The body as it is written; an empty one is an answer too.
fn text(node: &Node, context: &Context) -> Option<Bytes> {
    let Some(scalar) = node.scalar().filter(|_| !node.is_null()) else {
        return context.refuse(scalar::wrong_type(node, "a text").help("write the body as it came"));
    };
    placeholder::refuse(node, context)?;
    Some(Bytes::copy_from_slice(scalar.text.as_bytes()))
}

fn file(node: &Node, context: &Context) -> Option<(Bytes, Option<&'static str>)> {
    let name = scalar::text(node, context)?;
    let path = context.beside(node.place, name);
    if !context.purpose.keeps_tests() {
        return Some((Bytes::new(), None));
    }
    let media_type = media_type(&path);
    let body = context.recordings.get(path.clone(), node.place, context, || {
        recording(&path, context).map_err(|(code, message, help)| {
            Found::new(
                node.place,
                code,
                format!("the recorded answer `{name}` {message}"),
            )
            .help(help)
            .boxed()
        })
    })?;
    Some((body, media_type))
}

fn recording(path: &Path, context: &Context) -> Result<Bytes, (Code, String, &'static str)> {
    let (bytes, sum) = context.recording(path).map_err(|error| {
        let help = if error.kind() == io::ErrorKind::InvalidInput {
            "name a file"
        } else {
            "its path is relative to this file"
        };
        let message = format!("cannot be read: {}", unreadable::why(&error));
        (Code::Unreadable, message, help)
    })?;
    if bytes.len() > LARGEST {
        let help = "record the part of it that the probe looks at";
        return Err((Code::TooLarge, "is larger than 4 MiB".into(), help));
    }
    if sum > LARGEST_SUM {
        let message = "and those before it are larger than 256 MiB together".into();
        return Err((Code::TooLarge, message, "test fewer files at once"));
    }
    Ok(bytes.into())
}
