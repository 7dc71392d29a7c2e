//! What a probe promises of its runs, with the budget that this leaves.

use std::time::Duration;

use freshwatch_probe::definition::{Definition, Ratio};
use freshwatch_probe::lint::runs_within;

use crate::cadence::REFERENCE;
use crate::decimal::Decimal;
use crate::promise::Promise;

/// One promise of one probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Objective {
    /// Which promise.
    pub promise: Promise,
    /// The share of runs that keep it.
    pub target: Ratio,
    /// Over how long.
    pub window: Duration,
    /// How many runs there are in the window.
    pub runs: u64,
    /// Whether the file does not say the target itself.
    pub is_implied: bool,
}

/// What is promised of the latency where `warn.latency` says what is slow and `slo` does not say how often: 99%.
const IMPLIED_LATENCY: &str = "99%";

impl Objective {
    /// The promises of a probe. One that makes any, and says what is slow, promises to be fast as well.
    pub fn all_of(definition: &Definition) -> Vec<Self> {
        let Some(slo) = definition.slo else {
            return Vec::new();
        };
        let implied = Ratio::parse_percentage(IMPLIED_LATENCY).ok();
        let implied = implied.filter(|_| definition.bounds_latency() && slo.latency.is_none());
        let targets = [
            (Promise::Up, slo.up),
            (Promise::Valid, slo.valid),
            (Promise::Fresh, slo.fresh),
            (Promise::Latency, slo.latency.or(implied)),
        ];
        let runs = runs_within(definition, slo.window, REFERENCE);
        let objective = |(promise, target): (Promise, Option<Ratio>)| {
            Some(Self {
                promise,
                target: target?,
                window: slo.window,
                runs,
                is_implied: promise == Promise::Latency && implied.is_some(),
            })
        };
        targets.into_iter().filter_map(objective).collect()
    }

    /// The share of runs that may break it.
    pub fn allowed(&self) -> Decimal {
        Decimal::ONE - Decimal::of_ratio(self.target)
    }

    /// How many runs of the window may break it.
    pub fn allowed_runs(&self) -> Decimal {
        self.allowed() * Decimal::new(i128::from(self.runs), 0)
    }
}
