//! What the target saw, held against what the daemon told.

use std::collections::HashMap;

use freshwatch_probe::verdict::Verdict;
use jiff::{SignedDuration, Timestamp};

use crate::cast::{Member, Part};
use crate::delivered::{Counts, Told};
use crate::seen::Waking;
use crate::target::Asked;

/// A request may be this much early: the clocks of two cores, and a due moment that was rounded.
const EARLY: SignedDuration = SignedDuration::from_millis(2);

/// What the daemon may need to be done with an answer after the target is: on a busy machine, its turn on a core.
const AFTERWARDS: SignedDuration = SignedDuration::from_secs(1);

/// Both sides at one moment with nothing in flight.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// What the target noted.
    pub probes: Vec<(Member, Vec<Asked>)>,
    /// What the daemon told.
    pub told: HashMap<String, Told>,
    /// What it told of itself.
    pub prober: HashMap<String, f64>,
}

impl Snapshot {
    /// A number that the prober told of itself; 0 without it.
    pub fn of_prober(&self, series: &str) -> f64 {
        self.prober.get(series).copied().unwrap_or_default()
    }

    /// The requests, the runs that were told, and the probes where the verdicts differ from what was served. Those
    /// that come and go are left out: what happens between their last export and their end is told to nobody.
    pub fn verdicts(&self) -> (u64, u64, Vec<String>) {
        let (mut requests, mut runs, mut differ) = (0, 0, Vec::new());
        for (member, asked) in self
            .probes
            .iter()
            .filter(|(member, _)| member.part != Part::Passing)
        {
            let served = counts(asked);
            let told = self.told.get(member.name.as_str());
            let told = told.map(|told| told.counts).unwrap_or_default();
            requests += served.iter().sum::<u64>();
            runs += told.iter().sum::<u64>();
            if served != told {
                differ.push(format!(
                    "{} was served {} and told {}",
                    member.name.as_str(),
                    show(&served),
                    show(&told)
                ));
            }
        }
        (requests, runs, differ)
    }
}

/// The verdicts that these answers bring.
fn counts(asked: &[Asked]) -> Counts {
    let mut counts = Counts::default();
    for asked in asked {
        counts[asked.deed.verdict() as usize] += 1;
    }
    counts
}

fn show(counts: &Counts) -> String {
    let some = Verdict::ALL
        .into_iter()
        .filter(|verdict| counts[*verdict as usize] > 0);
    let words: Vec<String> = some
        .map(|verdict| format!("{} {}", counts[verdict as usize], verdict.as_str()))
        .collect();
    if words.is_empty() {
        "nothing".to_owned()
    } else {
        words.join(", ")
    }
}

/// How the slots of the steady probes were met.
#[derive(Debug, Clone, Default)]
pub struct Slots {
    /// How many there were.
    pub due: u64,
    /// How many had a request.
    pub met: u64,
    /// How many fell into the run before.
    pub overlapped: u64,
    /// Those that nothing explains.
    pub unexplained: Vec<String>,
    /// Requests in a slot that had its request already.
    pub doubled: u64,
    /// Slots at the borders, where the daemon is told to begin or to stop, that had a request.
    pub border_met: u64,
    /// Those that had none, and fell into a run.
    pub border_overlapped: u64,
}

impl Slots {
    /// Holds the requests against the schedules.
    ///
    /// # Errors
    /// What is wrong with the soak's own schedules.
    pub fn of(probes: &[(Member, Vec<Asked>)], awake: &[Waking]) -> Result<Self, String> {
        let mut slots = Self::default();
        for (member, asked) in probes.iter().filter(|(member, _)| member.part == Part::Steady) {
            let schedule = member.schedule()?;
            let mut met: Vec<Timestamp> = Vec::with_capacity(asked.len());
            for asked in asked {
                let latest = schedule.latest(asked.at + EARLY);
                match latest.map(|slot| slot.due) {
                    Some(due) if met.last() == Some(&due) => slots.doubled += 1,
                    Some(due) => met.push(due),
                    None => slots.doubled += 1,
                }
            }
            for waking in awake {
                let due = std::iter::successors(schedule.next(waking.from), |slot| schedule.next(slot.due));
                for slot in due.take_while(|slot| slot.due <= waking.to) {
                    let is_sure = slot.due > waking.sure_from && slot.due <= waking.sure_to;
                    slots.take(member, asked, &met, slot.due, is_sure);
                }
            }
        }
        Ok(slots)
    }

    fn take(&mut self, member: &Member, asked: &[Asked], met: &[Timestamp], due: Timestamp, is_sure: bool) {
        let is_met = met.binary_search(&due).is_ok();
        let before = asked.partition_point(|asked| asked.at < due);
        let run = before.checked_sub(1).map(|nth| asked[nth]);
        let overlaps = run.is_some_and(|run| run.ended.is_none_or(|ended| due <= ended + AFTERWARDS));
        self.due += u64::from(is_sure);
        let count = match (is_sure, is_met, overlaps) {
            (true, true, _) => &mut self.met,
            (true, false, true) => &mut self.overlapped,
            (false, true, _) => &mut self.border_met,
            (false, false, true) => &mut self.border_overlapped,
            (false, false, false) => return,
            (true, false, false) => {
                return self
                    .unexplained
                    .push(format!("{} at {due}", member.name.as_str()));
            }
        };
        *count += 1;
    }
}

/// How often the log tells of a verdict along these answers: at least, and at most. Until `sure_to` that is each change
/// of it. From then on a new definition may have come, with which the last verdict is forgotten: a change may go
/// untold, and what is not ok may be told anew.
pub fn changes(asked: &[Asked], sure_to: Timestamp) -> (u64, u64) {
    let mut last = Verdict::Ok;
    let (mut least, mut most) = (0, 0);
    for asked in asked {
        let verdict = asked.deed.verdict();
        let is_sure = asked.ended.is_some_and(|ended| ended < sure_to);
        if verdict != last {
            most += 1;
            least += u64::from(is_sure);
        } else if !is_sure && verdict != Verdict::Ok {
            most += 1;
        }
        last = verdict;
    }
    (least, most)
}
