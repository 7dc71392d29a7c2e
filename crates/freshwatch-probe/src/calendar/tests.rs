//! Open days and open time, at every edge and against a count minute by minute.

use jiff::civil::{Date, Time, Weekday, date};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

use super::{Calendar, Holiday, Rules};

const WORKING_DAYS: [Weekday; 5] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
];
const ALL_DAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];
const ZONES: [&str; 6] = [
    "Asia/Seoul",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Apia",
];

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

fn rules(days: &[Weekday], open: &str, zone_name: &str) -> Rules {
    let time = |text: &str| text.parse::<Time>().unwrap();
    Rules {
        days: days.into(),
        open: open
            .split_once('-')
            .map(|(opens, closes)| (time(opens), time(closes))),
        timezone: zone(zone_name),
        holidays: Vec::new(),
        extra_days: Vec::new(),
        through: None,
    }
}

fn holiday(from: &str, to: &str) -> Holiday {
    Holiday {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        name: None,
    }
}

/// Monday to Friday from nine to six in Seoul, with a week of holidays and a Saturday.
fn seoul() -> Calendar {
    let rules = Rules {
        holidays: vec![
            holiday("2026-12-25", "2026-12-25"),
            holiday("2027-02-06", "2027-02-09"),
            holiday("2026-10-05", "2026-10-09"),
        ],
        extra_days: vec![date(2027, 2, 13)],
        through: Some(date(2027, 12, 31)),
        ..rules(&WORKING_DAYS, "09:00-18:00", "Asia/Seoul")
    };
    Calendar::new("kr-business", rules)
}

/// How long the calendar is open between two times on its wall, or how it refuses.
#[track_caller]
fn check(calendar: &Calendar, from: &str, to: &str, expected: &str) {
    let moment = |text: &str| {
        let shown: jiff::civil::DateTime = text.parse().unwrap();
        let zoned = shown.to_zoned(calendar.rules.timezone.clone()).unwrap();
        zoned.timestamp()
    };
    let open = match calendar.open_between(moment(from), moment(to)) {
        Ok(open) => format!("{open:#}"),
        Err(past) => past.to_string(),
    };
    assert_eq!(open, expected, "{from} to {to}");
}

#[test]
fn time_runs_while_the_calendar_is_open() {
    let seoul = seoul();
    let check = |from: &str, to: &str, expected: &str| check(&seoul, from, to, expected);
    check("2026-11-20T09:00", "2026-11-20T18:00", "9h");
    check("2026-11-20T00:00", "2026-11-21T00:00", "9h");
    check("2026-11-20T08:59:59", "2026-11-20T09:00", "0s");
    check("2026-11-20T08:59:59", "2026-11-20T09:00:01", "1s");
    check("2026-11-20T17:59:59", "2026-11-20T18:00:01", "1s");
    check("2026-11-20T17:59:59.25", "2026-11-20T18:30", "750ms");
    check("2026-11-20T18:00", "2026-11-23T09:00", "0s");
    check("2026-11-20T17:00", "2026-11-23T10:00", "2h");
    check("2026-11-23T10:00", "2026-11-20T17:00", "0s");
    // The end of a month and of a year, and a lone holiday before a weekend.
    check("2026-11-30T17:00", "2026-12-01T10:00", "2h");
    check("2026-12-31T17:00", "2027-01-01T10:00", "2h");
    check("2026-12-24T17:00", "2026-12-28T10:00", "2h");
    // A week of holidays between two weekends.
    check("2026-10-02T18:00", "2026-10-12T09:00", "0s");
    check("2026-10-02T17:59:59", "2026-10-12T09:00:01", "2s");
    // Saturday to Tuesday are closed, and the Saturday after is open.
    check("2027-02-05T18:00", "2027-02-10T09:00", "0s");
    check("2027-02-12T17:00", "2027-02-15T10:00", "11h");
}

#[test]
fn open_hours_are_those_of_the_wall() {
    let day = |zone: &str| Calendar::new("c", rules(&ALL_DAYS, "", zone));
    // Days have as many hours as they have.
    check(
        &day("Europe/Berlin"),
        "2026-03-29T00:00",
        "2026-03-30T00:00",
        "23h",
    );
    check(
        &day("Europe/Berlin"),
        "2026-10-25T00:00",
        "2026-10-26T00:00",
        "25h",
    );
    check(
        &day("America/New_York"),
        "2026-03-08T00:00",
        "2026-03-09T00:00",
        "23h",
    );
    check(
        &day("America/New_York"),
        "2026-11-01T00:00",
        "2026-11-02T00:00",
        "25h",
    );
    check(
        &day("Australia/Lord_Howe"),
        "2026-10-04T00:00",
        "2026-10-05T00:00",
        "23h 30m",
    );
    check(
        &day("Australia/Lord_Howe"),
        "2027-04-04T00:00",
        "2027-04-05T00:00",
        "24h 30m",
    );
    check(&day("Asia/Seoul"), "2026-03-29T00:00", "2026-03-30T00:00", "24h");
    check(
        &day("Pacific/Apia"),
        "2011-12-29T00:00",
        "2012-01-01T00:00",
        "48h",
    );
    // Hours of the night: a gap takes from them, a fold adds.
    let night = |zone: &str| Calendar::new("c", rules(&ALL_DAYS, "01:30-04:00", zone));
    check(
        &night("Europe/Berlin"),
        "2026-03-29T00:00",
        "2026-03-30T00:00",
        "1h 30m",
    );
    check(
        &night("Europe/Berlin"),
        "2026-10-25T00:00",
        "2026-10-26T00:00",
        "3h 30m",
    );
    check(
        &night("Australia/Lord_Howe"),
        "2026-10-04T00:00",
        "2026-10-05T00:00",
        "2h",
    );
    // Office hours do not notice.
    let office = |zone: &str| Calendar::new("c", rules(&ALL_DAYS, "09:00-18:00", zone));
    check(
        &office("Europe/Berlin"),
        "2026-03-28T00:00",
        "2026-03-31T00:00",
        "27h",
    );
    // A leap day is a day.
    check(&day("Asia/Seoul"), "2028-02-28T00:00", "2028-03-01T00:00", "48h");
}

#[test]
fn a_calendar_is_unknown_past_its_end() {
    let seoul = seoul();
    check(&seoul, "2027-12-31T17:00", "2027-12-31T23:59:59.999999999", "1h");
    insta::assert_snapshot!(
        seoul.open_between(
            "2027-01-01T00:00:00Z".parse().unwrap(),
            "2027-12-31T15:00:00Z".parse().unwrap(),
        ).unwrap_err(),
        @"the calendar `kr-business` is known through 2027-12-31 only: add the holidays that follow, and move `through` on"
    );
    assert_eq!(seoul.is_open(date(2027, 12, 31)), Ok(true));
    assert!(seoul.is_open(date(2028, 1, 1)).is_err());
    assert_eq!(
        seoul.open_day(date(2027, 12, 30), 1),
        Ok(Some(date(2027, 12, 31)))
    );
    assert!(seoul.open_day(date(2027, 12, 31), 1).is_err());
    assert!(seoul.open_day(date(2028, 1, 3), 0).is_err());
    assert!(seoul.open_day(date(2028, 1, 3), -1).is_err());
    assert_eq!(seoul.open_day(date(2028, 1, 1), -1), Ok(Some(date(2027, 12, 31))));
}

#[test]
fn a_day_between_two_holidays_is_open() {
    let rules = Rules {
        holidays: vec![
            holiday("2026-10-07", "2026-10-08"),
            holiday("2026-10-05", "2026-10-05"),
            holiday("2026-10-08", "2026-10-08"),
            holiday("2026-10-09", "2026-10-09"),
        ],
        ..rules(&ALL_DAYS, "", "Asia/Seoul")
    };
    let calendar = Calendar::new("c", rules);
    let open = |day| calendar.is_open(date(2026, 10, day)).unwrap();
    assert_eq!(
        [4, 5, 6, 7, 8, 9, 10].map(open),
        [true, false, true, false, false, false, true]
    );
}

#[test]
fn steps_go_from_open_day_to_open_day() {
    let seoul = seoul();
    let step = |from: Date, steps| seoul.open_day(from, steps).unwrap().unwrap();
    // Friday, Saturday, Monday.
    assert_eq!(step(date(2026, 11, 20), 0), date(2026, 11, 20));
    assert_eq!(step(date(2026, 11, 20), 1), date(2026, 11, 23));
    assert_eq!(step(date(2026, 11, 20), -1), date(2026, 11, 19));
    assert_eq!(step(date(2026, 11, 21), 0), date(2026, 11, 20));
    assert_eq!(step(date(2026, 11, 21), 1), date(2026, 11, 23));
    assert_eq!(step(date(2026, 11, 21), -1), date(2026, 11, 20));
    assert_eq!(step(date(2026, 11, 23), -2), date(2026, 11, 19));
    // Long before the days are counted from.
    assert_eq!(step(date(1960, 2, 27), 1), date(1960, 2, 29));
    assert_eq!(step(date(1960, 2, 27), 0), date(1960, 2, 26));
    assert_eq!(step(date(1960, 2, 29), -1), date(1960, 2, 26));
    assert_eq!(step(date(1969, 12, 31), 3), date(1970, 1, 5));
    // Over a week of holidays, and onto an extra day.
    assert_eq!(step(date(2026, 10, 2), 1), date(2026, 10, 12));
    assert_eq!(step(date(2026, 10, 12), -1), date(2026, 10, 2));
    assert_eq!(step(date(2027, 2, 12), 1), date(2027, 2, 13));
    assert_eq!(step(date(2027, 2, 15), -1), date(2027, 2, 13));
    assert_eq!(step(date(2026, 11, 20), -260), date(2025, 11, 14));
}

#[test]
fn a_calendar_that_never_opens_costs_nothing() {
    let never = Rules {
        holidays: vec![holiday("-009999-01-01", "9999-12-31")],
        ..rules(&ALL_DAYS, "", "UTC")
    };
    let of_our_time = Rules {
        holidays: vec![holiday("0001-01-01", "9999-12-31")],
        ..rules(&ALL_DAYS, "", "UTC")
    };
    assert!(!Calendar::new("never", of_our_time).ever_opens());
    let too_late = Rules {
        extra_days: vec![date(2026, 11, 21)],
        through: Some(date(2026, 11, 20)),
        ..rules(&[], "", "UTC")
    };
    assert!(!Calendar::new("never", too_late).ever_opens());
    for rules in [never, rules(&[], "", "UTC")] {
        let never = Calendar::new("never", rules);
        assert!(!never.ever_opens());
        assert_eq!(never.open_day(date(2026, 11, 20), 1), Ok(None));
        assert_eq!(never.open_day(date(2026, 11, 20), 0), Ok(None));
        assert_eq!(never.open_day(date(2026, 11, 20), -1), Ok(None));
        let open = never.open_between(Timestamp::MIN, Timestamp::MAX);
        assert_eq!(open, Ok(SignedDuration::ZERO));
    }
    let once = Rules {
        extra_days: vec![date(2026, 11, 21)],
        ..rules(&[], "", "UTC")
    };
    let once = Calendar::new("once", once);
    assert!(once.ever_opens());
    assert_eq!(once.open_day(Date::MIN, 1), Ok(Some(date(2026, 11, 21))));
    assert_eq!(once.open_day(Date::MAX, -1), Ok(Some(date(2026, 11, 21))));
    assert_eq!(once.open_day(date(2026, 11, 21), 1), Ok(None));
    assert_eq!(
        once.open_between(Timestamp::MIN, Timestamp::MAX),
        Ok(SignedDuration::from_hours(24))
    );
}

#[test]
fn an_age_of_millennia_is_counted() {
    let since: Timestamp = "0001-01-01T00:00:00Z".parse().unwrap();
    let now: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
    // From a Monday to a Friday, without a week of holidays.
    let open = seoul().open_between(since, now).unwrap();
    assert_eq!(open, SignedDuration::from_hours(9) * (105_706 * 5 - 5));
    let always = Calendar::new("always", rules(&ALL_DAYS, "", "America/New_York"));
    for (from, to) in [(since, now), (Timestamp::MIN, Timestamp::MAX)] {
        assert_eq!(always.open_between(from, to), Ok(to.duration_since(from)));
    }
}

#[test]
fn what_a_calendar_says_goes_before_what_it_includes() {
    let mut own = Rules {
        holidays: vec![holiday("2026-11-18", "2026-11-18")],
        extra_days: vec![date(2026, 11, 21)],
        through: Some(date(2027, 6, 30)),
        ..rules(&WORKING_DAYS, "09:00-18:00", "Asia/Seoul")
    };
    own.include(&Rules {
        holidays: vec![holiday("2026-11-19", "2026-11-21")],
        extra_days: vec![date(2026, 11, 18), date(2026, 11, 22), date(2026, 11, 20)],
        through: Some(date(2026, 12, 31)),
        ..rules(&[], "01:00-02:00", "UTC")
    });
    let calendar = Calendar::new("c", own);
    let open = |day| calendar.is_open(date(2026, 11, day)).unwrap();
    let days: Vec<(i8, bool)> = (16..=23).map(|day| (day, open(day))).collect();
    assert_eq!(
        days,
        [
            (16, true),
            (17, true),
            // Its own holiday, whatever is included.
            (18, false),
            // An included holiday, and one that the included extra day opens.
            (19, false),
            (20, true),
            // Its own extra day, whatever is included, and an included one.
            (21, true),
            (22, true),
            (23, true),
        ]
    );
    assert_eq!(calendar.rules().through, Some(date(2026, 12, 31)));
    assert_eq!(calendar.rules().open, own_hours());
}

fn own_hours() -> Option<(Time, Time)> {
    rules(&[], "09:00-18:00", "UTC").open
}

#[test]
fn an_evening_that_a_fold_repeats_belongs_to_the_day_that_has_begun() {
    // At 00:01 the clocks went back to 23:01.
    let calendar = Calendar::new("c", rules(&ALL_DAYS, "", "America/St_Johns"));
    let day_of = |text: &str| calendar.day_of(text.parse().unwrap()).to_string();
    assert_eq!(day_of("2010-11-07T02:29:59Z"), "2010-11-06");
    assert_eq!(day_of("2010-11-07T02:30:00Z"), "2010-11-07");
    assert_eq!(day_of("2010-11-07T02:45:00Z"), "2010-11-07");
    assert_eq!(day_of("2010-11-07T03:30:00Z"), "2010-11-07");
}

/// Whether the rules leave a day open, without any arithmetic.
fn is_open(rules: &Rules, day: Date) -> bool {
    let is_holiday = |holiday: &Holiday| (holiday.from..=holiday.to).contains(&day);
    let by_rule = rules.days.contains(&day.weekday()) && !rules.holidays.iter().any(is_holiday);
    by_rule || rules.extra_days.contains(&day)
}

/// Whether the wall shows an open minute.
fn is_open_at(rules: &Rules, moment: Timestamp) -> bool {
    let shown = rules.timezone.to_datetime(moment);
    let in_hours = rules
        .open
        .is_none_or(|(opens, closes)| opens <= shown.time() && shown.time() < closes);
    in_hours && is_open(rules, shown.date())
}

/// Every point of some weeks, hour by hour, against the minutes counted one by one.
fn count_minutes(rules: &Rules, start: Timestamp, days: i64) {
    let calendar = Calendar::new("c", rules.clone());
    let mut minutes: i64 = 0;
    for minute in 0..days * 24 * 60 {
        let at = start + SignedDuration::from_mins(minute);
        if minute % 47 == 0 {
            let open = calendar.open_between(start, at).unwrap();
            assert_eq!(
                open,
                SignedDuration::from_mins(minutes),
                "{start} to {at} in {:?}",
                rules.timezone
            );
        }
        minutes += i64::from(is_open_at(rules, at));
    }
}

#[test]
fn minute_by_minute() {
    for (index, name) in ZONES.into_iter().enumerate() {
        for (hours, spring) in [
            ("", true),
            ("09:00-18:00", false),
            ("00:15-02:45", true),
            ("23:00-23:59", false),
        ] {
            let year = if name == "Pacific/Apia" || name == "America/St_Johns" {
                2010 + i16::from(spring)
            } else {
                2026
            };
            let begin = match (name, spring) {
                ("Pacific/Apia", _) => date(2011, 12, 20),
                (_, true) => date(year, 3, 4),
                (_, false) => date(year, 10, 1),
            };
            let rules = Rules {
                holidays: vec![
                    holiday("2026-03-09", "2026-03-11"),
                    holiday("2026-10-19", "2026-10-23"),
                ],
                extra_days: vec![date(2026, 3, 29), date(2026, 10, 20)],
                ..rules(
                    if index % 2 == 0 { &ALL_DAYS } else { &WORKING_DAYS },
                    hours,
                    name,
                )
            };
            let start = begin.to_zoned(TimeZone::UTC).unwrap().timestamp();
            count_minutes(&rules, start, 40);
        }
    }
}

fn some_rules() -> impl Strategy<Value = Rules> {
    let day = (0..800_i32).prop_map(|days| date(2026, 1, 1) + days.days());
    let holidays = prop::collection::vec((day.clone(), 0..12_i32), 0..30);
    let open = prop::sample::select(vec!["", "09:00-18:00", "00:15-02:45", "02:30-23:59"]);
    let days = prop::sample::subsequence(ALL_DAYS.to_vec(), 0..=7);
    let extra_days = prop::collection::vec(day, 0..20);
    (
        days,
        open,
        prop::sample::select(ZONES.to_vec()),
        holidays,
        extra_days,
    )
        .prop_map(|(days, open, zone, holidays, extra_days)| Rules {
            holidays: holidays
                .into_iter()
                .map(|(from, days)| Holiday {
                    from,
                    to: from + days.days(),
                    name: None,
                })
                .collect(),
            extra_days,
            ..rules(&days, open, zone)
        })
}

/// A moment of the years of [`some_rules`], in milliseconds.
fn some_moment() -> impl Strategy<Value = Timestamp> {
    (1_767_000_000_000_i64..1_838_000_000_000)
        .prop_map(|millisecond| Timestamp::from_millisecond(millisecond).unwrap())
}

proptest! {
    #[test]
    fn open_time_adds_up_and_never_runs_backwards(
        rules in some_rules(),
        mut moments in prop::array::uniform3(some_moment()),
    ) {
        moments.sort_unstable();
        let [first, second, third] = moments;
        let calendar = Calendar::new("c", rules);
        let open = |from, to| calendar.open_between(from, to).unwrap();
        prop_assert_eq!(open(first, second) + open(second, third), open(first, third));
        prop_assert!(!open(first, second).is_negative());
        prop_assert!(open(first, third) >= open(second, third));
        prop_assert!(open(first, third) <= third.duration_since(first));
    }

    #[test]
    fn days_are_open_and_steps_go_as_a_walk_finds_them(rules in some_rules(), start in prop_oneof![0..800_i32, -30_000..0]) {
        let calendar = Calendar::new("c", rules.clone());
        let start = date(2026, 1, 1) + start.days();
        let walk = |step: i32| {
            let days = (1..60).map(move |days| start + (step * days).days());
            days.filter(|day| is_open(&rules, *day)).take(5)
        };
        for step in [1, -1] {
            for (index, day) in (1..).zip(walk(step)) {
                prop_assert_eq!(calendar.open_day(start, step * index), Ok(Some(day)));
            }
        }
        prop_assert_eq!(calendar.is_open(start), Ok(is_open(&rules, start)));
        if is_open(&rules, start) {
            prop_assert_eq!(calendar.open_day(start, 0), Ok(Some(start)));
        } else {
            prop_assert_eq!(calendar.open_day(start, 0), calendar.open_day(start, -1));
        }
    }
}
