//! ISO 8601 times: RFC 3339, and the near misses that still say their zone.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZoneDatabase;

/// Whether a text has a form, in which `0` stands for any digit: forms are compared, not guessed at.
pub fn has_shape(text: &str, form: &str) -> bool {
    behind(text, form) == Some("")
}

/// What stands behind the part of a text that has this form.
fn behind<'t>(text: &'t str, form: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(form.len())?;
    let mut pairs = head.bytes().zip(form.bytes());
    let fits = pairs.all(|(byte, wanted)| byte == wanted || (wanted == b'0' && byte.is_ascii_digit()));
    fits.then_some(rest)
}

/// What an ISO time says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IsoTime {
    /// With its zone.
    Instant(Timestamp),
    /// Without.
    Naive(DateTime),
}

/// Exactly the grammar of RFC 3339: seconds are there, the offset is `Z` or `+00:00`.
pub fn rfc3339(text: &str) -> Option<Timestamp> {
    let (clock, zone) = split_zone(text)?;
    let seconds = clock.len() >= 19;
    let offset = matches!(zone, "Z" | "z") || is_offset(zone, &["00:00"]);
    (seconds && offset).then(|| parse_instant(text)).flatten()
}

/// An ISO time with a zone (`Z`, `+09:00`, `+0900`, `+09`, ` UTC`, ` GMT`, `[Asia/Seoul]`) or without one.
pub fn read(text: &str) -> Option<IsoTime> {
    let (clock, zone) = split_zone(text)?;
    let zone = zone.trim_start();
    match zone {
        "" => parse_naive(clock).map(IsoTime::Naive),
        "UTC" | "GMT" => parse_instant(&format!("{clock}Z")).map(IsoTime::Instant),
        _ if zone.ends_with(']') => zoned(text).map(IsoTime::Instant),
        "Z" if text.len() == clock.len() + 1 => parse_instant(text).map(IsoTime::Instant),
        "Z" | "z" => parse_instant(&format!("{clock}Z")).map(IsoTime::Instant),
        _ if is_offset(zone, &["00:00", "0000", "00"]) => {
            parse_instant(&format!("{clock}{zone}")).map(IsoTime::Instant)
        }
        _ => None,
    }
}

/// Whether a zone is an offset from UTC in one of these forms behind its sign.
fn is_offset(zone: &str, forms: &[&str]) -> bool {
    zone.strip_prefix(['+', '-'])
        .is_some_and(|digits| forms.iter().any(|form| has_shape(digits, form)))
}

/// Whether a text has the form of an ISO time, be it one or not.
pub fn has_form(text: &str) -> bool {
    split_zone(text).is_some()
}

/// Splits a text behind its clock: `2026-11-20T09:00`, `:30` and a fraction are the clock, all behind it the zone.
fn split_zone(text: &str) -> Option<(&str, &str)> {
    let time = behind(text, "0000-00-00")?.strip_prefix(['T', 't', ' '])?;
    let mut zone = behind(time, "00:00")?;
    if let Some(rest) = behind(zone, ":00") {
        zone = rest;
        if let Some(fraction) = rest.strip_prefix(['.', ',']) {
            let behind_it = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            zone = if behind_it.len() < fraction.len() {
                behind_it
            } else {
                rest
            };
        }
    }
    Some(text.split_at(text.len() - zone.len()))
}

fn parse_instant(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(&*cut_fraction(text)).ok()
}

fn parse_naive(text: &str) -> Option<DateTime> {
    DateTimeParser::new().parse_datetime(&*cut_fraction(text)).ok()
}

/// RFC 9557: jiff refuses an offset that contradicts the zone.
fn zoned(text: &str) -> Option<Timestamp> {
    let parsed = DateTimeParser::new().parse_zoned_with(&TimeZoneDatabase::bundled(), &*cut_fraction(text));
    parsed.ok().map(|zoned| zoned.timestamp())
}

/// Digits beyond nanoseconds are cut off: jiff refuses them, RFC 3339 allows them.
fn cut_fraction(text: &str) -> Cow<'_, str> {
    let Some(point) = text.find(['.', ',']) else {
        return text.into();
    };
    let (head, tail) = text.split_at(point + 1);
    let digits = tail.len() - tail.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits <= 9 {
        return text.into();
    }
    format!("{head}{}{}", &tail[..9], &tail[digits..]).into()
}
