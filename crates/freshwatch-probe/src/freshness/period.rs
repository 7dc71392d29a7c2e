//! Hours, days, weeks, months, quarters and years that data covers.

use std::fmt;

use jiff::civil::{Date, DateTime, ISOWeekDate, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use super::timestamp::iso::has_shape;
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
        match text {
            _ if has_shape(text, "0000-00-00") => {
                Self::day(Date::new(year()?, number(5..7)?, number(8..10)?).ok()?)
            }
            _ if has_shape(text, "0000-00") => Self::month(year()?, number(5..7)?),
            _ if has_shape(text, "0000-W00") => Self::week(year()?, number(6..8)?),
            _ if has_shape(text, "0000W00") => Self::week(year()?, number(5..7)?),
            _ if has_shape(text, "0000-Q0") => Self::quarter(year()?, number(6..7)?),
            _ if has_shape(text, "0000Q0") => Self::quarter(year()?, number(5..6)?),
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

    /// The one before it that the zone has: when clocks go forward they skip an hour, and when a country crosses the
    /// date line, a day.
    pub fn previous_in(self, zone: &TimeZone) -> Option<Self> {
        let exists = |period: &Self| {
            period
                .start(zone)
                .zip(period.end(zone))
                .is_some_and(|(start, end)| start < end)
        };
        // No zone has ever skipped two in a row.
        let previous = self.previous()?;
        if exists(&previous) {
            Some(previous)
        } else {
            previous.previous()
        }
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

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;
    use jiff::tz::TimeZoneDatabase;
    use proptest::prelude::*;

    use super::{Period, Unit};

    const UNITS: [Unit; 6] = [
        Unit::Hour,
        Unit::Day,
        Unit::Week,
        Unit::Month,
        Unit::Quarter,
        Unit::Year,
    ];

    /// The period of a unit around a time, its first and its last second, and its neighbours.
    #[track_caller]
    fn check(at: &str, unit: Unit, words: &str, bounds: &str, neighbours: [&str; 2]) {
        let period = Period::containing(at.parse().unwrap(), unit).unwrap();
        assert_eq!(period.to_string(), words);
        assert_eq!(format!("{} to {}", period.start, period.end - 1.second()), bounds);
        let around = [period.previous().unwrap(), period.next().unwrap()];
        assert_eq!(around.map(|period| period.to_string()), neighbours);
    }

    #[test]
    fn periods_begin_and_end() {
        check(
            "2026-11-20T09:30:15",
            Unit::Hour,
            "2026-11-20 09:00 to 10:00",
            "2026-11-20T09:00:00 to 2026-11-20T09:59:59",
            ["2026-11-20 08:00 to 09:00", "2026-11-20 10:00 to 11:00"],
        );
        check(
            "2028-02-29T23:59:59",
            Unit::Day,
            "2028-02-29",
            "2028-02-29T00:00:00 to 2028-02-29T23:59:59",
            ["2028-02-28", "2028-03-01"],
        );
        check(
            "2028-02-29T00:00",
            Unit::Month,
            "February 2028",
            "2028-02-01T00:00:00 to 2028-02-29T23:59:59",
            ["January 2028", "March 2028"],
        );
        check(
            "2026-12-31T23:59:59",
            Unit::Quarter,
            "the 4th quarter of 2026",
            "2026-10-01T00:00:00 to 2026-12-31T23:59:59",
            ["the 3rd quarter of 2026", "the 1st quarter of 2027"],
        );
        check(
            "2027-01-01T00:00",
            Unit::Year,
            "the year 2027",
            "2027-01-01T00:00:00 to 2027-12-31T23:59:59",
            ["the year 2026", "the year 2028"],
        );
    }

    #[test]
    fn a_zone_may_lack_the_one_before() {
        let check = |zone: &str, at: &str, unit: Unit, expected: &str| {
            let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
            let period = Period::containing(at.parse().unwrap(), unit).unwrap();
            assert_eq!(period.previous_in(&zone).unwrap().to_string(), expected);
        };
        check(
            "Europe/Berlin",
            "2026-03-29T03:05",
            Unit::Hour,
            "2026-03-29 01:00 to 02:00",
        );
        check(
            "Europe/Berlin",
            "2026-03-29T04:05",
            Unit::Hour,
            "2026-03-29 03:00 to 04:00",
        );
        check(
            "Europe/Berlin",
            "2026-10-25T03:05",
            Unit::Hour,
            "2026-10-25 02:00 to 03:00",
        );
        check(
            "Australia/Lord_Howe",
            "2026-10-04T03:05",
            Unit::Hour,
            "2026-10-04 02:00 to 03:00",
        );
        check("Pacific/Apia", "2011-12-31T00:05", Unit::Day, "2011-12-29");
        check("Pacific/Apia", "2012-01-01T00:05", Unit::Day, "2011-12-31");
    }

    #[test]
    fn a_week_belongs_to_the_year_of_its_thursday() {
        check(
            "2027-01-03T23:59:59",
            Unit::Week,
            "week 53 of 2026",
            "2026-12-28T00:00:00 to 2027-01-03T23:59:59",
            ["week 52 of 2026", "week 1 of 2027"],
        );
        check(
            "2024-12-30T00:00",
            Unit::Week,
            "week 1 of 2025",
            "2024-12-30T00:00:00 to 2025-01-05T23:59:59",
            ["week 52 of 2024", "week 2 of 2025"],
        );
        assert_eq!(Period::week(2025, 53), None);
        assert!(Period::week(2026, 53).is_some());
    }

    #[test]
    fn periods_end_in_a_zone() {
        let check = |zone: &str, period: Option<Period>, expected: &str| {
            let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
            let period = period.unwrap();
            let bounds = (period.start(&zone).unwrap(), period.end(&zone).unwrap());
            assert_eq!(format!("{}/{}", bounds.0, bounds.1), expected, "{period}");
        };
        check(
            "Asia/Seoul",
            Period::month(2026, 10),
            "2026-09-30T15:00:00Z/2026-10-31T15:00:00Z",
        );
        check(
            "Europe/Berlin",
            Period::month(2026, 10),
            "2026-09-30T22:00:00Z/2026-10-31T23:00:00Z",
        );
        check(
            "Europe/Berlin",
            Period::month(2026, 3),
            "2026-02-28T23:00:00Z/2026-03-31T22:00:00Z",
        );
        check(
            "America/New_York",
            Period::day(date(2026, 11, 1)),
            "2026-11-01T04:00:00Z/2026-11-02T05:00:00Z",
        );
        check(
            "Australia/Lord_Howe",
            Period::day(date(2026, 10, 4)),
            "2026-10-03T13:30:00Z/2026-10-04T13:00:00Z",
        );
        let hour = |text: &str| Period::containing(text.parse().unwrap(), Unit::Hour);
        check(
            "Europe/Berlin",
            hour("2026-10-25T02:10"),
            "2026-10-25T00:00:00Z/2026-10-25T02:00:00Z",
        );
        check(
            "Australia/Lord_Howe",
            hour("2026-10-04T02:10"),
            "2026-10-03T15:30:00Z/2026-10-03T16:00:00Z",
        );
        // A day that begins an hour late, and one that never was.
        check(
            "America/Sao_Paulo",
            Period::day(date(2017, 10, 15)),
            "2017-10-15T03:00:00Z/2017-10-16T02:00:00Z",
        );
        check(
            "Pacific/Apia",
            Period::day(date(2011, 12, 30)),
            "2011-12-30T10:00:00Z/2011-12-30T10:00:00Z",
        );
    }

    #[test]
    fn only_what_is_as_fine_as_the_wanted_period_reaches_it() {
        let reaches = |seen: &str, wanted: &str| {
            Period::parse(seen)
                .unwrap()
                .reaches(Period::parse(wanted).unwrap())
        };
        assert_eq!(reaches("2026-10", "2026-10"), Some(true));
        assert_eq!(reaches("2026-11", "2026-10"), Some(true));
        assert_eq!(reaches("2026-09", "2026-10"), Some(false));
        // The last day of a month stands for it, no other one does.
        assert_eq!(reaches("2026-10-31", "2026-10"), Some(true));
        assert_eq!(reaches("2026-10-30", "2026-10"), Some(false));
        assert_eq!(reaches("2026-W53", "2026-Q4"), Some(true));
        assert_eq!(reaches("2026-W52", "2026-Q4"), Some(false));
        assert_eq!(reaches("2026-11", "2026-11-20"), None);
        assert_eq!(reaches("2026-Q4", "2026-10"), None);
    }

    #[test]
    fn no_period_ends_after_the_year_9999() {
        for unit in UNITS {
            let last = date(9999, 12, 31).at(23, 59, 59, 0);
            assert_eq!(Period::containing(last, unit), None);
        }
    }

    proptest! {
        #[test]
        fn periods_follow_one_another(minute in 0..60 * 24 * 365 * 200_i64, unit in prop::sample::select(UNITS.to_vec())) {
            let at = date(1900, 1, 1).at(0, 0, 0, 0) + minute.minutes();
            let period = Period::containing(at, unit).unwrap();
            prop_assert!(period.start <= at && at < period.end);
            let (previous, next) = (period.previous().unwrap(), period.next().unwrap());
            prop_assert_eq!(previous.end, period.start);
            prop_assert_eq!(next.start, period.end);
            prop_assert_eq!(next.previous(), Some(period));
            prop_assert!(previous < period && period < next);
            prop_assert_eq!(period.reaches(previous), Some(true));
            prop_assert_eq!(previous.reaches(period), Some(false));
        }
    }
}
