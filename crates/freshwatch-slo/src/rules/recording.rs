//! What is recorded of each promise.

use std::collections::BTreeSet;
use std::time::Duration;

use freshwatch_probe::duration;

use super::Subject;
use super::group::Rule;
use crate::decimal::Decimal;
use crate::objective::Objective;
use crate::series;

/// The label of what is recorded over a promise's whole window.
const WINDOW: &str = "window";

impl Subject<'_> {
    /// What is recorded of a promise: its runs and its budget over its window, and its burn rates over these and the
    /// usual ones.
    pub(super) fn recording(
        &self,
        objective: &Objective,
        more: impl IntoIterator<Item = Duration>,
    ) -> Vec<Rule> {
        let mut rules = self.budget(objective);
        let allowed = objective.allowed();
        if allowed > Decimal::ZERO {
            let windows: BTreeSet<Duration> = series::BURN_RATE_WINDOWS.into_iter().chain(more).collect();
            rules.extend(
                windows
                    .into_iter()
                    .map(|window| self.burn_rate(objective, window)),
            );
        }
        rules
    }

    fn budget(&self, objective: &Objective) -> Vec<Rule> {
        let promise = objective.promise;
        let window = duration::spell(objective.window);
        let labels = [("promise", promise.as_str()), (WINDOW, window.as_str())];
        let matchers = [("promise=", promise.as_str()), ("window=", window.as_str())];
        let bad = self.select(series::BAD_RUNS, &matchers);
        let counted = self.select(series::COUNTED_RUNS, &matchers);
        let target = Decimal::of_ratio(objective.target);
        let allowed = objective.allowed();
        let mut rules = vec![
            self.record(series::OBJECTIVE, &labels, format!("vector({target})")),
            self.record(series::BAD_RUNS, &labels, self.bad(promise, objective.window)),
            self.record(
                series::COUNTED_RUNS,
                &labels,
                self.counted(promise, objective.window),
            ),
            self.record(
                series::KEPT,
                &labels,
                format!("({counted} - {bad}) / ({counted} > 0)"),
            ),
        ];
        if allowed > Decimal::ZERO {
            let left = format!("1 - {bad} / ({counted} > 0) / {allowed}");
            rules.push(self.record(series::BUDGET_LEFT, &labels, left));
        }
        rules
    }

    fn burn_rate(&self, objective: &Objective, window: Duration) -> Rule {
        let promise = objective.promise;
        let (bad, counted) = (self.bad(promise, window), self.counted(promise, window));
        self.record(
            &series::burn_rate(window),
            &[("promise", promise.as_str())],
            format!("{bad} / ({counted} > 0) / {}", objective.allowed()),
        )
    }

    /// Records something about this probe. What the probe's own labels call as the rules do is the rules'.
    pub(super) fn record(&self, name: &str, labels: &[(&str, &str)], expr: String) -> Rule {
        let mut rule = Rule::record(name, expr);
        for (name, value) in self.definition.labels.iter() {
            rule = rule.label(name, value);
        }
        for (name, value) in labels {
            rule = rule.label(name, *value);
        }
        rule.label("probe", self.definition.name.as_str())
    }
}
