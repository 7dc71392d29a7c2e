//! Alerts about promises that nobody can keep.

use std::time::Duration;

use super::Subject;
use super::alert::Alert;
use super::group::Rule;
use super::words::Words;
use crate::decimal::Decimal;
use crate::objective::Objective;
use freshwatch_probe::duration;

const ONE_DAY: Duration = Duration::from_hours(24);

impl Subject<'_> {
    /// That a probe runs too rarely for what it promises, by the runs that were made.
    pub(super) fn unattainable(&self, objective: &Objective) -> Option<Rule> {
        let sample = self.sample(objective.window);
        let allowed = millis(objective.window) * objective.allowed();
        let times = allowed.divided_up(millis(sample), 9)?;
        let counted = self.counted(objective.promise, sample);
        let before = self.counted_before(objective.promise, sample);
        let (probe, promise, target) = (&self.definition.name, objective.promise, objective.target);
        let words = Words::new(
            format!("`slo.{promise}: {target}` of {probe} cannot be kept: the first failed run breaks it"),
            format!(
                "At the pace of the last {} there are so few runs in {} that {{{{ $value | humanize }}}} of them may \
                 fail.",
                duration::show(sample),
                duration::show(objective.window)
            ),
            "Run the probe more often, promise less, or promise it over a longer `window`. If it should run more often \
             than that: see whether runs are unknown or skipped.",
        );
        let expr = format!("{counted} * {times} < 1\nand on() {before} > 0");
        Some(self.alert(Alert::Unattainable(promise), expr, Duration::ZERO, words))
    }

    /// Over how long runs are counted to know their pace: a week where weekends may differ, and some runs at least.
    fn sample(&self, window: Duration) -> Duration {
        let is_even = self.cadence.shortest == self.cadence.longest;
        let days = if is_even { ONE_DAY } else { ONE_DAY * 7 };
        days.max(self.cadence.longest.saturating_mul(4)).min(window)
    }
}

fn millis(time: Duration) -> Decimal {
    Decimal::new(i128::try_from(time.as_millis()).unwrap_or(i128::MAX), 0)
}
