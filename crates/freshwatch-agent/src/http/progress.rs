//! How far an attempt got: kept outside the attempt's future, so that it is known when time runs out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use freshwatch_probe::observation::{Cause, Exchange, Phase, Unreachable};
use freshwatch_probe::size;

use crate::clock;
use crate::http::show;
use crate::http::target::Target;
use crate::tracing::Recording;

/// The facts of an attempt so far, and what it is waiting for.
pub(crate) struct Progress {
    /// What was measured.
    pub exchange: Exchange,
    /// Whom the attempt talks to now, as `host:port`.
    target: Option<Arc<Target>>,
    /// The trace of the run.
    pub recording: Recording,
    started: Instant,
    current: Option<(Phase, Instant)>,
    connected_after: Option<Duration>,
    answered_after: Option<Duration>,
}

impl Progress {
    /// An attempt that starts now, of a run with this trace.
    pub fn start(recording: Recording) -> Self {
        Self {
            exchange: Exchange::default(),
            target: None,
            recording,
            started: clock::monotonic(),
            current: None,
            connected_after: None,
            answered_after: None,
        }
    }

    /// A request to this target begins: the facts of an earlier hop no longer speak for it.
    pub fn turn_to(&mut self, target: Arc<Target>) {
        self.end();
        self.recording.end_request(&self.exchange);
        self.target = Some(target);
        self.connected_after = None;
        self.answered_after = None;
        self.exchange.status = None;
        self.exchange.content_length = None;
        self.exchange.last_modified = None;
        self.exchange.retry_after = None;
    }

    /// Ends the current phase and begins this one.
    pub fn begin(&mut self, phase: Phase) {
        let now = clock::monotonic();
        self.end_at(now);
        match phase {
            Phase::Resolve | Phase::Connect => {}
            Phase::Tls | Phase::Processing => {
                self.connected_after.get_or_insert(now - self.started);
            }
            Phase::Transfer => self.answered_after = Some(now - self.started),
        }
        self.current = Some((phase, now));
    }

    /// Ends the current phase.
    pub fn end(&mut self) {
        if self.current.is_some() {
            self.end_at(clock::monotonic());
        }
    }

    fn end_at(&mut self, now: Instant) {
        if let Some((phase, began)) = self.current.take() {
            self.exchange.add_phase(phase, now - began);
            self.recording.phase(phase, began, now);
        }
    }

    /// The phase that the attempt is in.
    pub fn phase(&self) -> Phase {
        self.current.map_or(Phase::Resolve, |(phase, _)| phase)
    }

    /// Who is asked, for messages: it is put into words when somebody wants to read them.
    pub fn peer(&self) -> String {
        self.target
            .as_ref()
            .map_or_else(String::new, |target| target.peer())
    }

    /// Why an attempt that is cut off now has failed; `timeout` is that of the whole run.
    pub fn timed_out(&self, timeout: Duration) -> Unreachable {
        let peer = self.peer();
        let connected = self.connected_after.map_or_else(
            || "sent".to_owned(),
            |after| format!("connected after {}", show(after)),
        );
        let waiting = match self.phase() {
            Phase::Resolve => format!("still waiting for the address of {peer}"),
            Phase::Connect => format!("still waiting for a connection to {peer}"),
            Phase::Tls => format!("{connected}, then still waiting for the TLS handshake"),
            Phase::Processing => format!("{connected}, then still waiting for the first byte"),
            Phase::Transfer => format!(
                "the head came after {}, then still waiting for the rest of the body after {}",
                show(self.answered_after.unwrap_or_default()),
                size::show(self.exchange.body_length.unwrap_or_default()),
            ),
        };
        let answer = match self.phase() {
            Phase::Resolve | Phase::Connect | Phase::Tls | Phase::Processing => "no answer",
            Phase::Transfer => "no complete answer",
        };
        Unreachable {
            cause: Cause::Timeout,
            phase: self.phase(),
            message: format!("{answer} within {}: {waiting}", show(timeout)),
        }
    }

    /// The facts of an attempt that is over, and the trace of its run.
    pub fn finish(mut self) -> (Exchange, Recording) {
        self.end();
        self.recording.end_request(&self.exchange);
        self.exchange.took = clock::monotonic() - self.started;
        (self.exchange, self.recording)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use freshwatch_probe::observation::Phase;
    use url::Url;

    use super::{Progress, Recording, Target};

    fn check(phase: Phase, prepare: impl FnOnce(&mut Progress), message: &str) {
        let mut progress = Progress::start(Recording::default());
        let url = Url::parse("https://api.example").unwrap();
        progress.turn_to(Target::of(&url).unwrap().into());
        progress.begin(phase);
        prepare(&mut progress);
        let timeout = progress.timed_out(Duration::from_secs(10));
        assert_eq!((timeout.phase, timeout.message.as_str()), (phase, message));
        assert!(progress.finish().0.phase(phase).is_some());
    }

    #[test]
    fn a_timeout_says_what_it_waited_for() {
        let connected = |progress: &mut Progress| progress.connected_after = Some(Duration::from_millis(2));
        check(
            Phase::Resolve,
            |_| {},
            "no answer within 10s: still waiting for the address of api.example:443",
        );
        check(
            Phase::Connect,
            |_| {},
            "no answer within 10s: still waiting for a connection to api.example:443",
        );
        check(
            Phase::Tls,
            connected,
            "no answer within 10s: connected after 2ms, then still waiting for the TLS handshake",
        );
        check(
            Phase::Processing,
            connected,
            "no answer within 10s: connected after 2ms, then still waiting for the first byte",
        );
        check(
            Phase::Transfer,
            |progress| {
                progress.answered_after = Some(Duration::from_millis(15));
                progress.exchange.body_length = Some(312);
            },
            "no complete answer within 10s: the head came after 15ms, then still waiting for the rest of the body \
             after 312 B",
        );
    }
}
