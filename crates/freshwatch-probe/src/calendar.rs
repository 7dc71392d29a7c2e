//! Business calendars: which days are open, and for how long.
//!
//! A calendar is open while the wall of its zone shows an open hour of an open day. So a fold counts twice, a gap not
//! at all, and nothing needs to be said of days that clocks make longer or shorter.
//!
//! All questions are answered by counting: how many days were open before a day? That takes the same few steps for an
//! hour as for a thousand years, and a calendar without any open day is no special case.

mod count;
#[cfg(test)]
mod tests;

use jiff::civil::{Date, DateTime, Time, Weekday, date};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::wall;
use count::OpenDays;

/// A calendar of the probe files, checked, with what it includes.
#[derive(Debug, Clone)]
pub struct Calendar {
    name: String,
    rules: Rules,
    open_days: OpenDays,
}

/// What makes a calendar.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The days that are open by rule.
    pub days: Vec<Weekday>,
    /// From when to when a day is open; all day without it.
    pub open: Option<(Time, Time)>,
    /// Whose days they are.
    pub timezone: TimeZone,
    /// Closed although the rule says open.
    pub holidays: Vec<Holiday>,
    /// Open although the rules above say closed.
    pub extra_days: Vec<Date>,
    /// The last day of which the calendar knows whether it is open.
    pub through: Option<Date>,
}

/// Days that are closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// What it is called.
    pub name: Option<String>,
}

const ONE_DAY: SignedDuration = SignedDuration::from_hours(24);

/// A day was asked for of which the calendar knows nothing. It is neither open nor closed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the calendar `{calendar}` is known through {through} only: add the holidays that follow, and move `through` on"
)]
pub struct PastThrough {
    /// The calendar's name.
    pub calendar: String,
    /// The last day that it knows.
    pub through: Date,
}

impl Calendar {
    /// A calendar of rules.
    pub fn new(name: impl Into<String>, rules: Rules) -> Self {
        Self {
            name: name.into(),
            open_days: OpenDays::new(&rules),
            rules,
        }
    }

    /// Monday to Friday, without holidays: the business days where no calendar is named.
    pub fn monday_to_friday(timezone: TimeZone) -> Self {
        let days = [
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
        ];
        let rules = Rules {
            days: days.into(),
            open: None,
            timezone,
            holidays: Vec::new(),
            extra_days: Vec::new(),
            through: None,
        };
        Self::new("Monday to Friday", rules)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What makes it, with all that it includes.
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Whether any day that it knows is open, from 1970 on.
    pub fn ever_opens(&self) -> bool {
        let last = self.rules.through.unwrap_or(Date::MAX);
        let before = |day| self.open_days.before(day);
        before(count::number(last) + 1) > before(count::number(date(1970, 1, 1)))
    }

    /// Whether a day is open.
    ///
    /// # Errors
    /// The calendar does not know that day.
    pub fn is_open(&self, day: Date) -> Result<bool, PastThrough> {
        self.known(day)?;
        Ok(self.open_days.is_open(count::number(day)))
    }

    /// The open day that lies so many open days from this day: `1` is the next one, `-1` the one before, and `0` this
    /// day itself, or the last one before it when it is closed. None where there is no such day, ever.
    ///
    /// # Errors
    /// It takes days that the calendar does not know.
    pub fn open_day(&self, from: Date, steps: i32) -> Result<Option<Date>, PastThrough> {
        let from_number = count::number(from);
        let (first_asked, before) = if steps < 0 {
            (
                from.yesterday().unwrap_or(from),
                self.open_days.before(from_number) + 1,
            )
        } else {
            (from, self.open_days.before(from_number + 1))
        };
        self.known(first_asked)?;
        let day = self.open_days.reaching(before.saturating_add(steps));
        self.known(day.unwrap_or(if steps > 0 { Date::MAX } else { first_asked }))?;
        Ok(day)
    }

    /// How long the calendar is open from one moment to a later one; zero when it is no later.
    ///
    /// # Errors
    /// The later moment lies on a day that the calendar does not know.
    pub fn open_between(&self, from: Timestamp, to: Timestamp) -> Result<SignedDuration, PastThrough> {
        let zone = &self.rules.timezone;
        self.known(zone.to_datetime(to).date())?;
        if to <= from {
            return Ok(SignedDuration::ZERO);
        }
        let (mut total, mut start, mut offset) = (SignedDuration::ZERO, from, zone.to_offset(from));
        let changes = zone.following(from).take_while(|change| change.timestamp() < to);
        for change in changes {
            total = total.saturating_add(self.open_on_the_wall(start, change.timestamp(), offset));
            (start, offset) = (change.timestamp(), change.offset());
        }
        Ok(total.saturating_add(self.open_on_the_wall(start, to, offset)))
    }

    /// The day of this calendar in which a moment lies: from the moment at which the wall first shows it. Where a fold
    /// shows the evening before once more, that evening belongs to the day that has begun.
    pub fn day_of(&self, moment: Timestamp) -> Date {
        let shown = self.rules.timezone.to_datetime(moment).date();
        let tomorrow = shown.tomorrow().ok();
        let has_begun = |day: &Date| self.start_of(*day).is_some_and(|start| start <= moment);
        tomorrow.filter(has_begun).unwrap_or(shown)
    }

    /// The first moment of a day; none outside of the years that can be computed with.
    pub fn start_of(&self, day: Date) -> Option<Timestamp> {
        wall::first_moment(day.to_datetime(Time::midnight()), &self.rules.timezone)
    }

    /// How long the calendar is open between two moments while the wall goes on evenly.
    fn open_on_the_wall(&self, from: Timestamp, to: Timestamp, offset: Offset) -> SignedDuration {
        let until = |moment| self.open_until(offset.to_datetime(moment));
        until(to).saturating_sub(until(from))
    }

    /// How long the calendar is open until the wall shows a time; only differences of two such spans mean something.
    fn open_until(&self, shown: DateTime) -> SignedDuration {
        let day = count::number(shown.date());
        let midnight = Time::midnight();
        let (opens, length) = self.rules.open.map_or((midnight, ONE_DAY), |(opens, closes)| {
            (opens, closes.duration_since(opens))
        });
        let days_before = count::times(length, self.open_days.before(day));
        if !self.open_days.is_open(day) {
            return days_before;
        }
        let today = shown.time().duration_since(opens);
        days_before.saturating_add(today.clamp(SignedDuration::ZERO, length))
    }

    fn known(&self, day: Date) -> Result<(), PastThrough> {
        match self.rules.through {
            Some(through) if day > through => Err(PastThrough {
                calendar: self.name.clone(),
                through,
            }),
            Some(_) | None => Ok(()),
        }
    }
}

impl Rules {
    /// Takes the holidays and extra days of a calendar that these rules include. What they say themselves goes before
    /// what is included, and nothing is known beyond what both know.
    pub fn include(&mut self, other: &Self) {
        let own = OpenDays::new(self);
        let extra_days = other.extra_days.iter().copied();
        self.extra_days
            .extend(extra_days.filter(|day| !own.is_holiday(count::number(*day))));
        self.holidays.extend(other.holidays.iter().cloned());
        self.through = match (self.through, other.through) {
            (Some(own), Some(included)) => Some(own.min(included)),
            (own, included) => own.or(included),
        };
    }
}
