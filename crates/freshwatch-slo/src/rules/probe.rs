//! All rules of one probe.

use std::time::Duration;

use freshwatch_probe::duration;
use freshwatch_probe::expectation::Expectation;
use freshwatch_probe::freshness::{Bound, Signal};
use freshwatch_probe::metric::{self, Metric};
use freshwatch_probe::template::Part;
use jiff::Timestamp;

use super::alert::Alert;
use super::group::{Group, Rule};
use super::promql::range;
use super::words::Words;
use super::{Mode, Note, Options, Subject};
use crate::cadence::{Cadence, REFERENCE};
use crate::decimal::Decimal;
use crate::objective::Objective;
use crate::watch::{Form, Plan, Severity, plan};
use freshwatch_probe::definition::Definition;

const MINUTE: Duration = Duration::from_mins(1);

/// Probes that run more rarely than this are looked at every other minute: that is soon enough, and half the work. Not
/// more rarely still, for what was recorded is gone from an instant query after five minutes.
const UNHURRIED: Duration = Duration::from_mins(10);

/// A certificate that ends within this time is told of, unless the probe says when to warn.
const CERTIFICATE: Duration = Duration::from_hours(14 * 24);

/// So many unknown runs there have to be.
const LEAST_UNKNOWN: u32 = 3;

/// The rules of a probe; `needed` is the longest time between runs of the probes that it needs, if it needs any.
pub(super) fn group(subject: &Subject<'_>, needed: Option<Duration>) -> (Group, Vec<Note>) {
    let mut rules = subject.counting();
    let (mut comments, mut notes) = (subject.heading(), Vec::new());
    let mut alerts = Vec::new();
    for objective in &subject.objectives {
        let plans = plans(objective, subject.cadence);
        let windows = plans.iter().flat_map(|(_, plan)| windows(&plan.form));
        rules.extend(subject.recording(objective, windows));
        comments.push(promised(objective));
        for (severity, plan) in &plans {
            let told = plan
                .notes
                .iter()
                .map(|note| format!("{}: {note}", severity.as_str()));
            let told: Vec<String> = told.collect();
            comments.extend(told.iter().map(|note| format!("  {note}")));
            notes.extend(told.into_iter().map(|note| Note {
                probe: subject.definition.name.clone(),
                message: format!("`{}: {}`, {note}", objective.promise, objective.target),
            }));
            alerts.push(subject.burns(objective, *severity, plan, needed));
        }
        alerts.extend(subject.unattainable(objective));
    }
    rules.extend(alerts);
    rules.push(subject.no_data());
    rules.push(subject.too_unknown(needed));
    rules.extend(subject.certificate_ends());
    rules.extend(subject.due_soon(needed));
    let group = Group {
        name: format!("freshwatch {}", subject.definition.name),
        interval: subject.interval(),
        comments,
        rules,
    };
    (group, notes)
}

/// How a promise is watched. Slow answers get nobody up.
fn plans(objective: &Objective, cadence: Cadence) -> Vec<(Severity, Plan)> {
    use crate::promise::Promise;
    if objective.allowed() == Decimal::ZERO {
        return Vec::new();
    }
    let severities: &[Severity] = match objective.promise {
        Promise::Up | Promise::Valid | Promise::Fresh => &[Severity::Page, Severity::Ticket],
        Promise::Latency => &[Severity::Ticket],
    };
    let planned = severities
        .iter()
        .map(|severity| (*severity, plan(objective, cadence, *severity)));
    planned.collect()
}

fn windows(form: &Form) -> Vec<Duration> {
    match form {
        Form::Windows(watches) => watches
            .iter()
            .flat_map(|watch| [watch.long, watch.short])
            .collect(),
        Form::Row { .. } => Vec::new(),
    }
}

fn promised(objective: &Objective) -> String {
    let Objective {
        promise,
        target,
        window,
        runs,
        is_implied,
    } = objective;
    let source = if *is_implied {
        " (implied by `warn.latency`)"
    } else {
        ""
    };
    let budget = if objective.allowed() == Decimal::ZERO {
        "which leaves no budget to burn: there are no burn rates, and no alerts about them".to_owned()
    } else {
        format!("{} of {runs} runs may break it", objective.allowed_runs())
    };
    format!(
        "{promise}: {target}{source} over {}, {budget}",
        duration::spell(*window)
    )
}

impl<'a> Subject<'a> {
    pub(super) fn new(definition: &'a Definition, options: &'a Options) -> Self {
        Self {
            definition,
            cadence: Cadence::of(&definition.schedule),
            objectives: Objective::all_of(definition),
            options,
        }
    }

    fn heading(&self) -> Vec<String> {
        let mut heading = vec![String::new(), self.definition.name.to_string()];
        if self.objectives.is_empty() {
            heading.push("promises nothing (`slo`): there is no budget, and no alert about one".to_owned());
        }
        heading
    }

    /// How often the rules are evaluated.
    pub(super) fn interval(&self) -> Duration {
        if self.cadence.shortest < UNHURRIED {
            MINUTE
        } else {
            MINUTE * 2
        }
    }

    /// After so long without a run two of them are missing.
    fn overdue(&self) -> Duration {
        let two = self.cadence.longest.saturating_mul(2);
        two.saturating_add(self.definition.timeout).saturating_add(MINUTE)
    }

    fn no_data(&self) -> Rule {
        let probe = &self.definition.name;
        let overdue = self.overdue();
        let (expr, hold) = match self.options.mode {
            Mode::Daemon => {
                let seconds = overdue.as_secs();
                let last = self.select(metric::PROBE_LAST_RUN.name, &[]);
                let next = self.select(metric::PROBE_NEXT_RUN.name, &[]);
                let counts = self.select(metric::PROBE_RUNS.name, &[]);
                let alive = metric::FRESHWATCH_BUILD_INFO.name;
                let lines = [
                    format!("time() - max by (probe) ({last}) > {seconds}"),
                    format!("or time() - max by (probe) ({next}) > {seconds}"),
                    format!("or absent_over_time({counts}[5m]) and on() count({alive})"),
                ];
                (lines.join("\n"), MINUTE * 5)
            }
            // Nothing can be missing yet when the rules are new, so it has to be missing for some time.
            Mode::CronJob => {
                let last = self.select(metric::PROBE_LAST_RUN.name, &[]);
                let late =
                    whole_minutes(self.cadence.longest.saturating_add(self.definition.timeout) + MINUTE);
                (format!("absent_over_time({last}[{}])", range(late)), late)
            }
        };
        let words = Words::new(
            format!("nothing comes from the probe {probe}"),
            format!(
                "Two runs of it are missing: {} without one. Nobody knows how its service is, and no other alert about it \
                 can fire.",
                duration::show(overdue)
            ),
            match self.options.mode {
                Mode::Daemon => {
                    "Is the probe in the files that freshwatch has loaded (/api/v1/probes)? Was a reload refused? See the \
                     log of freshwatch."
                }
                Mode::CronJob => {
                    "Did the CronJob start, did its pod end well, and could it deliver (exit code 6)? See \
                     `kubectl get jobs` and the pod's log."
                }
            },
        );
        self.alert(Alert::NoData, expr, hold, words)
    }

    fn too_unknown(&self, needed: Option<Duration>) -> Rule {
        let probe = &self.definition.name;
        let window = whole_minutes(self.cadence.longest.saturating_mul(6)).max(MINUTE * 60);
        let (unknown, all) = self.unknown(window);
        let mut trips = format!("{unknown} / {all} > 0.1\nand {unknown} >= {LEAST_UNKNOWN}\n");
        if self.definition.remembers() {
            let warming = self.select(metric::PROBE_REASON_INFO.name, &[("reason=", "warming")]);
            let quiet = format!("unless on() max_over_time({warming}[{}])\n", range(window));
            trips.push_str(&quiet);
        }
        let words = Words::new(
            format!("the prober cannot tell how {probe} is"),
            format!(
                "{{{{ $value | humanizePercentage }}}} of its runs of the last {} are unknown: the prober could not make \
                 or trust the observation. They count for no promise.",
                duration::show(window)
            ),
            "See the reason: the metric probe_reason_info, or `freshwatch explain`. Asked too often (rate_limited), wrong \
             credentials, a calendar that has ended, or too little capacity (overload)?",
        );
        self.alert(
            Alert::Unknown,
            self.unless_needed(&trips, MINUTE * 5, needed),
            Duration::ZERO,
            words,
        )
    }

    fn certificate_ends(&self) -> Option<Rule> {
        let is_plain = match self.definition.request.url.parts().first() {
            Some(Part::Literal(start)) => start.starts_with("http:"),
            Some(Part::Env { .. } | Part::File(_) | Part::Nonce | Part::RunId | Part::Hidden(_)) | None => {
                false
            }
        };
        if is_plain {
            return None;
        }
        let probe = &self.definition.name;
        let warned = |block: &Expectation| block.certificate_valid_for;
        let warning = self
            .definition
            .warn
            .as_deref()
            .and_then(warned)
            .unwrap_or(CERTIFICATE);
        let expiry = self.current(metric::PROBE_SSL_EARLIEST_CERT_EXPIRY);
        let words = Words::new(
            format!("the certificate of {probe} ends in {{{{ $value | humanizeDuration }}}}"),
            "Once it has ended, nobody who verifies it gets an answer any more.",
            "Does the renewal run (cert-manager, ACME), and is the renewed certificate the one that is served? See the \
             metric probe_ssl_earliest_cert_expiry.",
        );
        let expr = format!("min by (probe) ({expiry}) - time() < {}", warning.as_secs());
        Some(self.alert(Alert::CertificateEnds, expr, MINUTE * 15, words))
    }

    fn due_soon(&self, needed: Option<Duration>) -> Option<Rule> {
        let soon = self.due_soon_within()?;
        let probe = &self.definition.name;
        let due = self.current(metric::PROBE_DATA_DUE);
        let landed = self.current(metric::PROBE_DATA_LANDED);
        let trips = format!(
            "max by (probe) ({due}) - time() < {} > 0\nand on() max({landed}) == 0\n",
            soon.as_secs()
        );
        let words = Words::new(
            format!("data of {probe} is due in {{{{ $value | humanizeDuration }}}} and has not landed"),
            "If it has not landed by then, the data is stale.",
            "Does the batch run, and is it late? Has its source delivered? There is still time.",
        );
        let expr = self.unless_needed(&trips, MINUTE * 5, needed);
        Some(self.alert(Alert::DueSoon, expr, Duration::ZERO, words))
    }

    /// How long before a due moment it is said that its data is missing: not for longer than a quarter of the time
    /// between two of them. None: nothing is ever due.
    fn due_soon_within(&self) -> Option<Duration> {
        let within = self
            .definition
            .fresh
            .iter()
            .filter_map(|rule| match &rule.signal {
                Signal::At { bound, .. } | Signal::Period { bound, .. } => match bound {
                    Bound::Due(due) => {
                        let moments = std::iter::successors(Some(REFERENCE), |after: &Timestamp| {
                            due.line().next_after(*after, due.zone())
                        });
                        let between = Cadence::of_runs(moments.skip(1).take(DUE_MOMENTS)).shortest;
                        Some(self.options.due_soon.min(between / 4))
                    }
                    Bound::MaxAge(_) => None,
                },
                Signal::Expires { .. } => Some(self.options.due_soon),
                Signal::Age { .. } | Signal::Advances { .. } | Signal::Changes { .. } => None,
            });
        within.min()
    }

    /// A gauge as the last run left it.
    fn current(&self, metric: &Metric) -> String {
        let selector = self.select(metric.name, &[]);
        match self.options.mode {
            Mode::Daemon => selector,
            Mode::CronJob => format!(
                "last_over_time({selector}[{}])",
                range(whole_minutes(self.overdue()))
            ),
        }
    }
}

/// So many due moments tell their rhythm.
const DUE_MOMENTS: usize = 32;

/// At least that time, in whole minutes.
fn whole_minutes(time: Duration) -> Duration {
    let minutes = time.as_millis().div_ceil(MINUTE.as_millis());
    MINUTE.saturating_mul(u32::try_from(minutes).unwrap_or(u32::MAX))
}
