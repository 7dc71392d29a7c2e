//! How the last runs of probes ended.

use std::time::Duration;

use freshwatch_probe::duration;
use freshwatch_probe::gate::Probes;
use freshwatch_probe::metric;
use freshwatch_probe::verdict::Verdict;

use super::answer::{Reading, Sample};
use super::finding::{Code, Finding, Outcome};
use super::promql::selector;
use super::recorded::of_each;

/// The verdicts that were told last, no longer ago than `within`.
pub(super) fn query(probes: &Probes, within: Duration) -> String {
    let series = selector(metric::PROBE_VERDICT.name, probes, &[]);
    format!("last_over_time({series}[{}]) == 1", duration::spell(within))
}

pub(super) fn judge(
    probes: &Probes,
    allowed: &[Verdict],
    within: Duration,
    reading: &Reading,
) -> Vec<Finding> {
    let missing = format!(
        "no verdict was told within {}: is the probe there, and does it run?",
        duration::spell(within)
    );
    of_each(probes, &reading.samples, &missing, |sample| {
        of_sample(sample, allowed)
    })
}

/// The verdicts in words: `ok, degraded or stale`.
pub(super) fn words(allowed: &[Verdict]) -> String {
    let words: Vec<&str> = allowed.iter().map(|verdict| verdict.as_str()).collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => "none".to_owned(),
    }
}

fn of_sample(sample: &Sample, allowed: &[Verdict]) -> Finding {
    let word = sample.labels.get("verdict").map(String::as_str);
    let told = word.and_then(Verdict::from_word);
    let (Some(verdict), true) = (told, is_one(sample.value)) else {
        return Finding::inconclusive(Code::Unreadable, "the backend gives a series that is no verdict");
    };
    let wanted = words(allowed);
    let (outcome, code, message) = if allowed.contains(&verdict) {
        (
            Outcome::Pass,
            Code::Kept,
            format!("the last verdict is {verdict}"),
        )
    } else if verdict == Verdict::Unknown {
        let message =
            format!("the last verdict is unknown, which says nothing of the service: wanted {wanted}");
        (Outcome::Inconclusive, Code::UnknownVerdict, message)
    } else {
        let message = format!("the last verdict is {verdict}, not {wanted}");
        (Outcome::Block, Code::Broken, message)
    };
    Finding {
        subject: None,
        outcome,
        code,
        value: None,
        shown: Some(verdict.to_string()),
        message,
    }
}

#[expect(clippy::float_cmp, reason = "the query asks for what is 1")]
fn is_one(value: f64) -> bool {
    value == 1.0
}
