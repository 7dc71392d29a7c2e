//! The rules of some probes, as files hold them.

use std::sync::Arc;
use std::time::Duration;

use freshwatch_probe::definition::{Definition, ProbeName, Ratio, Slo, When};
use freshwatch_probe::duration;
use freshwatch_probe::expectation::Expectation;
use freshwatch_probe::matcher::{Comparison, Operator};
use freshwatch_probe::request::Request;

use super::{Link, Mode, Options, Rules, Teams};

fn options(mode: Mode) -> Options {
    Options {
        mode,
        teams: Teams::default(),
        runbook_url: None,
        dashboard_url: None,
        due_soon: Duration::from_hours(1),
    }
}

/// A probe that promises to be up.
fn probe(name: &str, every: &str) -> Definition {
    let mut probe = Definition::new(ProbeName::parse(name).unwrap(), Request::get("http://a.example/"));
    probe.schedule.when = When::Every(duration::parse(every).unwrap());
    probe.slo = Some(Slo {
        up: Ratio::parse_percentage("99.9%").ok(),
        valid: None,
        fresh: None,
        latency: None,
        window: Duration::from_hours(30 * 24),
    });
    probe
}

/// The rules of the first probe, as a file holds them.
fn told(probes: &[Definition], options: &Options) -> String {
    let rules = Rules::new(probes, options);
    let of = |wanted: &Definition| rules.of_probes().find(|(name, ..)| **name == wanted.name);
    of(&probes[0]).unwrap().1.to_string()
}

/// The rule of this name, without the others.
fn rule(text: &str, name: &str) -> String {
    let rules = text.split("      - ").skip(1);
    let of = |rule: &&str| rule.lines().next().unwrap().ends_with(name);
    rules.filter(of).collect()
}

#[test]
fn steps_of_counters_are_recorded_of_a_daemon() {
    let text = told(&[probe("search", "1m")], &options(Mode::Daemon));
    insta::assert_snapshot!(rule(&text, "probe_runs:step"), @r#"
    record: probe_verdict:probe_runs:step
            expr: |-
              sum by (verdict) (
                (probe_runs_total{probe="search"} - last_over_time(verdict:probe_runs_total:seen{probe="search"}[1d] offset 1s) >= 0)
                or (probe_runs_total{probe="search"} and last_over_time(verdict:probe_runs_total:seen{probe="search"}[1d] offset 1s))
                or probe_runs_total{probe="search"} * ignoring(verdict) group_left() (sum without (verdict) (probe_runs_total{probe="search"}) <= bool 3)
              )
            labels:
              probe: "search"
    "#);
    insta::assert_snapshot!(rule(&text, "probe_runs_total:seen"), @r#"
    record: verdict:probe_runs_total:seen
            expr: 'probe_runs_total{probe="search"}'
            labels:
              probe: "search"
    "#);
    insta::assert_snapshot!(rule(&text, "bad_runs:step"), @r#"
    record: probe_promise:bad_runs:step
            expr: 'sum(probe_verdict:probe_runs:step{probe="search",verdict="down"})'
            labels:
              probe: "search"
              promise: "up"
    "#);
}

#[test]
fn the_samples_of_one_shot_runs_are_its_runs() {
    let text = told(&[probe("search", "5m")], &options(Mode::CronJob));
    assert!(
        !text.contains("probe_runs_total") && !text.contains(":step"),
        "{text}"
    );
    insta::assert_snapshot!(rule(&text, "counted_runs:sum"), @r#"
    record: probe_promise:counted_runs:sum
            expr: 'sum(sum_over_time(probe_verdict{probe="search",verdict=~"ok|degraded|stale|invalid|down"}[30d]))'
            labels:
              probe: "search"
              promise: "up"
              window: "30d"
    "#);
    insta::assert_snapshot!(rule(&text, "burn_rate:ratio_1h"), @r#"
    record: probe_promise:burn_rate:ratio_1h
            expr: 'sum(sum_over_time(probe_verdict{probe="search",verdict="down"}[1h])) / (sum(sum_over_time(probe_verdict{probe="search",verdict=~"ok|degraded|stale|invalid|down"}[1h])) > 0) / 0.001'
            labels:
              probe: "search"
              promise: "up"
    "#);
}

#[test]
fn the_budget_is_recorded_exactly() {
    let text = told(&[probe("search", "1m")], &options(Mode::Daemon));
    insta::assert_snapshot!(rule(&text, "objective:ratio"), @r#"
    record: probe_promise:objective:ratio
            expr: 'vector(0.999)'
            labels:
              probe: "search"
              promise: "up"
              window: "30d"
    "#);
    insta::assert_snapshot!(rule(&text, "good_runs:ratio"), @r#"
    record: probe_promise:good_runs:ratio
            expr: '(probe_promise:counted_runs:sum{probe="search",promise="up",window="30d"} - probe_promise:bad_runs:sum{probe="search",promise="up",window="30d"}) / (probe_promise:counted_runs:sum{probe="search",promise="up",window="30d"} > 0)'
            labels:
              probe: "search"
              promise: "up"
              window: "30d"
    "#);
    insta::assert_snapshot!(rule(&text, "budget_left:ratio"), @r#"
    record: probe_promise:budget_left:ratio
            expr: '1 - probe_promise:bad_runs:sum{probe="search",promise="up",window="30d"} / (probe_promise:counted_runs:sum{probe="search",promise="up",window="30d"} > 0) / 0.001'
            labels:
              probe: "search"
              promise: "up"
              window: "30d"
    "#);
}

#[test]
fn an_alert_says_who_and_what_and_where() {
    let mut probe = probe("search", "1h");
    probe.labels = Arc::new([("team".to_owned(), "web".to_owned())].into());
    probe.description = Some("Search {{ all }} of \"it\"".to_owned());
    let mut options = options(Mode::Daemon);
    options.runbook_url = Link::parse("https://wiki.example.com/{alert}?{promise}={probe}").ok();
    options.teams = Teams::parse(["on-call=sre"]).unwrap();
    let text = told(&[probe], &options);
    insta::assert_snapshot!(rule(&text, "ProbeUpBudgetBurnsFast"), @r#"
    alert: ProbeUpBudgetBurnsFast
            expr: |-
              (
                probe_promise:burn_rate:ratio_6h{probe="search",promise="up"} > 6
                and probe_promise:burn_rate:ratio_2h{probe="search",promise="up"} > 6
                and on() sum(sum_over_time(probe_promise:bad_runs:step{probe="search",promise="up"}[6h])) >= 3
              )
            labels:
              probe: "search"
              promise: "up"
              severity: "page"
              team: "sre"
            annotations:
              summary: "search does not answer as often as promised"
              description: "No complete answer came, or the service said that it failed. Promised are 99.9% of the runs over 30 days, which leaves 0.72 of 720 that may break it. The budget burns {{ $value | humanize }} times as fast as it may; this alert begins at 6 over 6h. search: Search {{\"{{\"}} all }} of \"it\""
              first_steps: "See the reason: the metric probe_reason_info, or `freshwatch explain`. Is it the network, DNS, the certificate or the service? Then the service's own logs and its last deploy."
              runbook_url: "https://wiki.example.com/ProbeUpBudgetBurnsFast?up=search"
    "#);
    insta::assert_snapshot!(rule(&text, "ProbeUpUnattainable"), @r#"
    alert: ProbeUpUnattainable
            expr: |-
              sum(sum_over_time(probe_promise:counted_runs:step{probe="search",promise="up"}[1d])) * 0.03 < 1
              and on() sum(sum_over_time(probe_promise:counted_runs:step{probe="search",promise="up"}[1d] offset 1d)) > 0
            labels:
              probe: "search"
              promise: "up"
              severity: "ticket"
              team: "web"
            annotations:
              summary: "`slo.up: 99.9%` of search cannot be kept: the first failed run breaks it"
              description: "At the pace of the last 1d there are so few runs in 30 days that {{ $value | humanize }} of them may fail. search: Search {{\"{{\"}} all }} of \"it\""
              first_steps: "Run the probe more often, promise less, or promise it over a longer `window`. If it should run more often than that: see whether runs are unknown or skipped."
              runbook_url: "https://wiki.example.com/ProbeUpUnattainable?up=search"
    "#);
}

#[test]
fn comments_say_where_a_group_departs_from_the_book() {
    let text = told(&[probe("search", "1h")], &options(Mode::Daemon));
    let comments: Vec<&str> = text
        .lines()
        .take_while(|line| line.trim().starts_with('#'))
        .collect();
    let comments = comments.join("\n");
    insta::assert_snapshot!(comments, @r"
    #
    # search
    # up: 99.9% over 30d, 0.72 of 720 runs may break it
    #   page: 1h holds one run, which is too little to tell
    #   page: one failed run of the 6 within 6h would burn the budget at 6: it takes 3 of them
    #   ticket: one failed run of the 24 within 1d would burn the budget at 3: it takes 2 of them
    #   ticket: one failed run of the 72 within 3d would burn the budget at 1: it takes 2 of them
    ");
}

#[test]
fn what_a_probe_needs_keeps_it_quiet() {
    let mut dependent = probe("search", "1m");
    dependent.needs = vec![
        ProbeName::parse("login").unwrap(),
        ProbeName::parse("index").unwrap(),
    ];
    let probes = [dependent, probe("login", "5m"), probe("index", "1h")];
    let quiet = |mode| {
        let text = told(&probes, &options(mode));
        let rule = rule(&text, "ProbeUpBudgetBurnsFast");
        let line = rule.lines().find(|line| line.contains("unless"));
        line.unwrap().trim().to_owned()
    };
    insta::assert_snapshot!(quiet(Mode::Daemon), @r#"
    unless on() (max_over_time(probe_verdict{probe=~"login|index",verdict=~"down|invalid|stale|unknown"}[30m]) > 0)
    "#);
    insta::assert_snapshot!(quiet(Mode::CronJob), @r#"
    unless on() (max_over_time(probe_verdict{probe=~"login|index",verdict=~"down|invalid|stale|unknown"}[2h]) > 0)
    "#);
}

#[test]
fn what_is_slow_implies_a_promise_to_be_fast() {
    let mut probe = probe("search", "1m");
    probe.warn = Some(Box::new(Expectation {
        latency: vec![Comparison {
            operator: Operator::AtMost,
            number: 700.0,
        }],
        ..Expectation::default()
    }));
    let text = told(std::slice::from_ref(&probe), &options(Mode::Daemon));
    assert!(
        text.contains("# latency: 99% (implied by `warn.latency`) over 30d"),
        "{text}"
    );
    assert!(rule(&text, "ProbeLatencyBudgetBurns").contains("longer than 700ms"));
    assert_eq!(rule(&text, "ProbeLatencyBudgetBurnsFast"), "");
    insta::assert_snapshot!(rule(&text, "slow_runs:step"), @r#"
    record: probe:probe_slow_runs:step
            expr: |-
              sum(
                (probe_slow_runs_total{probe="search"} - last_over_time(probe:probe_slow_runs_total:seen{probe="search"}[1d] offset 1s) >= 0)
                or (probe_slow_runs_total{probe="search"} and last_over_time(probe:probe_slow_runs_total:seen{probe="search"}[1d] offset 1s))
                or probe_slow_runs_total{probe="search"} * (sum without (verdict) (probe_runs_total{probe="search"}) <= bool 3)
              )
            labels:
              probe: "search"
    "#);
    // A probe that promises nothing does not promise that either.
    probe.slo = None;
    assert!(!told(&[probe], &options(Mode::Daemon)).contains("latency:"));
}

#[test]
fn all_of_it_leaves_no_budget() {
    let mut probe = probe("search", "1m");
    probe.slo.as_mut().unwrap().up = Ratio::parse_percentage("100%").ok();
    let text = told(&[probe], &options(Mode::Daemon));
    assert!(
        text.contains("# up: 100% over 30d, which leaves no budget to burn"),
        "{text}"
    );
    assert!(
        !text.contains("burn_rate") && !text.contains("budget_left"),
        "{text}"
    );
    assert!(text.contains("good_runs:ratio"), "{text}");
}

#[test]
fn a_probe_that_does_not_run_has_no_rules() {
    let mut probe = probe("search", "1m");
    probe.enabled = false;
    let options = options(Mode::Daemon);
    assert_eq!(Rules::new([&probe], &options).of_probes().count(), 0);
}

#[test]
fn certificates_are_of_tls_alone_and_warned_of_when_the_probe_says() {
    let mut probe = probe("search", "1m");
    let told = |probe: &Definition| {
        rule(
            &told(std::slice::from_ref(probe), &options(Mode::Daemon)),
            "CertificateEnds",
        )
    };
    assert_eq!(told(&probe), "");
    probe.request = Request::get("https://a.example/");
    assert!(told(&probe).contains("- time() < 1209600"));
    probe.warn = Some(Box::new(Expectation {
        certificate_valid_for: Some(Duration::from_hours(24)),
        ..Expectation::default()
    }));
    assert!(told(&probe).contains("- time() < 86400"));
}
