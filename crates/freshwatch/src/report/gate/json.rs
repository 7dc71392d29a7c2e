//! `freshwatch.gate/v1`.
//!
//! The shape is a promise: members are added, never renamed or removed within v1. Durations are seconds, times are
//! RFC 3339, and what is not known is null.

use freshwatch_slo::gate::Judged;
use freshwatch_slo::gate::bypass::Bypass;
use freshwatch_slo::gate::finding::Finding;
use serde::Serialize;

use super::Said;
use crate::exit_code::ExitCode;
use crate::report::json::{DeliveryEntry, pretty};
use crate::report::mistakes::Entry;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    gate: Option<&'a str>,
    file: Option<String>,
    verdict: Option<&'static str>,
    at: Option<String>,
    duration_seconds: Option<f64>,
    conditions: Vec<ConditionEntry<'a>>,
    bypass: Option<BypassEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<DeliveryEntry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mistakes: Vec<Entry>,
    exit_code: u8,
}

#[derive(Serialize)]
struct ConditionEntry<'a> {
    name: &'a str,
    rule: &'static str,
    bound: String,
    outcome: &'static str,
    findings: Vec<FindingEntry<'a>>,
}

#[derive(Serialize)]
struct FindingEntry<'a> {
    subject: Option<&'a str>,
    outcome: &'static str,
    code: &'static str,
    value: Option<f64>,
    shown: Option<&'a str>,
    message: &'a str,
}

#[derive(Serialize)]
struct BypassEntry<'a> {
    reason: &'a str,
    by: &'a str,
    said: &'static str,
}

/// What a gate says.
pub fn json(said: &Said<'_>, delivery: Option<DeliveryEntry>, code: ExitCode) -> String {
    pretty(&Document {
        schema: "freshwatch.gate/v1",
        gate: Some(&said.name),
        file: Some(said.file.display().to_string()),
        verdict: Some(said.decision.verdict.as_str()),
        at: said.at.map(|at| at.to_string()),
        duration_seconds: Some(said.took.as_secs_f64()),
        conditions: said.decision.judged.iter().map(ConditionEntry::from).collect(),
        bypass: said.bypass.map(BypassEntry::from),
        delivery,
        mistakes: Vec::new(),
        exit_code: code.number(),
    })
}

/// That nothing was asked.
pub fn json_of_mistakes(mistakes: Vec<Entry>) -> String {
    pretty(&Document {
        schema: "freshwatch.gate/v1",
        gate: None,
        file: None,
        verdict: None,
        at: None,
        duration_seconds: None,
        conditions: Vec::new(),
        bypass: None,
        delivery: None,
        mistakes,
        exit_code: ExitCode::Mistakes.number(),
    })
}

impl<'a> From<&'a Judged<'a>> for ConditionEntry<'a> {
    fn from(judged: &'a Judged<'a>) -> Self {
        Self {
            name: &judged.condition.name,
            rule: judged.condition.rule.key(),
            bound: judged.bound(),
            outcome: judged.outcome().as_str(),
            findings: judged.findings.iter().map(FindingEntry::from).collect(),
        }
    }
}

impl<'a> From<&'a Finding> for FindingEntry<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            subject: finding.subject.as_deref(),
            outcome: finding.outcome.as_str(),
            code: finding.code.as_str(),
            value: finding.value,
            shown: finding.shown.as_deref(),
            message: &finding.message,
        }
    }
}

impl<'a> From<&'a Bypass> for BypassEntry<'a> {
    fn from(bypass: &'a Bypass) -> Self {
        Self {
            reason: &bypass.reason,
            by: &bypass.by,
            said: bypass.said.as_str(),
        }
    }
}
