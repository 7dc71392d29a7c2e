//! What is sent, in words.

use std::fmt::Write as _;

use http::header::{AUTHORIZATION, COOKIE, HeaderName, PROXY_AUTHORIZATION};

use crate::request::{Auth, Connection, HttpVersion, ReadAs, Request, RequestBody, Tls};
use crate::template::Template;
use crate::{redact, size};

/// How many characters of a body a sentence can bear.
const LONGEST_BODY: usize = 80;

pub(super) fn sentences(request: &Request) -> Vec<String> {
    let mut sentences = vec![line(request)];
    for (name, value) in &request.headers {
        sentences.push(format!("with the header `{name}: {}`", header(name, value)));
    }
    sentences.extend(request.body.as_ref().map(body));
    sentences.extend(request.auth.as_ref().map(auth));
    sentences.extend(tls(&request.tls));
    sentences.extend(request.resolve.iter().map(|entry| {
        format!(
            "with {} as the address of {}:{}",
            entry.address, entry.host, entry.port
        )
    }));
    sentences.extend(manner(request));
    sentences.push(reading(request));
    sentences.extend(request.origin.as_ref().map(|origin| {
        format!("when the answer is stale, the origin at {origin} is asked as well, past the caches")
    }));
    sentences
}

/// `GET https://api.example.com/real-price?region=seoul`
fn line(request: &Request) -> String {
    let method = request.method.key().to_uppercase();
    let mut line = format!("{method} {}", request.url);
    for (index, (name, value)) in request.query.iter().enumerate() {
        let joint = if index == 0 && !line.contains('?') {
            '?'
        } else {
            '&'
        };
        // Writing to a `String` cannot fail.
        let _ = write!(line, "{joint}{name}={value}");
    }
    line
}

/// A header whose purpose is to hold credentials is a secret, however it is written.
fn header(name: &HeaderName, value: &Template) -> String {
    if [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(name) {
        redact::MASK.into()
    } else {
        value.to_string()
    }
}

fn body(body: &RequestBody) -> String {
    match body {
        RequestBody::Text(text) => format!("with the body `{}`", shortened(&text.to_string())),
        RequestBody::Json(text) => format!("with the JSON body `{}`", shortened(&text.to_string())),
        RequestBody::Form(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            format!("with the form `{}`", shortened(&fields.join("&")))
        }
    }
}

fn shortened(text: &str) -> String {
    let mut kept: String = text.chars().take(LONGEST_BODY).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    kept
}

fn auth(auth: &Auth) -> String {
    match auth {
        Auth::Basic { username, .. } => format!("as the user `{username}` with a password"),
        Auth::Bearer(_) => "with a bearer token".into(),
    }
}

fn tls(tls: &Tls) -> Vec<String> {
    let sentences = [
        tls.insecure
            .then(|| "without verifying the certificate (`insecure: true`)".to_owned()),
        tls.ca
            .as_ref()
            .map(|ca| format!("trusting the certificates in {} as well", ca.display())),
        tls.client
            .as_ref()
            .map(|client| format!("with the client certificate in {}", client.cert.display())),
        tls.server_name
            .as_ref()
            .map(|name| format!("with `{name}` as the server's name")),
    ];
    sentences.into_iter().flatten().collect()
}

/// What is out of the ordinary in how it is sent.
fn manner(request: &Request) -> Vec<String> {
    let connection = match request.connection {
        Connection::Fresh => None,
        Connection::Reuse => Some("on a connection that is kept between runs".to_owned()),
    };
    let version = match request.http {
        HttpVersion::Auto => None,
        HttpVersion::Http1 => Some("over HTTP/1.1".to_owned()),
        HttpVersion::Http2 => Some("over HTTP/2".to_owned()),
    };
    let redirects = match request.redirects {
        10 => None,
        0 => Some("following no redirect: it is the answer".to_owned()),
        1 => Some("following 1 redirect at most".to_owned()),
        most => Some(format!("following {most} redirects at most")),
    };
    [connection, version, redirects].into_iter().flatten().collect()
}

fn reading(request: &Request) -> String {
    let form = match request.read_as {
        ReadAs::Auto => "as its content type says, and as JSON where that says nothing",
        ReadAs::Json => "as JSON",
        ReadAs::Xml => "as XML",
        ReadAs::Csv => "as CSV",
        ReadAs::NdJson => "as JSON lines",
        ReadAs::Text => "as text",
    };
    format!(
        "the body is read {form}, up to {} of it",
        size::show(request.max_body)
    )
}
