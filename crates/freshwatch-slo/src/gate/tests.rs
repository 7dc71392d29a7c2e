//! Every way in which a condition can end.

use std::time::Duration;

use freshwatch_probe::definition::{ProbeName, Ratio};
use freshwatch_probe::gate::{Bound, Condition, Limit, NoData, Probes, Rule};
use freshwatch_probe::matcher::Operator;
use freshwatch_probe::promise::Promise;
use freshwatch_probe::redact::Redactor;
use freshwatch_probe::verdict::Verdict as RunVerdict;

use super::answer::{self, Kind, Trouble};
use super::{Answer, Verdict, decide, queries};

mod anything;
mod budgets;
mod conditions;
mod probes;
mod quantiles;
mod ratios;

/// The answer of a backend that gives these series: `{a="b"} 0.5; {} NaN`.
fn series(text: &str) -> Answer {
    let one = |line: &str| {
        let (labels, value) = line.trim().rsplit_once(' ').unwrap();
        let labels = labels.trim_start_matches('{').trim_end_matches('}');
        let labels = labels.split(',').filter(|label| !label.is_empty());
        let labels = labels.map(|label| {
            let (name, value) = label.split_once('=').unwrap();
            format!("\"{name}\":{value}")
        });
        let labels = labels.collect::<Vec<_>>().join(",");
        format!(r#"{{"metric":{{{labels}}},"value":[1795262400,"{value}"]}}"#)
    };
    let lines = text.split(';').filter(|line| !line.trim().is_empty());
    let result = lines.map(one).collect::<Vec<_>>().join(",");
    of(&format!(
        r#"{{"status":"success","data":{{"resultType":"vector","result":[{result}]}}}}"#
    ))
}

fn of(body: &str) -> Answer {
    answer::read(200, body.as_bytes(), &Redactor::default())
}

fn share(text: &str) -> Limit {
    Limit::Share(Ratio::parse_percentage(text).unwrap())
}

fn millis(millis: u64) -> Limit {
    Limit::Time(Duration::from_millis(millis))
}

const fn bound(operator: Operator, limit: Limit) -> Bound {
    Bound { operator, limit }
}

fn named(names: &[&str]) -> Probes {
    Probes::Named(names.iter().map(|name| ProbeName::parse(name).unwrap()).collect())
}

fn condition(rule: Rule) -> Condition {
    Condition {
        name: "it".into(),
        rule,
        no_data: NoData::Block,
    }
}

/// What is found by these answers, a line each: `subject: outcome code: message`.
fn found(condition: &Condition, answers: Vec<Answer>) -> String {
    let decision = decide([(condition, answers)]);
    let findings = decision.judged.iter().flat_map(|judged| &judged.findings);
    let lines = findings.map(|finding| {
        let subject = finding
            .subject
            .as_ref()
            .map_or_else(String::new, |of| format!("{of}: "));
        format!(
            "{subject}{} {}: {}",
            finding.outcome,
            finding.code.as_str(),
            finding.message
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check(rule: Rule, answers: impl IntoIterator<Item = Answer>, told: &str) {
    assert_eq!(found(&condition(rule), answers.into_iter().collect()), told);
}
