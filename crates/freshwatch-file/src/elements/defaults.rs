//! `defaults`: what the probes of a file share.

use freshwatch_probe::request::Method;

use super::expectation::{self, Kind};
use super::{
    fresh, labels, needs, origin, probe, request, retry, scalar, schedule, slo, timeout, verdict_rules,
};
use crate::block::{Block, Value};
use crate::context::Context;
use crate::found::Found;
use crate::misfit;
use crate::mistake::Code;
use crate::shape::Shape;
use crate::yaml::Node;

const DEFAULTS: Shape = Shape::free("`defaults`", "every: 5m");

/// The keys that may stand here.
pub(super) const KNOWN: Shape = Shape {
    later: &["proxy"],
    elsewhere: probe::ELSEWHERE,
    ..Shape::closed(
        "`defaults`",
        &[
            "every",
            "cron",
            "timezone",
            "jitter",
            "timeout",
            "retry",
            "expect",
            "warn",
            "verdict",
            "self_report",
            "fresh",
            "labels",
            "slo",
            "needs",
            "enabled",
            "origin",
            "headers",
            "query",
            "auth",
            "tls",
            "redirects",
            "read_as",
            "max_body",
            "http",
            "connection",
            "resolve",
        ],
    )
};

/// Keys that belong to one probe.
const OWN: [&str; 7] = ["description", "body", "json", "form", "steps", "tests", "save"];

/// Reads `defaults` by themselves, so that a mistake is found even when every probe goes its own way.
pub(crate) fn check(node: &Node, context: &Context) {
    let Some(block) = Block::open(Value::own(node), &DEFAULTS, context) else {
        return;
    };
    check_keys(&block, context);
    let schedule = schedule::read(&block, context);
    if block.field("every").is_some() {
        schedule::check_jitter(&block, &schedule, context);
    }
    timeout::read(&block, context);
    request::options(&block, context);
    block
        .value("origin")
        .map(|value| origin::url(value.node, context));
    for (key, kind) in [("expect", Kind::Expect), ("warn", Kind::Warn)] {
        block
            .value(key)
            .map(|value| expectation::read(value, kind, context));
    }
    block
        .value("verdict")
        .map(|value| verdict_rules::read(value, context));
    block.value("retry").map(|value| retry::read(value, context));
    block.value("labels").map(|value| labels::read(value, context));
    if let Some(value) = block.value("slo") {
        slo::read_defaults(value, context);
    }
    block
        .value("needs")
        .map(|value| needs::read(value, None, context));
    for key in ["self_report", "enabled"] {
        block.read(key, |node| scalar::flag(node, context));
    }
    if let Some(field) = block.field("fresh") {
        fresh::read_defaults(field, context);
    }
}

fn check_keys(block: &Block, context: &Context) {
    for field in block.fields() {
        let (key, name) = (field.key, field.key.text.as_str());
        let is_method = Method::ALL.iter().any(|method| method.key() == name);
        if is_method || OWN.contains(&name) {
            context.report(
                Found::new(
                    key.place,
                    Code::MisplacedKey,
                    format!("`{name}` belongs to one probe"),
                )
                .help("move it under the probe; `defaults` hold what the probes of the file share"),
            );
        } else if let Some(found) = misfit::key(key, &KNOWN, context) {
            context.report(found);
        }
    }
}
