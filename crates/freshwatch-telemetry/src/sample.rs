//! A run and a state for tests to change.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::expectation::Expectation;
use freshwatch_probe::matcher::{Comparison, Operator};
use freshwatch_probe::observation::{Exchange, Phase, TlsFacts};
use freshwatch_probe::prober::{Configuration, Export, Prober, Skip};
use freshwatch_probe::request::Request;
use freshwatch_probe::run::{DataAge, Judgment, Run};
use freshwatch_probe::standing::Standing;
use freshwatch_probe::verdict::{Code, Reason, Verdict};
use jiff::{SignedDuration, Timestamp};

use crate::resource::{Identity, Resource};
use crate::state::State;

pub(crate) const NOON: &str = "2026-11-21T12:00:00Z";

/// Lets the probe of a run allow its answer so long.
pub(crate) fn allow(run: &mut Run, millis: f64) {
    let warn = Expectation {
        latency: vec![Comparison {
            operator: Operator::AtMost,
            number: millis,
        }],
        ..Expectation::default()
    };
    Arc::make_mut(&mut run.definition).warn = Some(Box::new(warn));
}

/// A moment of the day that the sample runs on.
pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A run of an answer with this verdict at noon; it took 1.5 s, its last attempt 0.25 s.
pub(crate) fn answered(verdict: Verdict) -> Run {
    let mut exchange = Exchange {
        took: Duration::from_millis(250),
        address: "127.0.0.1".parse().ok(),
        status: Some(200),
        version: Some(http::Version::HTTP_11),
        redirects: 1,
        content_length: Some(512),
        body_length: Some(2048),
        last_modified: Some(time("2026-11-20T12:00:00Z")),
        tls: Some(TlsFacts {
            version: "TLS 1.3",
            earliest_expiry: Some(time("2027-01-01T00:00:00Z")),
        }),
        ..Exchange::default()
    };
    for (phase, millis) in Phase::ALL.into_iter().zip([1, 2, 4, 200, 8]) {
        exchange.add_phase(phase, Duration::from_millis(millis));
    }
    let mut definition = Definition::new(
        ProbeName::parse("real-price").unwrap(),
        Request::get("http://a.example/"),
    );
    definition.labels = Arc::new([("team".to_owned(), "prices".to_owned())].into());
    let reason = Reason::new(verdict, Code::TooOld, "the data is too old");
    let second = Reason::new(verdict, Code::Slow, "it is slow");
    Run {
        definition: Arc::new(definition),
        started: time(NOON),
        took: Duration::from_millis(1500),
        attempts: 2,
        exchange,
        judgment: Judgment {
            verdict,
            reasons: if verdict == Verdict::Ok {
                Vec::new()
            } else {
                vec![reason, second]
            },
            notes: Vec::new(),
            data: Some(DataAge {
                timestamp: Some(time("2026-11-21T11:00:00.5Z")),
                age: Some(SignedDuration::from_millis(3_599_500)),
                max_age: Some(Duration::from_mins(30)),
                due: Some(time("2026-11-21T11:30:00Z")),
                landed: None,
            }),
            items: None,
            memory: None,
            stale_at: None,
        },
        trace: None,
    }
}

/// A run that got no answer.
pub(crate) fn unanswered(verdict: Verdict) -> Run {
    let mut run = answered(verdict);
    run.exchange = Exchange {
        took: Duration::from_millis(3),
        ..Exchange::default()
    };
    run.exchange.add_phase(Phase::Resolve, Duration::from_millis(1));
    run.judgment.data = None;
    run
}

/// The labels of a run's probe, to change.
pub(crate) fn labels(run: &mut Run) -> &mut BTreeMap<String, String> {
    Arc::make_mut(&mut Arc::make_mut(&mut run.definition).labels)
}

/// The definition of the samples.
pub(crate) fn definition() -> Arc<Definition> {
    answered(Verdict::Ok).definition
}

/// The state of the samples' probe after these runs: since eight in the morning, next at one minute past noon.
pub(crate) fn standing(runs: impl IntoIterator<Item = Run>) -> Standing {
    let mut runs = runs.into_iter().peekable();
    let of_runs = runs.peek().map(|run| Arc::clone(&run.definition));
    let mut standing = Standing::new(of_runs.unwrap_or_else(definition), time("2026-11-21T08:00:00Z"));
    standing.next_run = Some(time("2026-11-21T12:01:00Z"));
    for run in runs {
        standing.absorb(run);
    }
    standing
}

/// A prober that has something to say of everything.
pub(crate) fn prober() -> Prober {
    let mut prober = Prober::new(time("2026-11-21T08:00:00Z"));
    prober.probes = 7;
    prober.shard = "1/3".parse().ok();
    prober.in_flight = 2;
    prober.results_lost = 1;
    prober.started(Duration::from_millis(3));
    for (slots, cause) in (1..).zip(Skip::ALL) {
        prober.skip(cause, slots);
    }
    prober.configuration = Configuration {
        successful: false,
        success: time("2026-11-21T09:00:00Z"),
    };
    prober.state_written = Some(false);
    prober.export = Some(Export {
        accepted: 11,
        partly: 12,
        refused: 13,
        retried: 14,
        queued: 15,
        queued_bytes: 1500,
        queue_written: Some(false),
        dropped_full: 16,
        dropped_age: 19,
        dropped_damaged: 20,
        dropped_torn: 21,
        dropped_refused: 17,
        dropped_shutdown: 18,
        success: Some(time("2026-11-21T11:59:50Z")),
    });
    prober
}

/// Who sends the samples.
pub(crate) fn resource() -> Resource {
    let identity = Identity {
        default_instance: "probes",
        ..Identity::default()
    };
    Resource::read(&|_| None, &identity)
}

/// A state that stays the same: one run of each of these probes.
pub(crate) struct FixedState {
    standings: Vec<Arc<Standing>>,
    prober: Prober,
}

impl FixedState {
    /// Names are given in their order.
    pub(crate) fn new(names: impl IntoIterator<Item = String>, prober: Prober) -> Self {
        Self::of(names.into_iter().map(|name| named(&name, Verdict::Stale)), prober)
    }

    /// States are given in the order of the names.
    pub(crate) fn of(standings: impl IntoIterator<Item = Standing>, prober: Prober) -> Self {
        Self {
            standings: standings.into_iter().map(Arc::new).collect(),
            prober,
        }
    }
}

impl State for FixedState {
    fn after(&self, last: Option<&ProbeName>, most: usize) -> Vec<Arc<Standing>> {
        let is_after = |standing: &&Arc<Standing>| last.is_none_or(|last| standing.definition.name > *last);
        self.standings
            .iter()
            .filter(is_after)
            .take(most)
            .cloned()
            .collect()
    }

    fn prober(&self) -> Prober {
        self.prober.clone()
    }
}

/// The state of a probe of this name after a run with this verdict.
pub(crate) fn named(name: &str, verdict: Verdict) -> Standing {
    let mut run = answered(verdict);
    Arc::make_mut(&mut run.definition).name = ProbeName::parse(name).unwrap();
    let mut standing = standing([]);
    standing.definition = Arc::clone(&run.definition);
    standing.absorb(run);
    standing
}
