//! Whether all that was seen is as it must be.

mod delivery;
mod resources;
mod words;

use crate::accounts::Slots;
use crate::findings::{Findings, some};
use crate::rhythm::Rhythm;
use crate::seen::Seen;

/// Holds everything that was seen against what must be.
pub fn all(findings: &mut Findings, seen: &Seen, rhythm: &Rhythm) {
    runs(findings, seen);
    slots(findings, seen);
    resources::memory(findings, seen, rhythm);
    resources::idle(findings, seen, rhythm);
    delivery::delivery(findings, seen, rhythm);
    delivery::outages(findings, seen);
    words::reloads(findings, seen);
    words::log(findings, seen);
    words::verdict_lines(findings, seen);
    resources::end(findings, seen);
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

fn as_number(count: usize) -> f64 {
    number(u64::try_from(count).unwrap_or(u64::MAX))
}

#[expect(clippy::cast_precision_loss, reason = "a soak counts nothing beyond 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}
