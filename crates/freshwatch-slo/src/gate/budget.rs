//! What is left of a budget, from counts of runs: exactly a tenth left must not depend on how a float rounds.

use std::collections::BTreeMap;

use freshwatch_probe::gate::{Bound, Probes};
use freshwatch_probe::promise::Promise;

use super::answer::{Reading, Sample};
use super::bound::{self, compare, keeps};
use super::finding::{Code, Finding};
use super::promql::selector;
use super::ratio::shown;
use super::recorded::{OF_PROMISE, OfProbe, of_each};
use crate::series::{BAD_RUNS, COUNTED_RUNS, OBJECTIVE};

/// The three series that tell a budget, in one query.
pub(super) fn query(probes: &Probes, promise: Promise) -> String {
    let names = [BAD_RUNS, COUNTED_RUNS, OBJECTIVE].join("|");
    let matchers = [("__name__=~", names.as_str()), (OF_PROMISE, promise.as_str())];
    selector("", probes, &matchers)
}

/// Judges the budgets.
pub(super) fn judge(probes: &Probes, promise: Promise, bound: Bound, reading: &Reading) -> Vec<Finding> {
    let missing =
        format!("no budget of `{promise}` is recorded: load the rules of `freshwatch generate rules`");
    let budgets = match budgets(reading) {
        Ok(budgets) => budgets,
        Err(finding) => return vec![finding],
    };
    of_each(probes, &budgets, &missing, |budget| {
        budget.judge(promise, bound).unwrap_or_else(|finding| finding)
    })
}

/// The counts of one promise of a probe.
struct Budget<'r> {
    one: &'r Sample,
    counts: BTreeMap<&'r str, f64>,
}

impl OfProbe for Budget<'_> {
    fn series(&self) -> &Sample {
        self.one
    }
}

/// Series that differ in their names alone tell of one budget.
fn budgets(reading: &Reading) -> Result<Vec<Budget<'_>>, Finding> {
    let mut budgets: BTreeMap<Vec<(&str, &str)>, Budget<'_>> = BTreeMap::new();
    for sample in &reading.samples {
        let labels = sample
            .labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let labels = labels.filter(|(name, _)| *name != "__name__");
        let budget = budgets.entry(labels.collect()).or_insert_with(|| Budget {
            one: sample,
            counts: BTreeMap::new(),
        });
        let name = sample.labels.get("__name__").map_or("", String::as_str);
        if budget.counts.insert(name, sample.value).is_some() {
            let message = format!("there are several series `{name}` of one probe");
            return Err(Finding::inconclusive(Code::SeveralSeries, message));
        }
    }
    Ok(budgets.into_values().collect())
}

impl Budget<'_> {
    fn judge(&self, promise: Promise, bound: Bound) -> Result<Finding, Finding> {
        let counted = self.count(COUNTED_RUNS)?;
        let bad = self.count(BAD_RUNS)?;
        let objective = self.count(OBJECTIVE)?;
        if counted <= 0.0 {
            let message = format!("no run has counted for `{promise}` yet");
            return Err(Finding::inconclusive(Code::NoData, message));
        }
        if compare(bad, counted).is_gt() || objective > 1.0 {
            let message = format!(
                "{} of {} runs broke a promise of {objective}: these counts cannot be",
                shown(bad),
                shown(counted)
            );
            return Err(Finding::inconclusive(Code::NoCount, message));
        }
        // The share that may fail has as many decimals as a percentage in a probe file: it is made exact again.
        let may_fail = (1e6 * (1.0 - objective)).round() / 1e6;
        Ok(of_runs(bad, counted * may_fail, promise, bound))
    }

    fn count(&self, name: &str) -> Result<f64, Finding> {
        let short = name.split(':').nth(1).unwrap_or(name);
        match self.counts.get(name) {
            None => Err(Finding::inconclusive(
                Code::NoData,
                format!("`{name}` is not recorded: load the rules of `freshwatch generate rules`"),
            )),
            Some(value) if value.is_nan() => Err(Finding::inconclusive(
                Code::NotANumber,
                format!("`{short}` is not a number (NaN)"),
            )),
            Some(value) if *value < 0.0 || value.is_infinite() => Err(Finding::inconclusive(
                Code::NoCount,
                format!("`{short}` is {value}, and no count"),
            )),
            Some(value) => Ok(*value),
        }
    }
}

/// Judges so many bad runs where so many are allowed. Left is `1 - bad / allowed`; what is compared are the runs.
fn of_runs(bad: f64, allowed: f64, promise: Promise, bound: Bound) -> Finding {
    let limit = bound::number(bound.limit);
    // More bad runs are less left.
    let ordering = if allowed > 0.0 {
        compare(allowed * (1.0 - limit), bad)
    } else if bad > 0.0 {
        std::cmp::Ordering::Less
    } else {
        compare(1.0, limit)
    };
    let left = match (allowed > 0.0, bad > 0.0) {
        (true, _) => 1.0 - bad / allowed,
        (false, true) => return overdrawn(bad, promise, bound),
        (false, false) => 1.0,
    };
    let is_kept = keeps(bound.operator, ordering);
    let shown_left = bound::show(left, ordering, bound.limit);
    let message = format!(
        "{shown_left} of the budget of `{promise}` is left ({} of {} bad runs are spent), {}",
        shown(bad),
        shown(allowed),
        bound::against(is_kept, bound)
    );
    bound::finding(is_kept, left, &shown_left, &message)
}

/// A promise of 100 % has no budget, and every bad run breaks it.
fn overdrawn(bad: f64, promise: Promise, bound: Bound) -> Finding {
    let message = format!(
        "a promise of 100% for `{promise}` has no budget, and it was broken (bad runs: {}), {}",
        shown(bad),
        bound::against(false, bound)
    );
    bound::finding(false, 0.0, "none", &message)
}
