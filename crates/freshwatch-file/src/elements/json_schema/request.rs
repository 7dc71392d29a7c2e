//! The keys of a request.

use freshwatch_probe::request::Method;
use serde_json::{Value, json};

use super::build::{
    about, block, default, exactly_one_of, filled, flag, free, header_name, integer, listed, requiring, sent,
    size, text,
};
use crate::elements::auth::{AUTH, BASIC};
use crate::elements::body::FORM;
use crate::elements::headers::HEADERS;
use crate::elements::request::{CONNECTION, HTTP, MOST_REDIRECTS, QUERY, READ_AS};
use crate::elements::resolve::RESOLVE;
use crate::elements::tls::TLS;

/// The keys that probes and `defaults` have.
pub(super) fn shared() -> [(&'static str, Value); 11] {
    [
        (
            "origin",
            about(
                url(),
                "The same server without the caches before it, asked as well when an answer is stale.",
                [json!("https://origin.example.com/real-price")],
            ),
        ),
        (
            "headers",
            about(
                headers(),
                "Headers of the request.",
                [json!({"Accept": "application/json"})],
            ),
        ),
        (
            "query",
            about(
                free(&QUERY, sent()),
                "Added to the URL, encoded.",
                [json!({"region": "seoul"})],
            ),
        ),
        ("auth", auth()),
        ("tls", tls()),
        (
            "redirects",
            default(
                about(integer(0, MOST_REDIRECTS), "Followed at most; 0: none.", []),
                10,
            ),
        ),
        (
            "read_as",
            default(
                about(
                    listed(&READ_AS),
                    "How a JSONPath sees the body; `auto` goes by the content type.",
                    [],
                ),
                "auto",
            ),
        ),
        (
            "max_body",
            default(
                about(
                    size(),
                    "The largest body after decompression, 256MiB at most.",
                    [],
                ),
                "1MiB",
            ),
        ),
        ("http", default(about(http(), "The version of HTTP.", []), "auto")),
        (
            "connection",
            default(
                about(
                    listed(&CONNECTION),
                    "A new connection for each run, as a new visitor has it, or one that is kept between runs.",
                    [],
                ),
                "fresh",
            ),
        ),
        (
            "resolve",
            about(
                resolve(),
                "Addresses to use instead of asking the resolver, by host and port.",
                [json!({"api.example.com:443": "192.0.2.1"})],
            ),
        ),
    ]
}

/// The method and its URL.
pub(super) fn methods() -> [(&'static str, Value); 7] {
    Method::ALL.map(|method| {
        let description = format!("Asks this URL by {}.", method.key().to_ascii_uppercase());
        (
            method.key(),
            about(url(), &description, [json!("https://api.example.com/real-price")]),
        )
    })
}

/// What is sent.
pub(super) fn bodies() -> [(&'static str, Value); 3] {
    [
        ("body", about(text(), "What is sent, as it stands here.", [])),
        (
            "json",
            about(json!({}), "What is sent, as JSON.", [json!({"q": "chair"})]),
        ),
        (
            "form",
            about(
                free(&FORM, sent()),
                "What is sent, as a form.",
                [json!({"name": "value"})],
            ),
        ),
    ]
}

fn url() -> Value {
    json!({"type": "string", "pattern": r"^([Hh][Tt][Tt][Pp][Ss]?://[^/?#\s]|\$\{)\S*$"})
}

fn headers() -> Value {
    let mut headers = free(&HEADERS, sent());
    headers["propertyNames"] = header_name();
    headers
}

fn resolve() -> Value {
    let mut resolve = free(&RESOLVE, json!({"type": "string", "pattern": "^[0-9a-fA-F.:]+$"}));
    resolve["propertyNames"] = json!({"pattern": ":[0-9]{1,5}$"});
    resolve
}

/// YAML reads two of the words as numbers.
fn http() -> Value {
    let words = HTTP.map(|(word, _)| word);
    let numbers = words
        .iter()
        .filter_map(|word| serde_json::from_str::<Value>(word).ok());
    json!({"enum": words.iter().map(|word| json!(word)).chain(numbers).collect::<Value>()})
}

fn server_name() -> Value {
    json!({"type": "string", "pattern": "^[-_.:A-Za-z0-9]+$"})
}

fn auth() -> Value {
    let basic = block(
        &BASIC,
        [
            ("username", about(filled(), "The name.", [json!("probe")])),
            (
                "password",
                about(text(), "The password.", [json!("${env:PROBE_PASSWORD}")]),
            ),
        ],
    );
    let auth = block(
        &AUTH,
        [
            (
                "basic",
                about(
                    requiring(basic, &["username", "password"]),
                    "A name and a password (RFC 7617).",
                    [],
                ),
            ),
            (
                "bearer",
                about(filled(), "A token (RFC 6750).", [json!("${env:PROBE_TOKEN}")]),
            ),
        ],
    );
    about(
        exactly_one_of(auth, &["basic", "bearer"]),
        "Credentials, which go nowhere but to the URL's own origin.",
        [],
    )
}

fn tls() -> Value {
    let mut tls = block(
        &TLS,
        [
            (
                "ca",
                about(
                    filled(),
                    "A file of certificates in PEM that are trusted beside those of the system.",
                    [json!("ca.pem")],
                ),
            ),
            (
                "cert",
                about(
                    filled(),
                    "The file of the client's certificate chain, in PEM.",
                    [json!("client.pem")],
                ),
            ),
            (
                "key",
                about(
                    filled(),
                    "The file of the client's private key, in PEM.",
                    [json!("client.key")],
                ),
            ),
            (
                "server_name",
                about(
                    server_name(),
                    "The name that the certificate must be for, where it is not the URL's host.",
                    [json!("api.example.com")],
                ),
            ),
            (
                "insecure",
                default(about(flag(), "Whether any certificate is taken.", []), false),
            ),
        ],
    );
    tls["dependencies"] = json!({"cert": ["key"], "key": ["cert"]});
    about(tls, "How TLS is verified. Files are relative to this file.", [])
}
