//! Periods, due moments and calendars: by when what must have landed.

use jiff::civil::{Time, date};

use super::*;
use crate::calendar::{Calendar, Holiday, Rules};
use crate::cron::CronLine;
use crate::freshness::due::{Covers, Due, Roll, Wants};

fn seoul() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(9))
}

fn due(line: &str, wants: Wants) -> Due {
    Due::new(CronLine::parse(line).unwrap(), seoul(), wants)
}

fn covers(word: &str) -> Wants {
    let covers = Covers::ALL.iter().find(|(known, _)| *known == word);
    Wants::Covers(covers.unwrap().1)
}

fn reading_in_seoul() -> Reading {
    reading(Some(seoul()))
}

fn period(bound: impl Into<Bound>) -> Freshness {
    let signal = Signal::Period {
        reading: reading_in_seoul(),
        bound: bound.into(),
    };
    let source = Source::Path(Path::parse("$.d[*]").unwrap());
    Freshness {
        pick: Some(Pick::Newest),
        ..Freshness::new(signal, source)
    }
}

fn moment(bound: impl Into<Bound>) -> Freshness {
    let signal = Signal::At {
        reading: reading_in_seoul(),
        bound: bound.into(),
    };
    Freshness::new(signal, Source::Path(Path::parse("$.t").unwrap()))
}

fn due_bound(due: Due) -> Bound {
    Bound::Due(Box::new(due))
}

/// Monday to Friday from nine to six in Seoul, with a week of holidays from 2026-11-23, known through November.
fn business() -> Arc<Calendar> {
    let rules = Rules {
        open: Some((Time::constant(9, 0, 0, 0), Time::constant(18, 0, 0, 0))),
        holidays: vec![Holiday {
            from: date(2026, 11, 23),
            to: date(2026, 11, 27),
            name: None,
        }],
        through: Some(date(2026, 11, 30)),
        ..Calendar::monday_to_friday(seoul()).rules().clone()
    };
    Arc::new(Calendar::new("kr-business", rules))
}

#[track_caller]
fn check_at(rule: &Freshness, body: &Value, at: &str, expected: &str) -> Judgment {
    let judgment = judge(
        &freshness(rule.clone()),
        &json(body),
        Recall::Nowhere,
        at.parse().unwrap(),
    );
    let codes = judgment.reasons.iter().map(|reason| reason.code.as_str());
    let words = std::iter::once(judgment.verdict.as_str())
        .chain(codes)
        .collect::<Vec<_>>()
        .join(" ");
    assert_eq!(words, expected, "{at}: {judgment:#?}");
    judgment
}

fn days(days: &[&str]) -> Value {
    json!({"d": days})
}

#[test]
fn the_newest_period_must_have_landed_by_the_due_moment() {
    let rule = period(due_bound(
        due("0 9 * * *", covers("previous_day")).with_grace(HOUR / 2),
    ));
    let body = days(&["2026-11-18", "2026-11-19"]);
    check_at(&rule, &body, "2026-11-20T09:00:00+09:00", "ok");
    check_at(
        &rule,
        &days(&["2026-11-18"]),
        "2026-11-20T10:00:00+09:00",
        "stale not_landed",
    );
    for (at, expected) in [
        ("2026-11-21T08:59:59+09:00", "ok"),
        ("2026-11-21T09:00:00+09:00", "degraded late"),
        ("2026-11-21T09:29:59+09:00", "degraded late"),
        ("2026-11-21T09:30:00+09:00", "stale not_landed"),
    ] {
        check_at(&rule, &body, at, expected);
    }
    let late = check_at(&rule, &body, "2026-11-21T09:10:00+09:00", "degraded late");
    insta::assert_snapshot!(late.reasons[0].message, @r#"2026-11-20 was due at 2026-11-21 09:00 +09, 10m ago, and has not landed; its grace of 30m is not over: the newest of 2 at `$.d[*]` is "2026-11-19""#);
    let missing = check_at(&rule, &body, "2026-11-21T10:00:00+09:00", "stale not_landed");
    insta::assert_snapshot!(missing.reasons[0].message, @r#"2026-11-20 was due at 2026-11-21 09:00 +09, 1h ago, and has not landed; its grace of 30m is over: the newest of 2 at `$.d[*]` is "2026-11-19""#);
    let data = missing.data.unwrap();
    assert_eq!(data.due, Some("2026-11-22T09:00:00+09:00".parse().unwrap()));
    assert_eq!(data.timestamp, Some("2026-11-20T00:00:00+09:00".parse().unwrap()));
    assert_eq!(data.age, Some(SignedDuration::from_hours(34)));
}

#[test]
fn a_backfill_of_old_periods_does_not_turn_period_green() {
    let rule = period(due_bound(due("0 9 * * *", covers("previous_day"))));
    let before = days(&["2026-11-18"]);
    check_at(&rule, &before, "2026-11-21T10:00:00+09:00", "stale not_landed");
    let filled = days(&["2026-11-18", "2026-11-17", "2026-11-16", "2020-01-01"]);
    check_at(&rule, &filled, "2026-11-21T10:00:00+09:00", "stale not_landed");
    let by_age = period(MaxAge::new(24 * HOUR));
    check_at(&by_age, &filled, "2026-11-21T10:00:00+09:00", "stale too_old");
}

#[test]
fn a_period_counts_from_its_end() {
    let rule = period(MaxAge::new(24 * HOUR));
    for (value, at, expected) in [
        ("2026-11-20", "2026-11-22T00:00:00+09:00", "ok"),
        ("2026-11-20", "2026-11-22T00:00:01+09:00", "stale too_old"),
        ("2026-11", "2026-12-02T00:00:00+09:00", "ok"),
        ("2026-11", "2026-12-02T00:00:01+09:00", "stale too_old"),
        ("2028-02", "2028-03-02T00:00:00+09:00", "ok"),
        ("2026-W47", "2026-11-24T00:00:01+09:00", "stale too_old"),
        ("2026-Q4", "2027-01-02T00:00:00+09:00", "ok"),
        ("2026-Q4", "2027-01-02T00:00:01+09:00", "stale too_old"),
        ("2026-12-01", "2026-11-20T00:00:00+09:00", "invalid future"),
    ] {
        check_at(&rule, &days(&[value]), at, expected);
    }
}

#[test]
fn a_point_in_time_is_no_period() {
    let rule = period(MaxAge::new(24 * HOUR));
    let judgment = check_at(
        &rule,
        &days(&["2026-11-20T00:00:00+09:00"]),
        NOW,
        "invalid bad_timestamp",
    );
    insta::assert_snapshot!(judgment.reasons[0].message, @r#"`$.d[*]` is "2026-11-20T00:00:00+09:00", which is a point in time and no period: read its period with `format`, such as `format: "%Y-%m-%dT00:00:00"`, or use `at`"#);
}

#[test]
fn a_load_must_have_happened_within_its_window() {
    let rule = moment(due_bound(due("0 9 * * *", Wants::Window(8 * HOUR))));
    let loaded = |at: &str| json!({"t": at});
    for (stamp, at, expected) in [
        ("2026-11-21T01:00:00+09:00", "2026-11-21T09:00:00+09:00", "ok"),
        (
            "2026-11-21T00:59:59+09:00",
            "2026-11-21T09:00:00+09:00",
            "stale not_landed",
        ),
        ("2026-11-20T01:00:00+09:00", "2026-11-21T08:59:59+09:00", "ok"),
        ("2026-11-21T09:30:00+09:00", "2026-11-21T10:00:00+09:00", "ok"),
        (
            "2026-11-21T10:03:00+09:00",
            "2026-11-21T10:00:00+09:00",
            "invalid future",
        ),
    ] {
        check_at(&rule, &loaded(stamp), at, expected);
    }
}

#[test]
fn age_runs_only_while_the_calendar_is_open() {
    let rule = moment(MaxAge {
        calendar: Some(business()),
        ..MaxAge::new(2 * HOUR)
    });
    // Friday at five in the afternoon; a week of holidays follows, and the next open day is Monday the 30th.
    let body = json!({"t": "2026-11-20T17:00:00+09:00"});
    for (at, expected) in [
        ("2026-11-20T18:00:00+09:00", "ok"),
        ("2026-11-28T12:00:00+09:00", "ok"),
        ("2026-11-30T10:00:00+09:00", "ok"),
        ("2026-11-30T10:00:01+09:00", "stale too_old"),
        ("2026-12-01T00:00:00+09:00", "unknown calendar"),
    ] {
        check_at(&rule, &body, at, expected);
    }
    let stale = check_at(&rule, &body, "2026-11-30T13:00:00+09:00", "stale too_old");
    insta::assert_snapshot!(stale.reasons[0].message, @r#"the data is 5h old in the open time of `kr-business`; at most 2h is promised: `$.t` is "2026-11-20T17:00:00+09:00""#);
    assert_eq!(stale.data.unwrap().age, Some(SignedDuration::from_hours(5)));
    let unknown = check_at(&rule, &body, "2026-12-01T00:00:00+09:00", "unknown calendar");
    assert_eq!(unknown.data.unwrap().age, None);
}

#[test]
fn due_moments_keep_to_the_calendar() {
    let on_days = |roll| {
        let due = due("0 9 * * *", covers("previous_business_day"));
        period(due_bound(due.on_open_days(business(), roll)))
    };
    let body = days(&["2026-11-19"]);
    for (at, expected) in [
        ("2026-11-20T09:00:00+09:00", "ok"),
        ("2026-11-27T23:00:00+09:00", "ok"),
        ("2026-11-30T08:59:59+09:00", "ok"),
        ("2026-11-30T09:00:00+09:00", "stale not_landed"),
        ("2026-12-01T00:00:00+09:00", "unknown calendar"),
    ] {
        check_at(&on_days(Roll::Skip), &body, at, expected);
    }
    check_at(
        &on_days(Roll::Skip),
        &days(&["2026-11-20"]),
        "2026-11-30T09:00:00+09:00",
        "ok",
    );
}

#[test]
fn a_coarser_period_tells_nothing_of_a_finer_one() {
    let rule = period(due_bound(due("0 9 * * *", covers("previous_day"))));
    check_at(
        &rule,
        &days(&["2026-11"]),
        "2026-11-21T10:00:00+09:00",
        "invalid bad_timestamp",
    );
}

#[test]
fn a_cursor_stands_still_in_open_time_alone() {
    let bound = MaxAge {
        calendar: Some(business()),
        ..MaxAge::new(2 * HOUR)
    };
    let signal = Signal::Advances { follows: None, bound };
    let rule = Freshness::new(signal, Source::Path(Path::parse("$.n").unwrap()));
    let mut memory = Memory::default();
    for (number, at) in [(1, "2026-11-20T16:00:00+09:00"), (2, "2026-11-20T17:00:00+09:00")] {
        memory
            .note(&rule, None, &json!(number), None, at.parse().unwrap())
            .unwrap();
    }
    let verdict = |at: &str| {
        let observation = json(&json!({"n": 2}));
        judge(
            &freshness(rule.clone()),
            &observation,
            Recall::From(&memory),
            at.parse().unwrap(),
        )
        .verdict
    };
    assert_eq!(verdict("2026-11-30T10:00:00+09:00"), Verdict::Ok);
    assert_eq!(verdict("2026-11-30T10:00:01+09:00"), Verdict::Stale);
    assert_eq!(verdict("2026-12-01T10:00:01+09:00"), Verdict::Unknown);
}

#[test]
fn whether_what_is_due_next_has_landed_already() {
    let rule = period(due_bound(due("0 9 * * *", covers("previous_day"))));
    let landed = |day: &str| {
        let body = json!({"d": [day]});
        let judgment = check_at(&rule, &body, "2026-11-21T08:59:59+09:00", "ok");
        judgment.data.unwrap().landed
    };
    // At nine o'clock the data of the 20th is due; until then that of the 19th is right.
    assert_eq!(landed("2026-11-19"), Some(false));
    assert_eq!(landed("2026-11-20"), Some(true));
}
