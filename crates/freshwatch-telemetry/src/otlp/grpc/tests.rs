use std::time::Duration;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use freshwatch_probe::redact::Redactor;
use http::{HeaderMap, StatusCode};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};
use prost::Message;

use super::{Delay, Detail, Details, RetryInfo, body, describe, interpret, takes_none};
use crate::otlp::answer::{Answer, Response, Scope};
use crate::parcel::{Coding, Parcel, Signal};
use crate::sample::{NOON, time};

fn response(trailers: &[(&'static str, &str)], message: &[u8]) -> Response {
    let mut fields = HeaderMap::new();
    for (name, value) in trailers {
        fields.insert(*name, value.parse().unwrap());
    }
    Response {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        body: message.to_vec().into(),
        trailers: fields,
    }
}

fn answer(trailers: &[(&'static str, &str)], message: &[u8]) -> Answer {
    interpret(&response(trailers, message), &Redactor::new(["s3cret"]))
}

/// `grpc-status-details-bin` of an answer that asks to wait so long.
fn retry_info(seconds: i64, nanos: i32) -> Vec<u8> {
    let info = RetryInfo {
        delay: Some(Delay { seconds, nanos }),
    };
    let other = Detail {
        kind: "type.googleapis.com/google.rpc.DebugInfo".to_owned(),
        value: vec![1, 2],
    };
    let detail = Detail {
        kind: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
        value: info.encode_to_vec(),
    };
    let details = Details {
        details: vec![other, detail],
    };
    details.encode_to_vec()
}

#[test]
fn only_what_the_specification_lists_is_tried_again() {
    let again = |code: &i32| {
        let code = code.to_string();
        matches!(
            answer(&[("grpc-status", code.as_str())], b""),
            Answer::Again { .. }
        )
    };
    assert_eq!((0..20).filter(again).collect::<Vec<_>>(), [1, 4, 10, 11, 14, 15]);
    for encoded in [
        BASE64_STANDARD.encode(retry_info(7, 5_000_000)),
        BASE64_STANDARD_NO_PAD.encode(retry_info(7, 5_000_000)),
    ] {
        let details = ("grpc-status-details-bin", encoded.as_str());
        let exhausted = answer(&[("grpc-status", "8"), details], b"");
        let expected = Answer::Again {
            why: "answered RESOURCE_EXHAUSTED".to_owned(),
            after: Some(Duration::from_millis(7005)),
        };
        assert_eq!(exhausted, expected);
    }
}

#[test]
fn a_refusal_speaks_for_what_it_is_about() {
    let scope = |code: i32| match answer(&[("grpc-status", code.to_string().as_str())], b"") {
        Answer::Refused { scope, .. } => Some(scope),
        Answer::Accepted { .. } | Answer::Again { .. } => None,
    };
    assert_eq!([3, 8, 13].map(scope), [Some(Scope::Part); 3]);
    assert_eq!([7, 12, 16].map(scope), [Some(Scope::Endpoint); 3]);
    assert_eq!([5, 6, 9, 99].map(scope), [Some(Scope::Batch); 4]);
    assert!(takes_none(&response(&[("grpc-status", "12")], b"")));
    assert!(!takes_none(&response(&[("grpc-status", "0")], b"")));
}

#[test]
fn the_receivers_words_are_decoded_and_hold_no_secret() {
    let trailers = [("grpc-status", "3"), ("grpc-message", "bad %22unit%22 of s3cret")];
    let Answer::Refused { why, .. } = answer(&trailers, b"") else {
        panic!()
    };
    assert_eq!(why, "answered INVALID_ARGUMENT: `bad \"unit\" of ***`");
}

#[test]
fn success_may_be_partial_and_a_garbled_message_is_none() {
    let confirmation = ExportMetricsServiceResponse {
        partial_success: Some(ExportMetricsPartialSuccess {
            rejected_data_points: 3,
            error_message: "too old".to_owned(),
        }),
    };
    let ok = ("grpc-status", "0");
    let framed = [&[0, 0, 0, 0, 11], confirmation.encode_to_vec().as_slice()].concat();
    let accepted = |rejected_points, words: Option<&str>| Answer::Accepted {
        rejected_points,
        words: words.map(str::to_owned),
    };
    assert_eq!(answer(&[ok], &framed), accepted(3, Some("too old")));
    assert_eq!(answer(&[ok], &[0; 5]), accepted(0, None));
    assert!(matches!(
        answer(&[ok], b"\0\0\0\0\x05hello"),
        Answer::Refused { .. }
    ));
    assert!(matches!(answer(&[ok], &[1, 0, 0, 0, 0]), Answer::Refused { .. }));
}

#[test]
fn without_a_status_it_is_a_proxy() {
    let of = |status| {
        let mut response = response(&[], b"");
        response.status = StatusCode::from_u16(status).unwrap();
        interpret(&response, &Redactor::default())
    };
    assert!(matches!(of(503), Answer::Again { .. }));
    let Answer::Refused { why, scope, hint } = of(404) else {
        panic!()
    };
    assert_eq!(
        (why.as_str(), scope),
        ("answered 404 Not Found, which is not gRPC", Scope::Endpoint)
    );
    assert!(hint.is_some());
}

#[test]
fn a_call_is_framed() {
    let parcel = Parcel {
        signal: Signal::Traces,
        coding: Coding::Gzip,
        items: 1,
        at: time(NOON),
        body: "abc".into(),
    };
    assert_eq!(body(&parcel), &b"\x01\0\0\0\x03abc"[..]);
    let mut headers = HeaderMap::new();
    describe(&mut headers, &parcel, Duration::from_secs(10));
    assert_eq!(
        (&headers["te"], &headers["grpc-encoding"]),
        (&"trailers".parse().unwrap(), &"gzip".parse().unwrap())
    );
    assert_eq!(headers["grpc-timeout"], "10000m");
}
