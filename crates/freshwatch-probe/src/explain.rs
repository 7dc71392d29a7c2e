//! A probe in plain words: what its definition promises, and, step by step, how a verdict came about.
//!
//! The promise is read off the definition here. The steps are the judge's own: it tells them to a [`Trace`], which in
//! ordinary runs leads nowhere and costs nothing.

mod expectation;
mod freshness;
mod recorded;
mod request;
mod schedule;
mod trace;
mod upcoming;

#[cfg(test)]
mod tests;

use crate::definition::{Definition, Ratio, Slo};
use crate::unit_test::secrets;
use crate::{duration, show};
pub(crate) use freshness::format_words;
pub use freshness::zone_name;
pub use recorded::recorded;
pub use trace::{Stage, Step, Steps, Trace};
pub use upcoming::{Ahead, Landing, Upcoming, shown, upcoming};

/// One thing that a probe promises, in plain sentences without full stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// What it is about.
    pub topic: Topic,
    /// What it says, the most important first; never empty. No secret stands in it.
    pub sentences: Vec<String>,
}

/// What a clause is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// What is sent.
    Asks,
    /// When, how long and how often.
    Runs,
    /// Rules under `verdict`, which are looked at first.
    Decides,
    /// What makes an answer `invalid`.
    Expects,
    /// What makes it `degraded`.
    Warns,
    /// What makes it `stale`.
    Fresh,
    /// The promises of `slo`.
    Promises,
    /// What keeps its alerts quiet.
    Needs,
}

impl Topic {
    /// The word of reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asks => "asks",
            Self::Runs => "runs",
            Self::Decides => "decides",
            Self::Expects => "expects",
            Self::Warns => "warns",
            Self::Fresh => "fresh",
            Self::Promises => "promises",
            Self::Needs => "needs",
        }
    }
}

/// What a probe promises, in plain words.
pub fn promise(definition: &Definition) -> Vec<Clause> {
    let secrets = secrets(definition);
    let clause = |topic, sentences: Vec<String>| {
        let shown = sentences
            .iter()
            .map(|sentence| show::plain(&secrets.redact(sentence)))
            .collect();
        (!sentences.is_empty()).then_some(Clause {
            topic,
            sentences: shown,
        })
    };
    let clauses = [
        clause(Topic::Asks, request::sentences(&definition.request)),
        clause(Topic::Runs, schedule::sentences(definition)),
        clause(Topic::Decides, expectation::rules(&definition.verdict_rules)),
        clause(Topic::Expects, expectation::expected(&definition.expect)),
        clause(
            Topic::Warns,
            definition
                .warn
                .as_deref()
                .map(expectation::warned)
                .unwrap_or_default(),
        ),
        clause(Topic::Fresh, fresh(definition)),
        clause(Topic::Promises, promises(definition.slo)),
        clause(Topic::Needs, needs(definition)),
    ];
    clauses.into_iter().flatten().collect()
}

fn fresh(definition: &Definition) -> Vec<String> {
    let report = definition.self_report.then(|| {
        "the endpoint judges its own data (`self_report: true`): what it says of itself is believed"
            .to_owned()
    });
    let count = definition.fresh.len();
    let rules = definition.fresh.iter().enumerate().flat_map(|(index, rule)| {
        let mut sentences = freshness::sentences(rule);
        if let (Some(first), true) = (sentences.first_mut(), count > 1) {
            *first = format!("rule {} of {count}: {first}", index + 1);
        }
        sentences
    });
    report.into_iter().chain(rules).collect()
}

fn promises(slo: Option<Slo>) -> Vec<String> {
    let Some(slo) = slo else { return Vec::new() };
    let window = duration::show(slo.window);
    let promise = |key: &str, ratio: Option<Ratio>, of: &str| {
        ratio.map(|ratio| format!("`{key}`: over {window}, {} of {of}", percentage(ratio)))
    };
    let promises = [
        promise("up", slo.up, "the runs that are not `unknown` are not `down`"),
        promise(
            "valid",
            slo.valid,
            "the runs that got an answer are not `invalid`",
        ),
        promise("fresh", slo.fresh, "the runs with a valid answer are not `stale`"),
        promise(
            "latency",
            slo.latency,
            "the runs with a valid answer take no longer than `warn.latency` allows",
        ),
    ];
    promises.into_iter().flatten().collect()
}

fn needs(definition: &Definition) -> Vec<String> {
    let names: Vec<String> = definition.needs.iter().map(|name| format!("`{name}`")).collect();
    match &names[..] {
        [] => Vec::new(),
        [one] => vec![format!(
            "its alerts stay quiet while {one} is not ok; it runs all the same"
        )],
        many => vec![format!(
            "its alerts stay quiet while one of {} is not ok; it runs all the same",
            many.join(", ")
        )],
    }
}

/// A ratio as the file writes it: `99.9%`, without needless zeros.
pub(crate) fn percentage(ratio: Ratio) -> String {
    let parts = ratio.parts_per_million();
    let (whole, fraction) = (parts / 10_000, parts % 10_000);
    if fraction == 0 {
        return format!("{whole}%");
    }
    let fraction = format!("{fraction:04}");
    format!("{whole}.{}%", fraction.trim_end_matches('0'))
}
