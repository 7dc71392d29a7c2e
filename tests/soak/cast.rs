//! The probes: which there are, when they run, and whom they meet.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use freshwatch_agent::schedule::Schedule;
use freshwatch_probe::cron::CronLine;
use freshwatch_probe::definition::{self, ProbeName, When};

use crate::answers::{Deed, MISDEEDS};

/// So many seconds a run of a server that misbehaves may take: more than the shortest interval, so that runs overlap.
pub const TIMEOUT: i64 = 3;

/// Which place a probe has in the soak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Its definition stays as it is from the beginning of the main part to its end.
    Steady,
    /// It is defined anew now and then.
    Changing,
    /// It comes and goes.
    Passing,
}

/// How the server of a probe behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temper {
    /// Well, always.
    Good,
    /// Well, a little slowly.
    Slow,
    /// Always with old data.
    Stale,
    /// With new and old data in turn.
    Ageing,
    /// In every way that there is.
    Bad,
}

/// One probe.
#[derive(Debug, Clone)]
pub struct Member {
    /// By which the target knows it.
    pub index: usize,
    /// Its part.
    pub part: Part,
    /// Its name.
    pub name: ProbeName,
    /// How its server behaves.
    pub temper: Temper,
    /// When it runs.
    when: Rule,
    /// Grows with each change of its definition.
    pub edition: u64,
}

#[derive(Debug, Clone, Copy)]
enum Rule {
    Every(u64),
    EachMinute,
}

impl Member {
    /// The probe of this index. Of a hundred steady ones, twenty misbehave, five are cron jobs.
    pub fn new(index: usize, part: Part, intervals: &[u64]) -> Result<Self, String> {
        let word = match part {
            Part::Steady => "steady",
            Part::Changing => "changing",
            Part::Passing => "passing",
        };
        let temper = match (part, index % 10) {
            (Part::Steady, 0 | 5) => Temper::Bad,
            (Part::Steady, 1) => Temper::Ageing,
            (Part::Steady, 2) => Temper::Stale,
            (Part::Steady, 3) => Temper::Slow,
            (Part::Steady | Part::Changing | Part::Passing, _) => Temper::Good,
        };
        // The remainders of 7 and of 10 meet in every combination.
        let when = if part == Part::Steady && index % 20 == 7 {
            Rule::EachMinute
        } else {
            Rule::Every(intervals[(index / 7) % intervals.len()])
        };
        Ok(Self {
            index,
            part,
            name: ProbeName::parse(&format!("{word}-{index:05}")).map_err(|error| format!("{error:?}"))?,
            temper,
            when,
            edition: 0,
        })
    }

    /// What the server does in the so-many-th mood.
    pub fn deed(&self, mood: u64) -> Deed {
        let seed = u64::try_from(self.index).unwrap_or_default();
        match self.temper {
            Temper::Slow => Deed::Slow,
            Temper::Stale => Deed::Stale,
            Temper::Ageing if (mood + seed / 10).is_multiple_of(3) => Deed::Stale,
            Temper::Good | Temper::Ageing => Deed::Good,
            Temper::Bad => {
                let mixed = (seed.wrapping_mul(31) + mood).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
                let count = u64::try_from(MISDEEDS.len()).unwrap_or(1);
                MISDEEDS[usize::try_from(mixed % count).unwrap_or_default()]
            }
        }
    }

    /// The schedule while it is awake, as the daemon computes it.
    pub fn schedule(&self) -> Result<Schedule, String> {
        let (when, jitter) = match self.when {
            Rule::Every(seconds) => (When::Every(Duration::from_secs(self.interval(seconds))), None),
            Rule::EachMinute => {
                let line = CronLine::parse("* * * * *")?;
                (When::Cron(line), Some(Duration::from_secs(50)))
            }
        };
        let declared = definition::Schedule {
            when,
            timezone: None,
            jitter,
        };
        Ok(Schedule::new(&self.name, &declared))
    }

    /// Every other change is one of the schedule.
    fn interval(&self, seconds: u64) -> u64 {
        seconds + (self.edition / 2) % 2
    }

    /// Its lines of a probe file. Resting, it runs once a year.
    pub fn write(&self, text: &mut String, target: SocketAddr, rests: bool) {
        let when = match (rests, self.when) {
            (true, _) => "cron: \"0 0 1 1 *\"".to_owned(),
            (false, Rule::Every(seconds)) => format!("every: {}s", self.interval(seconds)),
            (false, Rule::EachMinute) => "cron: \"* * * * *\"\n    jitter: 50s".to_owned(),
        };
        let bound = match self.temper {
            Temper::Bad => format!("timeout: {TIMEOUT}s\n    max_body: 64KiB"),
            Temper::Good | Temper::Slow | Temper::Stale | Temper::Ageing => "timeout: 10s".to_owned(),
        };
        let connection = match self.temper {
            Temper::Good if self.part == Part::Steady && self.index.is_multiple_of(2) => "reuse",
            Temper::Good | Temper::Slow | Temper::Stale | Temper::Ageing | Temper::Bad => "fresh",
        };
        let hours = 1 + self.edition.div_ceil(2) % 2;
        // Writing into a text cannot fail.
        let _ = write!(
            text,
            "  {}:\n    get: http://{target}/p/{}\n    {when}\n    {bound}\n    connection: {connection}\n    \
             expect: {{body: {{$.status: OK}}}}\n    fresh: {{at: $.updatedAt, max_age: {hours}h}}\n    \
             labels: {{team: soak}}\n",
            self.name.as_str(),
            self.index,
        );
    }
}
