//! Landed, late or not landed.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::{calendar, due, moment};
use crate::duration;
use crate::freshness::Format;
use crate::freshness::due::{Due, Landing, Roll, Undecided};

fn judge(due: &Due, newest: &str, now: Timestamp) -> Result<Landing, Undecided> {
    let newest = Format::Auto.read(&json!(newest), Some(due.zone())).unwrap();
    due.judge(newest, now)
}

/// The outcome for the newest value at a time on the wall, and the due moment that decides.
#[track_caller]
fn check(due: &Due, newest: &str, now: &str, expected: &str) {
    let landing = judge(due, newest, moment(due, now)).unwrap();
    let outcome = format!("{:?}, {}", landing.outcome, due.show(landing.due.at));
    assert_eq!(outcome, expected, "{newest} at {now}");
}

fn monthly(grace: &str) -> Due {
    due("0 9 3 * *", "Asia/Seoul", "previous_month").with_grace(duration::parse(grace).unwrap())
}

#[test]
fn grace_lies_between_late_and_not_landed() {
    let due = monthly("30m");
    let (october, november) = ("2026-10-03 09:00 in Asia/Seoul", "2026-11-03 09:00 in Asia/Seoul");
    let check = |newest: &str, now: &str, outcome: &str, due_at: &str| {
        check(&due, newest, now, &format!("{outcome}, {due_at}"));
    };
    check("2026-09", "2026-11-03T08:59:59", "Landed", october);
    check("2026-09", "2026-11-03T09:00:00", "Late", november);
    check("2026-09", "2026-11-03T09:29:59", "Late", november);
    check("2026-09", "2026-11-03T09:30:00", "NotLanded", november);
    check("2026-09", "2026-11-03T09:30:01", "NotLanded", november);
    check("2026-09", "2026-12-03T08:59:59", "NotLanded", november);
    check("2026-10", "2026-11-03T09:00:00", "Landed", november);
    check("2026-11", "2026-11-03T09:00:00", "Landed", november);
}

#[test]
fn a_later_grace_does_not_excuse_what_was_due_before() {
    let due = monthly("30m");
    let overdue = "NotLanded, 2026-11-03 09:00 in Asia/Seoul";
    check(&due, "2026-09", "2026-12-03T08:59:59", overdue);
    check(&due, "2026-09", "2026-12-03T09:00:00", overdue);
    check(&due, "2026-09", "2026-12-03T09:29:59", overdue);
    check(
        &due,
        "2026-09",
        "2026-12-03T09:30:00",
        "NotLanded, 2026-12-03 09:00 in Asia/Seoul",
    );
    check(
        &due,
        "2026-10",
        "2026-12-03T09:00:00",
        "Late, 2026-12-03 09:00 in Asia/Seoul",
    );
    // A grace that is longer than the time between two due moments.
    let slow = monthly("45d");
    check(
        &slow,
        "2026-09",
        "2026-12-03T09:00",
        "Late, 2026-12-03 09:00 in Asia/Seoul",
    );
    check(
        &slow,
        "2026-09",
        "2026-12-18T08:59:59",
        "Late, 2026-12-03 09:00 in Asia/Seoul",
    );
    check(
        &slow,
        "2026-09",
        "2026-12-18T09:00",
        "NotLanded, 2026-11-03 09:00 in Asia/Seoul",
    );
}

#[test]
fn without_grace_nothing_is_late() {
    let due = monthly("0s");
    check(
        &due,
        "2026-09",
        "2026-11-03T08:59:59",
        "Landed, 2026-10-03 09:00 in Asia/Seoul",
    );
    check(
        &due,
        "2026-09",
        "2026-11-03T09:00:00",
        "NotLanded, 2026-11-03 09:00 in Asia/Seoul",
    );
}

#[test]
fn a_window_wants_what_came_in_it() {
    let due = due("0 9 * * *", "Europe/Berlin", "8h");
    let at = "2026-11-20 09:00 in Europe/Berlin";
    check(
        &due,
        "2026-11-20T00:59:59+01:00",
        "2026-11-20T09:00",
        &format!("NotLanded, {at}"),
    );
    check(
        &due,
        "2026-11-20T01:00:00+01:00",
        "2026-11-20T09:00",
        &format!("Landed, {at}"),
    );
    check(
        &due,
        "2026-11-20T10:00:00+01:00",
        "2026-11-20T11:00",
        &format!("Landed, {at}"),
    );
    // Eight hours are eight hours, also in the night of a change.
    let spring = "2026-03-29 09:00 in Europe/Berlin";
    check(
        &due,
        "2026-03-28T22:59:59Z",
        "2026-03-29T09:00",
        &format!("NotLanded, {spring}"),
    );
    check(
        &due,
        "2026-03-28T23:00:00Z",
        "2026-03-29T09:00",
        &format!("Landed, {spring}"),
    );
    // A date counts from its end.
    check(
        &due,
        "2026-11-19",
        "2026-11-20T09:00",
        &format!("NotLanded, {at}"),
    );
    check(&due, "2026-11-20", "2026-11-20T09:00", &format!("Landed, {at}"));
}

#[test]
fn a_time_stands_for_the_period_in_which_it_lies() {
    let hourly = due("15 * * * *", "Asia/Seoul", "previous_hour");
    let at = "2026-11-20 09:15 in Asia/Seoul";
    check(
        &hourly,
        "2026-11-20T07:59:59+09:00",
        "2026-11-20T09:20",
        &format!("NotLanded, {at}"),
    );
    check(
        &hourly,
        "2026-11-20T08:00:00+09:00",
        "2026-11-20T09:20",
        &format!("Landed, {at}"),
    );
    let quarterly = due("0 9 15 1,4,7,10 *", "Asia/Seoul", "previous_quarter");
    let at = "2027-01-15 09:00 in Asia/Seoul";
    check(
        &quarterly,
        "2026-09-30T23:59:59+09:00",
        "2027-01-20T00:00",
        &format!("NotLanded, {at}"),
    );
    check(
        &quarterly,
        "2026-10-01T00:00:00+09:00",
        "2027-01-20T00:00",
        &format!("Landed, {at}"),
    );
}

#[test]
fn a_week_of_holidays_makes_nothing_late() {
    let calendar = calendar("Asia/Seoul", &["2026-10-05..2026-10-09"]);
    let due = due("0 9 * * *", "Asia/Seoul", "previous_business_day")
        .with_grace(Duration::from_mins(30))
        .on_open_days(calendar, Roll::Skip);
    check(
        &due,
        "2026-10-01",
        "2026-10-12T08:59:59",
        "Landed, 2026-10-02 09:00 in Asia/Seoul",
    );
    check(
        &due,
        "2026-10-01",
        "2026-10-12T09:00",
        "Late, 2026-10-12 09:00 in Asia/Seoul",
    );
    check(
        &due,
        "2026-10-01",
        "2026-10-12T09:30",
        "NotLanded, 2026-10-12 09:00 in Asia/Seoul",
    );
    check(
        &due,
        "2026-10-02",
        "2026-10-12T09:30",
        "Landed, 2026-10-12 09:00 in Asia/Seoul",
    );
}

#[test]
fn a_coarser_period_shows_nothing() {
    let due = due("0 9 * * *", "Asia/Seoul", "previous_day");
    let now = moment(&due, "2026-11-20T09:00");
    insta::assert_snapshot!(
        judge(&due, "2026-11", now).unwrap_err(),
        @"November 2026 is a month, which does not tell whether a day has landed"
    );
}

#[test]
fn the_end_of_the_calendar_decides_nothing() {
    let calendar = calendar("Asia/Seoul", &[]);
    let due = due("0 9 * * *", "Asia/Seoul", "previous_day")
        .with_grace(Duration::from_hours(48))
        .on_open_days(calendar, Roll::Forward);
    let now = moment(&due, "2028-01-01T00:00");
    for newest in ["2026-01-01", "2027-12-31"] {
        assert!(matches!(judge(&due, newest, now), Err(Undecided::PastThrough(_))));
    }
}

#[test]
fn words() {
    let said = |due: &Due, newest: &str, now: &str| judge(due, newest, moment(due, now)).unwrap().message;
    let graceful = monthly("30m");
    insta::assert_snapshot!(
        said(&graceful, "2026-10", "2026-11-03T10:00"),
        @"October 2026 has landed, which was due at 2026-11-03 09:00 in Asia/Seoul"
    );
    insta::assert_snapshot!(
        said(&graceful, "2026-09", "2026-11-03T09:10"),
        @"October 2026 was due at 2026-11-03 09:00 in Asia/Seoul, 10m ago, and has not landed; its grace of 30m is not over"
    );
    insta::assert_snapshot!(
        said(&graceful, "2026-09", "2026-11-03T10:10"),
        @"October 2026 was due at 2026-11-03 09:00 in Asia/Seoul, 1h 10m ago, and has not landed; its grace of 30m is over"
    );
    insta::assert_snapshot!(
        said(&due("0 9 * * *", "UTC", "8h"), "2026-11-01T00:00:00Z", "2026-11-03T10:10"),
        @"data of 2026-11-03 01:00 UTC or later was due at 2026-11-03 09:00 UTC, 1h 10m ago, and has not landed"
    );
    insta::assert_snapshot!(
        said(&due("0 9 * * mon", "UTC", "previous_week"), "2026-W43", "2026-11-03T10:10"),
        @"week 44 of 2026 was due at 2026-11-02 09:00 UTC, 1d 1h ago, and has not landed"
    );
}
