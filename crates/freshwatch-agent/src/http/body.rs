//! Reads the body of an answer: decoding and bounding it while it comes in.

use freshwatch_probe::observation::Body;
use http::header::{CONTENT_ENCODING, HeaderMap};
use http::{Method, response};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};

use crate::http::coding::{Decoder, Refusal, codings};
use crate::http::conversation::Conversation;
use crate::http::facts;
use crate::http::failure::{self, Failure};
use crate::http::progress::Progress;

/// Reads until the end, the bound, or a failure. At the bound nothing more is read, and the caller hangs up.
pub(crate) async fn read(
    mut incoming: Incoming,
    head: &response::Parts,
    method: &Method,
    limit: u64,
    conversation: &mut Conversation,
    progress: &mut Progress,
) -> Result<Body, Failure> {
    let codings = codings(&head.headers);
    let announced = match *method {
        Method::HEAD => None,
        _ => facts::content_length(&head.headers),
    };
    progress.exchange.body_length = Some(0);
    if incoming.is_end_stream() {
        return Ok(Body::Complete(bytes::Bytes::new()));
    }
    if codings.is_empty() && announced.is_some_and(|length| length > limit) {
        return Ok(Body::TooLarge { limit });
    }
    let body_of = |refusal| match refusal {
        Refusal::TooLarge => Body::TooLarge { limit },
        Refusal::Undecodable(why) => Body::Undecodable {
            coding: written(&head.headers),
            why,
        },
    };
    let expected = usize::try_from(announced.unwrap_or(0).min(limit)).unwrap_or(0);
    let mut decoder = match Decoder::new(&codings, limit, expected) {
        Ok(decoder) => decoder,
        Err(refusal) => return Ok(body_of(refusal)),
    };
    while let Some(frame) = conversation.drive(incoming.frame()).await {
        let frame =
            frame.map_err(|error| failure::of_body(&error, &progress.peer(), decoder.taken(), announced))?;
        let Ok(data) = frame.into_data() else { continue };
        let taken = decoder.take(&data);
        progress.exchange.body_length = Some(decoder.decoded());
        if let Err(refusal) = taken {
            return Ok(body_of(refusal));
        }
    }
    match decoder.finish() {
        Ok(bytes) => {
            progress.exchange.body_length = Some(bytes.len() as u64);
            Ok(Body::Complete(bytes.into()))
        }
        Err(refusal) => Ok(body_of(refusal)),
    }
}

/// The codings as the server wrote them: a secret that it tells back is not to be recognised in pieces.
fn written(headers: &HeaderMap) -> String {
    let lines = headers.get_all(CONTENT_ENCODING).iter();
    let lines: Vec<_> = lines
        .map(|line| String::from_utf8_lossy(line.as_bytes()))
        .collect();
    lines.join(", ")
}
