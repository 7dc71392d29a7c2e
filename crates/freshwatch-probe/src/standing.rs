//! Where one probe stands: what its runs have come to so far. A fold of its runs, and of nothing else.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::definition::Definition;
use crate::histogram::Histogram;
use crate::metric;
use crate::run::Run;
use crate::trace::TraceId;
use crate::verdict::{Code, Verdict};

/// So many runs are remembered for people who ask what has happened lately.
pub const REMEMBERED: usize = 10;

/// Where one probe stands.
#[derive(Debug, Clone)]
pub struct Standing {
    /// What it promises now.
    pub definition: Arc<Definition>,
    /// Since when its runs are counted.
    pub since: Timestamp,
    /// The last run of this definition.
    pub last: Option<Arc<Run>>,
    /// Since when the verdict is what it is: the start of the first run of the unbroken row of runs that gave it.
    pub verdict_since: Option<Timestamp>,
    /// How long runs took.
    pub durations: Histogram,
    /// When the next run starts.
    pub next_run: Option<Timestamp>,
    /// The last runs, the oldest first; at most [`REMEMBERED`].
    pub past: VecDeque<Past>,
    /// How many runs had a valid answer that was slower than `warn.latency` allows.
    pub slow_runs: u64,
    counts: [u64; Verdict::ALL.len()],
}

/// What is remembered of a run when it is no longer the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// When it started, in microseconds of Unix time: a million of these are kept by a hundred thousand probes.
    started: i64,
    /// How long it took, in microseconds.
    took: u32,
    /// How it ended.
    pub verdict: Verdict,
    /// The code of the first reason.
    pub reason: Option<Code>,
    /// Its trace; none: nobody was asked to record one.
    pub trace: Option<TraceId>,
}

impl Past {
    fn of(run: &Run) -> Self {
        Self {
            started: run.started.as_microsecond(),
            took: u32::try_from(run.took.as_micros()).unwrap_or(u32::MAX),
            verdict: run.judgment.verdict,
            reason: run.judgment.reasons.first().map(|reason| reason.code),
            trace: run.trace_id(),
        }
    }

    /// When it started, to the microsecond.
    pub fn started(&self) -> Timestamp {
        Timestamp::from_microsecond(self.started).unwrap_or_default()
    }

    /// How long it took, to the microsecond; at most 71 minutes.
    pub fn took(&self) -> Duration {
        Duration::from_micros(u64::from(self.took))
    }
}

/// A verdict that is not the one before.
#[derive(Debug, Clone)]
pub struct Change {
    /// The verdict before; none when this is the first.
    pub from: Option<Verdict>,
    /// How long it had held, from the start of the first run that gave it to the start of this one.
    pub after: Option<Duration>,
    /// The run that changed it.
    pub run: Arc<Run>,
}

impl Standing {
    /// A probe that has not run yet.
    pub fn new(definition: Arc<Definition>, since: Timestamp) -> Self {
        Self {
            definition,
            since,
            last: None,
            verdict_since: None,
            durations: Histogram::of(metric::PROBE_RUN_DURATION),
            next_run: None,
            past: VecDeque::new(),
            slow_runs: 0,
            counts: [0; Verdict::ALL.len()],
        }
    }

    /// Takes a run in. Gives the change of verdict that it brings.
    ///
    /// A run of a definition that is no longer in force counts, but it is not the last: it says nothing of what is
    /// promised now.
    pub fn absorb(&mut self, run: impl Into<Arc<Run>>) -> Option<Change> {
        let run = run.into();
        let verdict = run.judgment.verdict;
        self.counts[verdict as usize] += 1;
        self.slow_runs += u64::from(run.is_slow() == Some(true));
        if run.attempts > 0 {
            self.durations.observe(run.took);
        }
        if self.past.len() >= REMEMBERED {
            self.past.pop_front();
        } else {
            // Room for so many and no more: growing by doubling would take half as much again.
            self.past.reserve_exact(if self.past.is_empty() {
                1
            } else {
                REMEMBERED - self.past.len()
            });
        }
        self.past.push_back(Past::of(&run));
        if run.definition.fingerprint != self.definition.fingerprint {
            return None;
        }
        let before = self.last.replace(Arc::clone(&run));
        let from = before.map(|before| before.judgment.verdict);
        if from == Some(verdict) {
            return None;
        }
        let held_since = self.verdict_since.replace(run.started);
        let after = held_since.map(|since| run.started.duration_since(since));
        Some(Change {
            from,
            after: after.map(|after| Duration::try_from(after).unwrap_or_default()),
            run,
        })
    }

    /// Puts another definition in force. The counts go on; the last run and its verdict were about the definition
    /// before, so nothing is known yet of this one.
    pub fn redefine(&mut self, definition: Arc<Definition>) {
        self.definition = definition;
        self.last = None;
        self.verdict_since = None;
    }

    /// How many runs ended with this verdict.
    pub fn count(&self, verdict: Verdict) -> u64 {
        self.counts[verdict as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{REMEMBERED, Standing};
    use crate::definition::{Definition, ProbeName};
    use crate::fingerprint::Fingerprint;
    use crate::observation::NotMade;
    use crate::request::Request;
    use crate::run::Run;
    use crate::verdict::Verdict;

    fn definition() -> Arc<Definition> {
        let name = ProbeName::parse("a").unwrap();
        Arc::new(Definition::new(name, Request::get("http://a.example/")))
    }

    /// A run that started so many seconds after 1970 began and took one.
    fn run(verdict: Verdict, second: i64) -> Run {
        let started = Timestamp::from_second(second).unwrap();
        let mut run = Run::not_made(&definition(), NotMade::Aborted, started);
        run.judgment.verdict = verdict;
        run.took = Duration::from_secs(1);
        run.attempts = 1;
        run
    }

    #[test]
    fn a_change_names_the_verdict_before_and_how_long_it_held() {
        let mut standing = Standing::new(definition(), Timestamp::UNIX_EPOCH);
        let mut changes = Vec::new();
        for (second, verdict) in [
            Verdict::Ok,
            Verdict::Ok,
            Verdict::Stale,
            Verdict::Stale,
            Verdict::Ok,
        ]
        .into_iter()
        .enumerate()
        {
            let change = standing.absorb(run(verdict, i64::try_from(second).unwrap()));
            changes.push(change.map(|change| (change.from, change.after.map(|after| after.as_secs()))));
        }
        assert_eq!(
            changes,
            [
                Some((None, None)),
                None,
                Some((Some(Verdict::Ok), Some(2))),
                None,
                Some((Some(Verdict::Stale), Some(2)))
            ]
        );
        assert_eq!(
            (standing.count(Verdict::Ok), standing.count(Verdict::Stale)),
            (3, 2)
        );
        assert_eq!(standing.verdict_since, Timestamp::from_second(4).ok());
    }

    #[test]
    fn a_run_that_was_not_made_took_no_time_worth_counting() {
        let mut standing = Standing::new(definition(), Timestamp::UNIX_EPOCH);
        standing.absorb(run(Verdict::Ok, 0));
        standing.absorb(Run::not_made(
            &definition(),
            NotMade::Overload,
            Timestamp::UNIX_EPOCH,
        ));
        assert_eq!(
            (standing.durations.count(), standing.count(Verdict::Unknown)),
            (1, 1)
        );
    }

    #[test]
    fn so_many_runs_are_remembered_and_no_more() {
        let mut standing = Standing::new(definition(), Timestamp::UNIX_EPOCH);
        for second in 0..25 {
            standing.absorb(run(Verdict::Ok, second));
        }
        assert_eq!(standing.past.len(), REMEMBERED);
        assert_eq!(standing.past[0].started().as_second(), 15);
        assert_eq!(standing.past[9].started().as_second(), 24);
    }

    #[test]
    fn a_new_definition_keeps_the_counts_and_knows_nothing_yet() {
        let mut standing = Standing::new(definition(), Timestamp::UNIX_EPOCH);
        standing.absorb(run(Verdict::Ok, 0));
        let mut changed = Definition::clone(&definition());
        changed.fingerprint = Fingerprint::of(&"changed");
        standing.redefine(Arc::new(changed));
        assert!(standing.last.is_none() && standing.verdict_since.is_none());
        // A run of the definition before ends only now.
        assert!(standing.absorb(run(Verdict::Stale, 1)).is_none());
        assert!(standing.last.is_none());
        assert_eq!(
            (standing.count(Verdict::Ok), standing.count(Verdict::Stale)),
            (1, 1)
        );
    }
}
