//! Hours, days, weeks, months, quarters and years that data covers.

use std::fmt;

use jiff::civil::{Date, DateTime, ISOWeekDate, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use super::timestamp::iso::shape;
use crate::wall;

/// How long a period is; from the shortest to the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum Unit {
    Hour,
    Day,
    /// From Monday to Sunday (ISO 8601).
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// The word of the grammar.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    fn span(self) -> Span {
        match self {
            Self::Hour => 1.hour(),
            Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
            Self::Quarter => 3.months(),
            Self::Year => 1.year(),
        }
    }

    /// The beginning of the period in which a time lies.
    fn floor(self, at: DateTime) -> Option<DateTime> {
        let date = at.date();
        Some(match self {
            Self::Hour => date.at(at.hour(), 0, 0, 0),
            Self::Day => midnight(date),
            Self::Week => {
                let days = i64::from(date.weekday().to_monday_zero_offset());
                midnight(date.checked_sub(days.days()).ok()?)
            }
            Self::Month => midnight(date.first_of_month()),
            Self::Quarter => midnight(Date::new(date.year(), (date.month() - 1) / 3 * 3 + 1, 1).ok()?),
            Self::Year => midnight(date.first_of_year()),
        })
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A stretch of what calendars and walls show, in no zone yet. The one that ends later is the greater one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// The first time that does not belong to it.
    end: DateTime,
    start: DateTime,
    unit: Unit,
}

impl Period {
    /// The period of a unit in which a time on the wall lies; none where it would end after the year 9999.
    pub fn containing(at: DateTime, unit: Unit) -> Option<Self> {
        let start = unit.floor(at)?;
        Some(Self {
            end: start.checked_add(unit.span()).ok()?,
            start,
            unit,
        })
    }

    /// The day of a date.
    pub fn day(date: Date) -> Option<Self> {
        Self::containing(midnight(date), Unit::Day)
    }

    /// A week of ISO 8601, in the year of its Thursday.
    pub fn week(year: i16, week: i8) -> Option<Self> {
        let monday = ISOWeekDate::new(year, week, Weekday::Monday).ok()?.date();
        Self::containing(midnight(monday), Unit::Week)
    }

    /// A month.
    pub fn month(year: i16, month: i8) -> Option<Self> {
        Self::containing(midnight(Date::new(year, month, 1).ok()?), Unit::Month)
    }

    /// A quarter, 1 to 4.
    pub fn quarter(year: i16, quarter: i8) -> Option<Self> {
        (1..=4).contains(&quarter).then_some(())?;
        Self::containing(midnight(Date::new(year, quarter * 3 - 2, 1).ok()?), Unit::Quarter)
    }

    /// A year.
    pub fn year(year: i16) -> Option<Self> {
        Self::containing(midnight(Date::new(year, 1, 1).ok()?), Unit::Year)
    }

    /// `2026-11-20`, `2026-11`, `2026-W47`, `2026W47`, `2026-Q4`, `2026Q4`.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i8>().ok();
        let year = || text.get(..4)?.parse::<i16>().ok();
        match shape(text).as_str() {
            "0000-00-00" => Self::day(Date::new(year()?, number(5..7)?, number(8..10)?).ok()?),
            "0000-00" => Self::month(year()?, number(5..7)?),
            "0000-W00" => Self::week(year()?, number(6..8)?),
            "0000W00" => Self::week(year()?, number(5..7)?),
            "0000-Q0" => Self::quarter(year()?, number(6..7)?),
            "0000Q0" => Self::quarter(year()?, number(5..6)?),
            _ => None,
        }
    }

    /// How long it is.
    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// Its first day.
    pub fn first_day(self) -> Date {
        self.start.date()
    }

    /// Its first moment in a zone; none outside of the years that can be computed with.
    pub fn start(self, zone: &TimeZone) -> Option<Timestamp> {
        wall::first_moment(self.start, zone)
    }

    /// The first moment after it in a zone; none outside of the years that can be computed with.
    pub fn end(self, zone: &TimeZone) -> Option<Timestamp> {
        wall::first_moment(self.end, zone)
    }

    /// The one after it.
    pub fn next(self) -> Option<Self> {
        Self::containing(self.end, self.unit)
    }

    /// The one before it.
    pub fn previous(self) -> Option<Self> {
        Self::containing(self.start.checked_sub(self.unit.span()).ok()?, self.unit)
    }

    /// Whether data of this period shows that `wanted` has landed: it ends no earlier. Nothing can be told when it is
    /// the coarser of the two: a month says nothing of its days.
    pub fn reaches(self, wanted: Self) -> Option<bool> {
        (self.unit <= wanted.unit).then_some(self.end >= wanted.end)
    }
}

impl fmt::Display for Period {
    /// Plain words: `2026-11-20`, `week 47 of 2026`, `October 2026`, `the 4th quarter of 2026`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.first_day();
        match self.unit {
            Unit::Hour => write!(
                formatter,
                "{date} {:02}:00 to {:02}:00",
                self.start.hour(),
                self.start.hour() + 1
            ),
            Unit::Day => write!(formatter, "{date}"),
            Unit::Week => {
                let week = date.iso_week_date();
                write!(formatter, "week {} of {}", week.week(), week.year())
            }
            Unit::Month => write!(formatter, "{}", date.strftime("%B %Y")),
            Unit::Quarter => {
                let ordinal = ["1st", "2nd", "3rd", "4th"][usize::from(date.month().unsigned_abs() - 1) / 3];
                write!(formatter, "the {ordinal} quarter of {}", date.year())
            }
            Unit::Year => write!(formatter, "the year {}", date.year()),
        }
    }
}

fn midnight(date: Date) -> DateTime {
    date.to_datetime(Time::midnight())
}
