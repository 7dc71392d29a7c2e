//! What a receiver's answer means: accepted, try again, or refused.

use std::time::Duration;

use bytes::Bytes;
use freshwatch_probe::redact::Redactor;
use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use prost::Message;

use super::retry::retry_after;
use crate::parcel::Signal;

/// As many characters of a receiver's words are shown.
const MOST_WORDS: usize = 300;

/// What a receiver answered.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// The body, as far as it is read at most.
    pub(super) body: Bytes,
    /// What came behind the body.
    pub(super) trailers: HeaderMap,
}

/// What it means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The receiver has the points, but for those that it names.
    Accepted {
        rejected_points: u64,
        /// Its warning, or why it rejects points.
        words: Option<String>,
    },
    /// The same request may succeed later.
    Again { why: String, after: Option<Duration> },
    /// It never will.
    Refused {
        why: String,
        scope: Scope,
        hint: Option<&'static str>,
    },
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// This request: the next may be taken.
    Batch,
    /// Something in this request: the rest of it may be taken.
    Part,
    /// Every request.
    Endpoint,
    /// Every request of this signal, for which the endpoint was not named.
    Signal,
    /// Whatever is there is no receiver, or cannot be trusted: nothing was said of the request.
    Peer,
}

/// An error's body (<https://opentelemetry.io/docs/specs/otlp/#failures-1>): `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

pub(super) const CREDENTIALS_HINT: &str =
    "`OTEL_EXPORTER_OTLP_HEADERS` holds the credentials, percent-encoded";

const fn endpoint_hint(signal: Signal) -> &'static str {
    match signal {
        Signal::Metrics => {
            "`OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` is used as it is, `OTEL_EXPORTER_OTLP_ENDPOINT` and \
             `--otlp-endpoint` get `/v1/metrics` appended: Prometheus wants `/api/v1/otlp` there, VictoriaMetrics \
             `/opentelemetry`"
        }
        Signal::Traces => {
            "`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is used as it is, `OTEL_EXPORTER_OTLP_ENDPOINT` and \
             `--otlp-endpoint` get `/v1/traces` appended"
        }
        Signal::Logs => {
            "`OTEL_EXPORTER_OTLP_LOGS_ENDPOINT` is used as it is, `OTEL_EXPORTER_OTLP_ENDPOINT` and \
             `--otlp-endpoint` get `/v1/logs` appended"
        }
    }
}

/// What may help where the endpoint is for all signals and this one is not taken.
pub(super) const fn signal_hint(signal: Signal) -> Option<&'static str> {
    match signal {
        Signal::Metrics => None,
        Signal::Traces => Some(
            "`OTEL_TRACES_EXPORTER=none` sends none, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` sends them elsewhere",
        ),
        Signal::Logs => Some(
            "`OTEL_LOGS_EXPORTER=none` sends none, `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT` sends them elsewhere",
        ),
    }
}

/// Whether the receiver does not know the path, which says that it does not take the signal where the endpoint is not
/// for it alone. VictoriaMetrics answers so with 400.
pub(super) fn takes_none(response: &Response) -> bool {
    match response.status.as_u16() {
        404 | 405 | 501 => true,
        400 => String::from_utf8_lossy(&response.body).contains("unsupported path"),
        _ => false,
    }
}

/// Reads an answer as <https://opentelemetry.io/docs/specs/otlp/#otlphttp-response> has it. The answers for the three
/// signals have the same form.
pub(super) fn interpret(response: &Response, signal: Signal, now: Timestamp, secrets: &Redactor) -> Answer {
    let Response {
        status,
        headers,
        body,
        ..
    } = response;
    if status.is_success() {
        return interpret_success(response, signal, secrets);
    }
    let why = match words(error_message(headers, body).as_ref(), secrets) {
        Some(words) => format!("answered {status}: `{words}`"),
        None => format!("answered {status}"),
    };
    let refused = |scope, hint| Answer::Refused {
        why: why.clone(),
        scope,
        hint,
    };
    match status.as_u16() {
        429 | 502 | 503 | 504 => Answer::Again {
            why,
            after: retry_after(headers, now),
        },
        300..=399 => {
            let location = headers.get(header::LOCATION).map(http::HeaderValue::as_bytes);
            let to = location.and_then(|location| words(&String::from_utf8_lossy(location), secrets));
            let to = to.map(|to| format!(" to `{to}`")).unwrap_or_default();
            let why =
                format!("answered {status}{to}, and redirects are not followed: configure the final address");
            Answer::Refused {
                why,
                scope: Scope::Endpoint,
                hint: None,
            }
        }
        404 | 405 => refused(Scope::Endpoint, Some(endpoint_hint(signal))),
        401 | 403 | 407 => refused(Scope::Endpoint, Some(CREDENTIALS_HINT)),
        406 | 415 => refused(Scope::Endpoint, None),
        // One bad point is a reason to refuse the whole of it, and so is its size. A Prometheus of before 2026 says 500
        // of a point that is too old.
        400 | 413 | 422 | 500 => refused(Scope::Part, None),
        _ => refused(Scope::Batch, None),
    }
}

/// What is longer, in bytes, and not the message of the protocol, confirms nothing.
const LONGEST_CONFIRMATION: usize = 4096;

/// A page for people and a body that is not what it says are no confirmation, whatever the status.
fn interpret_success(response: &Response, signal: Signal, secrets: &Redactor) -> Answer {
    let Response {
        status,
        headers,
        body,
        ..
    } = response;
    if has_type(headers, "text/html") || body.trim_ascii_start().starts_with(b"<") {
        let why = format!("answered {status} with a web page");
        return Answer::Refused {
            why,
            scope: Scope::Endpoint,
            hint: Some(endpoint_hint(signal)),
        };
    }
    // A word such as `ok` does for a confirmation; a list of what was rejected does not, in whatever encoding.
    let speaks_of_rejection = || {
        String::from_utf8_lossy(body)
            .to_ascii_lowercase()
            .contains("reject")
    };
    let is_message = has_type(headers, "application/x-protobuf");
    if !is_message && body.len() < LONGEST_CONFIRMATION && !speaks_of_rejection() {
        return Answer::Accepted {
            rejected_points: 0,
            words: None,
        };
    }
    let confirmation = is_message.then(|| ExportMetricsServiceResponse::decode(body.clone()));
    let Some(Ok(confirmation)) = confirmation else {
        let why = format!("answered {status} with a body that is no confirmation");
        return Answer::Refused {
            why,
            scope: Scope::Batch,
            hint: Some(endpoint_hint(signal)),
        };
    };
    let partial = confirmation.partial_success.unwrap_or_default();
    Answer::Accepted {
        rejected_points: u64::try_from(partial.rejected_data_points).unwrap_or(0),
        words: words(&partial.error_message, secrets),
    }
}

fn has_type(headers: &HeaderMap, wanted: &str) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = value.and_then(|value| value.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
}

fn error_message(headers: &HeaderMap, body: &Bytes) -> String {
    if has_type(headers, "application/x-protobuf") {
        return Status::decode(body.clone())
            .map(|status| status.message)
            .unwrap_or_default();
    }
    if has_type(headers, "text/html") {
        return String::new();
    }
    String::from_utf8_lossy(body).into_owned()
}

/// A receiver's words on one line, bounded, our credentials taken out.
pub(super) fn words(text: &str, secrets: &Redactor) -> Option<String> {
    let text = secrets.redact(text);
    let visible = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    let line = visible.collect::<Vec<_>>().join(" ");
    let Some((end, _)) = line.char_indices().nth(MOST_WORDS) else {
        return Some(line).filter(|line| !line.is_empty());
    };
    Some(format!("{}…", &line[..end]))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use freshwatch_probe::redact::Redactor;
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
    use opentelemetry_proto::tonic::collector::metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
    };
    use prost::Message;

    use super::{Answer, Response, Scope, Signal, Status, interpret};

    const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &[u8]) -> Answer {
        let field = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let response = Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.iter().map(field).collect::<HeaderMap>(),
            body: body.to_vec().into(),
            trailers: HeaderMap::new(),
        };
        interpret(
            &response,
            Signal::Metrics,
            "2026-11-21T09:00:00Z".parse().unwrap(),
            &Redactor::new(["s3cret"]),
        )
    }

    fn partial(rejected_data_points: i64, error_message: &str) -> Answer {
        let partial = ExportMetricsPartialSuccess {
            rejected_data_points,
            error_message: error_message.to_owned(),
        };
        let confirmation = ExportMetricsServiceResponse {
            partial_success: Some(partial),
        };
        answer(200, &[PROTOBUF], &confirmation.encode_to_vec())
    }

    fn refusal(status: u16, headers: &[(&'static str, &'static str)], body: &[u8]) -> (String, Scope, bool) {
        match answer(status, headers, body) {
            Answer::Refused { why, scope, hint } => (why, scope, hint.is_some()),
            other @ (Answer::Accepted { .. } | Answer::Again { .. }) => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_what_the_specification_lists_is_tried_again() {
        let again: Vec<_> = (300..600)
            .filter(|status| matches!(answer(*status, &[], b""), Answer::Again { .. }))
            .collect();
        assert_eq!(again, [429, 502, 503, 504]);
        let Answer::Again { why, after } = answer(503, &[("retry-after", "7")], b"busy\n") else {
            panic!()
        };
        assert_eq!(
            (why.as_str(), after),
            (
                "answered 503 Service Unavailable: `busy`",
                Some(Duration::from_secs(7))
            )
        );
    }

    #[test]
    fn a_refused_batch_does_not_speak_for_the_next_but_a_wrong_endpoint_does() {
        let of = |scope| {
            let statuses = (400..600).filter(move |status| {
                matches!(answer(*status, &[], b""), Answer::Refused { scope: found, .. } if found == scope)
            });
            statuses.collect::<Vec<_>>()
        };
        assert_eq!(of(Scope::Endpoint), [401, 403, 404, 405, 406, 407, 415]);
        assert_eq!(of(Scope::Part), [400, 413, 422, 500]);
        assert!(
            [402, 409, 501]
                .iter()
                .all(|status| of(Scope::Batch).contains(status))
        );
    }

    #[test]
    fn success_may_be_partial() {
        let accepted = |rejected_points, words: Option<&str>| Answer::Accepted {
            rejected_points,
            words: words.map(str::to_owned),
        };
        assert_eq!(answer(200, &[], b""), accepted(0, None));
        assert_eq!(answer(204, &[], b""), accepted(0, None));
        assert_eq!(answer(200, &[PROTOBUF], b""), accepted(0, None));
        assert_eq!(
            answer(200, &[("content-type", "text/plain")], b"ok"),
            accepted(0, None)
        );
        assert_eq!(partial(3, "too old: s3cret"), accepted(3, Some("too old: ***")));
        assert_eq!(partial(0, "deprecated"), accepted(0, Some("deprecated")));
        assert_eq!(partial(-1, ""), accepted(0, None));
    }

    #[test]
    fn a_page_or_a_garbled_body_is_no_confirmation() {
        let page = refusal(
            200,
            &[("content-type", "text/html; charset=utf-8")],
            b"<html>welcome",
        );
        assert_eq!(
            page,
            (
                "answered 200 OK with a web page".to_owned(),
                Scope::Endpoint,
                true
            )
        );
        let (why, _, _) = refusal(200, &[], b"\n<html>welcome");
        assert_eq!(why, "answered 200 OK with a web page");
        let rejected = br#"{"partialSuccess": {"rejectedDataPoints": 9}}"#;
        let (why, _, _) = refusal(200, &[("content-type", "application/json")], rejected);
        assert_eq!(why, "answered 200 OK with a body that is no confirmation");
        let (why, _, _) = refusal(200, &[], &[b'x'; 5000]);
        assert_eq!(why, "answered 200 OK with a body that is no confirmation");
        let (why, _, _) = refusal(200, &[PROTOBUF], b"not protobuf");
        assert_eq!(why, "answered 200 OK with a body that is no confirmation");
    }

    #[test]
    fn the_receivers_words_are_one_short_line_without_secrets() {
        let (why, _, _) = refusal(400, &[], b"out of\r\n\tbounds \x1b[31m for s3cret");
        assert_eq!(why, "answered 400 Bad Request: `out of bounds [31m for ***`");
        let (why, _, _) = refusal(400, &[], "x".repeat(70_000).as_bytes());
        assert_eq!(why, format!("answered 400 Bad Request: `{}…`", "x".repeat(300)));
        let status = Status {
            code: 3,
            message: "bad unit".to_owned(),
        };
        let (why, _, _) = refusal(400, &[PROTOBUF], &status.encode_to_vec());
        assert_eq!(why, "answered 400 Bad Request: `bad unit`");
        let (why, _, _) = refusal(500, &[("content-type", "text/html")], b"<html>");
        assert_eq!(why, "answered 500 Internal Server Error");
    }

    #[test]
    fn a_wrong_address_gets_a_hint() {
        let (why, _, hinted) = refusal(307, &[("location", "https://a/?k=s3cret")], b"");
        let told = "answered 307 Temporary Redirect to `https://a/?k=***`, and redirects are not followed: \
                    configure the final address";
        assert_eq!((why.as_str(), hinted), (told, false));
        assert!(refusal(404, &[], b"").2 && refusal(401, &[], b"").2);
    }
}
