//! Answers, with the header fields that all of them carry.

use bytes::Bytes;
use freshwatch_probe::show;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;

/// An answer to a client.
pub(crate) type Answer = Response<Full<Bytes>>;

/// An answer that refuses.
pub(crate) type Refusal = Box<Answer>;

/// Refuses with a sentence for people.
pub(crate) fn refusal(status: StatusCode, sentence: impl Into<String>) -> Refusal {
    Box::new(plain(status, sentence))
}

/// A sentence for people.
pub(crate) fn plain(status: StatusCode, sentence: impl Into<String>) -> Answer {
    let mut sentence: String = sentence.into();
    sentence.push('\n');
    answer(status, "text/plain; charset=utf-8", Bytes::from(sentence))
}

/// A document for machines that a person may have to read.
pub(crate) fn json(document: &impl Serialize) -> Answer {
    // Nothing in our documents can fail to serialize: their maps have text keys and their numbers are finite.
    let mut text = serde_json::to_vec_pretty(document).unwrap_or_default();
    text.push(b'\n');
    answer(StatusCode::OK, "application/json", Bytes::from(text))
}

/// Any answer. What is now is never true later, and never another type than it says.
pub(crate) fn answer(status: StatusCode, content_type: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    let fields = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in fields {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// The answer with one more header field; without it where no header field can hold the value.
pub(crate) fn with_header(mut answer: Answer, name: HeaderName, value: &str) -> Answer {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// What a client sent, as a sentence shows it: short, and without what a terminal would obey.
pub(crate) fn sent(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("`{}`", show::plain(&short))
}
