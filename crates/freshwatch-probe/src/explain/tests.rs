//! Promises in words, and what lies ahead.

mod steps;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::{Ahead, promise, upcoming};
use crate::calendar::{Calendar, Holiday, Rules};
use crate::cron::CronLine;
use crate::definition::{Definition, ProbeName, Ratio, Slo};
use crate::duration;
use crate::expectation::{Expectation, StatusRange, StatusSet, VerdictRule};
use crate::freshness::due::{Covers, Due, Roll, Wants};
use crate::freshness::timestamp::auto::zones;
use crate::freshness::{Bound, Each, Format, Freshness, MaxAge, Reading, Signal, Source};
use crate::matcher::{Comparison, Condition, Matcher, Operator};
use crate::path::Path;
use crate::request::{Auth, Request, RequestBody};
use crate::template::{Part, Secret, Template};
use crate::verdict::Verdict;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn zone(name: &str) -> TimeZone {
    zones().get(name).unwrap()
}

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

fn definition() -> Definition {
    let name = ProbeName::parse("real-price").unwrap();
    Definition::new(
        name,
        Request::get("https://api.example.com/real-price?region=seoul"),
    )
}

/// Seollal closes a week, from Saturday to the next Sunday.
fn korean() -> Arc<Calendar> {
    let day = |text: &str| text.parse::<Date>().unwrap();
    let rules = Rules {
        open: Some((Time::constant(9, 0, 0, 0), Time::constant(18, 0, 0, 0))),
        holidays: vec![Holiday {
            from: day("2027-02-06"),
            to: day("2027-02-14"),
            name: Some("Seollal".into()),
        }],
        through: Some(day("2027-12-31")),
        ..Calendar::monday_to_friday(zone("Asia/Seoul")).rules().clone()
    };
    Arc::new(Calendar::new("kr-business", rules))
}

fn period(source: &str, bound: Bound) -> Freshness {
    Freshness {
        signal: Signal::Period {
            reading: Reading {
                format: Format::Auto,
                timezone: Some(zone("Asia/Seoul")),
            },
            bound,
        },
        source: Source::Path(path(source)),
        pick: None,
        each: None,
        max_skew: duration::parse("2m").unwrap(),
        max_cache_age: None,
    }
}

fn due(roll: Roll) -> Due {
    let covers = Covers::ALL
        .into_iter()
        .find(|(word, _)| *word == "previous_business_day");
    let wants = Wants::Covers(covers.unwrap().1);
    Due::new(CronLine::parse("0 9 * * *").unwrap(), zone("Asia/Seoul"), wants)
        .with_grace(duration::parse("30m").unwrap())
        .on_open_days(korean(), roll)
}

fn told(definition: &Definition) -> String {
    let mut lines = Vec::new();
    for clause in promise(definition) {
        let topic = clause.topic.as_str();
        let sentences = clause.sentences.iter();
        lines.extend(sentences.map(|sentence| format!("{topic}: {sentence}")));
    }
    lines.join("\n")
}

fn ahead(definition: &Definition, now: &str) -> String {
    let mut lines = Vec::new();
    for due in upcoming(definition, at(now), 5) {
        for landing in due.moments {
            let change = landing.at.clock_change.unwrap_or_default();
            lines.push(format!(
                "{} {change}: {}, stale from {}",
                landing.at.shown, landing.wanted, landing.stale_from_shown
            ));
        }
        lines.extend(due.end);
    }
    lines.join("\n")
}

#[test]
fn a_plain_probe_says_what_its_defaults_are() {
    insta::assert_snapshot!(told(&definition()), @r"
    asks: GET https://api.example.com/real-price?region=seoul
    asks: the body is read as its content type says, and as JSON where that says nothing, up to 1 MiB of it
    runs: every 1m, at a moment that follows from the probe's name
    runs: a run may take 10s
    expects: the status is 2xx
    ");
}

#[test]
fn no_secret_stands_in_a_promise() {
    let mut definition = definition();
    let secret = |name: &str| Part::Env {
        name: name.into(),
        value: Secret::new("hunter2-hunter2"),
    };
    let request = &mut definition.request;
    request.query = vec![("key".into(), Template::new(vec![secret("KEY")]))];
    request.headers = vec![
        (http::header::COOKIE, Template::literal("sid=plainly-written")),
        (
            http::header::ACCEPT,
            Template::new(vec![Part::Literal("a/".into()), secret("B")]),
        ),
    ];
    request.body = Some(RequestBody::Text(Template::literal(
        "hunter2-hunter2 written out",
    )));
    request.auth = Some(Auth::Bearer(Template::hidden("s3cr3t-s3cr3t")));
    let told = told(&definition);
    assert!(
        !told.contains("hunter2") && !told.contains("plainly") && !told.contains("s3cr3t"),
        "{told}"
    );
    insta::assert_snapshot!(told, @r"
    asks: GET https://api.example.com/real-price?region=seoul&key=***
    asks: with the header `cookie: ***`
    asks: with the header `accept: a/***`
    asks: with the body `*** written out`
    asks: with a bearer token
    asks: the body is read as its content type says, and as JSON where that says nothing, up to 1 MiB of it
    runs: every 1m, at a moment that follows from the probe's name
    runs: a run may take 10s
    expects: the status is 2xx
    ");
}

#[test]
fn what_must_have_landed_is_told_with_its_calendar() {
    let mut definition = definition();
    definition.fresh = Box::new([period("$.baseDate", Bound::Due(Box::new(due(Roll::Forward))))]);
    definition.slo = Some(Slo {
        up: Ratio::parse_percentage("99.95%").ok(),
        valid: None,
        fresh: Ratio::parse_percentage("99%").ok(),
        latency: Ratio::parse_percentage("95%").ok(),
        window: duration::parse("30d").unwrap(),
    });
    insta::assert_snapshot!(told(&definition), @r"
    asks: GET https://api.example.com/real-price?region=seoul
    asks: the body is read as its content type says, and as JSON where that says nothing, up to 1 MiB of it
    runs: every 1m, at a moment that follows from the probe's name
    runs: a run may take 10s
    expects: the status is 2xx
    fresh: `$.baseDate` is the period that the data covers, and the data is as old as its end
    fresh: the value may be in any form that cannot be mistaken for another (`format: auto`); one without a zone is taken for one of Asia/Seoul (`timezone`)
    fresh: the previous business day's data must have landed at every due moment (the cron line `0 9 * * *` in Asia/Seoul)
    fresh: what has not landed then is `degraded` for 30m, and `stale` after that
    fresh: a due moment on a closed day moves to the same time on the next open day, by the calendar `kr-business` (Monday to Friday, 09:00 to 18:00, but 9 days of holidays, in Asia/Seoul, known through 2027-12-31 and `unknown` after that)
    fresh: a time up to 2m ahead counts as now, one further ahead is `invalid` (`max_skew`)
    fresh: what is missing, `null` or cannot be read is `invalid`, never fresh
    promises: `up`: over 30 days, 99.95% of the runs that are not `unknown` are not `down`
    promises: `fresh`: over 30 days, 99% of the runs with a valid answer are not `stale`
    promises: `latency`: over 30 days, 95% of the runs with a valid answer take no longer than `warn.latency` allows
    ");
}

#[test]
fn items_are_told() {
    let mut definition = definition();
    let bound = MaxAge {
        max_age: duration::parse("2d").unwrap(),
        warn_age: duration::parse("36h").ok(),
        calendar: Some(korean()),
    };
    let mut rule = period("$.baseDate", Bound::MaxAge(bound));
    rule.each = Some(Box::new(Each {
        items: path("$.districts[*]"),
        key: Some(path("$.code")),
        quorum: Ratio::parse_percentage("95%").ok(),
        ignore: ["A1".to_owned()].into(),
    }));
    definition.fresh = Box::new([rule]);
    insta::assert_snapshot!(told(&definition), @r"
    asks: GET https://api.example.com/real-price?region=seoul
    asks: the body is read as its content type says, and as JSON where that says nothing, up to 1 MiB of it
    runs: every 1m, at a moment that follows from the probe's name
    runs: a run may take 10s
    expects: the status is 2xx
    fresh: each item at `$.districts[*]` is judged on its own and called by `$.code`; `$` is the item here
    fresh: `$.baseDate` is the period that the data covers, and the data is as old as its end
    fresh: the value may be in any form that cannot be mistaken for another (`format: auto`); one without a zone is taken for one of Asia/Seoul (`timezone`)
    fresh: `stale` when older than 2d, `degraded` when older than 1d 12h
    fresh: only open time counts, by the calendar `kr-business` (Monday to Friday, 09:00 to 18:00, but 9 days of holidays, in Asia/Seoul, known through 2027-12-31 and `unknown` after that)
    fresh: at least 95% of the items must be fresh
    fresh: 1 item does not count: `A1`
    fresh: a time up to 2m ahead counts as now, one further ahead is `invalid` (`max_skew`)
    fresh: what is missing, `null` or cannot be read is `invalid`, never fresh
    ");
}

#[test]
fn a_holiday_run_moves_or_skips_what_is_due() {
    let mut definition = definition();
    definition.fresh = Box::new([period("$.baseDate", Bound::Due(Box::new(due(Roll::Forward))))]);
    insta::assert_snapshot!(ahead(&definition, "2027-02-04T00:30:00Z"), @r"
    Fri 2027-02-05 09:00 +09:00 (00:00 UTC) : 2027-02-04, stale from 09:30
    Mon 2027-02-15 09:00 +09:00 (00:00 UTC) : 2027-02-05, stale from 09:30
    Tue 2027-02-16 09:00 +09:00 (00:00 UTC) : 2027-02-15, stale from 09:30
    Wed 2027-02-17 09:00 +09:00 (00:00 UTC) : 2027-02-16, stale from 09:30
    Thu 2027-02-18 09:00 +09:00 (00:00 UTC) : 2027-02-17, stale from 09:30
    ");
    definition.fresh = Box::new([period("$.baseDate", Bound::Due(Box::new(due(Roll::Skip))))]);
    insta::assert_snapshot!(ahead(&definition, "2027-12-29T00:30:00Z"), @r"
    Thu 2027-12-30 09:00 +09:00 (00:00 UTC) : 2027-12-29, stale from 09:30
    Fri 2027-12-31 09:00 +09:00 (00:00 UTC) : 2027-12-30, stale from 09:30
    the calendar `kr-business` is known through 2027-12-31 only: add the holidays that follow, and move `through` on
    ");
}

#[test]
fn what_is_due_within_a_change_of_clocks_is_told_in_both_times() {
    let wants = Wants::Window(duration::parse("8h").unwrap());
    let late = Due::new(
        CronLine::parse("45 23 * * *").unwrap(),
        zone("Australia/Lord_Howe"),
        wants,
    )
    .with_grace(duration::parse("30m").unwrap());
    let mut definition = definition();
    definition.fresh = Box::new([period("$.baseDate", Bound::Due(Box::new(late)))]);
    // On the first Sunday of April the clocks of Lord Howe Island go back by half an hour at 02:00.
    insta::assert_snapshot!(ahead(&definition, "2027-04-03T00:00:00Z"), @r"
    Sat 2027-04-03 23:45 +11:00 (12:45 UTC) : data of 2027-04-03 15:45 in Australia/Lord_Howe or later, stale from Sun 2027-04-04 00:15
    Sun 2027-04-04 23:45 +10:30 (13:15 UTC) clocks have gone back by 30m before it: data of 2027-04-04 15:45 in Australia/Lord_Howe or later, stale from Mon 2027-04-05 00:15
    Mon 2027-04-05 23:45 +10:30 (13:15 UTC) : data of 2027-04-05 15:45 in Australia/Lord_Howe or later, stale from Tue 2027-04-06 00:15
    Tue 2027-04-06 23:45 +10:30 (13:15 UTC) : data of 2027-04-06 15:45 in Australia/Lord_Howe or later, stale from Wed 2027-04-07 00:15
    Wed 2027-04-07 23:45 +10:30 (13:15 UTC) : data of 2027-04-07 15:45 in Australia/Lord_Howe or later, stale from Thu 2027-04-08 00:15
    ");
}

#[test]
fn expectations_are_told_as_sentences() {
    let compared = |operator, number| Comparison { operator, number };
    let matcher = |conditions: Vec<Condition>| Matcher { conditions };
    let mut definition = definition();
    definition.expect.body = vec![
        (path("$.error"), matcher(vec![Condition::Exists(false)])),
        (
            path("$.hits"),
            matcher(vec![Condition::Count(vec![compared(Operator::AtLeast, 1.0)])]),
        ),
        (
            path("$.hits[*].price"),
            matcher(vec![Condition::Each(matcher(vec![Condition::Compare(
                compared(Operator::Above, 0.0),
            )]))]),
        ),
        (
            path("$.name"),
            matcher(vec![Condition::Empty(false), Condition::StartsWith("A".into())]),
        ),
    ];
    definition.warn = Some(Box::new(Expectation {
        latency: vec![compared(Operator::AtMost, 800.0)],
        size: vec![compared(Operator::AtMost, 2048.0)],
        ..Expectation::default()
    }));
    let rule = |verdict, status| VerdictRule {
        verdict,
        when: Expectation {
            status: Some(StatusSet::new(vec![StatusRange::Code(status)])),
            text: Some(matcher(vec![Condition::Contains("maintenance".into())])),
            ..Expectation::default()
        },
    };
    definition.verdict_rules = vec![rule(Verdict::Unknown, 503), rule(Verdict::Stale, 200)];
    definition.enabled = false;
    definition.retry.attempts = 3;
    insta::assert_snapshot!(told(&definition), @r#"
    asks: GET https://api.example.com/real-price?region=seoul
    asks: the body is read as its content type says, and as JSON where that says nothing, up to 1 MiB of it
    runs: not at all while it is disabled (`enabled: false`), else
    runs: every 1m, at a moment that follows from the probe's name
    runs: a run may take 10s, all attempts together
    runs: when it is down it is tried again, 3 times in all, with pauses that begin at 500ms and grow
    decides: `unknown` when the status is 503, and the body, as text, contains "maintenance"
    decides: `stale` when the status is 200, and the body, as text, contains "maintenance"
    decides: the first of these that fits decides, before everything else
    expects: the status is 2xx
    expects: `$.error` is not there
    expects: `$.hits` has a count of at least 1
    expects: `$.hits[*].price` is a number above 0 in each
    expects: `$.name` is not empty and is a text that starts with "A"
    warns: `degraded` unless the size of the body is at most 2 KiB
    warns: `degraded` unless the time to answer is at most 800ms
    "#);
}

#[test]
fn clocks_that_are_set_are_told() {
    let berlin = zone("Europe/Berlin");
    let line = CronLine::parse("30 2 * * *").unwrap();
    let moments = |now: &str| {
        let first = line.next_after(at(now), &berlin);
        let moments = std::iter::successors(first, |last| line.next_after(*last, &berlin));
        let ahead = Ahead::all(at(now), moments.take(3), &berlin);
        let lines = ahead.into_iter().map(|ahead| {
            let change = ahead.clock_change.unwrap_or_default();
            format!("{} {change}", ahead.shown)
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(moments("2026-03-27T12:00:00Z"), @r"
    Sat 2026-03-28 02:30 +01:00 (01:30 UTC) 
    Sun 2026-03-29 03:00 +02:00 (01:00 UTC) clocks have gone forward by 1h before it
    Mon 2026-03-30 02:30 +02:00 (00:30 UTC)
    ");
    insta::assert_snapshot!(moments("2026-10-23T12:00:00Z"), @r"
    Sat 2026-10-24 02:30 +02:00 (00:30 UTC) 
    Sun 2026-10-25 02:30 +02:00 (00:30 UTC) 
    Mon 2026-10-26 02:30 +01:00 (01:30 UTC) clocks have gone back by 1h before it
    ");
}
