//! `format` as a strftime pattern.

use jiff::civil::date;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;

use super::period::Period;
use super::{Moment, Unreadable, auto, civil, zoned};

/// A checked strftime pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Checks a pattern by writing a time with it and reading that back.
    ///
    /// # Errors
    /// A fragment that says what is wrong with it.
    pub fn parse(pattern: &str) -> Result<Self, String> {
        let sample = date(2026, 11, 20).at(9, 30, 15, 0).to_zoned(TimeZone::UTC);
        let written = sample
            .and_then(|zoned| strtime::format(pattern, &zoned))
            .map_err(|error| format!("`{pattern}` is not a strftime pattern: {error}"))?;
        let parsed = strtime::parse(pattern, &written)
            .map_err(|error| format!("`{pattern}` cannot be read back: {error}"))?;
        let whole = parsed.timestamp().is_some() || resolution(&parsed).is_some();
        if !whole {
            return Err(format!(
                "`{pattern}` does not tell a date: it needs at least a year (`%Y`), or a year and a week (`%G-W%V`)"
            ));
        }
        Ok(Self(pattern.to_owned()))
    }

    pub(super) fn read(&self, text: &str, zone: Option<&TimeZone>) -> Result<Moment, Unreadable> {
        let pattern = &self.0;
        let malformed = || Unreadable::Malformed(format!("does not fit the format `{pattern}`"));
        let parsed = strtime::parse(pattern, text).map_err(|_| malformed())?;
        if let Some(at) = parsed.timestamp() {
            return Ok(Moment::Instant(at));
        }
        if parsed.hour().is_some() {
            if parsed.offset().is_some() {
                return parsed
                    .to_timestamp()
                    .map(Moment::Instant)
                    .map_err(|_| malformed());
            }
            if parsed.iana_time_zone().is_some() {
                let zoned = parsed.to_zoned_with(&auto::zones()).map_err(|_| malformed())?;
                return Ok(Moment::Instant(zoned.timestamp()));
            }
            return civil(parsed.to_datetime().map_err(|_| malformed())?, zone);
        }
        zoned(resolution(&parsed).ok_or_else(malformed)?, zone)
    }
}

/// The period that a broken-down time without a clock denotes: the finest that its fields can tell.
fn resolution(parsed: &BrokenDownTime) -> Option<Period> {
    if let Ok(date) = parsed.to_date() {
        return Period::day(date);
    }
    match (
        parsed.iso_week_year(),
        parsed.iso_week(),
        parsed.year(),
        parsed.month(),
    ) {
        (Some(year), Some(week), _, _) => Period::week(year, week),
        (_, _, Some(year), Some(month)) => Period::month(year, month),
        (_, _, Some(year), None) if parsed.day_of_year().is_none() && parsed.day().is_none() => {
            Period::year(year)
        }
        _ => None,
    }
}
