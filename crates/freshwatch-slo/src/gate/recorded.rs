//! Burn rates as the generated rules record them, and what all conditions on probes have in common.

use std::collections::BTreeMap;
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

/// The matcher of the label whose value is the promise.
pub(super) const OF_PROMISE: &str = "promise=";

/// Labels of a series that its probe and its condition tell already.
const SAID: [&str; 5] = ["__name__", PROBE_LABEL, "promise", "job", "verdict"];

/// How fast the budgets burn.
pub(super) fn burn_rate(probes: &Probes, promise: Promise, over: Duration) -> String {
    selector(
        &series::burn_rate(over),
        probes,
        &[(OF_PROMISE, promise.as_str())],
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
    let mut by_probe: BTreeMap<&str, Vec<&T>> = BTreeMap::new();
    for one in all {
        by_probe.entry(probe_of(one.series())).or_default().push(one);
    }
    let no_data = || Finding::inconclusive(Code::NoData, missing);
    let of_probe = |name: &str| -> Vec<Finding> {
        let of_it = by_probe.get(name).map_or(&[][..], Vec::as_slice);
        let is_alone = of_it.len() == 1;
        let judged = of_it.iter().map(|one| {
            let subject = if is_alone {
                name.to_owned()
            } else {
                subject(one.series())
            };
            judge(one).of(subject)
        });
        judged.collect()
    };
    match probes {
        Probes::Named(names) => {
            let findings = names.iter().flat_map(|name| {
                let found = of_probe(name.as_str());
                let missing = found.is_empty().then(|| no_data().of(name.as_str()));
                found.into_iter().chain(missing)
            });
            findings.collect()
        }
        Probes::Labelled(_) if all.is_empty() => vec![no_data()],
        Probes::Labelled(_) => by_probe.keys().copied().flat_map(of_probe).collect(),
    }
}

fn probe_of(sample: &Sample) -> &str {
    sample.labels.get(PROBE_LABEL).map_or("", String::as_str)
}

/// The probe of a series, and what else tells it from others.
pub(super) fn subject(sample: &Sample) -> String {
    let probe = probe_of(sample);
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
