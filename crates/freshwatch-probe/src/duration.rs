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
        if unit.is_empty() && tail.starts_with(['.', ',']) {
            return Err(format!("`{text}` holds a fraction: write whole numbers: `1h30m`"));
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
    match duration.as_millis() {
        0..1000 => format!("{}ms", duration.as_millis()),
        1000..10_000 => {
            let tenths = duration.as_millis() / 100;
            match tenths % 10 {
                0 => format!("{}s", tenths / 10),
                tenth => format!("{}.{tenth}s", tenths / 10),
            }
        }
        _ if duration.as_secs() >= 10 * 86_400 => format!("{} days", duration.as_secs() / 86_400),
        _ => with_units(duration, 2),
    }
}

/// Spells a duration exactly, as [`parse`] reads it: `1h30m`, `31d`.
pub fn spell(duration: Duration) -> String {
    with_units(duration, UNITS.len()).replace(' ', "")
}

/// Shows two durations that are not the same so that they do not look the same: with as many units as it takes.
pub fn show_apart(one: Duration, other: Duration) -> (String, String) {
    let short = (show(one), show(other));
    if short.0 != short.1 || one == other {
        return short;
    }
    let longer = (2..=UNITS.len()).map(|units| (with_units(one, units), with_units(other, units)));
    let apart = longer.into_iter().find(|(one, other)| one != other);
    apart.unwrap_or_else(|| (format!("{one:?}"), format!("{other:?}")))
}

/// The first so many units from the largest that is not zero: `30d 23h 5m`. Weeks are told in days.
fn with_units(duration: Duration, count: usize) -> String {
    let mut millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let parts = UNITS.into_iter().skip(1).map(|(unit, factor)| {
        let number = millis / factor;
        millis %= factor;
        (number, unit)
    });
    let parts = parts.skip_while(|(number, _)| *number == 0).take(count);
    let parts: Vec<String> = parts
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    if parts.is_empty() {
        "0ms".into()
    } else {
        parts.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{parse, show, show_apart, spell};

    #[test]
    fn fractions_are_told_apart_from_missing_units() {
        for text in ["1.5h", "0.5s", "1,5h", "1h0.5m", "2."] {
            let told = format!("`{text}` holds a fraction: write whole numbers: `1h30m`");
            assert_eq!(parse(text), Err(told));
        }
        assert!(parse("30").unwrap_err().contains("has no unit"));
    }

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
    fn durations_that_differ_look_different() {
        let apart = |one, other| {
            let (one, other) = show_apart(Duration::from_millis(one), Duration::from_millis(other));
            format!("{one} / {other}")
        };
        assert_eq!(apart(90_000_000, 86_400_000), "1d 1h / 1d");
        assert_eq!(apart(89_940_000, 86_400_000), "1d 59m / 1d");
        assert_eq!(apart(97_140_000, 93_600_000), "1d 2h 59m / 1d 2h");
        assert_eq!(apart(2_674_800_000, 2_592_000_000), "30d 23h / 30d");
        assert_eq!(apart(120_001, 120_000), "2m 1ms / 2m");
        assert_eq!(apart(60_000, 60_000), "1m / 1m");
    }

    #[test]
    fn what_is_spelt_reads_the_same() {
        for (text, spelt) in [
            ("3600s", "1h"),
            ("5400s", "1h30m"),
            ("90061001ms", "1d1h1m1s1ms"),
            ("5w", "35d"),
            ("0s", "0ms"),
            ("59s", "59s"),
        ] {
            let duration = parse(text).unwrap();
            assert_eq!(spell(duration), spelt);
            assert_eq!(parse(spelt), Ok(duration));
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
