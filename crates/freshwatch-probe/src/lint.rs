//! What a valid definition promises and cannot keep, or should not rely on. It takes a `now`: what is fine today may not
//! be in a year.

mod calendars;
mod dues;
mod rhythm;
mod targets;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Deref;

use jiff::Timestamp;

use crate::calendar::Calendar;
use crate::definition::{Definition, ProbeName};
pub use calendars::calendar;
pub use targets::runs_within;

/// Something that is no mistake, and most likely not what was meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Warning {
    /// What kind of thing.
    pub code: Code,
    /// What it is about.
    pub about: About,
    /// What is odd, in one fragment.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// What a warning is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum About {
    /// A probe.
    Probe(ProbeName),
    /// A calendar, by its name.
    Calendar(String),
}

/// The kind of a warning, in one word that machines compare: stable and documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// A target that a single failed run breaks.
    Unattainable,
    /// A `max_age` shorter than the time between two runs.
    RunsTooRarely,
    /// A calendar that ends soon, or has ended.
    CalendarEnds,
    /// A `due` that falls on no open day of its calendar.
    NeverDue,
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Unattainable,
        Self::RunsTooRarely,
        Self::CalendarEnds,
        Self::NeverDue,
    ];

    /// The word of the code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unattainable => "unattainable",
            Self::RunsTooRarely => "runs_too_rarely",
            Self::CalendarEnds => "calendar_ends",
            Self::NeverDue => "never_due",
        }
    }

    /// Whether runs are, or soon will be, `unknown` because of it.
    pub const fn makes_unknown(self) -> bool {
        match self {
            Self::CalendarEnds | Self::NeverDue => true,
            Self::Unattainable | Self::RunsTooRarely => false,
        }
    }
}

impl fmt::Display for Warning {
    /// All of it in one line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let About::Probe(name) = &self.about {
            write!(formatter, "{name}: ")?;
        }
        write!(formatter, "{}; {}", self.message, self.help)
    }
}

/// What is odd about calendars and probes at `now`, one after the other as they are asked for.
pub fn all<'a>(
    calendars: &'a [impl Deref<Target = Calendar>],
    definitions: &'a [impl Deref<Target = Definition>],
    now: Timestamp,
) -> impl Iterator<Item = Warning> + 'a {
    let of_calendars = calendars.iter().filter_map(move |one| calendar(one, now));
    let of_probes = definitions
        .iter()
        .flat_map(move |definition| probe(definition, now));
    of_calendars.chain(of_probes)
}

/// What is odd about a probe at `now`; nothing is where it does not run.
pub fn probe(definition: &Definition, now: Timestamp) -> Vec<Warning> {
    if !definition.enabled {
        return Vec::new();
    }
    let rules = &definition.fresh;
    let odd = targets::unattainable(definition, now)
        .chain(
            rules
                .iter()
                .filter_map(|rule| rhythm::too_rare(definition, rule, now)),
        )
        .chain(rules.iter().filter_map(|rule| dues::never(rule, now)));
    odd.map(|Odd { code, message, help }| Warning {
        code,
        about: About::Probe(definition.name.clone()),
        message,
        help,
    })
    .collect()
}

/// A warning about the probe that is looked at.
struct Odd {
    code: Code,
    message: String,
    help: String,
}
