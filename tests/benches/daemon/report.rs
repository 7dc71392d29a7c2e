//! The table, and what follows from it.

use std::io;
use std::process::ExitCode;

use crate::contender::Contender;
use crate::measurement::Measurement;
use crate::scenario::Scenario;

/// What has been measured so far.
#[derive(Debug, Default)]
pub struct Report {
    rows: Vec<(Scenario, Contender, Measurement)>,
    skipped: bool,
    failed: bool,
}

impl Report {
    /// Tells what the columns mean.
    pub fn begin() -> Self {
        println!(
            "lateness: from the moment when a run was due to its request's arrival at the target, connect included"
        );
        println!(
            "CPU: seconds per 10,000 runs; memory in MB; target, bench, others: cores that they took meanwhile\n"
        );
        println!(
            "{:<13} {:<10} {:>6} {:>6} {:>5} {:>7} {:>7} {:>7} {:>6} {:>7} {:>7} {:>6} {:>6} {:>6}",
            "scenario",
            "who",
            "due",
            "done",
            "lost",
            "p50 ms",
            "p99 ms",
            "max ms",
            "CPU",
            "memory",
            "peak",
            "target",
            "bench",
            "others"
        );
        Self::default()
    }

    /// Prints and keeps one.
    pub fn row(&mut self, scenario: &Scenario, who: Contender, seen: Measurement) {
        let runs = &seen.runs;
        let cores = |cpu: std::time::Duration| cpu.as_secs_f64() / seen.seconds;
        println!(
            "{:<13} {:<10} {:>6} {:>6} {:>5} {:>7.2} {:>7.2} {:>7.2} {:>6.2} {:>7.1} {:>7.1} {:>6.2} {:>6.2} {:>6.2}",
            scenario.name,
            who.name(),
            runs.due,
            runs.done,
            runs.lost(),
            runs.lateness(500),
            runs.lateness(990),
            runs.lateness(1000),
            seen.cpu_of_10_000(),
            megabytes(seen.memory.resident),
            megabytes(seen.memory.peak),
            cores(seen.cpu.target),
            cores(seen.cpu.bench),
            cores(seen.cpu.others()),
        );
        for note in notes(scenario, who, &seen) {
            println!("    {note}");
        }
        self.rows.push((*scenario, who, seen));
    }

    /// Says loudly that a contender is not there.
    pub fn skipped(&mut self, scenario: &Scenario, who: Contender) {
        self.skipped = true;
        println!(
            "{:<13} {:<10} SKIPPED: its program is missing: run tests/peers/install.sh",
            scenario.name,
            who.name()
        );
    }

    /// Says loudly that there is no measurement.
    pub fn failed(&mut self, scenario: &Scenario, who: Contender, error: &io::Error) {
        self.failed = true;
        println!("{:<13} {:<10} FAILED", scenario.name, who.name());
        eprintln!("{} in {}: {error}", who.name(), scenario.name);
    }

    /// What compares, and the end.
    pub fn end(&self) -> ExitCode {
        println!();
        for scenario in ["1000x1s", "1000x1s-kept", "100x1s-64k", "10x1s-1m"] {
            self.compare(scenario, Contender::Freshwatch, Contender::BareLoop);
        }
        for scenario in ["1000x1s", "100x1s-64k", "10x1s-1m"] {
            self.compare(scenario, Contender::Blackbox, Contender::Freshwatch);
            self.compare(scenario, Contender::Blackbox, Contender::BareLoop);
        }
        for who in [Contender::Freshwatch, Contender::BareLoop] {
            self.each_further_probe(who);
        }
        if self.skipped {
            println!("SKIPPED: a part of this comparison, for lack of a program: run tests/peers/install.sh");
        }
        if self.failed {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }

    /// The last measurement: in `peers` it is the one of the same turn.
    fn last(&self, scenario: &str, who: Contender) -> Option<&Measurement> {
        let found = self
            .rows
            .iter()
            .rfind(|(measured, by, _)| measured.name == scenario && *by == who);
        found.map(|(_, _, measurement)| measurement)
    }

    fn compare(&self, scenario: &str, who: Contender, other: Contender) {
        let (Some(one), Some(two)) = (self.last(scenario, who), self.last(scenario, other)) else {
            return;
        };
        let ratio = one.cpu_of_10_000() / two.cpu_of_10_000();
        println!(
            "{scenario}: {} takes {ratio:.2} times the CPU time of {}",
            who.name(),
            other.name()
        );
    }

    /// Memory of each probe beyond the thousand.
    fn each_further_probe(&self, who: Contender) {
        let Some(thousand) = self.last("1000x1s", who) else {
            return;
        };
        for (scenario, by, seen) in &self.rows {
            if *by != who || scenario.probes <= 1000 {
                continue;
            }
            let each = |bytes: u64, of_thousand: u64| {
                let more = bytes.saturating_sub(of_thousand) / u64::from(scenario.probes - 1000);
                format!("{more} bytes")
            };
            let resident = each(seen.memory.resident, thousand.memory.resident);
            let peak = each(seen.memory.peak, thousand.memory.peak);
            println!(
                "{}: {} takes {resident} for each probe beyond 1,000; {peak} at its peak",
                scenario.name,
                who.name()
            );
        }
    }
}

impl Measurement {
    /// CPU-seconds per 10,000 runs.
    fn cpu_of_10_000(&self) -> f64 {
        self.cpu.contender.as_secs_f64() / f64::from(self.runs.done.max(1)) * 1e4
    }
}

fn notes(scenario: &Scenario, who: Contender, seen: &Measurement) -> Vec<String> {
    let first = &seen.first;
    let share = 100.0 * f64::from(first.due) / f64::from(scenario.probes);
    let mut notes = vec![format!(
        "cold start: ready after {:.2?}; of the {} probes ({share:.0} %) due within one interval of that, {} had run {:.2?} after the start",
        seen.ready_after, first.due, first.done, seen.first_within
    )];
    if first.due < scenario.probes {
        notes.push(format!(
            "the window holds {:.0} % of an interval",
            100.0 * f64::from(seen.runs.due) / f64::from(scenario.probes)
        ));
    }
    if seen.runs.doubled > 0 {
        notes.push(format!(
            "{} requests came later than an interval, or TWICE for a slot",
            seen.runs.doubled
        ));
    }
    match (who, seen.exported) {
        (Contender::Freshwatch, (0, _)) => notes.push("it exported NOTHING meanwhile".to_owned()),
        (Contender::Freshwatch, (requests, bytes)) => {
            notes.push(format!(
                "exported {requests} requests with {:.1} MB meanwhile",
                megabytes(bytes)
            ));
        }
        (Contender::BareLoop | Contender::Blackbox, _) => {}
    }
    notes.extend(seen.words.iter().cloned());
    notes
}

#[expect(clippy::cast_precision_loss, reason = "no process has so many bytes")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
