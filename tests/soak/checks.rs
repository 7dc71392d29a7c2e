//! Whether all that was seen is as it must be.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::accounts::{Slots, Snapshot, changes};
use crate::cast::Part;
use crate::delivered::Export;
use crate::findings::{Findings, some};
use crate::log::Change;
use crate::receiver::Mood;
use crate::resources::{Resources, megabytes};
use crate::rhythm::Rhythm;

/// The daemon's grace and the bound of its last export.
const ENDS_WITHIN: Duration = Duration::from_secs(25);

/// How soon batches come again: the longest of the daemon's own pauses, its patience with a receiver that hangs, and a
/// margin; longer than what is asked for in `Retry-After`.
const AGAIN_WITHIN: SignedDuration = SignedDuration::from_secs(25);

/// All that was seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// What the idle daemon took before the first run, and what it took when all probes rested.
    pub idle: Resources,
    pub rested: Resources,
    /// What the target still had open then: kept connections.
    pub connections_at_rest: u64,
    /// When the probes were awake.
    pub awake: Vec<Waking>,
    pub at_rest: Snapshot,
    pub at_end: Snapshot,
    /// The names that left the files.
    pub removed: Vec<String>,
    /// What the daemon took of the machine in the main part.
    pub samples: Vec<(Duration, Resources)>,
    pub outages: Vec<Outage>,
    /// How often files were to be loaded, and not to be, by the kind of line.
    pub reloads: BTreeMap<&'static str, u64>,
    pub surprises: Vec<String>,
    pub ending: Option<Ending>,
    /// Lines of the log by kind.
    pub lines: BTreeMap<&'static str, u64>,
    pub changes: Vec<Change>,
    pub strange_lines: Vec<String>,
    /// What the receiver got.
    pub exports: Vec<Export>,
    pub came: Vec<Timestamp>,
    pub complaints: Vec<String>,
    pub wrong: u64,
    pub batches: u64,
    pub points: u64,
}

/// A time in which the probes had their own schedules.
#[derive(Debug, Clone, Copy)]
pub struct Waking {
    /// When the daemon was first told.
    pub from: Timestamp,
    /// From when on every slot counts, and until when.
    pub sure_from: Timestamp,
    pub sure_to: Timestamp,
    /// When the daemon was surely done.
    pub to: Timestamp,
}

/// The receiver was away.
#[derive(Debug, Clone, Copy)]
pub struct Outage {
    pub mood: Mood,
    pub from: Timestamp,
    pub to: Option<Timestamp>,
}

/// The end of the daemon.
#[derive(Debug)]
pub struct Ending {
    pub asked: Timestamp,
    pub took: Duration,
    pub code: Option<i32>,
    pub is_gone: bool,
    /// What it took of the machine when it was asked.
    pub last: Resources,
    /// Connections that the target still had open afterwards.
    pub open: u64,
    /// Requests that no probe of the soak makes.
    pub strange: u64,
}

/// Holds everything that was seen against what must be.
pub fn all(findings: &mut Findings, seen: &Seen, rhythm: &Rhythm) {
    runs(findings, seen);
    slots(findings, seen);
    memory(findings, seen, rhythm);
    idle(findings, seen, rhythm);
    delivery(findings, seen, rhythm);
    outages(findings, seen);
    reloads(findings, seen);
    log(findings, seen);
    verdict_lines(findings, seen);
    end(findings, seen);
}

fn runs(findings: &mut Findings, seen: &Seen) {
    for (when, snapshot) in [("at rest", &seen.at_rest), ("at the end", &seen.at_end)] {
        let (requests, runs, differ) = snapshot.verdicts();
        findings.must(
            differ.is_empty() && requests > 0,
            format!(
                "{when}, {runs} runs were told for {requests} requests, the same verdict by verdict for each probe but {}{}",
                differ.len(),
                some(&differ)
            ),
        );
    }
    let lost = seen.at_end.of_prober("freshwatch_results_lost_total");
    findings.must(lost < 0.5, format!("{lost} results were lost"));
}

fn slots(findings: &mut Findings, seen: &Seen) {
    let slots = match Slots::of(&seen.at_end.probes, &seen.awake) {
        Ok(slots) => slots,
        Err(error) => return findings.must(false, format!("the schedules cannot be computed: {error}")),
    };
    let skipped = |cause: &str| {
        seen.at_end
            .of_prober(&format!("freshwatch_runs_skipped_total {cause}"))
    };
    let (overlap, missed, overload) = (skipped("overlap"), skipped("missed"), skipped("overload"));
    findings.must(
        as_number(slots.unexplained.len()) <= missed && slots.met > 0,
        format!(
            "of {} slots of the steady probes {} had their request, {} fell into the run before, {} are unexplained{}; {} \
             requests came in a slot that had one",
            slots.due,
            slots.met,
            slots.overlapped,
            slots.unexplained.len(),
            some(&slots.unexplained),
            slots.doubled
        ),
    );
    let (least, most) = (slots.overlapped, slots.overlapped + slots.border_overlapped);
    findings.must(
        (number(least)..=number(most)).contains(&overlap),
        format!("{overlap} slots were counted as overlaps, and {least} were, or up to {most} with those at the borders"),
    );
    findings.must(
        missed <= as_number(slots.unexplained.len()) && overload < 0.5,
        format!(
            "{missed} slots were counted as missed, {overload} as overload; {} slots at the borders had their request",
            slots.border_met
        ),
    );
}

/// Fifths hold whole rounds of outages, so the queue is as full in one as in the other.
fn memory(findings: &mut Findings, seen: &Seen, rhythm: &Rhythm) {
    let fifth = rhythm.length / 5;
    let fifths: Vec<Vec<u64>> = (0..5)
        .map(|nth| {
            let within = fifth * nth..fifth * (nth + 1);
            let samples = seen.samples.iter().filter(|(since, _)| within.contains(since));
            let mut resident: Vec<u64> = samples.map(|(_, resources)| resources.resident).collect();
            resident.sort_unstable();
            resident
        })
        .collect();
    let median = |nth: usize| {
        fifths[nth]
            .get(fifths[nth].len() / 2)
            .copied()
            .unwrap_or_default()
    };
    let allowed = median(1) + median(1) / 20 + rhythm.allowance;
    let series: Vec<String> = fifths
        .iter()
        .map(|resident| {
            let of = |nth: usize| resident.get(nth).copied().unwrap_or_default();
            let (middle, last) = (resident.len() / 2, resident.len().saturating_sub(1));
            format!(
                "{} ({} to {})",
                megabytes(of(middle)),
                megabytes(of(0)),
                megabytes(of(last))
            )
        })
        .collect();
    findings.must(
        median(4) > 0 && median(4) <= allowed,
        format!(
            "memory by fifths of the time, median (least to most): {}; the last may have {} (5 % and {} more than the \
             second)",
            series.join(", "),
            megabytes(allowed),
            megabytes(rhythm.allowance)
        ),
    );
    let most = |of: fn(&Resources) -> u64| {
        seen.samples
            .iter()
            .map(|(_, seen)| of(seen))
            .max()
            .unwrap_or_default()
    };
    findings.must(
        true,
        format!(
            "at most {} threads and {} files were in use",
            most(|seen| seen.threads),
            most(|seen| seen.files)
        ),
    );
}

fn idle(findings: &mut Findings, seen: &Seen, rhythm: &Rhythm) {
    let (idle, rested, kept) = (seen.idle, seen.rested, seen.connections_at_rest);
    findings.must(
        rested.files <= idle.files + kept,
        format!(
            "at rest {} files are open, of which {kept} are kept connections; {} were before the first run",
            rested.files, idle.files
        ),
    );
    findings.must(
        rested.threads <= idle.threads + rhythm.spare_threads,
        format!(
            "at rest there are {} threads; {} were before the first run; memory {} and {}",
            rested.threads,
            idle.threads,
            megabytes(rested.resident),
            megabytes(idle.resident)
        ),
    );
}

fn delivery(findings: &mut Findings, seen: &Seen, rhythm: &Rhythm) {
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
    let dropped = ["full", "refused", "shutdown"].map(|cause| {
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
fn outages(findings: &mut Findings, seen: &Seen) {
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

fn reloads(findings: &mut Findings, seen: &Seen) {
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

fn log(findings: &mut Findings, seen: &Seen) {
    let strange = seen.lines.get("strange").copied().unwrap_or_default();
    findings.must(
        strange == 0,
        format!(
            "lines of the log by kind: {:?}{}",
            seen.lines,
            some(&seen.strange_lines)
        ),
    );
}

/// Every change of a verdict has its line, and nothing else has.
fn verdict_lines(findings: &mut Findings, seen: &Seen) {
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

fn end(findings: &mut Findings, seen: &Seen) {
    let Some(ending) = &seen.ending else {
        return findings.must(false, "the daemon was not asked to end");
    };
    findings.must(
        ending.code == Some(0) && ending.is_gone && ending.took <= ENDS_WITHIN,
        format!(
            "after SIGTERM with {} files open it ended within {:?} with code {:?}; a trace of it is left: {}",
            ending.last.files, ending.took, ending.code, !ending.is_gone
        ),
    );
    findings.must(
        ending.open == 0 && ending.strange == 0,
        format!(
            "{} connections are left at the target; {} requests there were of no probe",
            ending.open, ending.strange
        ),
    );
}

fn as_number(count: usize) -> f64 {
    number(u64::try_from(count).unwrap_or(u64::MAX))
}

#[expect(clippy::cast_precision_loss, reason = "a soak counts nothing beyond 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}
