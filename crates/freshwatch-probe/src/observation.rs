//! What was seen of one run. A refused connection is an observation, not an error.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;

use crate::redact::Redactor;

/// What was seen: the facts of the exchange, and how it ended.
#[derive(Debug, Clone)]
pub struct Observation {
    /// What was measured on the way, however far it got.
    pub exchange: Exchange,
    /// How it ended.
    pub outcome: Outcome,
    /// What must not be shown of it.
    pub secrets: Redactor,
}

impl Observation {
    /// That there is none, and why.
    pub fn not_made(why: NotMade) -> Self {
        Self {
            exchange: Exchange::default(),
            outcome: Outcome::NotMade(why),
            secrets: Redactor::default(),
        }
    }
}

/// How the exchange ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// A complete answer.
    Answered(Answer),
    /// No complete answer.
    Unreachable(Unreachable),
    /// The prober itself could not make the observation.
    NotMade(NotMade),
}

/// A complete answer: the last one, after redirects.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body after decompression.
    pub body: Body,
    /// Why a redirect was not followed, when it should have been.
    pub redirect_stop: Option<RedirectStop>,
}

/// The body of an answer.
#[derive(Debug, Clone)]
pub enum Body {
    /// All of it.
    Complete(Bytes),
    /// It is larger than the bound; reading stopped there.
    TooLarge {
        /// The bound in bytes.
        limit: u64,
    },
    /// It came whole, but does not decompress.
    Undecodable {
        /// The content coding as the answer names it (RFC 9110, section 8.4).
        coding: String,
        /// What the decoder said.
        why: String,
    },
}

/// Why a redirect was not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedirectStop {
    /// More than the probe allows.
    TooMany {
        /// The bound.
        limit: u32,
    },
    /// The `Location` is missing, is no URL, or is neither http nor https.
    BadLocation(String),
    /// It would carry a body with credentials to another origin.
    Credentials,
}

/// No complete answer came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreachable {
    /// What kind of failure it was.
    pub cause: Cause,
    /// In which phase.
    pub phase: Phase,
    /// What happened, as a plain fragment: "connection refused by 127.0.0.1:80".
    pub message: String,
}

/// The kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The name of the host did not resolve.
    Dns,
    /// No connection could be made.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// The probe's `timeout` ran out.
    Timeout,
    /// The connection was closed or reset before the answer's head was complete.
    Reset,
    /// The body ended before its announced end.
    Truncated,
    /// What came was not HTTP, or beyond its bounds.
    Protocol,
}

/// The phases of an exchange, as `probe_http_duration_seconds{phase}` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Asking for the host's address.
    Resolve,
    /// The TCP handshake.
    Connect,
    /// The TLS handshake.
    Tls,
    /// From the request's first byte sent to the answer's head.
    Processing,
    /// From the answer's head to its last byte.
    Transfer,
}

impl Phase {
    /// All five in order.
    pub const ALL: [Self; 5] = [
        Self::Resolve,
        Self::Connect,
        Self::Tls,
        Self::Processing,
        Self::Transfer,
    ];

    /// The value of the label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Processing => "processing",
            Self::Transfer => "transfer",
        }
    }
}

/// Why the prober could not make the observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotMade {
    /// A secret, a certificate or a key could not be read; the text names the file, never its content.
    Secret(String),
    /// The run was cut off.
    Aborted,
    /// There was no capacity to start in time.
    Overload,
    /// Judging it took longer than this.
    Unjudged(Duration),
    /// The prober failed inside, which is a bug.
    Internal,
}

/// What was measured of the last attempt, however far it got. Over redirects, phases and counts add up.
#[derive(Debug, Clone, Default)]
pub struct Exchange {
    /// How long the attempt took, whole.
    pub took: Duration,
    /// How long each phase took; `None`: it did not happen.
    pub phases: [Option<Duration>; 5],
    /// The address that was connected to last.
    pub address: Option<IpAddr>,
    /// The last status code, also when the body never came whole.
    pub status: Option<u16>,
    /// The version of HTTP that was spoken last.
    pub version: Option<http::Version>,
    /// Redirects followed.
    pub redirects: u32,
    /// The `Content-Length` of the answer.
    pub content_length: Option<u64>,
    /// Bytes of the body after decompression, as far as it was read.
    pub body_length: Option<u64>,
    /// The `Last-Modified` of the answer, when it parses.
    pub last_modified: Option<Timestamp>,
    /// The `Retry-After` of a 429 or 503, in seconds from the answer, when it parses.
    pub retry_after: Option<Duration>,
    /// Facts of the last TLS session.
    pub tls: Option<TlsFacts>,
}

impl Exchange {
    /// How long a phase took.
    pub fn phase(&self, phase: Phase) -> Option<Duration> {
        self.phases[phase as usize]
    }

    /// Adds to a phase.
    pub fn add_phase(&mut self, phase: Phase, took: Duration) {
        let slot = &mut self.phases[phase as usize];
        *slot = Some(slot.unwrap_or_default() + took);
    }
}

/// Facts of a TLS session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFacts {
    /// As Prometheus' users know it: `TLS 1.3`.
    pub version: &'static str,
    /// When the first certificate of the presented chain ends.
    pub earliest_expiry: Option<Timestamp>,
}
