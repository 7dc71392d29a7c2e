//! Each of the other alerts fires when it should and not a step earlier, is silent before, and ends.

use freshwatch_probe::verdict::Verdict;
use freshwatch_tests::rule_tests::RuleTest;

use super::simulation::{Mode, Ran, add, number, runs};
use super::{HOUR, MINUTE, generated, promtool_or_skip};

/// A test of a probe file's rules at every minute of some hours.
struct Minutes {
    test: RuleTest,
    rules: super::Generated,
    mode: Mode,
}

const END: u64 = 180;

impl Minutes {
    fn of(probes: &str, mode: Mode) -> Option<Self> {
        let rules = generated(probes, mode, &[]);
        promtool_or_skip(&rules)?;
        let test = RuleTest::new(MINUTE, MINUTE);
        Some(Self { test, rules, mode })
    }

    /// A series with a sample at each minute.
    fn series(&mut self, name: &str, sample: impl Fn(u64) -> Option<f64>) -> &mut Self {
        self.test.series(name, (0..=END).map(sample));
        self
    }

    /// The series of a probe's runs, of which `judge` says how they end at which minute.
    fn runs(&mut self, probe: &str, every: u64, judge: impl Fn(u64) -> Verdict) -> &mut Self {
        let runs = runs(every * MINUTE, END * MINUTE, |at| (judge(at / MINUTE), false));
        add(&mut self.test, probe, &runs, END * MINUTE, self.mode);
        self
    }

    /// Expects an alert to fire from one minute on and no more at another, and not at all before.
    fn fires(&mut self, name: &str, labels: &str, from: u64, until: u64) -> &mut Self {
        self.test.never((from - 1) * MINUTE, name, labels);
        self.test.alert(from * MINUTE, name, labels, true);
        self.test.alert((until - 1) * MINUTE, name, labels, true);
        self.test.alert(until * MINUTE, name, labels, false);
        self
    }

    fn never(&mut self, name: &str, labels: &str) -> &mut Self {
        self.test.never(END * MINUTE, name, labels);
        self
    }

    fn run(&self) {
        self.test
            .run(&self.rules.path)
            .expect("promtool was there a moment ago");
    }
}

const DAEMON: Mode = Mode::Daemon(MINUTE);

fn constant(value: f64) -> impl Fn(u64) -> Option<f64> {
    move |_| Some(value)
}

/// A value between two minutes, both of them among it, and another one at other times.
fn between(from: u64, to: u64, value: f64, otherwise: f64) -> impl Fn(u64) -> Option<f64> {
    move |minute| {
        Some(if (from..=to).contains(&minute) {
            value
        } else {
            otherwise
        })
    }
}

const PLAIN: &str = "probes: {plain: {get: http://a.example/, every: 1m}}";

#[test]
fn of_the_prober() {
    let Some(mut test) = Minutes::of(PLAIN, DAEMON) else {
        return;
    };
    let of_prober = "severity=\"ticket\",team=\"prober\"";
    test.series("freshwatch_build_info", |minute| {
        (!(61..=90).contains(&minute)).then_some(1.0)
    });
    // Five minutes without it, and two more.
    test.fires("FreshwatchDead", "severity=\"page\",team=\"prober\"", 67, 91);
    let skipped = |minute: u64| Some(number(minute.clamp(30, 40) - 30));
    test.series(
        "freshwatch_runs_skipped_total{cause=\"overload\",instance=\"a\"}",
        skipped,
    );
    test.series(
        "freshwatch_runs_skipped_total{cause=\"missed\",instance=\"b\"}",
        |minute| Some(number(minute)),
    );
    test.fires("FreshwatchOverloaded", of_prober, 34, 67);
    let success = |minute: u64| {
        Some(number(
            if (30..60).contains(&minute) { 30 } else { minute } * MINUTE,
        ))
    };
    test.series(
        "freshwatch_last_export_success_timestamp_seconds{instance=\"a\"}",
        success,
    );
    test.fires("FreshwatchExportFails", of_prober, 41, 60);
    let queue = |minute: u64| {
        Some(if minute <= 60 {
            number(2 * minute.saturating_sub(30))
        } else {
            0.0
        })
    };
    test.series("freshwatch_export_queue_batches", queue);
    test.fires("FreshwatchQueueGrows", of_prober, 40, 61);
    test.series(
        "freshwatch_config_last_reload_successful",
        between(31, 60, 0.0, 1.0),
    );
    test.fires("FreshwatchReloadFailed", of_prober, 36, 61);
    let bypass = "freshwatch_gate_bypass{gate=\"prices\",by=\"mina\",verdict=\"block\"}";
    test.series(bypass, |minute| (minute == 30).then_some(1.0));
    test.fires(
        "FreshwatchGateBypassed",
        "verdict=\"block\",severity=\"ticket\",team=\"on-call\"",
        30,
        90,
    );
    test.run();
}

#[test]
fn results_that_were_given_up() {
    let Some(mut test) = Minutes::of(PLAIN, DAEMON) else {
        return;
    };
    let dropped = |minute: u64| Some(number(u64::from(minute >= 100)));
    test.series("freshwatch_export_dropped_batches_total{cause=\"full\"}", dropped);
    // When it ends, what it could not send any more is no news.
    let ended = "freshwatch_export_dropped_batches_total{cause=\"shutdown\"}";
    test.series(ended, |minute| Some(number(minute)));
    test.fires("FreshwatchExportFails", "team=\"prober\"", 105, 114);
    test.run();
}

const WATCHED: &str = "
defaults: {every: 1m, timeout: 10s}
probes:
  silent: {get: http://a.example/}
  gone: {get: http://a.example/}
  never-started: {get: http://a.example/}
  well: {get: https://a.example/}
  unsure: {get: http://a.example/}
  ending: {get: https://a.example/}
  late: {get: http://a.example/, fresh: {at: $.at, due: '0 9 * * *', window: 8h, timezone: UTC}}
  early: {get: http://a.example/, fresh: {at: $.at, due: '0 9 * * *', window: 8h, timezone: UTC}}
";

/// A certificate that is warned of from 61 minutes on, and renewed after 90.
fn expiry(minute: u64) -> f64 {
    let fortnight = 14 * 24 * HOUR;
    number(if minute < 90 {
        fortnight + HOUR
    } else {
        10 * fortnight
    })
}

#[test]
fn of_probes() {
    let Some(mut test) = Minutes::of(WATCHED, DAEMON) else {
        return;
    };
    let of_prober = |probe: &str| format!("probe=\"{probe}\",severity=\"ticket\",team=\"prober\"");
    test.series("freshwatch_build_info", constant(1.0));
    test.series("probe_runs_total{probe=\"silent\",verdict=\"ok\"}", constant(7.0));
    let last = |minute: u64| {
        Some(number(
            if (30..60).contains(&minute) { 30 } else { minute } * MINUTE,
        ))
    };
    test.series("probe_last_run_timestamp_seconds{probe=\"silent\"}", last);
    // 190 seconds are two runs, its timeout and a minute; five minutes more to be sure.
    test.fires("ProbeNoData", &of_prober("silent"), 39, 60);
    let gone = "probe_runs_total{probe=\"gone\",verdict=\"ok\"}";
    test.series(gone, |minute| (!(31..=60).contains(&minute)).then_some(7.0));
    test.fires("ProbeNoData", &of_prober("gone"), 40, 61);
    test.series(
        "probe_runs_total{probe=\"never-started\",verdict=\"ok\"}",
        constant(0.0),
    );
    let next = |minute: u64| Some(number(if minute < 60 { 1 } else { minute + 1 } * MINUTE));
    test.series("probe_next_run_timestamp_seconds{probe=\"never-started\"}", next);
    test.fires("ProbeNoData", &of_prober("never-started"), 10, 60);
    test.runs("unsure", 1, |minute| {
        if (60..70).contains(&minute) {
            Verdict::Unknown
        } else {
            Verdict::Ok
        }
    });
    // The seventh of sixty is more than a tenth.
    test.fires("ProbeUnknown", &of_prober("unsure"), 66, 123);
    certificates_and_dues(&mut test);
    test.runs("well", 1, |minute| {
        if minute % 20 == 0 {
            Verdict::Unknown
        } else {
            Verdict::Ok
        }
    });
    for alert in ["ProbeNoData", "ProbeUnknown", "ProbeCertificateEnds"] {
        test.never(alert, "probe=\"well\"");
    }
    test.run();
}

fn certificates_and_dues(test: &mut Minutes) {
    test.series("probe_ssl_earliest_cert_expiry{probe=\"ending\"}", |minute| {
        Some(expiry(minute))
    });
    test.series("probe_ssl_earliest_cert_expiry{probe=\"well\"}", constant(4e9));
    let labels = "probe=\"ending\",severity=\"ticket\",team=\"developers\"";
    test.fires("ProbeCertificateEnds", labels, 76, 90);
    for (probe, landed) in [("late", 120), ("early", 60)] {
        let due = format!("probe_data_due_timestamp_seconds{{probe=\"{probe}\"}}");
        test.series(&due, constant(number(150 * MINUTE)));
        let name = format!("probe_data_landed{{probe=\"{probe}\"}}");
        test.series(&name, |minute| Some(number(u64::from(minute >= landed))));
    }
    let labels = "probe=\"late\",severity=\"ticket\",team=\"data\"";
    test.fires("ProbeDataDueSoon", labels, 91, 120);
    test.never("ProbeDataDueSoon", "probe=\"early\"");
}

#[test]
fn of_one_shot_runs() {
    let probes = WATCHED.replace("every: 1m", "every: 5m");
    let Some(mut test) = Minutes::of(&probes, Mode::CronJob) else {
        return;
    };
    let pushed = |minute: u64| minute.is_multiple_of(5);
    let paused = |minute: u64| pushed(minute) && !(31..60).contains(&minute);
    let last = "probe_last_run_timestamp_seconds{probe=\"silent\"}";
    test.series(last, |minute| paused(minute).then(|| number(minute * MINUTE)));
    test.fires("ProbeNoData", "probe=\"silent\",team=\"prober\"", 44, 60);
    test.fires("FreshwatchDead", "severity=\"page\",team=\"prober\"", 50, 60);
    let unknown = |minute: u64| paused(minute).then(|| number(u64::from((60..75).contains(&minute))));
    test.series("probe_verdict{probe=\"unsure\",verdict=\"unknown\"}", unknown);
    let ok = |minute: u64| paused(minute).then(|| number(u64::from(!(60..75).contains(&minute))));
    test.series("probe_verdict{probe=\"unsure\",verdict=\"ok\"}", ok);
    test.fires("ProbeUnknown", "probe=\"unsure\",team=\"prober\"", 70, 120);
    let certificate = "probe_ssl_earliest_cert_expiry{probe=\"ending\"}";
    test.series(certificate, |minute| pushed(minute).then(|| expiry(minute)));
    test.fires("ProbeCertificateEnds", "probe=\"ending\"", 76, 90);
    let due = "probe_data_due_timestamp_seconds{probe=\"late\"}";
    test.series(due, |minute| pushed(minute).then_some(number(150 * MINUTE)));
    let landed = "probe_data_landed{probe=\"late\"}";
    test.series(landed, |minute| {
        pushed(minute).then(|| number(u64::from(minute >= 120)))
    });
    test.fires("ProbeDataDueSoon", "probe=\"late\",team=\"data\"", 91, 120);
    test.run();
}

#[test]
fn what_a_probe_needs_keeps_it_quiet_while_it_is_not_ok() {
    let probes = "
defaults: {every: 1m, slo: {up: 99.9%}}
probes:
  base: {get: http://a.example/}
  dependent: {get: http://a.example/, needs: [base]}
  independent: {get: http://a.example/}
";
    let Some(mut test) = Minutes::of(probes, DAEMON) else {
        return;
    };
    let together = |minute: u64| (60..=75).contains(&minute);
    let down = |is_down: bool| if is_down { Verdict::Down } else { Verdict::Ok };
    test.runs("base", 1, |minute| down(together(minute)));
    test.series(
        "probe_verdict{probe=\"base\",verdict=\"down\"}",
        between(60, 75, 1.0, 0.0),
    );
    let alone = |minute: u64| together(minute) || (120..=130).contains(&minute);
    test.runs("dependent", 1, |minute| down(alone(minute)));
    test.runs("independent", 1, |minute| down(alone(minute)));
    let page = "ProbeUpBudgetBurnsFast";
    // Three failed runs: it is not called for one or two.
    test.fires(page, "probe=\"independent\"", 62, 105);
    test.fires(page, "probe=\"base\"", 62, 105);
    test.fires(page, "probe=\"dependent\"", 120, 160);
    test.run();
}

#[test]
fn a_promise_that_cannot_be_kept() {
    let probes = "
defaults: {slo: {up: 99.9%}}
probes:
  hourly: {get: http://a.example/, every: 1h}
  often: {get: http://a.example/, every: 5m}
";
    let rules = generated(probes, Mode::Daemon(300), &[]);
    if promtool_or_skip(&rules).is_none() {
        return;
    }
    let told = "hourly: `up: 99.9%`, page: 1h holds one run, which is too little to tell";
    assert!(rules.told.contains(told), "{}", rules.told);
    let (sooner, end) = (30 * HOUR, 60 * HOUR);
    let mut test = RuleTest::new(300, 600);
    let ok = |_| (Verdict::Ok, false);
    // It runs more often after some time.
    let hourly = runs(HOUR, sooner, ok).into_iter();
    let later = runs(300, end, ok).into_iter().filter(|ran| ran.at > sooner);
    let hourly: Vec<Ran> = hourly.chain(later).collect();
    add(&mut test, "hourly", &hourly, end, Mode::Daemon(300));
    add(&mut test, "often", &runs(300, end, ok), end, Mode::Daemon(300));
    let labels = "probe=\"hourly\",severity=\"ticket\",team=\"developers\"";
    let name = "ProbeUpUnattainable";
    // A day is needed to know its pace, and that it was there before: then 24 runs a day are 720 of thirty days.
    test.never(24 * HOUR - 600, name, labels)
        .alert(24 * HOUR, name, labels, true);
    // 34 runs a day would do, for one of 1020 may fail: 24 that are an hour apart, and ten of the others.
    test.alert(sooner + 40 * MINUTE, name, labels, true);
    test.alert(sooner + 50 * MINUTE, name, labels, false);
    test.never(end, name, "probe=\"often\"");
    test.run(&rules.path).expect("promtool was there a moment ago");
}
