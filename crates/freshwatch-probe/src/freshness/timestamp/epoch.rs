//! Numbers that count from 1970-01-01T00:00:00Z.

use jiff::{SignedDuration, Timestamp};

/// What a number since 1970 counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum EpochUnit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

impl EpochUnit {
    /// From the longest to the shortest.
    pub const ALL: [Self; 4] = [
        Self::Seconds,
        Self::Milliseconds,
        Self::Microseconds,
        Self::Nanoseconds,
    ];

    /// The noun.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Microseconds => "microseconds",
            Self::Nanoseconds => "nanoseconds",
        }
    }

    /// How many digits of nanoseconds one unit is.
    const fn nanosecond_digits(self) -> usize {
        match self {
            Self::Seconds => 9,
            Self::Milliseconds => 6,
            Self::Microseconds => 3,
            Self::Nanoseconds => 0,
        }
    }
}

/// Reads a decimal number of units, exactly: through a float, nanoseconds above 2^53 would lose their last digits.
pub fn read(text: &str, unit: EpochUnit) -> Option<Timestamp> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let only_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !only_digits(whole) || !only_digits(fraction) || whole.len() > 25 {
        return None;
    }
    let places = unit.nanosecond_digits();
    let fraction: String = fraction.chars().chain("000000000".chars()).take(places).collect();
    let nanoseconds: i128 = format!("{whole}{fraction}").parse().ok()?;
    let nanoseconds = if negative { -nanoseconds } else { nanoseconds };
    Timestamp::from_nanosecond(nanoseconds).ok()
}

/// Whether a text has the form of a number at all.
pub fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty()
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'))
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && text.parse::<f64>().is_ok()
}

/// 1990-01-01 to 2100-01-01: the ranges of the four units do not overlap, and neither `20261120` nor `202610` nor a
/// fourteen-digit `20261120093000` falls into any of them.
const PLAUSIBLE_SECONDS: std::ops::Range<i64> = 631_152_000..4_102_444_800;

/// The instant that a number denotes in the one unit in which it is plausible.
pub fn plausible(text: &str) -> Option<(EpochUnit, Timestamp)> {
    EpochUnit::ALL
        .into_iter()
        .filter_map(|unit| Some((unit, read(text, unit)?)))
        .find(|(_, at)| PLAUSIBLE_SECONDS.contains(&at.as_second()))
}

/// `/Date(1715678990000)/` and `/Date(1715678990000+0900)/`: milliseconds; the offset is for display alone.
pub fn microsoft(text: &str) -> Option<Timestamp> {
    let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let sign = inner.char_indices().skip(1).find(|(_, c)| matches!(c, '+' | '-'));
    let millis = match sign {
        Some((at, _)) if inner.len() - at == 5 && inner[at + 1..].bytes().all(|b| b.is_ascii_digit()) => {
            &inner[..at]
        }
        Some(_) => return None,
        None => inner,
    };
    let at = read(millis, EpochUnit::Milliseconds)?;
    // The form is plain JSON since ASP.NET AJAX; a fraction of a millisecond never occurs in it.
    (at.duration_since(Timestamp::UNIX_EPOCH).subsec_nanos() % 1_000_000 == 0
        && at.duration_since(Timestamp::UNIX_EPOCH) != SignedDuration::ZERO)
        .then_some(at)
}
