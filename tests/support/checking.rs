//! Runs a probe against a scripted server and compares what it says: the heart of the tests of bad servers.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use freshwatch_agent::Agent;
use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::freshness::{Format, Freshness, MaxAge, Pick, Reading, Signal, Source};
use freshwatch_probe::path::Path;
use freshwatch_probe::request::{Request, ResolveOverride};
use freshwatch_probe::run::Run;

use crate::server::Server;

/// A probe of a URL that waits no longer than a broken test should.
///
/// # Panics
/// Never: the name is valid.
pub fn probe(url: impl Into<String>) -> Definition {
    let name = ProbeName::parse("probe").expect("a valid name");
    let mut probe = Definition::new(name, Request::get(url));
    probe.timeout = Duration::from_secs(10);
    probe
}

/// As short as a timeout can be where it is what is tested.
pub fn briefly(probe: &mut Definition) {
    probe.timeout = Duration::from_millis(300);
}

/// Wants `at` of the body to be no older than a day.
///
/// # Panics
/// When the path is none.
pub fn fresh_at(probe: &mut Definition, path: &str) {
    let path = Path::parse(path).expect("a valid path");
    let signal = Signal::At {
        reading: Reading {
            format: Format::Auto,
            timezone: None,
        },
        bound: MaxAge::new(Duration::from_hours(24)).into(),
    };
    let pick = (!path.is_singular()).then_some(Pick::Newest);
    let rule = Freshness::new(signal, Source::Path(path));
    probe.fresh = [Freshness { pick, ..rule }].into();
}

/// Makes a host name of the probe's URLs mean the server.
pub fn resolve_to(probe: &mut Definition, host: &str, server: &Server) {
    probe.request.resolve.push(ResolveOverride {
        host: host.to_owned(),
        port: server.address().port(),
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
    });
}

/// Runs the probe of the server's root, changed by `change`, and checks what it says: `verdict code: sentence`, or
/// `verdict code` where the sentence is not the matter, or the verdict alone when there is no reason. The server's
/// address is written `SERVER`, and short times `SOON`.
pub async fn check(server: &Server, change: impl FnOnce(&mut Definition), told: &str) -> Run {
    let mut probe = probe(server.url("/"));
    change(&mut probe);
    check_probe(&probe, server, told).await
}

/// As [`check`], for a probe that is made elsewhere.
///
/// # Panics
/// When the probe says something else.
pub async fn check_probe(probe: &Definition, server: &Server, told: &str) -> Run {
    let run = Agent::new().run_once(&Arc::new(probe.clone()), None).await;
    let seen = tell(&run, server);
    let any_sentence = seen.split_once(": ").is_some_and(|(code, _)| code == told);
    assert!(seen == told || any_sentence, "\nseen:   {seen}\nwanted: {told}");
    run
}

/// What a run says of the first of its reasons.
pub fn tell(run: &Run, server: &Server) -> String {
    let verdict = run.judgment.verdict;
    let Some(reason) = run.judgment.reasons.first() else {
        return verdict.to_string();
    };
    let message = reason.message.replace(&server.address().to_string(), "SERVER");
    let mut told = format!("{verdict} {}:", reason.code);
    for word in message.split(' ') {
        let bare = word.trim_end_matches(',');
        let short = told.ends_with(" after") && bare.ends_with("ms");
        told.push(' ');
        told.push_str(if short { "SOON" } else { bare });
        told.push_str(&word[bare.len()..]);
    }
    told
}
