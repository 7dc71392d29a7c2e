//! Each alert about a burning budget fires when it should and not a step earlier, and ends.
//!
//! What should happen is worked out here from the runs alone, with the windows and burn rates that are written down
//! below for each cadence, not from the rules.

use std::fmt::Write as _;

use freshwatch_probe::verdict::Verdict;
use freshwatch_tests::rule_tests::RuleTest;

use super::simulation::{Mode, Ran, add, number, runs};
use super::{HOUR, MINUTE, generated, promtool_or_skip};

/// A long and a short window in seconds, a burn rate, and how many runs have to fail within the long one.
type Watch = (u64, u64, f64, u64);

/// What of a probe with a promise of 99.9% over 30 days has to be watched.
struct Watched {
    /// Between two runs, in seconds.
    every: u64,
    page: &'static [Watch],
    ticket: &'static [Watch],
}

const FOUR_A_MINUTE: Watched = Watched {
    every: 15,
    page: &[(HOUR, 5 * MINUTE, 14.4, 3), (6 * HOUR, 30 * MINUTE, 6.0, 3)],
    ticket: &[(24 * HOUR, 2 * HOUR, 3.0, 2), (72 * HOUR, 6 * HOUR, 1.0, 2)],
};

const ONE_A_MINUTE: Watched = Watched {
    every: MINUTE,
    ..FOUR_A_MINUTE
};

const EVERY_FIVE_MINUTES: Watched = Watched {
    every: 5 * MINUTE,
    page: &[(HOUR, 10 * MINUTE, 14.4, 3), (6 * HOUR, 30 * MINUTE, 6.0, 3)],
    ..FOUR_A_MINUTE
};

const HOURLY: Watched = Watched {
    every: HOUR,
    page: &[(6 * HOUR, 2 * HOUR, 6.0, 3)],
    ..FOUR_A_MINUTE
};

/// A promise, who is called when it breaks, and how a run breaks it.
struct Broken {
    probe: &'static str,
    name: &'static str,
    team: &'static str,
    verdict: Verdict,
    slow: bool,
    pages: bool,
    /// Whether a run of the verdict counts.
    counts: fn(Verdict) -> bool,
}

const PROMISES: [Broken; 4] = [
    Broken {
        probe: "broken-up",
        name: "Up",
        team: "on-call",
        verdict: Verdict::Down,
        slow: false,
        pages: true,
        counts: |verdict| verdict != Verdict::Unknown,
    },
    Broken {
        probe: "broken-valid",
        name: "Valid",
        team: "web",
        verdict: Verdict::Invalid,
        slow: false,
        pages: true,
        counts: |verdict| !matches!(verdict, Verdict::Unknown | Verdict::Down),
    },
    Broken {
        probe: "broken-fresh",
        name: "Fresh",
        team: "data",
        verdict: Verdict::Stale,
        slow: false,
        pages: true,
        counts: |verdict| matches!(verdict, Verdict::Ok | Verdict::Degraded | Verdict::Stale),
    },
    Broken {
        probe: "broken-latency",
        name: "Latency",
        team: "web",
        verdict: Verdict::Degraded,
        slow: true,
        pages: false,
        counts: |verdict| matches!(verdict, Verdict::Ok | Verdict::Degraded | Verdict::Stale),
    },
];

fn probe_file(every: u64) -> String {
    let mut text = format!(
        "defaults:\n  every: {every}s\n  timeout: 10s\n  labels: {{team: web}}\n  warn: {{latency: {{at_most: 700ms}}}}\nprobes:\n"
    );
    for Broken {
        probe, name, verdict, ..
    } in &PROMISES
    {
        // Data that is old must not look like a service that is down.
        let up = if *verdict == Verdict::Stale {
            "up: 99.9%, "
        } else {
            ""
        };
        let own = name.to_lowercase();
        let _ = write!(
            text,
            "  {probe}:\n    get: http://a.example/\n    fresh: {{at: $.at, max_age: 1h}}\n    slo: {{{up}{own}: 99.9%}}\n"
        );
    }
    text
}

/// A history, and when it is looked at.
struct History {
    runs: Vec<Ran>,
    /// In seconds.
    end: u64,
    /// Between two evaluations, in seconds.
    evaluation: u64,
}

impl History {
    /// Whether an alert fires at each evaluation.
    fn fires(&self, promise: &Broken, watches: &[Watch]) -> Vec<bool> {
        let trips = |time: u64, (long, short, factor, least): Watch| {
            let burns = |window| self.burn_rate(promise, time, window) > factor;
            burns(long) && burns(short) && self.failed(promise, time, long) >= least
        };
        let times = (0..=self.end / self.evaluation).map(|nth| nth * self.evaluation);
        times
            .map(|time| watches.iter().any(|watch| trips(time, *watch)))
            .collect()
    }

    fn burn_rate(&self, promise: &Broken, time: u64, window: u64) -> f64 {
        let runs = self.within(time, window).iter();
        let counted = runs.filter(|ran| (promise.counts)(ran.verdict)).count();
        number(self.failed(promise, time, window)) / number(counted as u64) / 0.001
    }

    fn failed(&self, promise: &Broken, time: u64, window: u64) -> u64 {
        let failed = |ran: &&Ran| ran.verdict == promise.verdict && ran.slow == promise.slow;
        self.within(time, window).iter().filter(failed).count() as u64
    }

    /// The runs of a window, which is open at its beginning.
    fn within(&self, time: u64, window: u64) -> &[Ran] {
        let before = |time: u64| self.runs.partition_point(|ran| ran.at <= time);
        let from = time.checked_sub(window).map_or(0, before);
        &self.runs[from..before(time)]
    }

    /// Expects an alert to be as it should around every evaluation at which that changes. Gives how often that is.
    fn expect(&self, test: &mut RuleTest, expected: &[bool], name: &str, labels: &str) -> usize {
        let mut changes = 0;
        for (nth, two) in (1..).zip(expected.windows(2)) {
            if two[0] != two[1] {
                changes += 1;
                let at = nth * self.evaluation;
                test.alert(at - self.evaluation, name, labels, two[0]);
                test.alert(at, name, labels, two[1]);
            }
        }
        // In between nothing else happens: it has fired as often as it should.
        let fired = number(expected.iter().filter(|fires| **fires).count() as u64);
        let firing = format!("ALERTS{{alertstate=\"firing\",alertname=\"{name}\",{labels}}}");
        let all = format!("sum(count_over_time({firing}[{}s])) or vector(0)", self.end + 1);
        test.expect(self.end, &all, fired);
        changes
    }
}

/// What goes wrong, in seconds.
struct Trouble {
    /// From when on nothing works.
    outage: u64,
    /// For how long.
    lasts: u64,
    /// From when on a run fails now and then.
    sparse: u64,
    /// For how long.
    sparse_lasts: u64,
    /// Every which run that is.
    nth: u64,
    /// When all is over.
    end: u64,
    /// Between two evaluations, in seconds: promtool goes by this alone.
    evaluation: u64,
    /// How many tickets there are at least that begin and end.
    tickets: usize,
}

/// An outage, looked at every minute.
const OUTAGE: Trouble = Trouble {
    outage: HOUR,
    lasts: 4 * MINUTE,
    sparse: 0,
    sparse_lasts: 0,
    nth: 1,
    end: 3 * HOUR,
    evaluation: MINUTE,
    tickets: 0,
};

const OFTEN: Trouble = Trouble {
    outage: 2 * HOUR,
    lasts: 4 * MINUTE,
    sparse: 9 * HOUR,
    sparse_lasts: 4 * HOUR,
    nth: 110,
    end: 20 * HOUR,
    evaluation: 5 * MINUTE,
    tickets: 2,
};

const SOMETIMES: Trouble = Trouble {
    outage: 3 * HOUR,
    lasts: 20 * MINUTE,
    sparse: 11 * HOUR,
    sparse_lasts: 12 * HOUR,
    nth: 60,
    end: 32 * HOUR,
    evaluation: 5 * MINUTE,
    tickets: 2,
};

const RARELY: Trouble = Trouble {
    outage: 12 * HOUR,
    lasts: 4 * HOUR,
    sparse: 24 * HOUR,
    sparse_lasts: 24 * HOUR,
    nth: 12,
    end: 60 * HOUR,
    evaluation: 10 * MINUTE,
    tickets: 2,
};

impl Trouble {
    /// How a run ends.
    fn judge(&self, promise: &Broken, every: u64, at: u64) -> (Verdict, bool) {
        let nth = at / every;
        let is_out = (self.outage..self.outage + self.lasts).contains(&at);
        let is_sparse =
            (self.sparse..self.sparse + self.sparse_lasts).contains(&at) && nth.is_multiple_of(self.nth);
        match nth % 7 {
            _ if is_out || is_sparse => (promise.verdict, promise.slow),
            3 => (Verdict::Unknown, false),
            _ => (Verdict::Ok, false),
        }
    }
}

fn check(watched: &Watched, mode: Mode, trouble: &Trouble) {
    let rules = generated(&probe_file(watched.every), mode, &[]);
    let Some(rules) = promtool_or_skip(&rules) else {
        return;
    };
    let mut test = RuleTest::new(mode.interval(), trouble.evaluation);
    for promise in &PROMISES {
        let judge = |at| trouble.judge(promise, watched.every, at);
        let history = History {
            runs: runs(watched.every, trouble.end, judge),
            end: trouble.end,
            evaluation: trouble.evaluation,
        };
        add(&mut test, promise.probe, &history.runs, trouble.end, mode);
        check_promise(&mut test, watched, promise, &history, trouble.tickets);
    }
    test.run(&rules.path).expect("promtool was there a moment ago");
}

fn check_promise(
    test: &mut RuleTest,
    watched: &Watched,
    promise: &Broken,
    history: &History,
    tickets: usize,
) {
    let Broken {
        probe, name, team, ..
    } = promise;
    let page = format!("Probe{name}BudgetBurnsFast");
    if promise.pages {
        let expected = history.fires(promise, watched.page);
        let labels = format!("probe=\"{probe}\",severity=\"page\",team=\"{team}\"");
        let changes = history.expect(test, &expected, &page, &labels);
        assert!(changes >= 2, "the page of {name} begins and ends");
    } else {
        test.never(history.end, &page, "severity=\"page\"");
    }
    let expected = history.fires(promise, watched.ticket);
    let labels = format!("probe=\"{probe}\",severity=\"ticket\",team=\"{team}\"");
    let changes = history.expect(test, &expected, &format!("Probe{name}BudgetBurns"), &labels);
    assert!(
        changes >= 2 * tickets,
        "the tickets of {name} begin and end: {changes}"
    );
    if promise.verdict == Verdict::Stale {
        let labels = format!("probe=\"{probe}\"");
        test.never(history.end, "ProbeUpBudgetBurnsFast", &labels);
        test.never(history.end, "ProbeUpBudgetBurns", &labels);
    }
}

#[test]
fn four_runs_a_minute() {
    check(&FOUR_A_MINUTE, Mode::Daemon(15), &OUTAGE);
    check(&FOUR_A_MINUTE, Mode::Daemon(15), &OFTEN);
}

#[test]
fn one_run_a_minute() {
    check(&ONE_A_MINUTE, Mode::Daemon(15), &OUTAGE);
    check(&ONE_A_MINUTE, Mode::Daemon(15), &OFTEN);
}

#[test]
fn a_run_every_five_minutes() {
    check(&EVERY_FIVE_MINUTES, Mode::Daemon(60), &SOMETIMES);
}

#[test]
fn a_run_an_hour() {
    check(&HOURLY, Mode::Daemon(60), &RARELY);
}

#[test]
fn one_shot_runs_every_five_minutes() {
    check(&EVERY_FIVE_MINUTES, Mode::CronJob, &SOMETIMES);
}

#[test]
fn one_shot_runs_an_hour_apart() {
    check(&HOURLY, Mode::CronJob, &RARELY);
}
