//! The rule of gaps and folds, by example.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{CronLine, moments, zone};

/// When a line runs on one day of the wall.
#[track_caller]
fn check(zone_name: &str, day: &str, line: &str, expected: &[&str]) {
    let zone = zone(zone_name);
    let day: Date = day.parse().unwrap();
    let start_of = |day: Date| day.to_zoned(zone.clone()).unwrap().timestamp();
    let before = start_of(day) - SignedDuration::from_secs(1);
    let line = CronLine::parse(line).unwrap();
    let moments: Vec<String> = moments(&line, before, start_of(day.tomorrow().unwrap()), &zone)
        .iter()
        .map(|at| at.to_zoned(zone.clone()).strftime("%H:%M %z").to_string())
        .collect();
    assert_eq!(moments, *expected, "{line} in {zone_name} on {day}");
}

#[test]
fn a_time_of_day_in_a_gap_runs_at_its_end_once() {
    let spring = |line, expected| check("America/New_York", "2026-03-08", line, expected);
    spring("30 2 * * *", &["03:00 -0400"]);
    spring("0,15,30 2 * * *", &["03:00 -0400"]);
    spring("30 2,3 * * *", &["03:00 -0400", "03:30 -0400"]);
    spring("0 1-4 * * *", &["01:00 -0500", "03:00 -0400", "04:00 -0400"]);
}

#[test]
fn a_time_of_day_in_a_fold_runs_the_first_time_alone() {
    let autumn = |line, expected| check("America/New_York", "2026-11-01", line, expected);
    autumn("30 1 * * *", &["01:30 -0400"]);
    autumn("0 1,2 * * *", &["01:00 -0400", "02:00 -0500"]);
    autumn("0 0-2 * * *", &["00:00 -0400", "01:00 -0400", "02:00 -0500"]);
}

#[test]
fn a_rhythm_goes_on() {
    check(
        "America/New_York",
        "2026-11-01",
        "30 */1 1 11 *",
        &[
            "00:30 -0400",
            "01:30 -0400",
            "01:30 -0500",
            "02:30 -0500",
            "03:30 -0500",
            "04:30 -0500",
            "05:30 -0500",
            "06:30 -0500",
            "07:30 -0500",
            "08:30 -0500",
            "09:30 -0500",
            "10:30 -0500",
            "11:30 -0500",
            "12:30 -0500",
            "13:30 -0500",
            "14:30 -0500",
            "15:30 -0500",
            "16:30 -0500",
            "17:30 -0500",
            "18:30 -0500",
            "19:30 -0500",
            "20:30 -0500",
            "21:30 -0500",
            "22:30 -0500",
            "23:30 -0500",
        ],
    );
}

#[test]
fn a_rhythm_of_every_hour_is_even_in_elapsed_time() {
    let line = CronLine::parse("*/5 * * * *").unwrap();
    for (name, day) in [
        ("America/New_York", "2026-03-08"),
        ("America/New_York", "2026-11-01"),
        ("Australia/Lord_Howe", "2026-04-05"),
        ("Australia/Lord_Howe", "2026-10-04"),
        ("Pacific/Apia", "2011-12-31"),
    ] {
        let zone = zone(name);
        let noon = day
            .parse::<Date>()
            .unwrap()
            .at(12, 0, 0, 0)
            .to_zoned(zone.clone())
            .unwrap();
        let from = noon.timestamp() - SignedDuration::from_hours(24);
        let all = moments(&line, from, noon.timestamp(), &zone);
        assert_eq!(all.len(), 24 * 12 - 1, "{name}");
        assert!(
            all.windows(2)
                .all(|pair| pair[1].duration_since(pair[0]).as_secs() == 300)
        );
    }
}

#[test]
fn a_rhythm_of_some_hours_repeats_and_is_not_lost() {
    let spring = |line, expected| check("America/New_York", "2026-03-08", line, expected);
    spring("*/20 2 * * *", &["03:00 -0400"]);
    spring("*/30 2-3 * * *", &["03:00 -0400", "03:30 -0400"]);
    let autumn = |line, expected| check("America/New_York", "2026-11-01", line, expected);
    autumn(
        "*/30 1 * * *",
        &["01:00 -0400", "01:30 -0400", "01:00 -0500", "01:30 -0500"],
    );
}

#[test]
fn gaps_at_midnight_of_half_an_hour_and_of_a_day() {
    check("America/Sao_Paulo", "2018-11-04", "0 0 * * *", &["01:00 -0200"]);
    check(
        "America/Sao_Paulo",
        "2018-11-04",
        "0 */6 * * *",
        &["01:00 -0200", "06:00 -0200", "12:00 -0200", "18:00 -0200"],
    );
    check(
        "Australia/Lord_Howe",
        "2026-10-04",
        "15 2 * * *",
        &["02:30 +1100"],
    );
    check(
        "Australia/Lord_Howe",
        "2026-04-05",
        "45 1 * * *",
        &["01:45 +1100"],
    );
    check(
        "Pacific/Apia",
        "2011-12-31",
        "0 9 * * *",
        &["00:00 +1400", "09:00 +1400"],
    );
    check("Pacific/Apia", "2011-12-31", "0 9 30 12 *", &["00:00 +1400"]);
    check("Antarctica/Troll", "2026-03-29", "30 1 * * *", &["03:00 +0200"]);
    check("Asia/Seoul", "2026-03-29", "30 2 * * *", &["02:30 +0900"]);
    check("Asia/Kathmandu", "2026-03-29", "30 2 * * *", &["02:30 +0545"]);
}

#[test]
fn the_first_time_is_found_from_long_after_a_fold() {
    let (zone, line) = (zone("America/New_York"), CronLine::parse("30 1 1 11 *").unwrap());
    let ran: Timestamp = "2026-11-01T05:30:00Z".parse().unwrap();
    for minutes in (1..500 * 60).step_by(7) {
        let before = ran + SignedDuration::from_mins(minutes);
        assert_eq!(line.previous_before(before, &zone), Some(ran), "{before}");
    }
}

/// At 2:00 on the hundredth day of the year, this zone sets its clocks back by five hours, and an hour later on again.
#[test]
fn what_a_wall_showed_before_two_changes_is_not_run_again() {
    let zone = TimeZone::posix("AAA0BBB5,J100/2,J99/22").unwrap();
    let line = CronLine::parse("30 20-23 * * *").unwrap();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let moments = moments(
        &line,
        at("2026-04-09T12:00:00Z"),
        at("2026-04-10T12:00:00Z"),
        &zone,
    );
    let shown: Vec<String> = moments
        .iter()
        .map(|at| at.strftime("%d %H:%M").to_string())
        .collect();
    assert_eq!(shown, ["09 20:30", "09 21:30", "09 22:30", "09 23:30"]);
}
