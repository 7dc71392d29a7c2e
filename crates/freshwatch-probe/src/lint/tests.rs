//! What is odd about probes and calendars.

use std::sync::Arc;

use jiff::civil::{Date, Time};
use jiff::tz::{TimeZone, offset};

use super::{Code, calendar, probe};
use crate::calendar::{Calendar, Rules};
use crate::cron::CronLine;
use crate::definition::{Definition, ProbeName, Ratio, Slo, When};
use crate::duration;
use crate::freshness::due::{Due, Roll, Wants};
use crate::freshness::{AgeUnit, Bound, Format, Freshness, MaxAge, Reading, Signal, Source};
use crate::path::Path;
use crate::request::Request;

fn definition(when: &str) -> Definition {
    let name = ProbeName::parse("a").unwrap();
    let mut definition = Definition::new(name, Request::get("http://a.example/"));
    definition.schedule.when = match duration::parse(when) {
        Ok(interval) => When::Every(interval),
        Err(_) => When::Cron(CronLine::parse(when).unwrap()),
    };
    definition
}

/// A calendar of Mondays to Fridays.
fn weekdays(open: Option<(Time, Time)>, through: Option<Date>) -> Calendar {
    let rules = Rules {
        open,
        through,
        ..Calendar::monday_to_friday(TimeZone::fixed(offset(9)))
            .rules()
            .clone()
    };
    Calendar::new("kr", rules)
}

/// The warnings of a probe that runs so and promises so much to be up.
#[track_caller]
fn check_target(when: &str, up: &str, window: &str, warned: &str) {
    let mut definition = definition(when);
    definition.slo = Some(Slo {
        up: Some(Ratio::parse_percentage(up).unwrap()),
        valid: None,
        fresh: None,
        latency: None,
        window: duration::parse(window).unwrap(),
    });
    let warnings = probe(&definition, "2026-11-20T12:00:00Z".parse().unwrap());
    let messages: Vec<&str> = warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(messages.join("\n"), warned);
}

#[test]
fn a_target_that_one_failed_run_breaks() {
    let hourly = "`slo.up: 99.9%` over 30 days allows 0.72 failed runs of a probe that runs every 1h: the first one \
                  breaks it";
    check_target("1h", "99.9%", "30d", hourly);
    check_target("43m", "99.9%", "30d", "");
    let edge = "`slo.up: 99.9%` over 1d allows 0.99 failed runs of a probe that runs every 1m 26s: the first one \
                breaks it";
    check_target("86450ms", "99.9%", "1d", edge);
    check_target("86400ms", "99.9%", "1d", "");
    let whole = "`slo.up: 100%` over 30 days allows no failed run of a probe that runs every 1m: the first one \
                 breaks it";
    check_target("1m", "100%", "30d", whole);
}

/// How many runs are allowed to fail, so that one part in a hundred tells how many there are.
#[track_caller]
fn check_runs(line: &str, window: &str, allowed: &str) {
    let warned = format!(
        "`slo.up: 99%` over {} allows {allowed} failed runs of a probe that runs by `{line}`: the first one breaks it",
        duration::show(duration::parse(window).unwrap())
    );
    check_target(line, "99%", window, &warned);
}

#[test]
fn the_runs_of_a_cron_line_are_counted() {
    check_runs("0 9 * * *", "30d", "0.30");
    check_runs("0 9,18 * * *", "30d", "0.60");
    check_runs("0 9 * * mon-fri", "4w", "0.20");
    check_runs("@hourly", "4d", "0.96");
    check_runs("@hourly", "36h", "0.36");
    check_runs("*/10 * * * *", "6h", "0.36");
    // The 20th of November was a Friday, and that month had 30 days.
    check_runs("0 0 31 * *", "60d", "0.01");
    check_target("@hourly", "99%", "30d", "");
    check_target("* * * * *", "99.997%", "30d", "");
    let whole = "`slo.up: 100%` over 30 days allows no failed run of a probe that runs by `* * * * *`: the \
                 first one breaks it";
    check_target("* * * * *", "100%", "30d", whole);
    let never = "`slo.up: 99%` over 30 days allows no failed run of a probe that runs by `0 0 1 6 *`: the first one \
                 breaks it";
    check_target("0 0 1 6 *", "99%", "30d", never);
}

fn aged(max_age: &str) -> Freshness {
    let bound = MaxAge::new(duration::parse(max_age).unwrap());
    let unit = AgeUnit::Seconds;
    Freshness::new(
        Signal::Age { unit, bound },
        Source::Path(Path::parse("$.age").unwrap()),
    )
}

#[track_caller]
fn check_rhythm(when: &str, max_age: &str, warned: &str) {
    let mut definition = definition(when);
    definition.fresh = Box::new([aged(max_age)]);
    let warnings = probe(&definition, "2026-11-20T12:00:00Z".parse().unwrap());
    let messages: Vec<&str> = warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(messages.join("\n"), warned);
}

#[test]
fn a_bound_shorter_than_the_time_between_runs() {
    let warned = "`max_age: 5m` of `$.age` is shorter than the 10m between two runs: data can be too old for as long \
                  as that before a run sees it";
    check_rhythm("10m", "5m", warned);
    check_rhythm("10m", "10m", "");
    check_rhythm("*/10 * * * *", "5m", warned);
    check_rhythm("0,5 9 * * *", "5m", "");
}

/// What is warned of a bound in the open time of a calendar.
#[track_caller]
fn check_open_rhythm(when: &str, max_age: &str, warned: bool) {
    let mut rule = aged(max_age);
    if let Signal::Age { bound, .. } = &mut rule.signal {
        let open = ("09:00".parse().unwrap(), "18:00".parse().unwrap());
        bound.calendar = Some(Arc::new(weekdays(Some(open), None)));
    }
    let mut definition = definition(when);
    definition.fresh = Box::new([rule]);
    let warnings = probe(&definition, "2026-11-20T12:00:00Z".parse().unwrap());
    assert_eq!(!warnings.is_empty(), warned, "{warnings:?}");
}

#[test]
fn between_two_runs_only_the_open_time_counts() {
    // Nine hours of a day are open.
    check_open_rhythm("1d", "9h", false);
    check_open_rhythm("1d", "8h59m", true);
    check_open_rhythm("2d", "18h", false);
    check_open_rhythm("2d", "17h", true);
    check_open_rhythm("25h", "10h", false);
    check_open_rhythm("25h", "9h", true);
    check_open_rhythm("10m", "5m", true);
    check_open_rhythm("0 12 * * *", "9h", false);
}

#[test]
fn a_cursor_must_have_the_time_to_be_seen_moving() {
    let bound = MaxAge::new(duration::parse("5m").unwrap());
    let rule = Freshness::new(Signal::Changes { bound }, Source::Path(Path::parse("$").unwrap()));
    let mut definition = definition("10m");
    definition.fresh = Box::new([rule]);
    let warnings = probe(&definition, "2026-11-20T12:00:00Z".parse().unwrap());
    assert_eq!(warnings[0].code, Code::RunsTooRarely);
    assert_eq!(
        warnings[0].help,
        "run it at least every 5m, or give it more than 10m"
    );
}

/// What is warned of a due line beside a calendar of Mondays to Fridays.
#[track_caller]
fn check_due(line: &str, roll: Roll, through: Option<&str>, warned: bool) {
    let calendar = weekdays(None, through.map(|day| day.parse().unwrap()));
    let wants = Wants::Window(duration::parse("8h").unwrap());
    let due = Due::new(CronLine::parse(line).unwrap(), TimeZone::UTC, wants);
    let due = due.on_open_days(Arc::new(calendar), roll);
    let reading = Reading {
        format: Format::Auto,
        timezone: None,
    };
    let bound = Bound::Due(Box::new(due));
    let source = Source::Path(Path::parse("$.at").unwrap());
    let mut definition = definition("10m");
    definition.fresh = Box::new([Freshness::new(Signal::At { reading, bound }, source)]);
    let warnings = probe(&definition, "2026-11-20T12:00:00Z".parse().unwrap());
    assert_eq!(!warnings.is_empty(), warned, "{warnings:?}");
}

#[test]
fn a_line_that_falls_on_no_open_day() {
    check_due("0 9 * * sun", Roll::Skip, None, true);
    check_due("0 9 * * sun", Roll::Skip, Some("2027-12-31"), true);
    check_due("0 9 * * sun", Roll::Forward, None, false);
    check_due("0 9 * * mon", Roll::Skip, None, false);
    // The first of a month is a Monday in February 2027.
    check_due("0 9 1 2 *", Roll::Skip, Some("2027-12-31"), false);
    // Nothing is due before the calendar ends; it was before.
    check_due("0 9 1 2 *", Roll::Skip, Some("2026-12-31"), false);
    // That it has ended is said of the calendar.
    check_due("0 9 * * sun", Roll::Skip, Some("2026-10-31"), false);
}

#[test]
fn a_probe_that_does_not_run_is_not_warned_of() {
    let mut definition = definition("10m");
    definition.fresh = Box::new([aged("5m")]);
    definition.enabled = false;
    assert_eq!(probe(&definition, "2026-11-20T12:00:00Z".parse().unwrap()), []);
}

#[test]
fn a_calendar_is_warned_of_sixty_days_ahead() {
    let kr = weekdays(None, Some("2026-12-31".parse().unwrap()));
    let warned = |now: &str| calendar(&kr, now.parse().unwrap()).map(|warning| warning.message);
    // In the calendar's zone the day begins nine hours earlier.
    assert_eq!(warned("2026-10-31T14:59:59Z"), None);
    let ahead = "the calendar `kr` ends on 2026-12-31: what needs it is `unknown` after that";
    assert_eq!(warned("2026-10-31T15:00:00Z").as_deref(), Some(ahead));
    assert_eq!(warned("2026-12-31T12:00:00Z").as_deref(), Some(ahead));
    let past = "the calendar `kr` has ended on 2026-12-31: what needs it is `unknown`";
    assert_eq!(warned("2026-12-31T15:00:00Z").as_deref(), Some(past));
    assert_eq!(warned("2029-12-31T15:00:00Z").as_deref(), Some(past));
}
