//! The blocks of `expect`, `warn` and the rules under `verdict`.

use std::time::Duration;

use freshwatch_probe::expectation::Expectation;
use freshwatch_probe::matcher::Matcher;
use freshwatch_probe::path::Path;
use http::header::HeaderName;

use super::comparison::{self, Unit};
use super::matcher::{self, Subject};
use super::{headers, path, scalar, schema, status};
use crate::block::{Block, Field, Value};
use crate::context::Context;
use crate::shape::{Elsewhere, Shape};

/// Where a block stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Expect,
    Warn,
    /// Under `verdict`.
    Rule,
}

impl Kind {
    const fn shape(self) -> &'static Shape {
        match self {
            Self::Expect => &EXPECT,
            Self::Warn => &WARN,
            Self::Rule => &RULE,
        }
    }
}

const STRICT: &[&str] = &[
    "status",
    "headers",
    "body",
    "text",
    "schema",
    "size",
    "certificate",
];
pub(super) const EXPECT: Shape = Shape {
    merging: MERGING,
    elsewhere: &[
        LATE,
        Elsewhere::built(
            &["$"],
            "it belongs under `expect.body`: `expect: {body: {$.status: OK}}`",
        ),
    ],
    ..Shape::closed("`expect`", STRICT)
};
pub(super) const WARN: Shape = Shape {
    merging: MERGING,
    elsewhere: &[Elsewhere::built(
        &["$"],
        "it belongs under `warn.body`: `warn: {body: {$.status: OK}}`",
    )],
    ..Shape::closed(
        "`warn`",
        &[
            "status",
            "headers",
            "body",
            "text",
            "schema",
            "size",
            "certificate",
            "latency",
        ],
    )
};
pub(super) const RULE: Shape = Shape {
    merging: MERGING,
    elsewhere: &[
        LATE,
        Elsewhere::built(
            &["$"],
            "it belongs under the rule's `body`: `stale: {body: {$.status: STALE}}`",
        ),
    ],
    ..Shape::closed("a rule under `verdict`", STRICT)
};
const LATE: Elsewhere = Elsewhere::built(
    &["latency"],
    "it belongs under `warn`: too slow is degraded, and beyond `timeout` it is down",
);
const MERGING: &[&str] = &["headers", "body"];
pub(super) const HEADERS: Shape = Shape::free("`headers`", "content-type: {matches: ^application/json}");
pub(super) const BODY: Shape = Shape::free("`body`", "$.status: OK");
const BOUNDS: &[&str] = &["above", "at_least", "below", "at_most"];
pub(super) const SIZE: Shape = Shape {
    elsewhere: &[Elsewhere::built(
        &["equals"],
        "write a bound such as `at_most: 200KiB`",
    )],
    ..Shape::closed("`size`", BOUNDS)
};
pub(super) const LATENCY: Shape = Shape {
    elsewhere: &[Elsewhere::built(
        &["equals"],
        "write a bound such as `at_most: 800ms`",
    )],
    ..Shape::closed("`latency`", BOUNDS)
};
pub(super) const CERTIFICATE: Shape = Shape::closed("`certificate`", &["valid_for"]);

/// Reads a block.
pub(crate) fn read(value: Value, kind: Kind, context: &Context) -> Option<Expectation> {
    let block = Block::open(value, kind.shape(), context)?;
    Some(Expectation {
        status: block.read("status", |node| status::read(node, context)),
        headers: block
            .value("headers")
            .map(|value| headers(value, context))
            .unwrap_or_default(),
        body: block
            .value("body")
            .map(|value| body(value, context))
            .unwrap_or_default(),
        text: block.read("text", |node| matcher::read(node, Subject::Text, context)),
        schema: block.read("schema", |node| schema::read(node, context)),
        size: block
            .value("size")
            .map(|value| comparison::read(value, &SIZE, Unit::Size, context))
            .unwrap_or_default(),
        certificate_valid_for: block
            .value("certificate")
            .and_then(|value| certificate(value, context)),
        latency: block
            .value("latency")
            .filter(|_| kind == Kind::Warn)
            .map(|value| comparison::read(value, &LATENCY, Unit::Time, context))
            .unwrap_or_default(),
    })
}

fn headers(value: Value, context: &Context) -> Vec<(HeaderName, Matcher)> {
    let Some(block) = Block::open(value, &HEADERS, context) else {
        return Vec::new();
    };
    // Names of headers have no case, so `defaults` may hold an own one in another spelling.
    let is_replaced = |field: &Field| {
        let name = &field.key.text;
        let spelt_anew = |own: &Field| !own.value.inherited && own.key.text.eq_ignore_ascii_case(name);
        field.value.inherited && block.fields().any(|own| spelt_anew(&own))
    };
    block
        .fields()
        .filter(|field| !is_replaced(field))
        .filter_map(|Field { key, value }| {
            let name = headers::name(&key.text, key.place, context);
            let matcher = matcher::read(value.node, Subject::Header, context);
            name.zip(matcher)
        })
        .collect()
}

fn body(value: Value, context: &Context) -> Vec<(Path, Matcher)> {
    let Some(block) = Block::open(value, &BODY, context) else {
        return Vec::new();
    };
    let mut matchers: Vec<_> = block
        .fields()
        .filter_map(|Field { key, value }| {
            let path = path::key(key, context)?;
            let subject = if path.is_singular() {
                Subject::One(&key.text)
            } else {
                Subject::Many
            };
            Some((path, matcher::read(value.node, subject, context)?))
        })
        .collect();
    // They are kept for as long as the probe is.
    matchers.shrink_to_fit();
    matchers
}

fn certificate(value: Value, context: &Context) -> Option<Duration> {
    let block = Block::open(value, &CERTIFICATE, context)?;
    block.read("valid_for", |node| scalar::positive_duration(node, context))
}
