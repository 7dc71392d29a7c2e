//! `GET /`: what there is.

use bytes::Bytes;
use http::{StatusCode, header};

use crate::answer::{Answer, answer, with_header};

const PAGE: &str = include_str!("front.html");

/// The page.
pub(crate) fn page() -> Answer {
    let page = answer(
        StatusCode::OK,
        "text/html; charset=utf-8",
        Bytes::from_static(PAGE.as_bytes()),
    );
    let policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    with_header(page, header::CONTENT_SECURITY_POLICY, policy)
}
