//! Rules for Prometheus: what records how promises are kept, and what calls whom when they are not.
//!
//! One group for each probe and one for the prober, so that alerts see what was recorded at the same moment.
//!
//! # Counting
//! Of the runs in a window some are *counted* for a promise and some of these are *bad*. Unknown runs are never counted.
//!
//! - The daemon's counters are read as **steps**: at every evaluation, how far a counter has come since it was last
//!   seen. `increase` would extrapolate: of a run an hour it sees 1.33 in some minutes and none in others. Steps are
//!   whole numbers and their sum over a window is exactly what was counted within it, over restarts of the prober (a
//!   counter that falls began anew), over its replacement (a new series that is young counts from zero) and over gaps
//!   of up to a day.
//! - A CronJob's runs push one sample each, so the samples of a window are its runs: `sum_over_time` of what is 0 or 1.

mod alert;
mod burning;
mod counting;
mod group;
mod link;
mod probe;
mod prober;
pub(crate) mod promql;
mod recording;
mod teams;
#[cfg(test)]
mod tests;
mod unattainable;
mod words;

use std::collections::BTreeMap;
use std::time::Duration;

use freshwatch_probe::definition::{Definition, ProbeName};

use crate::cadence::Cadence;
use crate::objective::Objective;
pub use group::Group;
pub use link::Link;
pub use teams::Teams;

/// How the runs come to Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// From `freshwatch run`, which exports its state again and again, with counters.
    Daemon,
    /// From `freshwatch check`, which pushes one sample a run.
    CronJob,
}

/// What rules are made by.
#[derive(Debug, Clone)]
pub struct Options {
    /// How the runs come to Prometheus.
    pub mode: Mode,
    /// Who is called.
    pub teams: Teams,
    /// Where the alert's runbook is.
    pub runbook_url: Option<Link>,
    /// Where the probe's dashboard is.
    pub dashboard_url: Option<Link>,
    /// How long before a due moment it is said that its data has not landed.
    pub due_soon: Duration,
}

/// Where the rules of a probe depart from the usual ones, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Which probe.
    pub probe: ProbeName,
    /// What and why, in one fragment.
    pub message: String,
}

/// The probes that are loaded together, of which rules are made.
#[derive(Debug)]
pub struct Rules<'a> {
    probes: BTreeMap<&'a ProbeName, &'a Definition>,
    options: &'a Options,
}

impl<'a> Rules<'a> {
    /// The rules of these probes.
    pub fn new(definitions: impl IntoIterator<Item = &'a Definition>, options: &'a Options) -> Self {
        let named = definitions
            .into_iter()
            .map(|definition| (&definition.name, definition));
        Self {
            probes: named.collect(),
            options,
        }
    }

    /// The rules of each probe that runs, in the order of their names, made one after the other.
    pub fn of_probes(&self) -> impl Iterator<Item = (&'a ProbeName, Group, Vec<Note>)> {
        self.running().map(|definition| {
            let subject = Subject::new(definition, self.options);
            let (group, notes) = probe::group(&subject, self.needed(definition));
            (&definition.name, group, notes)
        })
    }

    /// The rules of the prober itself.
    pub fn of_prober(&self) -> Group {
        let cadences = self.running().map(|definition| Cadence::of(&definition.schedule));
        prober::group(cadences.map(|cadence| cadence.longest).min(), self.options)
    }

    fn running(&self) -> impl Iterator<Item = &'a Definition> {
        self.probes
            .values()
            .copied()
            .filter(|definition| definition.enabled)
    }

    /// The longest time between runs of those that a probe needs. One that does not run tells nothing of itself.
    fn needed(&self, definition: &Definition) -> Option<Duration> {
        let needed = definition.needs.iter().filter_map(|name| self.probes.get(name));
        needed.map(|needed| Cadence::of(&needed.schedule).longest).max()
    }
}

/// What rules are made for.
struct Subject<'a> {
    definition: &'a Definition,
    cadence: Cadence,
    objectives: Vec<Objective>,
    options: &'a Options,
}
