//! What is due when, at every edge, and against a walk from moment to moment.

mod against_a_walk;
mod landing;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::{Covers, Due, DueMoment, Roll, Wanted, Wants};
use crate::calendar::{Calendar, Holiday, Rules};
use crate::cron::CronLine;
use crate::duration;

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

/// A due line in a zone; `wants` is `previous_month` and the like, or a duration for `window`.
fn due(line: &str, zone_name: &str, wants: &str) -> Due {
    let covers = Covers::ALL.into_iter().find(|(word, _)| *word == wants);
    let wants = match covers {
        Some((word, covers)) => {
            assert_eq!(covers.to_string(), word);
            Wants::Covers(covers)
        }
        None => Wants::Window(duration::parse(wants).unwrap()),
    };
    Due::new(CronLine::parse(line).unwrap(), zone(zone_name), wants)
}

/// Monday to Friday with these runs of holidays, `2026-12-25` or `2026-10-05..2026-10-09`.
fn calendar(zone_name: &str, holidays: &[&str]) -> Arc<Calendar> {
    let date = |text: &str| text.parse::<Date>().unwrap();
    let holiday = |text: &&str| {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        Holiday {
            from: date(from),
            to: date(to),
            name: None,
        }
    };
    let rules = Rules {
        holidays: holidays.iter().map(holiday).collect(),
        through: Some(date("2027-12-31")),
        ..Calendar::monday_to_friday(zone(zone_name)).rules().clone()
    };
    Arc::new(Calendar::new("business", rules))
}

/// A time on the wall of the zone.
fn moment(due: &Due, shown: &str) -> Timestamp {
    let shown: DateTime = shown.parse().unwrap();
    shown.to_zoned(due.zone.clone()).unwrap().timestamp()
}

fn show(due: &Due, moment: DueMoment) -> String {
    let at = due.zone.to_datetime(moment.at).strftime("%F %H:%M");
    match moment.wanted {
        Wanted::Period(period) => format!("{at}: {period}"),
        Wanted::Since(since) => {
            let since = due.zone.to_datetime(since).strftime("%F %H:%M");
            format!("{at}: since {since}")
        }
    }
}

/// What was due last at a time on the wall.
#[track_caller]
fn check_last(due: &Due, now: &str, expected: &str) {
    let last = match due.last(moment(due, now)) {
        Ok(last) => show(due, last),
        Err(undecided) => undecided.to_string(),
    };
    assert_eq!(last, expected, "at {now}");
}

/// What is due next after a time on the wall.
#[track_caller]
fn check_next(due: &Due, after: &str, expected: &[&str]) {
    let upcoming: Vec<String> = due
        .upcoming(moment(due, after))
        .take(expected.len())
        .map(|next| next.map_or_else(|past| past.to_string(), |next| show(due, next)))
        .collect();
    assert_eq!(upcoming, expected, "after {after}");
}

#[test]
fn a_due_moment_is_due_from_its_second_on() {
    let daily = due("0 9 * * *", "Asia/Seoul", "previous_day");
    check_last(&daily, "2026-11-20T08:59:59", "2026-11-19 09:00: 2026-11-18");
    check_last(&daily, "2026-11-20T09:00:00", "2026-11-20 09:00: 2026-11-19");
    check_last(&daily, "2026-11-20T09:00:01", "2026-11-20 09:00: 2026-11-19");
    check_next(&daily, "2026-11-20T08:59:59", &["2026-11-20 09:00: 2026-11-19"]);
    check_next(
        &daily,
        "2026-11-20T09:00:00",
        &["2026-11-21 09:00: 2026-11-20", "2026-11-22 09:00: 2026-11-21"],
    );
}

#[test]
fn every_kind_of_period_is_covered() {
    let covered = |covers: &str, expected: &str| {
        let due = due("30 9 1 1,3 *", "Asia/Seoul", covers);
        check_last(&due, "2027-01-01T12:00", &format!("2027-01-01 09:30: {expected}"));
    };
    covered("current_hour", "2027-01-01 09:00 to 10:00");
    covered("previous_hour", "2027-01-01 08:00 to 09:00");
    covered("current_day", "2027-01-01");
    covered("previous_day", "2026-12-31");
    covered("current_business_day", "2027-01-01");
    covered("previous_business_day", "2026-12-31");
    covered("current_week", "week 53 of 2026");
    covered("previous_week", "week 52 of 2026");
    covered("current_month", "January 2027");
    covered("previous_month", "December 2026");
    covered("current_quarter", "the 1st quarter of 2027");
    covered("previous_quarter", "the 4th quarter of 2026");
    covered("current_year", "the year 2027");
    covered("previous_year", "the year 2026");
    covered("8h", "since 2027-01-01 01:30");
    covered("0s", "since 2027-01-01 09:30");
    let leap = due("0 9 * * *", "Asia/Seoul", "previous_day");
    check_last(&leap, "2028-03-01T09:00", "2028-03-01 09:00: 2028-02-29");
    check_last(&leap, "2027-03-01T09:00", "2027-03-01 09:00: 2027-02-28");
    let month_end = due("0 18 31 * *", "Asia/Seoul", "current_month");
    check_last(&month_end, "2026-11-30T18:00", "2026-10-31 18:00: October 2026");
}

#[test]
fn business_days_without_a_calendar_are_monday_to_friday() {
    let previous = due("0 9 * * *", "Asia/Seoul", "previous_business_day");
    check_last(&previous, "2026-11-20T09:00", "2026-11-20 09:00: 2026-11-19");
    check_last(&previous, "2026-11-21T09:00", "2026-11-21 09:00: 2026-11-20");
    check_last(&previous, "2026-11-23T09:00", "2026-11-23 09:00: 2026-11-20");
    let current = due("0 18 * * *", "Asia/Seoul", "current_business_day");
    check_last(&current, "2026-11-22T18:00", "2026-11-22 18:00: 2026-11-20");
}

#[test]
fn due_moments_on_closed_days_fall_away() {
    let calendar = calendar("Asia/Seoul", &["2026-10-05..2026-10-09", "2026-12-25"]);
    let due = due("0 9 * * *", "Asia/Seoul", "previous_business_day").on_open_days(calendar, Roll::Skip);
    check_last(&due, "2026-10-02T09:00", "2026-10-02 09:00: 2026-10-01");
    check_last(&due, "2026-10-07T09:00", "2026-10-02 09:00: 2026-10-01");
    check_last(&due, "2026-10-12T08:59:59", "2026-10-02 09:00: 2026-10-01");
    check_last(&due, "2026-10-12T09:00", "2026-10-12 09:00: 2026-10-02");
    check_next(
        &due,
        "2026-10-02T09:00",
        &["2026-10-12 09:00: 2026-10-02", "2026-10-13 09:00: 2026-10-12"],
    );
    check_next(
        &due,
        "2026-12-24T09:00",
        &["2026-12-28 09:00: 2026-12-24", "2026-12-29 09:00: 2026-12-28"],
    );
}

#[test]
fn due_moments_on_closed_days_roll_forward() {
    let calendar = calendar("Asia/Seoul", &["2026-10-05..2026-10-09", "2026-12-25"]);
    let rolled = |line: &str, covers: &str| {
        due(line, "Asia/Seoul", covers).on_open_days(Arc::clone(&calendar), Roll::Forward)
    };
    // A Saturday and a Sunday roll onto a Monday and count once there, at each time.
    let weekend = rolled("0 9,17 * * sat,sun", "previous_day");
    check_next(
        &weekend,
        "2026-11-20T12:00",
        &[
            "2026-11-23 09:00: 2026-11-21",
            "2026-11-23 17:00: 2026-11-21",
            "2026-11-30 09:00: 2026-11-28",
        ],
    );
    check_last(&weekend, "2026-11-23T08:59:59", "2026-11-16 17:00: 2026-11-14");
    check_last(&weekend, "2026-11-23T09:00", "2026-11-23 09:00: 2026-11-21");
    check_last(&weekend, "2026-11-23T16:59:59", "2026-11-23 09:00: 2026-11-21");
    check_last(&weekend, "2026-11-27T00:00", "2026-11-23 17:00: 2026-11-21");
    // A whole week rolls onto the Monday after it, which has moments of its own.
    let daily = rolled("0 9 * * *", "previous_business_day");
    check_last(&daily, "2026-10-12T08:59:59", "2026-10-02 09:00: 2026-10-01");
    check_next(
        &daily,
        "2026-10-02T09:00",
        &["2026-10-12 09:00: 2026-10-02", "2026-10-13 09:00: 2026-10-12"],
    );
    // In the middle of the holidays, and on the last of them.
    check_next(&daily, "2026-10-07T09:00", &["2026-10-12 09:00: 2026-10-02"]);
    check_next(&daily, "2026-10-11T23:59:59", &["2026-10-12 09:00: 2026-10-02"]);
    // A month's first day at a year's end: a Friday that is open, then Saturdays.
    let monthly = rolled("0 9 1 * *", "previous_month");
    check_next(
        &monthly,
        "2026-07-30T00:00",
        &[
            "2026-08-03 09:00: July 2026",
            "2026-09-01 09:00: August 2026",
            "2026-10-01 09:00: September 2026",
            "2026-11-02 09:00: October 2026",
        ],
    );
    // What rolls out of its month still stands for it.
    let month_end = rolled("0 18 31 * *", "current_month");
    check_last(&month_end, "2026-11-02T17:59:59", "2026-08-31 18:00: August 2026");
    check_last(&month_end, "2026-11-02T18:00", "2026-11-02 18:00: October 2026");
}

#[test]
fn nothing_is_due_past_the_end_of_the_calendar() {
    let calendar = calendar("Asia/Seoul", &[]);
    for roll in [Roll::Skip, Roll::Forward] {
        let due = due("0 9 * * *", "Asia/Seoul", "current_day").on_open_days(Arc::clone(&calendar), roll);
        let past = "the calendar `business` is known through 2027-12-31 only: add the holidays that follow, and move `through` on";
        check_last(&due, "2027-12-31T23:59:59", "2027-12-31 09:00: 2027-12-31");
        check_last(&due, "2028-01-01T00:00", past);
        check_next(&due, "2027-12-30T09:00", &["2027-12-31 09:00: 2027-12-31", past]);
        assert_eq!(due.upcoming(moment(&due, "2027-12-31T09:00")).count(), 1);
    }
}

#[test]
fn a_line_that_never_falls_on_an_open_day_is_found_out() {
    let never = due("0 9 * * sat", "Asia/Seoul", "current_day").on_open_days(
        Arc::new(Calendar::monday_to_friday(zone("Asia/Seoul"))),
        Roll::Skip,
    );
    insta::assert_snapshot!(
        never.last(moment(&never, "2026-11-20T09:00")).unwrap_err(),
        @r#"`due: "0 9 * * sat"` has fallen on no open day of the calendar `Monday to Friday` yet"#
    );
    assert_eq!(never.next_after(moment(&never, "2026-11-20T09:00")), Ok(None));
    let closed = Rules {
        days: vec![],
        ..Calendar::monday_to_friday(zone("Asia/Seoul")).rules().clone()
    };
    let closed = due("* * * * *", "Asia/Seoul", "current_day")
        .on_open_days(Arc::new(Calendar::new("closed", closed)), Roll::Forward);
    assert!(closed.last(moment(&closed, "2026-11-20T09:00")).is_err());
    assert_eq!(closed.next_after(moment(&closed, "2026-11-20T09:00")), Ok(None));
}

#[test]
fn a_century_of_holidays_is_passed_at_once() {
    let calendar = calendar("Asia/Seoul", &["1900-01-01..2026-11-19"]);
    let due = due("*/5 * * * *", "Asia/Seoul", "current_day").on_open_days(calendar, Roll::Forward);
    check_last(&due, "2026-11-20T00:04", "2026-11-20 00:00: 2026-11-20");
    check_next(&due, "1950-01-01T00:00", &["2026-11-20 00:00: 2026-11-20"]);
}

#[test]
fn due_moments_follow_the_clocks_of_their_zone() {
    let at = |zone: &str, line: &str, now: &str| {
        let due = due(line, zone, "previous_hour");
        due.last(now.parse().unwrap()).unwrap().at.to_string()
    };
    // One second before and after 09:00 on both sides of each change.
    for (zone, before, after) in [
        ("Europe/Berlin", "2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z"),
        ("Europe/Berlin", "2026-10-24T07:00:00Z", "2026-10-25T08:00:00Z"),
        ("America/New_York", "2026-03-07T14:00:00Z", "2026-03-08T13:00:00Z"),
        ("America/New_York", "2026-10-31T13:00:00Z", "2026-11-01T14:00:00Z"),
        (
            "Australia/Lord_Howe",
            "2026-10-02T22:30:00Z",
            "2026-10-03T22:00:00Z",
        ),
        (
            "Australia/Lord_Howe",
            "2027-04-02T22:00:00Z",
            "2027-04-03T22:30:00Z",
        ),
        ("Asia/Seoul", "2026-03-28T00:00:00Z", "2026-03-29T00:00:00Z"),
    ] {
        let second = Duration::from_secs(1);
        let moment: Timestamp = after.parse().unwrap();
        assert_eq!(
            at(zone, "0 9 * * *", &(moment - second).to_string()),
            before,
            "{zone}"
        );
        assert_eq!(at(zone, "0 9 * * *", after), after, "{zone}");
        assert_eq!(
            at(zone, "0 9 * * *", &(moment + second).to_string()),
            after,
            "{zone}"
        );
    }
    // A time that a gap skips is due at its end, one that a fold repeats the first time.
    assert_eq!(
        at("Europe/Berlin", "30 2 * * *", "2026-03-29T12:00:00Z"),
        "2026-03-29T01:00:00Z"
    );
    assert_eq!(
        at("Europe/Berlin", "30 2 * * *", "2026-10-25T12:00:00Z"),
        "2026-10-25T00:30:00Z"
    );
}

#[test]
fn what_is_rolled_into_a_change_of_the_clocks_is_due_then() {
    // Sunday is open, and Saturday is not.
    let rules = |zone_name: &str| Rules {
        days: vec![Weekday::Sunday],
        ..Calendar::monday_to_friday(zone(zone_name)).rules().clone()
    };
    let at = |zone: &str, now: &str| {
        let calendar = Arc::new(Calendar::new("c", rules(zone)));
        let due = due("30 2 * * sat", zone, "current_day").on_open_days(calendar, Roll::Forward);
        due.last(now.parse().unwrap()).unwrap().at.to_string()
    };
    assert_eq!(
        at("Europe/Berlin", "2026-03-29T00:59:59Z"),
        "2026-03-22T01:30:00Z"
    );
    assert_eq!(
        at("Europe/Berlin", "2026-03-29T01:00:00Z"),
        "2026-03-29T01:00:00Z"
    );
    assert_eq!(
        at("Europe/Berlin", "2026-10-25T12:00:00Z"),
        "2026-10-25T00:30:00Z"
    );
    assert_eq!(
        at("America/New_York", "2026-11-01T12:00:00Z"),
        "2026-11-01T07:30:00Z"
    );
    assert_eq!(
        at("Australia/Lord_Howe", "2026-10-04T00:00:00Z"),
        "2026-10-03T15:30:00Z"
    );
}

#[test]
fn the_days_of_a_calendar_are_those_of_its_own_zone() {
    // New York closes in the morning of Seoul: Saturday 09:00 there is Friday evening.
    let calendar = calendar("America/New_York", &["2026-11-26"]);
    let due = due("0 9 * * *", "Asia/Seoul", "current_business_day").on_open_days(calendar, Roll::Skip);
    check_last(&due, "2026-11-21T09:00", "2026-11-21 09:00: 2026-11-20");
    check_last(&due, "2026-11-23T12:00", "2026-11-21 09:00: 2026-11-20");
    check_last(&due, "2026-11-24T09:00", "2026-11-24 09:00: 2026-11-23");
    // Thanksgiving falls away on Friday morning.
    check_last(&due, "2026-11-27T12:00", "2026-11-26 09:00: 2026-11-25");
    check_last(&due, "2026-11-28T09:00", "2026-11-28 09:00: 2026-11-27");
}
