//! Runs as the agent would hand them on.

use std::sync::Arc;
use std::time::Duration;

use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::observation::{Exchange, Phase};
use freshwatch_probe::request::Request;
use freshwatch_probe::run::{DataAge, Judgment, Run};
use freshwatch_probe::verdict::{Code, Reason, Verdict};
use jiff::{SignedDuration, Timestamp};

/// A run that got a `200` at `started` in 20 ms, and was judged so; its data is a month old where it is stale.
///
/// # Panics
/// When the name is none.
pub fn answered(name: &str, verdict: Verdict, code: Code, started: Timestamp) -> Run {
    let took = Duration::from_millis(20);
    let mut exchange = Exchange {
        took,
        address: Some([127, 0, 0, 1].into()),
        status: Some(200),
        version: Some(http::Version::HTTP_11),
        body_length: Some(2048),
        ..Exchange::default()
    };
    exchange.add_phase(Phase::Connect, Duration::from_millis(1));
    exchange.add_phase(Phase::Processing, Duration::from_millis(15));
    let age = if verdict == Verdict::Stale { 31 } else { 1 };
    let age = SignedDuration::from_hours(24 * age);
    let reasons = match verdict {
        Verdict::Ok => Vec::new(),
        Verdict::Degraded | Verdict::Stale | Verdict::Invalid | Verdict::Down | Verdict::Unknown => {
            vec![Reason::new(verdict, code, "as scripted")]
        }
    };
    let name = ProbeName::parse(name).expect("a well-formed name");
    let mut definition = Definition::new(name, Request::get("http://a.example/"));
    definition.labels = Arc::new([("team".to_owned(), "prices".to_owned())].into());
    let data = DataAge {
        timestamp: Some(started - age),
        age: Some(age),
        max_age: Some(Duration::from_hours(48)),
        due: None,
        landed: None,
    };
    Run {
        definition: Arc::new(definition),
        started,
        took,
        attempts: 1,
        exchange,
        judgment: Judgment {
            verdict,
            reasons,
            notes: Vec::new(),
            data: Some(data),
            items: None,
            memory: None,
            stale_at: None,
        },
        trace: None,
    }
}

/// As [`answered`], without any answer.
pub fn unanswered(name: &str, verdict: Verdict, code: Code, started: Timestamp) -> Run {
    let mut run = answered(name, verdict, code, started);
    run.exchange = Exchange {
        took: run.took,
        ..Exchange::default()
    };
    run.judgment.data = None;
    run
}
