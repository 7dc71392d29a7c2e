//! `format` as a strftime pattern.

use std::fmt;

use jiff::civil::date;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;

use super::{Form, Moment, Period, Unreadable, auto, civil, zoned};
use crate::freshness::period::Unit;

/// A checked strftime pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

/// The zone of the sample that a pattern is checked with.
const SAMPLE_ZONE: &str = "Asia/Seoul";

impl Pattern {
    /// Checks a pattern by writing a time with it and reading that back: it must come out as the same time. A pattern
    /// such as `%Y-W%V` (the week of one calendar in the year of another) or `%I:%M` (which half of the day?) does not.
    ///
    /// # Errors
    /// A fragment that says what is wrong with it.
    pub fn parse(pattern: &str) -> Result<Self, String> {
        let sample = auto::zones()
            .get(SAMPLE_ZONE)
            .and_then(|zone| date(2026, 11, 20).at(21, 30, 15, 0).to_zoned(zone))
            .map_err(|error| error.to_string())?;
        let written = strtime::format(pattern, &sample)
            .map_err(|error| format!("`{pattern}` is not a strftime pattern: {error}"))?;
        let checked = Self(pattern.to_owned());
        let same = match checked.read(&written, Some(sample.time_zone())) {
            Ok((Moment::Instant(at), _)) => {
                let later = sample.timestamp().duration_since(at);
                !later.is_negative() && later.as_hours() == 0
            }
            Ok((Moment::Period { start, end, .. }, _)) => (start..end).contains(&sample.timestamp()),
            Err(_) => false,
        };
        if same {
            return Ok(checked);
        }
        Err(format!(
            "`{pattern}` does not tell a date: it needs a year (`%Y`), a year and a month (`%Y-%m`), a day \
             (`%Y-%m-%d`), or a week with its own year (`%G-W%V`); a clock needs its day, and `%I` needs `%p`"
        ))
    }

    pub(super) fn read(&self, text: &str, zone: Option<&TimeZone>) -> Result<(Moment, Form), Unreadable> {
        let pattern = &self.0;
        let malformed = || Unreadable::Malformed(format!("does not fit the format `{pattern}`"));
        let parsed = strtime::parse(pattern, text).map_err(|_| malformed())?;
        if let Some(at) = parsed.timestamp() {
            // Beside a date the two could contradict each other.
            return if parsed.year().is_none() {
                Ok((Moment::Instant(at), Form::Pattern { zoned: true }))
            } else {
                Err(malformed())
            };
        }
        let own = own_zone(&parsed);
        let form = Form::Pattern { zoned: own.is_some() };
        let zone = own.as_ref().or(zone);
        let moment = if parsed.hour().is_none() {
            zoned(period(&parsed).ok_or_else(malformed)?, zone)?
        } else {
            let shown = parsed.to_datetime().map_err(|_| malformed())?;
            if parsed.minute().is_none() && parsed.second().is_none() {
                zoned(Period::containing(shown, Unit::Hour).ok_or_else(malformed)?, zone)?
            } else {
                civil(shown, zone)?
            }
        };
        Ok((moment, form))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The zone that the text names, which goes before the configured one.
fn own_zone(parsed: &BrokenDownTime) -> Option<TimeZone> {
    let named = parsed
        .iana_time_zone()
        .and_then(|name| auto::zones().get(name).ok());
    named.or_else(|| parsed.offset().map(TimeZone::fixed))
}

/// The period that a broken-down time without a clock denotes. Every field that was read must belong to it: a week or
/// a minute beside a year would otherwise be passed over, and the year would look fresh until it ends.
fn period(parsed: &BrokenDownTime) -> Option<Period> {
    let clock = parsed.minute().is_some() || parsed.second().is_some() || parsed.meridiem().is_some();
    let other_weeks = parsed.sunday_based_week().is_some() || parsed.monday_based_week().is_some();
    if clock || other_weeks {
        return None;
    }
    let week = (parsed.iso_week_year(), parsed.iso_week());
    let day = parsed.day().is_some() || parsed.day_of_year().is_some();
    let weekday = parsed.weekday().is_some();
    match (parsed.year(), parsed.month(), week) {
        (Some(_), _, (None, None)) if day => Period::day(parsed.to_date().ok()?),
        (None, None, (Some(_), Some(_))) if weekday && !day => Period::day(parsed.to_date().ok()?),
        (None, None, (Some(year), Some(week))) if !weekday && !day => Period::week(year, week),
        (Some(year), Some(month), (None, None)) if !weekday => Period::month(year, month),
        (Some(year), None, (None, None)) if !weekday => Period::year(year),
        _ => None,
    }
}
