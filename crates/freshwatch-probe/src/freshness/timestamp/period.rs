//! Days, weeks, months, quarters and years that data covers.

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::iso::shape;

/// A span of whole days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    first: Date,
    after: Date,
}

impl Period {
    pub fn day(date: Date) -> Option<Self> {
        Some(Self {
            first: date,
            after: date.checked_add(1.day()).ok()?,
        })
    }

    pub fn week(year: i16, week: i8) -> Option<Self> {
        let first = ISOWeekDate::new(year, week, Weekday::Monday).ok()?.date();
        Some(Self {
            first,
            after: first.checked_add(7.days()).ok()?,
        })
    }

    pub fn month(year: i16, month: i8) -> Option<Self> {
        Self::months(year, month, 1)
    }

    pub fn quarter(year: i16, quarter: i8) -> Option<Self> {
        (1..=4).contains(&quarter).then_some(())?;
        Self::months(year, quarter * 3 - 2, 3)
    }

    pub fn year(year: i16) -> Option<Self> {
        Self::months(year, 1, 12)
    }

    fn months(year: i16, month: i8, count: i32) -> Option<Self> {
        let first = Date::new(year, month, 1).ok()?;
        Some(Self {
            first,
            after: first.checked_add(count.months()).ok()?,
        })
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

    /// Its first moment and the first moment after it, in a zone.
    pub fn bounds(self, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let midnight = |date: Date| Some(date.to_zoned(zone.clone()).ok()?.timestamp());
        Some((midnight(self.first)?, midnight(self.after)?))
    }
}
