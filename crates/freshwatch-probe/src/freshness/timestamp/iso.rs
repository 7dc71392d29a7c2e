//! ISO 8601 times: RFC 3339, and the near misses that still say their zone.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZoneDatabase;

/// The text with every ASCII digit as `0`: forms are compared, not guessed at.
pub fn shape(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect()
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
    let offset = matches!(zone, "Z" | "z") || shape(&zone.replace('-', "+")) == "+00:00";
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
        "Z" | "z" => parse_instant(&format!("{clock}Z")).map(IsoTime::Instant),
        _ => match shape(&zone.replace('-', "+")).as_str() {
            "+00:00" | "+0000" | "+00" => parse_instant(&format!("{clock}{zone}")).map(IsoTime::Instant),
            _ => None,
        },
    }
}

/// Whether a text has the form of an ISO time, be it one or not.
pub fn has_form(text: &str) -> bool {
    split_zone(text).is_some()
}

/// Splits a text behind its clock: `2026-11-20T09:00`, `:30` and a fraction are the clock, all behind it the zone.
fn split_zone(text: &str) -> Option<(&str, &str)> {
    let form = shape(text);
    let rest = form
        .strip_prefix("0000-00-00")?
        .strip_prefix(['T', 't', ' '])?
        .strip_prefix("00:00")?;
    let mut length = 16;
    if let Some(rest) = rest.strip_prefix(":00") {
        length = 19;
        if let Some(fraction) = rest.strip_prefix(['.', ',']) {
            let digits = fraction.len() - fraction.trim_start_matches('0').len();
            length += if digits > 0 { 1 + digits } else { 0 };
        }
    }
    Some(text.split_at(length))
}

fn parse_instant(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(cut_fraction(text)).ok()
}

fn parse_naive(text: &str) -> Option<DateTime> {
    DateTimeParser::new().parse_datetime(cut_fraction(text)).ok()
}

/// RFC 9557: jiff refuses an offset that contradicts the zone.
fn zoned(text: &str) -> Option<Timestamp> {
    let parsed = DateTimeParser::new().parse_zoned_with(&TimeZoneDatabase::bundled(), cut_fraction(text));
    parsed.ok().map(|zoned| zoned.timestamp())
}

/// Digits beyond nanoseconds are cut off: jiff refuses them, RFC 3339 allows them.
fn cut_fraction(text: &str) -> String {
    let Some(point) = text.find(['.', ',']) else {
        return text.to_owned();
    };
    let (head, tail) = text.split_at(point + 1);
    let digits = tail.len() - tail.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    format!("{head}{}{}", &tail[..digits.min(9)], &tail[digits..])
}
