//! Due moments: by when something must have landed, and what.

mod landing;
mod moments;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::period::{Period, Unit};
use crate::calendar::{Calendar, PastThrough};
use crate::cron::CronLine;
use crate::duration;
pub use landing::{Landing, Outcome};

/// By when something must have landed, again and again, and what.
#[derive(Debug, Clone)]
pub struct Due {
    line: CronLine,
    /// The times of the line on every day, for days onto which it is rolled.
    line_on_every_day: CronLine,
    zone: TimeZone,
    wants: Wants,
    grace: Duration,
    calendar: Option<(Arc<Calendar>, Roll)>,
    /// The calendar's days, or Monday to Friday.
    business_days: Arc<Calendar>,
}

/// What must have landed at a due moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// The data of a period.
    Covers(Covers),
    /// Data that is no older than this at the due moment.
    Window(Duration),
}

/// The period that is wanted, seen from the due moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Covers {
    /// Which of them.
    pub which: Which,
    /// How long it is.
    pub of: Covered,
}

/// Which period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The one in which the due moment lies.
    Current,
    /// The one before that.
    Previous,
}

/// How long a wanted period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covered {
    /// A period of the civil calendar.
    Period(Unit),
    /// An open day of the business calendar; Monday to Friday without one. Where the due moment's day is closed, the
    /// open day before it is the current one and the previous one as well.
    BusinessDay,
}

/// What becomes of a due moment on a closed day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Roll {
    /// It falls away.
    #[default]
    Skip,
    /// It moves to the same time on the next open day; those that meet there count once.
    Forward,
}

/// A due moment, and what must have landed by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueMoment {
    /// When.
    pub at: Timestamp,
    /// What.
    pub wanted: Wanted,
}

/// What must have landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The data of this period, or of a later one.
    Period(Period),
    /// Data of this moment, or of a later one.
    Since(Timestamp),
}

/// Why nobody can tell whether it has landed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    /// The calendar does not know the day: `unknown` (`calendar`).
    #[error(transparent)]
    PastThrough(#[from] PastThrough),
    /// There is no due moment: `unknown` (`calendar`).
    #[error("`due: \"{line}\"` has fallen on no open day of the calendar `{calendar}` yet")]
    NeverDue {
        /// The cron line.
        line: String,
        /// The calendar's name; what is left of it where there is none.
        calendar: String,
    },
    /// The data's period says nothing of the wanted one: `invalid`.
    #[error("{seen} is a {}, which does not tell whether a {wanted} has landed", seen.unit())]
    TooCoarse {
        /// The period of the data.
        seen: Period,
        /// The unit that is wanted.
        wanted: Unit,
    },
}

impl Covers {
    /// All of them, with the word of the grammar.
    pub const ALL: [(&'static str, Self); 14] = [
        ("current_hour", Self::current(Unit::Hour)),
        ("previous_hour", Self::previous(Unit::Hour)),
        ("current_day", Self::current(Unit::Day)),
        ("previous_day", Self::previous(Unit::Day)),
        (
            "current_business_day",
            Self {
                which: Which::Current,
                of: Covered::BusinessDay,
            },
        ),
        (
            "previous_business_day",
            Self {
                which: Which::Previous,
                of: Covered::BusinessDay,
            },
        ),
        ("current_week", Self::current(Unit::Week)),
        ("previous_week", Self::previous(Unit::Week)),
        ("current_month", Self::current(Unit::Month)),
        ("previous_month", Self::previous(Unit::Month)),
        ("current_quarter", Self::current(Unit::Quarter)),
        ("previous_quarter", Self::previous(Unit::Quarter)),
        ("current_year", Self::current(Unit::Year)),
        ("previous_year", Self::previous(Unit::Year)),
    ];

    const fn current(unit: Unit) -> Self {
        Self {
            which: Which::Current,
            of: Covered::Period(unit),
        }
    }

    const fn previous(unit: Unit) -> Self {
        Self {
            which: Which::Previous,
            of: Covered::Period(unit),
        }
    }
}

impl Roll {
    /// All of them, with the word of the grammar.
    pub const ALL: [(&'static str, Self); 2] = [("forward", Self::Forward), ("skip", Self::Skip)];
}

impl Due {
    /// Due whenever the line runs in a zone, which is also the zone of the wanted periods; on every day, and at once.
    pub fn new(line: CronLine, zone: TimeZone, wants: Wants) -> Self {
        Self {
            line_on_every_day: line.on_every_day(),
            line,
            business_days: Arc::new(Calendar::monday_to_friday(zone.clone())),
            zone,
            wants,
            grace: Duration::ZERO,
            calendar: None,
        }
    }

    /// With a time after each due moment in which what is missing is late, and no more than that.
    pub fn with_grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// With a calendar whose open days, in its own zone, are those on which anything is due.
    pub fn on_open_days(self, calendar: Arc<Calendar>, roll: Roll) -> Self {
        Self {
            business_days: Arc::clone(&calendar),
            calendar: Some((calendar, roll)),
            ..self
        }
    }

    /// The cron line.
    pub const fn line(&self) -> &CronLine {
        &self.line
    }

    /// The zone of the cron line and of the wanted periods.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// What must have landed.
    pub const fn wants(&self) -> Wants {
        self.wants
    }

    /// The time after each due moment in which what is missing is late, and no more than that.
    pub const fn grace(&self) -> Duration {
        self.grace
    }

    /// The calendar, and what becomes of due moments on its closed days.
    pub fn calendar(&self) -> Option<(&Calendar, Roll)> {
        self.calendar
            .as_ref()
            .map(|(calendar, roll)| (&**calendar, *roll))
    }

    /// What was wanted, in words, for the middle of a sentence: `October 2026`.
    pub fn show_wanted(&self, wanted: Wanted) -> String {
        match wanted {
            Wanted::Period(period) => period.to_string(),
            Wanted::Since(since) => format!("data of {} or later", self.show(since)),
        }
    }

    /// A moment as people in the zone say it: `2026-11-20 09:00 in Asia/Seoul`.
    pub fn show(&self, moment: Timestamp) -> String {
        let zoned = moment.to_zoned(self.zone.clone());
        let clock = zoned.strftime("%F %H:%M");
        match self.zone.iana_name() {
            Some("UTC") => format!("{clock} UTC"),
            Some(name) => format!("{clock} in {name}"),
            None => format!("{clock} {}", zoned.offset()),
        }
    }
}

impl fmt::Display for Covers {
    /// The word of the grammar.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let which = match self.which {
            Which::Current => "current",
            Which::Previous => "previous",
        };
        match self.of {
            Covered::Period(unit) => write!(formatter, "{which}_{unit}"),
            Covered::BusinessDay => write!(formatter, "{which}_business_day"),
        }
    }
}

impl fmt::Display for Wants {
    /// As the file writes it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Covers(covers) => write!(formatter, "covers: {covers}"),
            Self::Window(window) => write!(formatter, "window: {}", duration::spell(*window)),
        }
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
