//! Durations as people write them: `500ms`, `30s`, `5m`, `36h`, `2d`, `1w`, and sums such as `1h30m`.

use std::time::Duration;

const UNITS: [(&str, u64); 6] = [
    ("w", 7 * 24 * 3600 * 1000),
    ("d", 24 * 3600 * 1000),
    ("h", 3600 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];

/// The longest duration of the grammar: a hundred years of days.
const LONGEST_MILLIS: u64 = 100 * 366 * 24 * 3600 * 1000;

/// Reads a duration. A day is 24 hours, a week seven days.
///
/// # Errors
/// A fragment that says what is wrong and how to write it.
pub fn parse(text: &str) -> Result<Duration, String> {
    let form = "write it like `500ms`, `30s`, `5m`, `36h`, `2d`, `1w` or `1h30m`";
    let mut rest = text;
    let mut millis: u64 = 0;
    let mut last_unit = u64::MAX;
    if text.is_empty() {
        return Err(format!("an empty text is not a duration: {form}"));
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, tail) = rest.split_at(digits);
        let letters = tail.len() - tail.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (unit, tail) = tail.split_at(letters);
        if number.is_empty() {
            return Err(format!("`{text}` is not a duration: {form}"));
        }
        if unit.is_empty() {
            return Err(format!("`{text}` has no unit: {form}"));
        }
        let Some((_, factor)) = UNITS.into_iter().find(|(name, _)| *name == unit) else {
            return Err(format!("`{unit}` is not a unit of time: {form}"));
        };
        if factor >= last_unit {
            return Err(format!("`{text}` names its units out of order: {form}"));
        }
        last_unit = factor;
        millis = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(factor))
            .and_then(|part| millis.checked_add(part))
            .filter(|millis| *millis <= LONGEST_MILLIS)
            .ok_or_else(|| format!("`{text}` is longer than a hundred years"))?;
        rest = tail;
    }
    Ok(Duration::from_millis(millis))
}

/// Shows a duration with its two largest units: `1h 30m`, `31 days`, `850ms`.
pub fn show(duration: Duration) -> String {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if millis < 1000 {
        return format!("{millis}ms");
    }
    if millis < 10_000 && millis % 1000 != 0 {
        let tenths = millis / 100;
        return format!("{}.{}s", tenths / 10, tenths % 10);
    }
    let seconds = millis / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let two = |large: u64, unit: &str, small: u64, next: &str| match small {
        0 => format!("{large}{unit}"),
        _ => format!("{large}{unit} {small}{next}"),
    };
    match (days, hours, minutes) {
        (10.., _, _) => format!("{days} days"),
        (1.., _, _) => two(days, "d", hours, "h"),
        (0, 1.., _) => two(hours, "h", minutes, "m"),
        (0, 0, 1..) => two(minutes, "m", seconds % 60, "s"),
        (0, 0, 0) => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{parse, show};

    #[test]
    fn reads_every_unit_and_sums() {
        for (text, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("5m", 300_000),
            ("36h", 129_600_000),
            ("2d", 172_800_000),
            ("1w", 604_800_000),
            ("1h30m", 5_400_000),
            ("1d12h", 129_600_000),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn refuses_what_could_be_misread() {
        for text in [
            "",
            "30",
            "s",
            "1.5h",
            "-1s",
            "30 s",
            "30m1h",
            "1h1h",
            "5min",
            "1M",
            "9999999999999w",
            "１s",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shows_two_units() {
        for (millis, shown) in [
            (0, "0ms"),
            (850, "850ms"),
            (1500, "1.5s"),
            (59_000, "59s"),
            (90_000, "1m 30s"),
            (5_400_000, "1h 30m"),
            (172_800_000, "2d"),
            (180_000_000, "2d 2h"),
            (2_700_000_000, "31 days"),
        ] {
            assert_eq!(show(Duration::from_millis(millis)), shown);
        }
    }
}
