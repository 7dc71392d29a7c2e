//! Burn rates as the generated rules record them, and what all conditions on probes have in common.

use std::time::Duration;

use freshwatch_probe::duration;
use freshwatch_probe::gate::{Bound, Probes};
use freshwatch_probe::metric::PROBE_LABEL;
use freshwatch_probe::promise::Promise;

use super::answer::{Reading, Sample};
use super::bound;
use super::finding::{Code, Finding};
use super::promql::selector;
use crate::series;

/// The label whose value is the promise.
pub(super) const PROMISE_LABEL: &str = "promise";

/// Labels of a series that its probe and its condition tell already.
const SAID: [&str; 6] = ["__name__", PROBE_LABEL, PROMISE_LABEL, "job", "verdict", "window"];

/// How fast the budgets burn.
pub(super) fn burn_rate(probes: &Probes, promise: Promise, over: Duration) -> String {
    selector(
        &series::burn_rate(over),
        probes,
        &[(PROMISE_LABEL, promise.as_str())],
    )
}

/// Judges the burn rates.
pub(super) fn judge_burn_rate(
    probes: &Probes,
    promise: Promise,
    over: Duration,
    bound: Bound,
    reading: &Reading,
) -> Vec<Finding> {
    let over = duration::spell(over);
    let missing = format!(
        "no burn rate of `{promise}` over {over} is recorded: load the rules of `freshwatch generate rules`"
    );
    of_each(probes, &reading.samples, &missing, |sample| {
        bound::judge(sample.value, bound, |rate| {
            format!("over {over} the budget of `{promise}` burns at {rate} times its even rate")
        })
    })
}

/// What can tell of which probe it is.
pub(super) trait OfProbe {
    /// One of the series that it is made of.
    fn series(&self) -> &Sample;
}

impl OfProbe for Sample {
    fn series(&self) -> &Sample {
        self
    }
}

/// A finding for everything of these probes, and one for every probe of which there is nothing. What is of a probe that
/// was not asked for is no answer.
pub(super) fn of_each<T: OfProbe>(
    probes: &Probes,
    all: &[T],
    missing: &str,
    judge: impl Fn(&T) -> Finding,
) -> Vec<Finding> {
    let no_data = || Finding::inconclusive(Code::NoData, missing);
    let judged = |one: &T| judge(one).of(subject(one.series()));
    let names = match probes {
        Probes::Labelled(_) if all.is_empty() => return vec![no_data()],
        Probes::Labelled(_) => return all.iter().map(judged).collect(),
        Probes::Named(names) => names,
    };
    let mut findings = Vec::new();
    for name in names {
        let before = findings.len();
        let is_of_it = |one: &&T| {
            let probe = one.series().labels.get(PROBE_LABEL);
            probe.is_some_and(|probe| probe == name.as_str())
        };
        findings.extend(all.iter().filter(is_of_it).map(judged));
        if findings.len() == before {
            findings.push(no_data().of(name.as_str()));
        }
    }
    findings
}

/// The probe of a series, and what else tells it from others.
pub(super) fn subject(sample: &Sample) -> String {
    let probe = sample.labels.get(PROBE_LABEL).map_or("", String::as_str);
    let others = sample
        .labels
        .iter()
        .filter(|(name, _)| !SAID.contains(&name.as_str()));
    let others: Vec<String> = others.map(|(name, value)| format!("{name}={value}")).collect();
    match (probe, others.is_empty()) {
        (probe, true) => probe.to_owned(),
        ("", false) => others.join(" "),
        (probe, false) => format!("{probe} ({})", others.join(", ")),
    }
}
