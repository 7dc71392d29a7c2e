//! A run as spans: one for the run, and below it one for each request that it made, by the stable semantic conventions
//! for HTTP (<https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span>).
//!
//! The phases of a request are events of its span, each at the time at which it began: as spans of their own they would
//! make five more of every request, and most receivers charge by the span.

use std::time::Duration;

use freshwatch_probe::freshness::origin::StaleAt;
use freshwatch_probe::run::Run;
use freshwatch_probe::show;
use freshwatch_probe::trace::{PhaseSpan, RequestSpan, SpanId, Trace};
use freshwatch_probe::verdict::{Code, Verdict};
use opentelemetry_proto::tonic::trace::v1::span::{Event, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};

use super::attributes::Attributes;
use super::wire::unix_nanos;
use crate::record::Bearer;

/// So many reasons are told.
const MOST_REASONS: usize = 16;

/// `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK` without the flag that it speaks of: no span of ours continues another's.
const KNOWN_TO_BE_LOCAL: u32 = 0x100;

/// Whom all of this comes from
/// (<https://opentelemetry.io/docs/specs/semconv/registry/attributes/user-agent/>).
const SYNTHETIC: (&str, &str) = ("user_agent.synthetic.type", "test");

/// The spans of a run, its own first; none when its trace is not recorded.
pub(super) fn of_run(run: &Run) -> impl Iterator<Item = Span> {
    let recorded = run.trace.as_ref().filter(|trace| trace.is_sampled);
    recorded.into_iter().flat_map(|trace| {
        let requests = (0..)
            .zip(&trace.requests)
            .map(|(nth, request)| of_request(run, trace, nth, request));
        std::iter::once(whole(run, trace)).chain(requests)
    })
}

fn whole(run: &Run, trace: &Trace) -> Span {
    let judgment = &run.judgment;
    let mut attributes = Attributes::default();
    attributes.text("verdict", judgment.verdict.as_str());
    if let Some(reason) = judgment.reasons.first() {
        attributes.text("reason", reason.code.as_str());
        let told = judgment.reasons.iter().take(MOST_REASONS);
        attributes.texts("reasons", told.map(|reason| show::plain(&reason.message)));
    }
    attributes.count("attempts", run.attempts);
    if let Some(age) = judgment.data.and_then(|data| data.age) {
        attributes.seconds("data_age_seconds", age.as_secs_f64());
    }
    if let Some(stale_at) = judgment.stale_at {
        attributes.text("stale_at", StaleAt::as_str(stale_at));
    }
    let (key, value) = SYNTHETIC;
    attributes.text(key, value);
    attributes.probe(Bearer::probe(&run.definition));
    let status = match judgment.verdict {
        Verdict::Down | Verdict::Invalid => {
            let why = judgment
                .reasons
                .first()
                .map(|reason| show::plain(&reason.message));
            Some(error(why.unwrap_or_default()))
        }
        Verdict::Ok | Verdict::Degraded | Verdict::Stale | Verdict::Unknown => None,
    };
    Span {
        name: format!("probe {}", run.probe()),
        kind: SpanKind::Internal.into(),
        attributes: attributes.into_vec(),
        status,
        ..span(run, trace, trace.root, Duration::ZERO, run.took)
    }
}

fn of_request(run: &Run, trace: &Trace, nth: u32, request: &RequestSpan) -> Span {
    let mut attributes = Attributes::default();
    attributes.text("http.request.method", request.method.as_str());
    attributes.text("server.address", request.host.as_str());
    attributes.count("server.port", request.port);
    attributes.text("url.full", request.url.as_str());
    if nth > 0 {
        attributes.count("http.request.resend_count", nth);
    }
    if let Some(address) = request.address {
        attributes.text("network.peer.address", address.to_string());
    }
    if let Some(version) = request.version.and_then(version) {
        attributes.text("network.protocol.version", version);
    }
    if let Some(status) = request.status {
        attributes.count("http.response.status_code", status);
    }
    let is_last = request.id == trace.requests.last().map_or(trace.root, |last| last.id);
    let failed = failure(run, request, is_last);
    if let Some((kind, _)) = &failed {
        attributes.text("error.type", kind.as_str());
    }
    let (key, value) = SYNTHETIC;
    attributes.text(key, value);
    Span {
        parent_span_id: trace.root.bytes().into(),
        name: request.method.to_string(),
        kind: SpanKind::Client.into(),
        attributes: attributes.into_vec(),
        events: request.phases.iter().map(|phase| event(run, phase)).collect(),
        status: failed.map(|(_, why)| error(why)),
        ..span(run, trace, request.id, request.at, request.took)
    }
}

/// What failed of a request, in one word and in a sentence. A status from 400 on does, unless the probe has judged that
/// it is as it should be.
fn failure(run: &Run, request: &RequestSpan, is_last: bool) -> Option<(String, String)> {
    if let Some((cause, why)) = &request.failure {
        return Some((Code::from(*cause).as_str().to_owned(), show::plain(why)));
    }
    let status = request.status.filter(|status| *status >= 400)?;
    let is_right = match run.judgment.verdict {
        Verdict::Ok | Verdict::Degraded | Verdict::Stale => is_last,
        Verdict::Invalid | Verdict::Down | Verdict::Unknown => false,
    };
    (!is_right).then(|| (status.to_string(), String::new()))
}

fn event(run: &Run, phase: &PhaseSpan) -> Event {
    let mut attributes = Attributes::default();
    attributes.seconds("duration_seconds", phase.took.as_secs_f64());
    Event {
        time_unix_nano: nanos(run, phase.at),
        name: phase.phase.as_str().to_owned(),
        attributes: attributes.into_vec(),
        ..Event::default()
    }
}

fn span(run: &Run, trace: &Trace, id: SpanId, at: Duration, took: Duration) -> Span {
    Span {
        trace_id: trace.id.bytes().into(),
        span_id: id.bytes().into(),
        flags: KNOWN_TO_BE_LOCAL | u32::from(trace.is_sampled),
        start_time_unix_nano: nanos(run, at),
        end_time_unix_nano: nanos(run, at + took),
        ..Span::default()
    }
}

fn nanos(run: &Run, after: Duration) -> u64 {
    unix_nanos(run.started.saturating_add(after).unwrap_or(run.started))
}

fn error(message: String) -> Status {
    Status {
        message,
        code: StatusCode::Error.into(),
    }
}

fn version(version: http::Version) -> Option<&'static str> {
    match version {
        http::Version::HTTP_10 => Some("1.0"),
        http::Version::HTTP_11 => Some("1.1"),
        http::Version::HTTP_2 => Some("2"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
