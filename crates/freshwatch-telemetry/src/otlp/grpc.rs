//! OTLP over gRPC (<https://opentelemetry.io/docs/specs/otlp/#otlpgrpc>): one unary call over HTTP/2, as
//! <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md> has it. A call is a request with a frame of five
//! bytes before its message, and an answer whose status stands in its trailers, so nothing but hyper is needed for it.

use std::time::Duration;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::{BufMut, Bytes, BytesMut};
use freshwatch_probe::redact::Redactor;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use percent_encoding::percent_decode;
use prost::Message;

use super::answer::{Answer, CREDENTIALS_HINT, Response, Scope, words};
use crate::parcel::{Coding, Parcel};

/// The coding, the length, and the message.
const FRAME: usize = 5;

/// The status codes that mean something here (<https://github.com/grpc/grpc/blob/master/doc/statuscodes.md>).
mod code {
    pub(super) const OK: i32 = 0;
    pub(super) const CANCELLED: i32 = 1;
    pub(super) const UNKNOWN: i32 = 2;
    pub(super) const INVALID_ARGUMENT: i32 = 3;
    pub(super) const DEADLINE_EXCEEDED: i32 = 4;
    pub(super) const PERMISSION_DENIED: i32 = 7;
    pub(super) const RESOURCE_EXHAUSTED: i32 = 8;
    pub(super) const ABORTED: i32 = 10;
    pub(super) const OUT_OF_RANGE: i32 = 11;
    pub(super) const UNIMPLEMENTED: i32 = 12;
    pub(super) const INTERNAL: i32 = 13;
    pub(super) const UNAVAILABLE: i32 = 14;
    pub(super) const DATA_LOSS: i32 = 15;
    pub(super) const UNAUTHENTICATED: i32 = 16;
}

const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// `google.rpc.Status` in `grpc-status-details-bin`.
#[derive(Clone, PartialEq, Message)]
struct Details {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Detail>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Detail {
    #[prost(string, tag = "1")]
    kind: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

const RETRY_INFO: &str = "google.rpc.RetryInfo";

/// The body of a call.
pub(super) fn body(parcel: &Parcel) -> Bytes {
    let mut body = BytesMut::with_capacity(FRAME + parcel.body.len());
    body.put_u8(match parcel.coding {
        Coding::Plain => 0,
        Coding::Gzip => 1,
    });
    // A parcel is bounded far below this.
    body.put_u32(u32::try_from(parcel.body.len()).unwrap_or(u32::MAX));
    body.put_slice(&parcel.body);
    body.freeze()
}

/// Adds what makes a request a call, which the receiver may give up after `within`.
pub(super) fn describe(headers: &mut HeaderMap, parcel: &Parcel, within: Duration) {
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/grpc+proto"),
    );
    headers.insert(header::TE, HeaderValue::from_static("trailers"));
    match parcel.coding {
        Coding::Plain => (),
        Coding::Gzip => {
            headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
        }
    }
    // At most eight digits are allowed.
    let millis = within.as_millis().min(99_999_999);
    if let Ok(timeout) = HeaderValue::try_from(format!("{millis}m")) {
        headers.insert("grpc-timeout", timeout);
    }
}

/// Reads the answer to a call.
pub(super) fn interpret(response: &Response, secrets: &Redactor) -> Answer {
    let found = [&response.trailers, &response.headers]
        .into_iter()
        .find_map(|fields| Some((fields, status(fields)?)));
    let Some((fields, status)) = found else {
        return no_status(response.status);
    };
    if status == code::OK {
        return confirmation(&response.body, secrets);
    }
    let name = usize::try_from(status).ok().and_then(|status| NAMES.get(status));
    let name = name.map_or_else(|| format!("code {status}"), |name| (*name).to_owned());
    let why = match words(&message(fields), secrets) {
        Some(words) => format!("answered {name}: `{words}`"),
        None => format!("answered {name}"),
    };
    let after = retry_after(fields);
    let refused = |scope, hint| Answer::Refused {
        why: why.clone(),
        scope,
        hint,
    };
    match status {
        code::CANCELLED
        | code::DEADLINE_EXCEEDED
        | code::ABORTED
        | code::OUT_OF_RANGE
        | code::UNAVAILABLE
        | code::DATA_LOSS => Answer::Again { why, after },
        // Without word of when to come back, what is exhausted is no queue but a bound, such as that of a message.
        code::RESOURCE_EXHAUSTED if after.is_some() => Answer::Again { why, after },
        code::RESOURCE_EXHAUSTED | code::INVALID_ARGUMENT | code::INTERNAL | code::UNKNOWN => {
            refused(Scope::Part, None)
        }
        code::UNAUTHENTICATED | code::PERMISSION_DENIED => refused(Scope::Endpoint, Some(CREDENTIALS_HINT)),
        code::UNIMPLEMENTED => refused(Scope::Endpoint, None),
        _ => refused(Scope::Batch, None),
    }
}

/// Whether the receiver does not know the service that takes the signal.
pub(super) fn takes_none(response: &Response) -> bool {
    let fields = [&response.trailers, &response.headers];
    fields.into_iter().find_map(status) == Some(code::UNIMPLEMENTED)
}

/// What answers without a status of gRPC is a proxy
/// (<https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>).
fn no_status(status: StatusCode) -> Answer {
    let why = format!("answered {status}, which is not gRPC");
    match status.as_u16() {
        429 | 502 | 503 | 504 => Answer::Again { why, after: None },
        _ => Answer::Refused {
            why,
            scope: Scope::Endpoint,
            hint: Some("over HTTP it is `OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`"),
        },
    }
}

/// Of the three signals the answers have the same form.
fn confirmation(body: &Bytes, secrets: &Redactor) -> Answer {
    let message = body.get(FRAME..).unwrap_or_default();
    let is_plain = body.first().is_none_or(|coding| *coding == 0);
    let confirmation = is_plain.then(|| ExportMetricsServiceResponse::decode(message));
    let Some(Ok(confirmation)) = confirmation else {
        return Answer::Refused {
            why: "answered OK with a message that is no confirmation".to_owned(),
            scope: Scope::Batch,
            hint: None,
        };
    };
    let partial = confirmation.partial_success.unwrap_or_default();
    Answer::Accepted {
        rejected_points: u64::try_from(partial.rejected_data_points).unwrap_or(0),
        words: words(&partial.error_message, secrets),
    }
}

fn status(fields: &HeaderMap) -> Option<i32> {
    fields.get("grpc-status")?.to_str().ok()?.parse().ok()
}

fn message(fields: &HeaderMap) -> String {
    let message = fields.get("grpc-message").map(HeaderValue::as_bytes);
    percent_decode(message.unwrap_or_default())
        .decode_utf8_lossy()
        .into_owned()
}

fn retry_after(fields: &HeaderMap) -> Option<Duration> {
    // Binary values come with and without padding.
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, lenient);
    let bytes = engine
        .decode(fields.get("grpc-status-details-bin")?.as_bytes())
        .ok()?;
    let details = Details::decode(bytes.as_slice()).ok()?.details;
    let of_retry = |detail: &&Detail| detail.kind.rsplit('/').next() == Some(RETRY_INFO);
    let info = RetryInfo::decode(details.iter().find(of_retry)?.value.as_slice()).ok()?;
    let delay = info.delay.unwrap_or_default();
    let seconds = Duration::from_secs(u64::try_from(delay.seconds).unwrap_or(0));
    Some(seconds + Duration::from_nanos(u64::try_from(delay.nanos).unwrap_or(0)))
}

#[cfg(test)]
mod tests;
