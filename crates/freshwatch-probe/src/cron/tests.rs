//! What lines mean, and when they run.

mod against_croner;
mod clock_changes;
mod minute_by_minute;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use proptest::prelude::*;

use super::CronLine;

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

/// Every moment after one point in time and before another.
fn moments(line: &CronLine, after: Timestamp, before: Timestamp, zone: &TimeZone) -> Vec<Timestamp> {
    std::iter::successors(line.next_after(after, zone), |at| line.next_after(*at, zone))
        .take_while(|at| *at < before)
        .collect()
}

/// The first moments after 2026-11-20T12:00:00Z (a Friday) at which the line runs.
#[track_caller]
fn check(line: &str, expected: &[&str]) {
    let from: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
    let parsed = CronLine::parse(line).unwrap();
    let next = |after| parsed.next_after(after, &TimeZone::UTC);
    let moments: Vec<String> = std::iter::successors(next(from), |at| next(*at))
        .take(expected.len())
        .map(|at| at.strftime("%a %m-%d %H:%M").to_string())
        .collect();
    assert_eq!(moments, *expected, "{line}");
}

#[test]
fn days_of_the_week_are_unix_days() {
    check("0 9 * * 1", &["Mon 11-23 09:00", "Mon 11-30 09:00"]);
    check("0 9 * * mon-fri", &["Mon 11-23 09:00", "Tue 11-24 09:00"]);
    check("0 9 * * 0", &["Sun 11-22 09:00", "Sun 11-29 09:00"]);
    check("0 9 * * 7", &["Sun 11-22 09:00", "Sun 11-29 09:00"]);
    check(
        "0 9 * * 5-7",
        &["Sat 11-21 09:00", "Sun 11-22 09:00", "Fri 11-27 09:00"],
    );
}

#[test]
fn both_day_fields_are_ored_when_both_are_restricted() {
    check(
        "0 0 25 * mon",
        &["Mon 11-23 00:00", "Wed 11-25 00:00", "Mon 11-30 00:00"],
    );
    check("0 0 */10 * mon", &["Mon 12-21 00:00"]);
}

#[test]
fn steps_lists_and_words() {
    check(
        "*/20 * * * *",
        &["Fri 11-20 12:20", "Fri 11-20 12:40", "Fri 11-20 13:00"],
    );
    check(
        "5,10-12/2 13 * * *",
        &["Fri 11-20 13:05", "Fri 11-20 13:10", "Fri 11-20 13:12"],
    );
    check("@hourly", &["Fri 11-20 13:00", "Fri 11-20 14:00"]);
    check("@weekly", &["Sun 11-22 00:00"]);
    check("0 0 1 JAN *", &["Fri 01-01 00:00"]);
    check(
        "59 23 31 * *",
        &["Thu 12-31 23:59", "Sun 01-31 23:59", "Wed 03-31 23:59"],
    );
}

#[test]
fn what_is_wrong_is_named() {
    for (line, word) in [
        ("* * * *", "4 fields"),
        ("0 * * * * *", "6 fields"),
        ("", "0 fields"),
        ("60 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day of the month"),
        ("* * * 13 *", "month"),
        ("* * * * 8", "day of the week"),
        ("* * * * fun", "day of the week"),
        ("30-10 * * * *", "backwards"),
        ("*/0 * * * *", "step"),
        ("5/15 * * * *", "range"),
        ("+5 * * * *", "minute"),
        ("1,, * * * *", "minute"),
        ("@reboot", "@hourly"),
        ("0 0 31 2 *", "never runs"),
        ("0 0 31 4,6 *", "never runs"),
    ] {
        let why = CronLine::parse(line).unwrap_err();
        assert!(why.contains(word), "{line}: {why}");
    }
    assert!(CronLine::parse("0 0 29 2 *").is_ok());
    assert!(CronLine::parse("0 0 31 2 mon").is_ok());
}

#[test]
fn rare_lines_are_found_and_the_end_of_time_is_none() {
    let new_york = zone("America/New_York");
    let next = |line: &str, after: &str| {
        let line = CronLine::parse(line).unwrap();
        line.next_after(after.parse().unwrap(), &new_york)
            .map(|at| at.to_zoned(new_york.clone()).date().to_string())
    };
    let found = |day: &str| Some(day.to_owned());
    assert_eq!(next("0 0 29 2 *", "2024-03-01T12:00:00Z"), found("2028-02-29"));
    assert_eq!(next("0 0 29 2 *", "2096-03-01T12:00:00Z"), None);
    // 29 February and a Sunday, as both fields must hold.
    assert_eq!(next("0 0 29 2 */7", "2032-03-01T12:00:00Z"), found("2060-02-29"));
    assert_eq!(next("* * * * *", "1800-01-01T00:00:00Z"), found("1970-01-01"));
    assert_eq!(next("* * * * *", "2101-01-02T00:00:00Z"), None);
    assert_eq!(next("* * * * *", "9999-12-30T22:00:00Z"), None);
}

#[test]
fn points_within_a_second_belong_to_it() {
    let line = CronLine::parse("* * * * *").unwrap();
    let (utc, at) = (TimeZone::UTC, |text: &str| text.parse::<Timestamp>().unwrap());
    let minute = at("2026-11-20T12:00:00Z");
    for (point, next, previous) in [
        ("2026-11-20T11:59:59.999999999Z", true, false),
        ("2026-11-20T12:00:00Z", false, false),
        ("2026-11-20T12:00:00.000000001Z", false, true),
    ] {
        assert_eq!(line.next_after(at(point), &utc) == Some(minute), next, "{point}");
        assert_eq!(
            line.previous_before(at(point), &utc) == Some(minute),
            previous,
            "{point}"
        );
    }
    let epoch = line.next_after(at("1969-12-31T23:59:59.5Z"), &utc);
    assert_eq!(epoch, Some(Timestamp::UNIX_EPOCH));
    assert_eq!(line.previous_before(Timestamp::UNIX_EPOCH, &utc), None);
}

proptest! {
    #[test]
    fn what_is_parsed_can_be_scheduled(line in "[0-9*,/-]{1,5}( [0-9*,/a-z-]{1,5}){4}") {
        if let Err(why) = CronLine::parse(&line) {
            prop_assert!(!why.contains("cannot be scheduled"), "{}", why);
        }
    }

    /// A line that is accepted runs within the 28 years after which the calendar repeats itself; the year 2100 has
    /// no leap day.
    #[test]
    fn what_is_accepted_runs(line in "[*]|[*]/[1-9]|[0-9]", day in "[*](/[1-9])?|[12]?[1-9]", month in "[*](/[1-9])?|[1-9]", weekday in "[*](/[1-7])?|[0-7]") {
        let line = format!("{line} 1 {day} {month} {weekday}");
        if let Ok(parsed) = CronLine::parse(&line) {
            let from: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
            prop_assert!(parsed.next_after(from, &TimeZone::UTC).is_some(), "{}", line);
        }
    }
}
