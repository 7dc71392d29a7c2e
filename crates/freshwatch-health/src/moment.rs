//! Points in time and spans between them, in whole milliseconds, so that an atomic number holds one.

use std::time::{Duration, SystemTime};

/// Milliseconds since 1970-01-01T00:00:00Z; negative before it.
///
/// What lies beyond ±292 million years is told as that.
pub(crate) fn since_epoch(time: SystemTime) -> i64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => millis(after),
        // Rounded down, as after the epoch.
        Err(error) => -millis(error.duration().saturating_add(Duration::from_nanos(999_999))),
    }
}

/// The point in time that lies so many milliseconds after the epoch; none where the system cannot hold it.
pub(crate) fn at(since_epoch: i64) -> Option<SystemTime> {
    let span = Duration::from_millis(since_epoch.unsigned_abs());
    if since_epoch < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(span)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(span)
    }
}

/// A span in milliseconds.
pub(crate) fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

const SECOND: i64 = 1_000;
const DAY: i64 = 86_400 * SECOND;

/// `2026-11-22T06:00:00.250Z` (RFC 3339). Its grammar has four digits for a year: none for a time outside of them.
pub(crate) fn rfc3339(since_epoch: i64) -> Option<String> {
    let (days, in_day) = (since_epoch.div_euclid(DAY), since_epoch.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    if !(0..=9999).contains(&year) {
        return None;
    }
    let (seconds, fraction) = (in_day / SECOND, in_day % SECOND);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = match fraction {
        0 => String::new(),
        millis => format!(".{millis:03}"),
    };
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"
    ))
}

/// Year, month and day of the proleptic Gregorian calendar, so many days after 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    // Years are counted from March here, so that a leap day is the last of its year; 400 of them have 146,097 days.
    let from_march_of_0 = days + 719_468;
    let (era, of_era) = (
        from_march_of_0.div_euclid(146_097),
        from_march_of_0.rem_euclid(146_097),
    );
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // From March on, months have 153 days in every five.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// Seconds with up to three decimals, as JSON writes a number: `90`, `0.25`, `-3.5`.
pub(crate) fn seconds(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let (whole, fraction) = (millis.unsigned_abs() / 1_000, millis.unsigned_abs() % 1_000);
    match fraction {
        0 => format!("{sign}{whole}"),
        fraction => {
            let digits = format!("{fraction:03}");
            format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
        }
    }
}

/// For people, rounded down to its two largest units: `40d`, `1d12h`, `90s` as `1m30s`, `250ms`.
pub(crate) fn words(millis: u64) -> String {
    let units = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1_000, "s"),
        (1, "ms"),
    ];
    let Some(first) = units.iter().position(|(unit, _)| millis >= *unit) else {
        return "0s".to_owned();
    };
    let (unit, name) = units[first];
    let large = format!("{}{name}", millis / unit);
    match units.get(first + 1) {
        // A span of seconds needs no milliseconds.
        Some((smaller, name)) if *smaller >= 1_000 && millis % unit >= *smaller => {
            format!("{large}{}{name}", millis % unit / smaller)
        }
        Some(_) | None => large,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use proptest::prelude::*;

    use super::{at, rfc3339, seconds, since_epoch, words};

    #[test]
    fn around_the_epoch() {
        let epoch = SystemTime::UNIX_EPOCH;
        for (time, millis) in [
            (epoch, 0),
            (epoch + Duration::from_micros(1_999), 1),
            (epoch - Duration::from_micros(1), -1),
            (epoch - Duration::from_millis(1), -1),
            (epoch - Duration::from_secs(2), -2_000),
        ] {
            assert_eq!(since_epoch(time), millis, "{time:?}");
        }
        assert_eq!(at(-1_500), Some(epoch - Duration::from_millis(1_500)));
    }

    #[test]
    fn beyond_what_rfc_3339_can_say() {
        assert_eq!(rfc3339(253_402_300_799_999).unwrap(), "9999-12-31T23:59:59.999Z");
        assert_eq!(rfc3339(253_402_300_800_000), None);
        assert_eq!(rfc3339(-62_167_219_200_000).unwrap(), "0000-01-01T00:00:00Z");
        assert_eq!(rfc3339(-62_167_219_200_001), None);
        assert_eq!(rfc3339(i64::MIN), None);
        assert_eq!(rfc3339(i64::MAX), None);
    }

    proptest! {
        #[test]
        fn the_same_calendar_as_others_have(millis in -62_167_219_200_000..253_402_207_200_000_i64) {
            let other = jiff::Timestamp::from_millisecond(millis).unwrap();
            prop_assert_eq!(rfc3339(millis).unwrap().parse::<jiff::Timestamp>().unwrap(), other);
        }

        #[test]
        fn nothing_panics(millis: i64) {
            let _ = (rfc3339(millis), seconds(millis), words(millis.unsigned_abs()), at(millis));
        }
    }

    #[test]
    fn leap_days_and_ends_of_months() {
        for text in [
            "2024-02-29T00:00:00Z",
            "2000-02-29T23:59:59.999Z",
            "1900-02-28T23:59:59Z",
            "1900-03-01T00:00:00Z",
            "2026-12-31T23:59:59.500Z",
            "1969-12-31T23:59:59.999Z",
        ] {
            let millis = text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
            assert_eq!(rfc3339(millis).unwrap(), text);
        }
    }

    #[test]
    fn seconds_are_numbers_of_json() {
        for (millis, text) in [
            (0, "0"),
            (90_000, "90"),
            (250, "0.25"),
            (-3_500, "-3.5"),
            (1_001, "1.001"),
        ] {
            assert_eq!(seconds(millis), text);
        }
    }

    #[test]
    fn words_of_two_units() {
        for (millis, text) in [
            (0, "0s"),
            (250, "250ms"),
            (1_999, "1s"),
            (60_000, "1m"),
            (90_500, "1m30s"),
            (3_600_000, "1h"),
            (5_400_000, "1h30m"),
            (129_600_000, "1d12h"),
            (3_456_000_000, "40d"),
        ] {
            assert_eq!(words(millis), text);
        }
    }
}
