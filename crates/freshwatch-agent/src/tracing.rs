//! The trace of a run while it goes on: gives every request its span, and notes what it did when that is wanted.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use freshwatch_probe::observation::{Cause, Exchange, Phase};
use freshwatch_probe::redact::Redactor;
use freshwatch_probe::shown_url;
use freshwatch_probe::trace::{PhaseSpan, RequestSpan, Sampling, SpanId, Trace, TraceId};
use http::HeaderValue;
use url::Url;

use crate::clock;
use crate::http::outgoing::Outgoing;
use crate::http::target::Target;

/// What is done with traces. Every request carries `traceparent` in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tracing {
    /// Which traces are recorded, by us and by the services that go by their caller.
    pub sampling: Sampling,
    /// Whether somebody wants to know what the requests of these did; otherwise nothing is noted.
    pub is_wanted: bool,
}

/// The trace of one run, however far it got.
#[derive(Default)]
pub(crate) struct Recording {
    /// None when the system has no random numbers: no id is better than one that others have too.
    trace: Option<Trace>,
    /// From when on; none: nothing is noted.
    began: Option<Instant>,
    attempt: u32,
    spans: u32,
    current: Option<SpanId>,
}

impl Recording {
    /// That of a run that began at this moment.
    pub fn begin(tracing: Tracing, began: Instant) -> Self {
        let trace = random().map(|(id, root)| Trace::new(id, root, tracing.sampling.records(id)));
        let is_noted = tracing.is_wanted && trace.as_ref().is_some_and(|trace| trace.is_sampled);
        Self {
            trace,
            began: is_noted.then_some(began),
            ..Self::default()
        }
    }

    /// An attempt begins.
    pub fn attempt(&mut self, nth: u32) {
        self.attempt = nth;
    }

    /// A request to this target begins.
    pub fn request(&mut self, outgoing: &Outgoing, target: &Target, secrets: &Redactor) {
        let Some(trace) = &mut self.trace else { return };
        let id = trace.root.below(self.spans);
        self.spans += 1;
        self.current = Some(id);
        if let Some(began) = self.began {
            trace.requests.push(RequestSpan {
                id,
                attempt: self.attempt,
                method: outgoing.method.clone(),
                url: shown(outgoing.url(), secrets),
                host: target.host.to_string(),
                port: target.port,
                at: clock::monotonic() - began,
                took: Duration::ZERO,
                phases: Vec::with_capacity(Phase::ALL.len()),
                address: None,
                version: None,
                status: None,
                failure: None,
            });
        }
    }

    /// The value of `traceparent` for the request that is under way.
    pub fn parent(&self) -> Option<HeaderValue> {
        let parent = self.trace.as_ref()?.parent(self.current?);
        HeaderValue::try_from(parent).ok()
    }

    /// A phase of the request that is under way has ended.
    pub fn phase(&mut self, phase: Phase, from: Instant, to: Instant) {
        if let Some(began) = self.began
            && let Some(request) = self.request_under_way()
        {
            request.phases.push(PhaseSpan {
                phase,
                at: from - began,
                took: to - from,
            });
        }
    }

    /// The request that is under way has ended, and this was seen of it.
    pub fn end_request(&mut self, exchange: &Exchange) {
        if let Some(began) = self.began
            && let Some(request) = self.request_under_way()
        {
            request.took = (clock::monotonic() - began).saturating_sub(request.at);
            // An address that was not tried is that of an earlier request.
            let tried = request.phases.iter().any(|span| span.phase != Phase::Resolve);
            request.address = exchange.address.filter(|_| tried);
            request.status = exchange.status;
            // What was spoken before is no word about a request that was not answered.
            request.version = exchange.version.filter(|_| exchange.status.is_some());
        }
        self.current = None;
    }

    /// The last request got no complete answer.
    pub fn failed(&mut self, cause: Cause, message: &str) {
        if let Some(request) = self.trace.as_mut().and_then(|trace| trace.requests.last_mut()) {
            request.failure = Some((cause, message.to_owned()));
        }
    }

    /// What came of it.
    pub fn finish(self) -> Option<Trace> {
        self.trace
    }

    fn request_under_way(&mut self) -> Option<&mut RequestSpan> {
        let current = self.current?;
        let last = self.trace.as_mut()?.requests.last_mut()?;
        (last.id == current).then_some(last)
    }
}

fn shown(url: &Url, secrets: &Redactor) -> String {
    let url = shown_url::shown(url.as_str());
    secrets.redact(&url).into_owned()
}

/// A trace and its root. Probers in many places write into one backend, so they must differ between machines: the
/// generator of the operating system, not one that is seeded by a clock.
fn random() -> Option<(TraceId, SpanId)> {
    static STOCK: Mutex<Stock> = Mutex::new(Stock::EMPTY);
    let bits = STOCK.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    let (trace, root) = bits.split_first_chunk()?;
    let root = root.first_chunk()?;
    TraceId::new(u128::from_be_bytes(*trace)).zip(SpanId::new(u64::from_be_bytes(*root)))
}

/// The random bits of one trace.
type Bits = [u8; size_of::<TraceId>() + size_of::<SpanId>()];

/// Those of the next traces: asking the system costs a call, so it is asked for many at once.
struct Stock {
    bits: [Bits; Self::MOST],
    left: usize,
}

impl Stock {
    const MOST: usize = 64;
    const EMPTY: Self = Self {
        bits: [[0; _]; Self::MOST],
        left: 0,
    };

    fn take(&mut self) -> Option<Bits> {
        if self.left == 0 {
            let generator = rustls::crypto::ring::default_provider().secure_random;
            generator.fill(self.bits.as_flattened_mut()).ok()?;
            self.left = Self::MOST;
        }
        self.left -= 1;
        Some(self.bits[self.left])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Stock, random};

    #[test]
    fn no_two_traces_have_an_id_in_common() {
        // The system is asked more than once for so many.
        let drawn: Vec<_> = (0..3 * Stock::MOST).map(|_| random().unwrap()).collect();
        let traces: HashSet<String> = drawn.iter().map(|(trace, _)| trace.to_string()).collect();
        let roots: HashSet<String> = drawn.iter().map(|(_, root)| root.to_string()).collect();
        assert_eq!((traces.len(), roots.len()), (drawn.len(), drawn.len()));
    }
}
