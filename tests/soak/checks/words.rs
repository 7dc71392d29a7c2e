//! Whether the daemon says what it should, and nothing else.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::accounts::changes;
use crate::findings::{Findings, some};
use crate::log::RESTS;
use crate::seen::Seen;

pub(super) fn reloads(findings: &mut Findings, seen: &Seen) {
    let lines = |kind: &str| seen.lines.get(kind).copied().unwrap_or_default();
    let wanted = |kind: &str| seen.reloads.get(kind).copied().unwrap_or_default();
    let as_wanted = ["loaded", "not loaded"]
        .iter()
        .all(|kind| lines(kind) == wanted(kind));
    findings.must(
        as_wanted && seen.surprises.is_empty(),
        format!(
            "files were loaded again {} times of {}, and refused for a mistake {} times of {}{}",
            lines("loaded"),
            wanted("loaded"),
            lines("not loaded"),
            wanted("not loaded"),
            some(&seen.surprises)
        ),
    );
    let has_ended = |name: &String| seen.at_rest.told.get(name).is_none_or(|told| told.has_ended);
    let going_on: Vec<String> = seen
        .removed
        .iter()
        .filter(|name| !has_ended(name))
        .cloned()
        .collect();
    let told = |name: &&String| seen.at_rest.told.contains_key(*name);
    findings.must(
        going_on.is_empty(),
        format!(
            "the series of {} removed probes were ended ({} had been exported), but {}{}",
            seen.removed.len(),
            seen.removed.iter().filter(told).count(),
            going_on.len(),
            some(&going_on)
        ),
    );
}

pub(super) fn log(findings: &mut Findings, seen: &Seen) {
    let lines = |kind: &str| seen.lines.get(kind).copied().unwrap_or_default();
    // However many probes rest, it is said of a few of them, each time when they begin to.
    let times_of_rest = seen.awake.len() as u64 + 1;
    let says_of_rest = 1..=times_of_rest * MOST_OF_REST;
    findings.must(
        lines("strange") == 0 && says_of_rest.contains(&lines(RESTS)),
        format!(
            "lines of the log by kind: {:?}{}",
            seen.lines,
            some(&seen.strange_lines)
        ),
    );
}

/// So many lines say at one time that probes run too rarely.
const MOST_OF_REST: u64 = 21;

/// Every change of a verdict has its line, and nothing else has.
pub(super) fn verdict_lines(findings: &mut Findings, seen: &Seen) {
    let Some(again) = seen.awake.get(1).map(|waking| waking.from) else {
        return findings.must(false, "the probes were not woken twice");
    };
    let mut told: HashMap<(&str, bool), u64> = HashMap::new();
    for change in &seen.changes {
        *told.entry((&change.probe, change.at < again)).or_default() += 1;
    }
    let (mut served, mut unsure, mut differ) = (0, 0, Vec::new());
    for (member, asked) in &seen.at_end.probes {
        let split = asked.partition_point(|asked| asked.at < again);
        for (is_first, asked) in [(true, &asked[..split]), (false, &asked[split..])] {
            let sure_to = if is_first {
                seen.awake[0].sure_to
            } else {
                Timestamp::MAX
            };
            let (least, most) = changes(asked, sure_to);
            let lines = told
                .get(&(member.name.as_str(), is_first))
                .copied()
                .unwrap_or_default();
            served += most;
            unsure += most - least;
            if !(least..=most).contains(&lines) {
                differ.push(format!(
                    "{} changed {least} to {most} times and has {lines} lines",
                    member.name.as_str()
                ));
            }
        }
    }
    findings.must(
        differ.is_empty(),
        format!(
            "{} lines tell of {served} changes of a verdict, of which {unsure} were cut off by the rest; not so for {}{}",
            seen.changes.len(),
            differ.len(),
            some(&differ)
        ),
    );
}
