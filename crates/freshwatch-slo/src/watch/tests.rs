//! When to alert about a promise, for the usual cadences and for odd ones.

use std::fmt::Write as _;
use std::time::Duration;

use freshwatch_probe::definition::Ratio;
use freshwatch_probe::duration;

use super::{Form, Severity, Watch, plan};
use crate::cadence::Cadence;
use crate::objective::Objective;
use crate::promise::Promise;

fn told_watch(watch: Watch) -> String {
    let asked = watch.needed.max(watch.least);
    let (long, short) = (duration::spell(watch.long), duration::spell(watch.short));
    format!(
        "{long} and {short} at {}: {asked} of {}",
        watch.factor, watch.runs
    )
}

/// What is watched of a probe that runs every so often and promises so much, a line for each window and note.
fn told(every: &str, target: &str, window: &str) -> String {
    let every = duration::parse(every).unwrap();
    let cadence = Cadence {
        shortest: every,
        longest: every,
    };
    let window = duration::parse(window).unwrap();
    let objective = Objective {
        promise: Promise::Up,
        target: Ratio::parse_percentage(target).unwrap(),
        window,
        runs: u64::try_from(window.as_millis() / every.as_millis()).unwrap(),
        is_implied: false,
    };
    let spell = |time: Duration| duration::spell(time);
    let mut text = String::new();
    for severity in [Severity::Page, Severity::Ticket] {
        let plan = plan(&objective, cadence, severity);
        let word = severity.as_str();
        let forms = match plan.form {
            Form::Row { runs, within } => vec![format!("{runs} in a row within {}", spell(within))],
            Form::Windows(watches) => watches.iter().map(|watch| told_watch(*watch)).collect(),
        };
        for form in forms {
            writeln!(text, "{word}: {form}").unwrap();
        }
        for note in plan.notes {
            writeln!(text, "  {note}").unwrap();
        }
    }
    text
}

#[test]
fn four_times_a_minute_is_often_enough_for_the_book() {
    insta::assert_snapshot!(told("15s", "99.9%", "30d"), @r"
    page: 1h and 5m at 14.4: 4 of 240
    page: 6h and 30m at 6: 9 of 1440
    ticket: 1d and 2h at 3: 18 of 5760
    ticket: 3d and 6h at 1: 18 of 17280
    ");
}

#[test]
fn once_a_minute_one_failed_run_would_page() {
    insta::assert_snapshot!(told("1m", "99.9%", "30d"), @r"
    page: 1h and 5m at 14.4: 3 of 60
    page: 6h and 30m at 6: 3 of 360
      one failed run of the 60 within 1h would burn the budget at 14.4: it takes 3 of them
    ticket: 1d and 2h at 3: 5 of 1440
    ticket: 3d and 6h at 1: 5 of 4320
    ");
}

#[test]
fn every_five_minutes() {
    insta::assert_snapshot!(told("5m", "99.9%", "30d"), @r"
    page: 1h and 10m at 14.4: 3 of 12
    page: 6h and 30m at 6: 3 of 72
      one failed run of the 12 within 1h would burn the budget at 14.4: it takes 3 of them
      one failed run of the 72 within 6h would burn the budget at 6: it takes 3 of them
    ticket: 1d and 2h at 3: 2 of 288
    ticket: 3d and 6h at 1: 2 of 864
      one failed run of the 288 within 1d would burn the budget at 3: it takes 2 of them
      one failed run of the 864 within 3d would burn the budget at 1: it takes 2 of them
    ");
    insta::assert_snapshot!(told("5m", "99%", "30d"), @r"
    page: 1h and 10m at 14.4: 3 of 12
    page: 6h and 30m at 6: 5 of 72
      2 failed runs of the 12 within 1h would burn the budget at 14.4: it takes 3 of them
    ticket: 1d and 2h at 3: 9 of 288
    ticket: 3d and 6h at 1: 9 of 864
    ");
}

#[test]
fn once_an_hour_an_hour_tells_nothing() {
    insta::assert_snapshot!(told("1h", "99.9%", "30d"), @r"
    page: 6h and 2h at 6: 3 of 6
      1h holds one run, which is too little to tell
      one failed run of the 6 within 6h would burn the budget at 6: it takes 3 of them
    ticket: 1d and 2h at 3: 2 of 24
    ticket: 3d and 6h at 1: 2 of 72
      one failed run of the 24 within 1d would burn the budget at 3: it takes 2 of them
      one failed run of the 72 within 3d would burn the budget at 1: it takes 2 of them
    ");
}

#[test]
fn once_a_day_there_are_no_windows_that_page() {
    insta::assert_snapshot!(told("1d", "95%", "30d"), @r"
    page: 2 in a row within 2d5m
      1h holds no run, which is too little to tell
      6h holds no run, which is too little to tell
      2 failed runs in a row count instead
    ticket: 3d and 2d at 1: 1 of 3
      1d holds one run, which is too little to tell
    ");
}

#[test]
fn a_loose_promise_cannot_burn_so_fast() {
    insta::assert_snapshot!(told("1m", "90%", "30d"), @r"
    page: 1h36m and 8m at 9: 87 of 96
    page: 6h and 30m at 6: 217 of 360
      runs cannot fail often enough to burn the budget at 14.4: it is watched over 1h36m at 9 instead of 1h
    ticket: 1d and 2h at 3: 433 of 1440
    ticket: 3d and 6h at 1: 433 of 4320
    ");
}

#[test]
fn other_periods_scale_the_burn_rate_and_short_ones_the_windows() {
    insta::assert_snapshot!(told("1m", "99%", "28d"), @r"
    page: 1h and 5m at 13.44: 9 of 60
    page: 6h and 30m at 5.6: 21 of 360
    ticket: 1d and 2h at 2.8: 41 of 1440
    ticket: 2d19h12m and 5h36m at 1: 41 of 4032
      3d is too much of the 28d of the promise: it is watched over 2d19h12m at a burn rate of 1
    ");
    insta::assert_snapshot!(told("1m", "99%", "90d"), @r"
    page: 1h and 5m at 43.2: 26 of 60
    page: 6h and 30m at 18: 65 of 360
    ticket: 1d and 2h at 9: 130 of 1440
    ticket: 3d and 6h at 3: 130 of 4320
    ");
    insta::assert_snapshot!(told("1m", "99%", "7d"), @r"
    page: 1h and 5m at 3.36: 3 of 60
    page: 6h and 30m at 1.4: 6 of 360
    ticket: 16h48m and 1h24m at 1: 11 of 1008
      1d is too much of the 7d of the promise: it is watched over 16h48m at a burn rate of 1
      3d is too much of the 7d of the promise: it is watched over 16h48m at a burn rate of 1
    ");
    insta::assert_snapshot!(told("15s", "99%", "1d"), @r"
    page: 29m and 3m at 1: 3 of 116
    page: 1h12m and 6m at 1: 3 of 288
      1h is too much of the 1d of the promise: it is watched over 29m at a burn rate of 1
      2 failed runs of the 116 within 29m would burn the budget at 1: it takes 3 of them
      6h is too much of the 1d of the promise: it is watched over 1h12m at a burn rate of 1
    ticket: 2h24m and 12m at 1: 6 of 576
      1d is too much of the 1d of the promise: it is watched over 2h24m at a burn rate of 1
      3d is too much of the 1d of the promise: it is watched over 2h24m at a burn rate of 1
    ");
}
