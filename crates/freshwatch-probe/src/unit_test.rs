//! A probe's own unit test: a recorded answer and a frozen clock give the expected verdict, without a network.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::RETRY_AFTER;
use jiff::Timestamp;
use serde_json::Value;

use crate::definition::Definition;
use crate::freshness::memory::{Memory, Recall};
use crate::judge::judge;
use crate::observation::{Answer, Body, Cause, Exchange, Observation, Outcome, Phase, TlsFacts, Unreachable};
use crate::redact::Redactor;
use crate::run::Judgment;
use crate::template::{RunValues, Secret};
use crate::verdict::{Code, Verdict};

/// One unit test of a probe.
#[derive(Debug, Clone)]
pub struct UnitTest {
    /// What it shows; unique among the tests of its probe.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// When the answer is judged.
    pub now: Timestamp,
    /// What earlier runs saw, the earliest first.
    pub before: Vec<Before>,
    /// What is judged.
    pub recorded: Recorded,
    /// What must come of it.
    pub expected: Expected,
}

/// What an earlier run saw.
#[derive(Debug, Clone)]
pub struct Before {
    /// When.
    pub seen: Timestamp,
    /// What.
    pub what: Earlier,
}

/// What an earlier run saw.
#[derive(Debug, Clone)]
pub enum Earlier {
    /// The value of each cursor of the probe.
    Value {
        /// The value.
        value: Value,
        /// The value of the producer that it follows.
        producer: Option<Value>,
        /// The item whose value it is, where the probe has `each`.
        item: Option<String>,
    },
    /// A whole answer.
    Answer(Recorded),
}

/// Where something stands in a probe file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as it was named.
    pub file: Arc<str>,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// How the recorded exchange ended.
#[derive(Debug, Clone)]
pub enum Recorded {
    /// With an answer.
    Answer(RecordedAnswer),
    /// Without one, for this cause.
    Down(Cause),
}

/// An answer as it would come after redirects and decompression.
#[derive(Debug, Clone)]
pub struct RecordedAnswer {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// All of the body; the probe's `max_body` bounds what the judge sees of it.
    pub body: Bytes,
    /// How long it took to come.
    pub latency: Duration,
    /// How long the certificate is valid from the test's `now` on; `None`: there is no certificate.
    pub certificate_valid_for: Option<Duration>,
}

/// What must come of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The verdict.
    pub verdict: Verdict,
    /// The code of one of the reasons that speak for this verdict; `None`: any.
    pub reason: Option<Code>,
}

impl Expected {
    /// Whether a judgment is what was expected.
    pub fn is_met_by(self, judgment: &Judgment) -> bool {
        let speaks = |code| {
            let mut reasons = judgment.reasons.iter();
            reasons.any(|reason| reason.verdict == self.verdict && reason.code == code)
        };
        judgment.verdict == self.verdict && self.reason.is_none_or(speaks)
    }
}

/// `stale (too_old)`, or `stale` where any reason will do.
impl fmt::Display for Expected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.verdict)?;
        match self.reason {
            Some(code) => write!(formatter, " ({code})"),
            None => Ok(()),
        }
    }
}

/// The failures that a test can record, by their words: the codes of the reasons that the judge gives for them.
pub const FAILURES: [(&str, Cause); 7] = [
    ("dns", Cause::Dns),
    ("connect", Cause::Connect),
    ("tls", Cause::Tls),
    ("timeout", Cause::Timeout),
    ("reset", Cause::Reset),
    ("truncated", Cause::Truncated),
    ("protocol", Cause::Protocol),
];

impl UnitTest {
    /// Judges the recorded answer exactly as a run judges what came.
    pub fn judge(&self, definition: &Definition) -> Judgment {
        judge(
            definition,
            &self.recorded.observe(definition, self.now),
            Recall::From(&self.memory(definition)),
            self.now,
        )
    }

    /// What the probe would remember of the earlier runs.
    fn memory(&self, definition: &Definition) -> Memory {
        let mut memory = Memory::default();
        for before in &self.before {
            before.note(definition, &mut memory);
        }
        memory
    }
}

impl Before {
    fn note(&self, definition: &Definition, memory: &mut Memory) {
        match &self.what {
            Earlier::Value {
                value,
                producer,
                item,
            } => {
                for rule in definition.fresh.iter().filter(|rule| rule.needs_memory()) {
                    // What can be no cursor is a mistake of the file, and would not be remembered either.
                    let _ = memory.note(rule, item.as_deref(), value, producer.as_ref(), self.seen);
                }
            }
            Earlier::Answer(recorded) => {
                let observation = recorded.observe(definition, self.seen);
                let judgment = judge(definition, &observation, Recall::From(memory), self.seen);
                if let Some(remembered) = judgment.memory {
                    *memory = Arc::unwrap_or_clone(remembered);
                }
            }
        }
    }
}

impl Recorded {
    /// What a run of the probe would have seen at `now`.
    pub fn observe(&self, definition: &Definition, now: Timestamp) -> Observation {
        let (exchange, outcome) = match self {
            Self::Answer(answer) => answer.observe(definition.request.max_body, now),
            Self::Down(cause) => (Exchange::default(), Outcome::Unreachable(failure(*cause))),
        };
        Observation {
            exchange,
            outcome,
            secrets: secrets(definition),
        }
    }
}

impl RecordedAnswer {
    fn observe(&self, max_body: u64, now: Timestamp) -> (Exchange, Outcome) {
        let length = self.body.len() as u64;
        let body = if length > max_body {
            Body::TooLarge { limit: max_body }
        } else {
            Body::Complete(self.body.clone())
        };
        let exchange = Exchange {
            took: self.latency,
            status: Some(self.status),
            body_length: Some(length.min(max_body)),
            retry_after: self.retry_after(),
            tls: self.certificate_valid_for.map(|left| TlsFacts {
                version: "TLS 1.3",
                earliest_expiry: Some(now.saturating_add(left).unwrap_or(Timestamp::MAX)),
            }),
            ..Exchange::default()
        };
        let answer = Answer {
            status: self.status,
            headers: self.headers.clone(),
            body,
            redirect_stop: None,
        };
        (exchange, Outcome::Answered(answer))
    }

    /// In seconds (RFC 9110, section 10.2.3); as a date it would only change a sentence.
    fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse();
        seconds.ok().map(Duration::from_secs)
    }
}

fn failure(cause: Cause) -> Unreachable {
    let (phase, message) = match cause {
        Cause::Dns => (Phase::Resolve, "the name of the host did not resolve"),
        Cause::Connect => (Phase::Connect, "no connection could be made"),
        Cause::Tls => (Phase::Tls, "the TLS handshake failed"),
        Cause::Timeout => (Phase::Processing, "no answer came in time"),
        Cause::Reset => (
            Phase::Processing,
            "the connection was closed before an answer came",
        ),
        Cause::Truncated => (Phase::Transfer, "the body ended before its announced end"),
        Cause::Protocol => (Phase::Processing, "what came is not HTTP"),
    };
    Unreachable {
        cause,
        phase,
        message: format!("{message}, as the test has it"),
    }
}

/// The media type that web servers tell of a file by its name.
pub fn media_type(path: &Path) -> Option<&'static str> {
    match path.extension()?.to_str()? {
        "json" => Some("application/json"),
        "xml" => Some("application/xml"),
        "csv" => Some("text/csv"),
        "ndjson" | "jsonl" => Some("application/x-ndjson"),
        "html" | "htm" => Some("text/html"),
        "txt" => Some("text/plain"),
        _ => None,
    }
}

/// What the probe's file and the environment hold of secrets; files are read by runs alone.
pub(crate) fn secrets(definition: &Definition) -> Redactor {
    let values = RunValues::default();
    let templates = definition.request.templates();
    let secrets = templates.flat_map(|template| template.secrets(&values));
    Redactor::new(secrets.map(Secret::expose))
}

#[cfg(test)]
mod tests;
