//! A probe.

use std::sync::Arc;

use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::request::Method;
use freshwatch_probe::unit_test::UnitTest;
use freshwatch_probe::verdict::Verdict;

use super::expectation::{self, Kind};
use super::needs::{self, Need};
use super::{
    answer_body, fresh, labels, origin, request, retry, scalar, schedule, slo, tests, timeout, verdict_rules,
};
use crate::block::{Block, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::provenance::MadeFrom;
use crate::shape::{Elsewhere, Shape};
use crate::yaml::{Key, Node, Place};

pub(super) const PROBE: Shape = Shape {
    later: &["steps", "save", "proxy"],
    merging: &[
        "headers", "query", "tls", "resolve", "retry", "expect", "warn", "verdict", "fresh", "labels", "slo",
    ],
    exclusive: &[
        &["every", "cron"],
        &["get", "head", "post", "put", "patch", "delete", "options"],
    ],
    elsewhere: ELSEWHERE,
    ..Shape::closed(
        "a probe",
        &[
            "description",
            "get",
            "head",
            "post",
            "put",
            "patch",
            "delete",
            "options",
            "origin",
            "headers",
            "query",
            "body",
            "json",
            "form",
            "auth",
            "tls",
            "redirects",
            "read_as",
            "max_body",
            "http",
            "connection",
            "resolve",
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
            "tests",
        ],
    )
};

/// Keys of the blocks of a probe that people write beside these blocks.
pub(super) const ELSEWHERE: &[Elsewhere] = &[
    Elsewhere::built(
        OF_FRESH,
        "it belongs under `fresh`, as in `fresh: {at: $.updatedAt, max_age: 1h}`",
    ),
    Elsewhere::built(
        &["status", "text", "schema", "size", "certificate"],
        "it belongs under `expect` (or `warn`)",
    ),
    Elsewhere::built(
        &["latency"],
        "it belongs under `warn`: `warn: {latency: {at_most: 800ms}}`",
    ),
    Elsewhere::built(
        &["$"],
        "a path belongs under `expect.body`, or behind the signal of `fresh`",
    ),
    Elsewhere::built(&["attempts", "backoff"], "it belongs under `retry`"),
    Elsewhere::built(&["basic", "bearer"], "it belongs under `auth`"),
    Elsewhere::built(
        &["ca", "cert", "server_name", "insecure"],
        "it belongs under `tls`",
    ),
    Elsewhere::later(
        &["always", "wait_for", "within", "visible_within"],
        "it belongs to `steps`, which are not supported yet",
    ),
    Elsewhere::later(
        &["name"],
        "it belongs to `steps`, which are not supported yet; the key above a probe is its name",
    ),
];
const OF_FRESH: &[&str] = &[
    "at",
    "age",
    "expires",
    "pick",
    "format",
    "unit",
    "max_age",
    "warn_age",
    "max_skew",
    "max_cache_age",
    "period",
    "advances",
    "changes",
    "follows",
    "due",
    "covers",
    "window",
    "grace",
    "roll",
    "each",
    "quorum",
    "ignore",
    "calendar",
];

/// Whether a member of `probes` is a key of a probe that is not indented far enough. A probe may have the name of a
/// key: it has a method.
pub(crate) fn is_stray(key: &Key, value: &Node) -> bool {
    let is_key = PROBE.keys.contains(&key.text.as_str()) || PROBE.later.contains(&key.text.as_str());
    is_key && !looks_like_probe(value)
}

/// Whether a value has what every probe needs.
pub(crate) fn looks_like_probe(value: &Node) -> bool {
    let methods = Method::ALL.iter().map(|method| method.key());
    methods.chain(["steps"]).any(|method| value.key(method).is_some())
}

/// A probe as it stands in its file.
pub(crate) struct Declared {
    pub name: String,
    pub place: Place,
    /// None where it has mistakes. Where it is, it stays: a hundred thousand of them are not moved around.
    pub definition: Option<Arc<Definition>>,
    pub made_from: MadeFrom,
    pub needs: Vec<Need>,
    /// Kept where they are wanted alone.
    pub tests: Vec<UnitTest>,
}

/// Reads a probe with `defaults` beneath it.
pub(crate) fn read(key: &Key, value: Value, context: &Context) -> Declared {
    let before = context.reported();
    context.begin();
    let name = name(key, context);
    let block = Block::open(value, &PROBE, context);
    let is_damaged = block.as_ref().is_some_and(|block| block.is_damaged);
    let needs = block
        .as_ref()
        .and_then(|block| block.value("needs"))
        .map(|value| needs::read(value, name.as_ref(), context))
        .unwrap_or_default();
    let definition = block
        .as_ref()
        .and_then(|block| definition(name, key, block, context))
        .map(|mut definition| {
            definition.needs = needs.iter().map(|need| need.name.clone()).collect();
            definition
        });
    let clean = context.reported() == before;
    if clean && definition.is_none() && !is_damaged {
        // Fail closed: a probe that gives nothing must not vanish without a word.
        context.report(
            Found::new(
                key.place,
                Code::Syntax,
                format!("the probe `{}` could not be read", key.text),
            )
            .help("this is a fault of freshwatch: please report it with the probe"),
        );
    }
    let made_from = context.made_from(key, value.node);
    let tests = block.map(|block| tests::read(key, &block, definition.as_ref(), context));
    Declared {
        name: key.text.to_string(),
        place: key.place,
        definition: definition.filter(|_| clean).map(Arc::new),
        made_from,
        needs,
        tests: tests.unwrap_or_default(),
    }
}

fn name(key: &Key, context: &Context) -> Option<ProbeName> {
    match ProbeName::parse(&key.text) {
        Ok(name) => Some(name),
        Err(why) => {
            let close: String = key
                .text
                .to_ascii_lowercase()
                .chars()
                .map(|c| {
                    if c.is_ascii_lowercase() || c.is_ascii_digit() {
                        c
                    } else {
                        '-'
                    }
                })
                .take(63)
                .collect();
            let close = close.trim_matches('-');
            let found = Found::new(key.place, Code::BadName, why);
            context.refuse(if close.is_empty() {
                found.help(
                    "the name becomes a label and a CronJob's name: use lower-case letters, digits and `-`",
                )
            } else {
                found.help(format!(
                    "the name becomes a label and a CronJob's name: call it `{close}`"
                ))
            })
        }
    }
}

fn definition(name: Option<ProbeName>, key: &Key, block: &Block, context: &Context) -> Option<Definition> {
    let is_journey = block.field("steps").is_some_and(|field| !field.value.inherited);
    let method = if is_journey {
        None
    } else {
        request::method(block, key.place, context)
    };
    let request = request::read(block, method, context);
    let schedule = schedule::read(block, context);
    schedule::check_jitter(block, &schedule, context);
    let timeout = timeout::read(block, context);
    let retry = block
        .value("retry")
        .and_then(|value| retry::read(value, context))
        .unwrap_or_default();
    timeout::check_retry(block, retry, timeout, context);
    let expect = block
        .value("expect")
        .and_then(|value| expectation::read(value, Kind::Expect, context));
    let warn = block
        .value("warn")
        .and_then(|value| expectation::read(value, Kind::Warn, context));
    if let Some(warn) = &warn {
        timeout::check_latency(block, warn, timeout, context);
    }
    let verdict_rules = block
        .value("verdict")
        .map(|value| verdict_rules::read(value, context))
        .unwrap_or_default();
    let flag = |key: &str| block.read(key, |node| scalar::flag(node, context));
    let self_report = flag("self_report").unwrap_or_default();
    let enabled = flag("enabled").unwrap_or(true);
    let fresh_field = block.field("fresh");
    let fresh_has_strays = OF_FRESH.iter().any(|key| block.field(key).is_some());
    let fresh = fresh_field
        .map(|field| fresh::read(field, fresh_has_strays, schedule.timezone.as_ref(), context))
        .unwrap_or_default();
    let tells_stale = fresh_field.is_some_and(|field| !fresh.is_empty() || !field.value.inherited)
        || fresh_has_strays
        || self_report
        || verdict_rules.iter().any(|rule| rule.verdict == Verdict::Stale);
    let origin = method.and_then(|(_, method)| origin::read(block, method, tells_stale, context));
    let tells = slo::Tells {
        stale: tells_stale,
        slow: warn.as_ref().is_some_and(|warn| !warn.latency.is_empty()),
    };
    let slo = block
        .value("slo")
        .and_then(|value| slo::read(value, tells, context));
    let labels = block
        .value("labels")
        .map(|value| labels::read(value, context))
        .unwrap_or_default();
    let description = block
        .read("description", |node| scalar::text(node, context))
        .map(str::to_owned);
    let mut definition = Definition {
        description,
        schedule,
        timeout,
        retry,
        verdict_rules,
        expect: expect.unwrap_or_default(),
        warn: warn.map(Box::new),
        self_report,
        fresh: fresh.into(),
        labels,
        slo,
        enabled,
        ..Definition::new(name?, request?)
    };
    definition.request.origin = origin;
    let (_, method) = method?;
    answer_body::check(&definition, block, method, context);
    Some(definition)
}
