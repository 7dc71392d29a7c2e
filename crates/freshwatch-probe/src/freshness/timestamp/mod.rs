//! Reads a value as a point in time, or says why it is none.
//!
//! Nothing is guessed: a value that could mean two things is refused, and the reason names the remedy.

pub(crate) mod auto;
mod epoch;
mod form;
pub(super) mod iso;
mod pattern;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::period::Period;
pub use epoch::EpochUnit;
pub use form::Form;
pub use pattern::Pattern;

/// How a value is read as a point in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// What can be told apart without doubt.
    Auto,
    /// RFC 3339.
    Rfc3339,
    /// The three date formats of RFC 9110, section 5.6.7.
    Http,
    /// Seconds since 1970-01-01T00:00:00Z.
    Unix,
    /// Milliseconds since then.
    UnixMs,
    /// Microseconds since then.
    UnixUs,
    /// Nanoseconds since then.
    UnixNs,
    /// A strftime pattern.
    Pattern(Pattern),
}

/// The words of the key `format`.
pub const FORMAT_WORDS: [&str; 7] = ["auto", "rfc3339", "http", "unix", "unix_ms", "unix_us", "unix_ns"];

/// A time as data gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A point in time.
    Instant(Timestamp),
    /// A day, month, week, quarter or year: the data counts from its end.
    Period {
        /// Which one.
        period: Period,
        /// Its first moment.
        start: Timestamp,
        /// The first moment after it.
        end: Timestamp,
    },
}

impl Moment {
    /// The point that its age counts from.
    pub const fn end(self) -> Timestamp {
        match self {
            Self::Instant(at) => at,
            Self::Period { end, .. } => end,
        }
    }

    /// The earliest point that it may denote: a period that has begun is not in the future.
    pub const fn start(self) -> Timestamp {
        match self {
            Self::Instant(at) => at,
            Self::Period { start, .. } => start,
        }
    }
}

/// Why a value is no point in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It is null, empty, or of a type that holds no time.
    Absent(String),
    /// It cannot be read.
    Malformed(String),
    /// It has no zone, and none is configured.
    Naive(String),
}

impl Format {
    /// Reads the value of the key `format`.
    ///
    /// # Errors
    /// A fragment that says what is wrong and what can be written.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(match text {
            "auto" => Self::Auto,
            "rfc3339" => Self::Rfc3339,
            "http" => Self::Http,
            "unix" => Self::Unix,
            "unix_ms" => Self::UnixMs,
            "unix_us" => Self::UnixUs,
            "unix_ns" => Self::UnixNs,
            pattern if pattern.contains('%') => Self::Pattern(Pattern::parse(pattern)?),
            other => {
                return Err(format!(
                    "`{other}` is not a format: write one of {}, or a strftime pattern such as `%Y%m%d`",
                    FORMAT_WORDS.map(|word| format!("`{word}`")).join(", ")
                ));
            }
        })
    }

    /// Reads a value; `zone` is for values that have none of their own.
    ///
    /// # Errors
    /// Why it is no point in time. The sentence does not repeat the value.
    pub fn read(&self, value: &Value, zone: Option<&TimeZone>) -> Result<Moment, Unreadable> {
        self.read_in_form(value, zone).map(|(moment, _)| moment)
    }

    /// As [`read`](Self::read), with the form in which the value told its time.
    ///
    /// # Errors
    /// Why it is no point in time. The sentence does not repeat the value.
    pub fn read_in_form(&self, value: &Value, zone: Option<&TimeZone>) -> Result<(Moment, Form), Unreadable> {
        let absent = |what: &str| Err(Unreadable::Absent(format!("{what} holds no time")));
        match value {
            Value::Null => absent("null"),
            Value::Bool(_) => absent("a boolean"),
            Value::Array(_) => absent("an array"),
            Value::Object(_) => absent("an object"),
            Value::Number(number) => self.read_text(&number.to_string(), true, zone),
            Value::String(text) if text.trim().is_empty() => absent("an empty text"),
            Value::String(text) => self.read_text(text.trim(), false, zone),
        }
    }

    fn read_text(
        &self,
        text: &str,
        is_number: bool,
        zone: Option<&TimeZone>,
    ) -> Result<(Moment, Form), Unreadable> {
        let in_form = |form: Form| move |at: Timestamp| (Moment::Instant(at), form);
        let epoch = |unit: EpochUnit| {
            let read = epoch::read(text, unit).map(in_form(Form::Epoch(unit)));
            read.ok_or_else(|| {
                Unreadable::Malformed(format!("is not a number of {} since 1970", unit.name()))
            })
        };
        match self {
            Self::Auto => auto::read(text, is_number, zone),
            Self::Rfc3339 => iso::rfc3339(text)
                .map(in_form(Form::Iso { zoned: true }))
                .ok_or_else(|| Unreadable::Malformed("is not an RFC 3339 time".into())),
            Self::Http => auto::http_date(text)
                .map(in_form(Form::Http))
                .ok_or_else(|| Unreadable::Malformed("is not an HTTP date".into())),
            Self::Unix => epoch(EpochUnit::Seconds),
            Self::UnixMs => epoch(EpochUnit::Milliseconds),
            Self::UnixUs => epoch(EpochUnit::Microseconds),
            Self::UnixNs => epoch(EpochUnit::Nanoseconds),
            Self::Pattern(pattern) => pattern.read(text, zone),
        }
    }
}

/// A period in its zone.
fn zoned(period: Period, zone: Option<&TimeZone>) -> Result<Moment, Unreadable> {
    let zone = zone.ok_or_else(|| naive("a date"))?;
    let bounds = period.start(zone).zip(period.end(zone));
    let (start, end) = bounds
        .ok_or_else(|| Unreadable::Malformed("lies outside the years that can be computed with".into()))?;
    Ok(Moment::Period { period, start, end })
}

/// A civil time in its zone. In a fold it is the first of the two, in a gap the moment after it (RFC 5545, 3.3.5).
fn civil(at: jiff::civil::DateTime, zone: Option<&TimeZone>) -> Result<Moment, Unreadable> {
    let zone = zone.ok_or_else(|| naive("a time"))?;
    zone.to_ambiguous_zoned(at)
        .compatible()
        .map(|zoned| Moment::Instant(zoned.timestamp()))
        .map_err(|_| Unreadable::Malformed("lies outside the years that can be computed with".into()))
}

fn naive(what: &str) -> Unreadable {
    Unreadable::Naive(format!(
        "is {what} without a zone: say whose it is with `timezone`, such as `timezone: Asia/Seoul` or `timezone: UTC`"
    ))
}

#[cfg(test)]
mod tests;
