//! The trace of a run, by which what the probe saw and what the backend did are found together (W3C Trace Context,
//! <https://www.w3.org/TR/trace-context/>).

use std::fmt;
use std::net::IpAddr;
use std::num::{NonZeroU64, NonZeroU128};
use std::time::Duration;

use data_encoding::HEXLOWER;

use crate::observation::{Cause, Phase};

/// Names a trace among all traces of all services: 128 random bits that are not all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceId(NonZeroU128);

/// Names a span among those of its trace: 64 bits that are not all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanId(NonZeroU64);

/// The trace of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Its id, which every request of the run carries in `traceparent`.
    pub id: TraceId,
    /// The span of the run itself.
    pub root: SpanId,
    /// Whether it is to be recorded: by us, and by every service behind that goes by its caller.
    pub is_sampled: bool,
    /// The requests of the run in order; empty unless somebody wants them.
    pub requests: Vec<RequestSpan>,
}

/// One request of a run, whether a redirect or another attempt led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestSpan {
    /// The span that the service behind continues.
    pub id: SpanId,
    /// Of which attempt, from 1 on.
    pub attempt: u32,
    /// The method.
    pub method: http::Method,
    /// Where to, without credentials, secrets and the values of the query.
    pub url: String,
    /// The host of the URL.
    pub host: String,
    /// The port, that of the scheme where the URL has none.
    pub port: u16,
    /// When it began, from the start of the run.
    pub at: Duration,
    /// How long it took, the body included.
    pub took: Duration,
    /// What was done when, in order.
    pub phases: Vec<PhaseSpan>,
    /// The address that was connected to.
    pub address: Option<IpAddr>,
    /// The version of HTTP that was spoken.
    pub version: Option<http::Version>,
    /// The status code of the answer.
    pub status: Option<u16>,
    /// Why no complete answer came, secrets removed.
    pub failure: Option<(Cause, String)>,
}

/// One phase of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseSpan {
    /// Which.
    pub phase: Phase,
    /// When it began, from the start of the run.
    pub at: Duration,
    /// How long it took.
    pub took: Duration,
}

impl TraceId {
    /// The id of these bits; none: they are all zero.
    pub fn new(bits: u128) -> Option<Self> {
        NonZeroU128::new(bits).map(Self)
    }

    /// As it goes over the wire.
    pub const fn bytes(self) -> [u8; 16] {
        self.0.get().to_be_bytes()
    }
}

impl SpanId {
    /// The id of these bits; none: they are all zero.
    pub fn new(bits: u64) -> Option<Self> {
        NonZeroU64::new(bits).map(Self)
    }

    /// As it goes over the wire.
    pub const fn bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }

    /// The id of the span that comes `nth` below this one: as random as this one is, since different numbers stay
    /// different (the finalizer of SplitMix64 is a permutation).
    pub fn below(self, nth: u32) -> Self {
        let mut bits = self
            .0
            .get()
            .wrapping_add((u64::from(nth) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        NonZeroU64::new(bits).map_or(self, Self)
    }
}

impl Trace {
    /// One without requests yet.
    pub const fn new(id: TraceId, root: SpanId, is_sampled: bool) -> Self {
        Self {
            id,
            root,
            is_sampled,
            requests: Vec::new(),
        }
    }

    /// The value of `traceparent` for the request of this span (Trace Context, section 3.2).
    pub fn parent(&self, span: SpanId) -> String {
        let mut parent = String::with_capacity(55);
        parent.push_str("00-");
        HEXLOWER.encode_append(&self.id.0.get().to_be_bytes(), &mut parent);
        parent.push('-');
        HEXLOWER.encode_append(&span.0.get().to_be_bytes(), &mut parent);
        parent.push_str(if self.is_sampled { "-01" } else { "-00" });
        parent
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// Which traces are recorded (<https://opentelemetry.io/docs/specs/otel/trace/sdk/#sampling>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sampling {
    /// All of them.
    #[default]
    Always,
    /// None of them.
    Never,
    /// Those whose id is below this share of all ids: who goes by the same share records the same traces.
    Share {
        /// In parts of 2⁶³.
        below: u64,
    },
}

impl Sampling {
    /// A share between 0 and 1.
    pub fn share(share: f64) -> Option<Self> {
        if !(0.0..=1.0).contains(&share) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "between 0 and 2⁶³"
        )]
        let below = (share * (1_u64 << 63) as f64) as u64;
        Some(Self::Share { below })
    }

    /// Whether this trace is recorded.
    pub fn records(self, id: TraceId) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Share { below } => {
                let lower = id.0.get() & u128::from(u64::MAX);
                lower >> 1 < u128::from(below)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Sampling, SpanId, Trace, TraceId};

    #[test]
    fn ids_are_written_as_trace_context_has_them() {
        let id = TraceId::new(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c).unwrap();
        let span = SpanId::new(0x00f0_67aa_0ba9_02b7).unwrap();
        let parent = |is_sampled| Trace::new(id, span, is_sampled).parent(span);
        assert_eq!(
            parent(true),
            "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"
        );
        assert!(parent(false).ends_with("-00"));
        assert_eq!((TraceId::new(0), SpanId::new(0)), (None, None));
        assert_eq!(span.bytes(), [0, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7]);
    }

    #[test]
    fn spans_below_one_span_differ_from_it_and_from_each_other() {
        let root = SpanId::new(1).unwrap();
        let below = (0..1000).map(|nth| root.below(nth).bytes());
        let ids: HashSet<_> = below.chain([root.bytes()]).collect();
        assert_eq!(ids.len(), 1001);
    }

    #[test]
    fn a_share_of_traces_is_recorded_by_their_ids() {
        let nth = |nth: u128| TraceId::new(1 << 64 | nth << 54).unwrap();
        let recorded = |share| {
            let sampling = Sampling::share(share).unwrap();
            (0..1000).filter(|id| sampling.records(nth(*id))).count()
        };
        assert_eq!((recorded(0.0), recorded(0.25), recorded(1.0)), (0, 256, 1000));
        assert!(Sampling::Always.records(nth(1)) && !Sampling::Never.records(nth(1)));
        for share in [-0.1, 1.1, f64::NAN] {
            assert_eq!(Sampling::share(share), None, "{share}");
        }
    }
}
