//! The state of many probes after a run of each.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use freshwatch_page::board::Board;
use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::observation::{Exchange, Phase, TlsFacts};
use freshwatch_probe::prober::Prober;
use freshwatch_probe::request::Request;
use freshwatch_probe::run::{DataAge, Judgment, Run};
use freshwatch_probe::standing::Standing;
use freshwatch_probe::verdict::Verdict;
use freshwatch_telemetry::resource::{Identity, Resource};
use freshwatch_telemetry::state::State;
use jiff::{SignedDuration, Timestamp};

/// When everything here is.
pub const fn now() -> Timestamp {
    Timestamp::constant(1_795_262_400, 0)
}

/// Who sends it.
pub fn resource() -> Resource {
    let identity = Identity {
        default_instance: "encode",
        ..Identity::default()
    };
    Resource::read(&|_| None, &identity)
}

/// A board on which nothing happens any more.
pub struct Still(Board);

impl Still {
    /// One of so many probes.
    pub fn of(probes: usize) -> io::Result<Self> {
        let mut board = Board::new(now());
        let definitions = (0..probes).map(definition).collect::<Result<Vec<_>, _>>()?;
        board.load(&definitions, now());
        board.started(Duration::from_millis(1));
        for definition in definitions {
            board.absorb(run(definition), Some(now() + SignedDuration::from_mins(1)));
        }
        Ok(Self(board))
    }
}

impl State for Still {
    fn after(&self, last: Option<&ProbeName>, most: usize) -> Vec<Arc<Standing>> {
        self.0.after(last, most)
    }

    fn prober(&self) -> Prober {
        self.0.prober().clone()
    }
}

fn definition(nth: usize) -> io::Result<Arc<Definition>> {
    let name = ProbeName::parse(&format!("price-list-{nth:05}")).map_err(io::Error::other)?;
    let mut definition = Definition::new(name, Request::get("https://prices.example/list"));
    let labels = [("team", "prices"), ("env", "production")];
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
    definition.labels = Arc::new(labels.into());
    Ok(Arc::new(definition))
}

/// A run that got its answer over TLS, and whose data are fresh.
fn run(definition: Arc<Definition>) -> Run {
    let mut exchange = Exchange {
        took: Duration::from_micros(84_215),
        address: "192.0.2.7".parse().ok(),
        status: Some(200),
        version: Some(http::Version::HTTP_11),
        content_length: Some(14_336),
        body_length: Some(14_336),
        last_modified: Some(now() - SignedDuration::from_mins(3)),
        tls: Some(TlsFacts {
            version: "TLS 1.3",
            earliest_expiry: Some(now() + SignedDuration::from_hours(1000)),
        }),
        ..Exchange::default()
    };
    for (phase, micros) in Phase::ALL.into_iter().zip([812, 9_120, 21_431, 48_032, 4_820]) {
        exchange.add_phase(phase, Duration::from_micros(micros));
    }
    Run {
        definition,
        started: now(),
        took: exchange.took,
        attempts: 1,
        exchange,
        judgment: Judgment {
            verdict: Verdict::Ok,
            reasons: Vec::new(),
            notes: Vec::new(),
            data: Some(DataAge {
                timestamp: Some(now() - SignedDuration::from_mins(3)),
                age: Some(SignedDuration::from_mins(3)),
                max_age: Some(Duration::from_mins(30)),
                due: Some(now() + SignedDuration::from_mins(27)),
                landed: None,
            }),
            items: None,
            memory: None,
            stale_at: None,
        },
        trace: None,
    }
}
