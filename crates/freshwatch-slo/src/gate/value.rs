//! The value of a query.

use freshwatch_probe::gate::Bound;
use freshwatch_probe::show::counted;

use super::answer::{Reading, Sample};
use super::bound;
use super::finding::{Code, Finding};
use super::recorded::subject;

/// Judges the one series, or each of many.
pub(super) fn judge(each: bool, bound: Bound, reading: &Reading) -> Vec<Finding> {
    let of_sample = |sample: &Sample| bound::judge(sample.value, bound, str::to_owned);
    if each && !reading.samples.is_empty() {
        let findings = reading
            .samples
            .iter()
            .map(|sample| of_sample(sample).of(subject(sample)));
        return findings.collect();
    }
    let finding = match only("the query", reading) {
        Ok(Some(sample)) => of_sample(sample),
        Ok(None) => Finding::inconclusive(
            Code::NoData,
            "the query gives no series: is its metric there, and its labels?",
        ),
        Err(finding) => finding,
    };
    vec![finding]
}

/// The one series of a query; none: it gives none.
pub(super) fn only<'r>(name: &str, reading: &'r Reading) -> Result<Option<&'r Sample>, Finding> {
    match reading.samples.as_slice() {
        [] => Ok(None),
        [sample] => Ok(Some(sample)),
        many => Err(Finding::inconclusive(
            Code::SeveralSeries,
            format!(
                "{name} gives {}, and one is wanted: put `sum(…)` or `max(…)` around it",
                counted(many.len(), "series", "series")
            ),
        )),
    }
}
