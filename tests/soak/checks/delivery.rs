//! Whether everything was delivered, in order and after every outage.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;

use crate::cast::Part;
use crate::findings::{Findings, some};
use crate::rhythm::Rhythm;
use crate::seen::Seen;

/// How soon batches come again: the longest of the daemon's own pauses, its patience with a receiver that hangs, and a
/// margin; longer than what is asked for in `Retry-After`.
const AGAIN_WITHIN: SignedDuration = SignedDuration::from_secs(25);

pub(super) fn delivery(findings: &mut Findings, seen: &Seen, rhythm: &Rhythm) {
    findings.must(
        seen.wrong == 0,
        format!(
            "{} batches with {} points came, every series in the order of time, but for {}{}",
            seen.batches,
            seen.points,
            seen.wrong,
            some(&seen.complaints)
        ),
    );
    let steady = seen
        .at_end
        .probes
        .iter()
        .filter(|(member, _)| member.part == Part::Steady)
        .count();
    let partial = seen
        .exports
        .iter()
        .filter(|export| export.steady != steady)
        .count();
    findings.must(
        partial == 0 && !seen.exports.is_empty(),
        format!(
            "{} exports came, all with all of the {steady} steady probes but {partial}",
            seen.exports.len()
        ),
    );
    let gaps = seen
        .exports
        .windows(2)
        .map(|two| two[1].at.duration_since(two[0].at));
    let longest = gaps.max().unwrap_or_default();
    let allowed =
        SignedDuration::try_from(rhythm.export * 2).unwrap_or_default() + SignedDuration::from_secs(2);
    findings.must(
        longest <= allowed,
        format!(
            "the longest time between two exports is {longest:#}, at most {allowed:#}: none was left out"
        ),
    );
    let told = |series: &str| seen.at_end.of_prober(series);
    let dropped = ["full", "age", "damaged", "torn", "refused", "shutdown"].map(|cause| {
        let series = format!("freshwatch_export_dropped_batches_total {cause}");
        (cause, told(&series))
    });
    findings.must(
        dropped.iter().all(|(_, batches)| *batches < 0.5),
        format!(
            "batches that were dropped: {dropped:?}; attempts that were made again: {}",
            told("freshwatch_export_batches_total retried")
        ),
    );
    let last = seen.exports.last().map(|export| export.at);
    let asked = seen.ending.as_ref().map(|ending| ending.asked);
    findings.must(
        last > asked,
        format!("the last export is of {last:?}, after the signal at {asked:?}"),
    );
}

/// After each outage batches come again, and in it none does.
pub(super) fn outages(findings: &mut Findings, seen: &Seen) {
    let mut silent = Vec::new();
    let mut waits: BTreeMap<&'static str, Vec<u128>> = BTreeMap::new();
    for outage in &seen.outages {
        let Some(to) = outage.to else { continue };
        let first = seen
            .came
            .iter()
            .find(|came| **came >= to && **came < to + AGAIN_WITHIN);
        let during = seen
            .came
            .iter()
            .filter(|came| **came > outage.from + SignedDuration::from_millis(300) && **came < to);
        match first {
            Some(first) => {
                let wait = Duration::try_from(first.duration_since(to)).unwrap_or_default();
                waits
                    .entry(outage.mood.word())
                    .or_default()
                    .push(wait.as_millis());
            }
            None => silent.push(format!("{} until {to}", outage.mood.word())),
        }
        if during.count() > 0 {
            silent.push(format!("{} was none", outage.mood.word()));
        }
    }
    let longest: Vec<String> = waits
        .iter()
        .map(|(mood, waits)| format!("{mood} {} ms", waits.iter().max().unwrap_or(&0)))
        .collect();
    findings.must(
        silent.is_empty() && !seen.outages.is_empty(),
        format!(
            "after {} outages batches came again, at the latest after: {}; not so: {}{}",
            seen.outages.len(),
            longest.join(", "),
            silent.len(),
            some(&silent)
        ),
    );
}
