//! Whether nothing leaks and nothing is left.

use std::time::Duration;

use crate::findings::Findings;
use crate::rhythm::Rhythm;
use crate::seen::Seen;
use freshwatch_tests::resources::{Resources, megabytes};

/// The daemon's grace and the bound of its last export.
const ENDS_WITHIN: Duration = Duration::from_secs(25);

/// Fifths hold whole rounds of outages, so the queue is as full in one as in the other.
pub(super) fn memory(findings: &mut Findings, seen: &Seen, rhythm: &Rhythm) {
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

pub(super) fn idle(findings: &mut Findings, seen: &Seen, rhythm: &Rhythm) {
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

pub(super) fn end(findings: &mut Findings, seen: &Seen) {
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
