//! What an answer should look like, in words.

use std::time::Duration;

use crate::expectation::{Expectation, StatusSet, VerdictRule};
use crate::matcher::{Comparison, Condition, Matcher};
use crate::{duration, show, size};

/// `expect`, which wants a success where it does not say.
pub(super) fn expected(expectation: &Expectation) -> Vec<String> {
    let wanted = expectation.status.as_ref();
    let status = wanted.unwrap_or(StatusSet::success());
    let status = format!("the status is {status}");
    [status].into_iter().chain(beside_status(expectation)).collect()
}

/// `warn`, whose broken parts make an answer `degraded`.
pub(super) fn warned(expectation: &Expectation) -> Vec<String> {
    let parts = parts(expectation).into_iter();
    parts.map(|part| format!("`degraded` unless {part}")).collect()
}

/// The rules under `verdict`, in their order.
pub(super) fn rules(rules: &[VerdictRule]) -> Vec<String> {
    let rule = |rule: &VerdictRule| {
        let parts = parts(&rule.when);
        let when = if parts.is_empty() {
            "there is any answer".into()
        } else {
            parts.join(", and ")
        };
        format!("`{}` when {when}", rule.verdict)
    };
    let order = match rules {
        [] => None,
        [_] => Some("that is looked at before everything else".to_owned()),
        [..] => Some("the first of these that fits decides, before everything else".to_owned()),
    };
    rules.iter().map(rule).chain(order).collect()
}

fn parts(expectation: &Expectation) -> Vec<String> {
    let status = expectation.status.as_ref();
    let status = status.map(|status| format!("the status is {status}"));
    status.into_iter().chain(beside_status(expectation)).collect()
}

fn beside_status(expectation: &Expectation) -> Vec<String> {
    let mut parts = Vec::new();
    for (name, matcher) in &expectation.headers {
        parts.push(format!("the header `{name}` {}", words(matcher)));
    }
    for (path, matcher) in &expectation.body {
        parts.push(format!("`{path}` {}", words(matcher)));
    }
    let text = expectation.text.as_ref();
    parts.extend(text.map(|matcher| format!("the body, as text, {}", words(matcher))));
    let schema = expectation.schema.as_ref();
    parts.extend(schema.map(|schema| format!("the body fits the schema `{}`", schema.name())));
    let sizes = described(&expectation.size, |bytes| size::show(whole(bytes)));
    parts.extend(sizes.map(|bounds| format!("the size of the body is {bounds}")));
    let certificate = expectation.certificate_valid_for.map(duration::show);
    parts.extend(certificate.map(|left| format!("the certificate is valid for {left} or longer")));
    let latency = described(&expectation.latency, |millis| {
        duration::show(Duration::from_millis(whole(millis)))
    });
    parts.extend(latency.map(|bounds| format!("the time to answer is {bounds}")));
    parts
}

/// The conditions in words, for behind what they are about.
fn words(matcher: &Matcher) -> String {
    let words: Vec<String> = matcher.conditions.iter().map(condition_words).collect();
    words.join(" and ")
}

fn condition_words(condition: &Condition) -> String {
    match condition {
        Condition::Equals(_)
        | Condition::Not(_)
        | Condition::OneOf(_)
        | Condition::Compare(_)
        | Condition::Matches(_)
        | Condition::StartsWith(_)
        | Condition::EndsWith(_) => format!("is {}", condition.describe()),
        Condition::Contains(value) => format!("contains {}", show::wanted(value)),
        Condition::Exists(true) => "is there".into(),
        Condition::Exists(false) => "is not there".into(),
        Condition::Empty(true) => "is empty".into(),
        Condition::Empty(false) => "is not empty".into(),
        Condition::Type(kind) => format!("is of the type {kind}"),
        Condition::Count(_) => format!("has a count of {}", condition.describe()),
        Condition::Length(_) => format!("has a length of {}", condition.describe()),
        Condition::Each(matcher) => format!("{} in each", words(matcher)),
        Condition::Any(matcher) => format!("{} in at least one", words(matcher)),
    }
}

fn described(bounds: &[Comparison], show: impl Fn(f64) -> String) -> Option<String> {
    let words: Vec<String> = bounds.iter().map(|bound| bound.describe(&show)).collect();
    (!words.is_empty()).then(|| words.join(" and "))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounds are whole numbers that are not negative, as the grammar reads them"
)]
fn whole(number: f64) -> u64 {
    number as u64
}
