//! Alerts about budgets that burn.

use std::time::Duration;

use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::metric;

use super::alert::Alert;
use super::group::Rule;
use super::promql::{indented, range, select};
use super::{Mode, Subject};
use crate::objective::Objective;
use crate::series;
use crate::watch::{Form, Plan, Severity, Watch};

impl Subject<'_> {
    /// The alert about a budget that burns.
    pub(super) fn burns(
        &self,
        objective: &Objective,
        severity: Severity,
        plan: &Plan,
        needed: Option<Duration>,
    ) -> Rule {
        let (trips, calm) = match &plan.form {
            Form::Row { runs, within } => {
                let failed = self.bad(objective.promise, *within);
                (format!("{failed} >= {runs}\n"), *within)
            }
            Form::Windows(watches) => {
                let trips: Vec<String> = watches
                    .iter()
                    .map(|watch| self.watched(objective, watch))
                    .collect();
                let calm = watches.iter().map(|watch| watch.short).max();
                (trips.join("or\n"), calm.unwrap_or_default())
            }
        };
        self.alert(
            Alert::Burns(objective.promise, severity),
            self.unless_needed(&trips, calm, needed),
            Duration::ZERO,
            self.burning(objective, plan),
        )
    }

    fn watched(&self, objective: &Objective, watch: &Watch) -> String {
        let promise = objective.promise;
        let rate = |window: Duration| {
            let recorded = self.select(&series::burn_rate(window), &[("promise=", promise.as_str())]);
            format!("{recorded} > {}", watch.factor)
        };
        let failed = self.bad(promise, watch.long);
        let all = [
            rate(watch.long),
            format!("and {}", rate(watch.short)),
            format!("and on() {failed} >= {}", watch.least),
        ];
        format!("(\n{})\n", indented(&all.join("\n")))
    }

    /// An alert that stays quiet while a probe that this one needs is not ok, and until the last runs of that time have
    /// left the window that tells whether it goes on.
    pub(super) fn unless_needed(&self, trips: &str, calm: Duration, needed: Option<Duration>) -> String {
        let Some(between) = needed else {
            return trips.trim_end().to_owned();
        };
        let names: Vec<&str> = self.definition.needs.iter().map(ProbeName::as_str).collect();
        let not_ok = select(
            metric::PROBE_VERDICT.name,
            &[
                ("probe=~", &names.join("|")),
                ("verdict=~", "down|invalid|stale|unknown"),
            ],
        );
        let runs = match self.options.mode {
            Mode::Daemon => calm,
            // The last run of what is needed has to be within.
            Mode::CronJob => calm.max(between * 2),
        };
        format!(
            "(\n{})\nunless on() (max_over_time({not_ok}[{}]) > 0)",
            indented(trips),
            range(runs)
        )
    }
}
