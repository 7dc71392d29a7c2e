//! Every way in which an answer could get a secret into what is said about it.

use freshwatch_tests::server::answer;
use serde_json::{Value, json};

use super::heard::Heard;
use super::promises;

/// Something that goes wrong, and what the probe says of it.
pub struct Provocation {
    pub name: &'static str,
    /// What the probe promises.
    pub promises: Value,
    /// What the server answers; nothing at all: it hangs.
    pub answer: fn(&Heard) -> Vec<u8>,
    /// The verdict with the code of its first reason.
    pub told: &'static str,
}

/// One of each.
pub fn all() -> Vec<Provocation> {
    [whole_answers(), statuses_and_redirects(), promises::all()]
        .into_iter()
        .flatten()
        .collect()
}

fn whole_answers() -> Vec<Provocation> {
    let wants_json = || json!({"fresh": {"at": "$.updatedAt", "max_age": "1h"}});
    vec![
        Provocation {
            name: "page",
            promises: wants_json(),
            answer: |heard| {
                let body = format!("<html>{}</html>", json!(heard.echoes()));
                answer("200 OK", &["Content-Type: text/html"], body)
            },
            told: "invalid not_json",
        },
        Provocation {
            name: "broken-json",
            promises: wants_json(),
            answer: |heard| {
                let body = json!(heard.echoes()).to_string().replace("\":", "\"");
                answer("200 OK", &["Content-Type: application/json"], body)
            },
            told: "invalid not_json",
        },
        Provocation {
            name: "content-type",
            promises: wants_json(),
            answer: |heard| {
                answer(
                    "200 OK",
                    &[&format!("Content-Type: {}", heard.secret())],
                    heard.secret(),
                )
            },
            told: "invalid not_json",
        },
        Provocation {
            name: "content-encoding",
            promises: wants_json(),
            answer: |heard| {
                answer(
                    "200 OK",
                    &[&format!("Content-Encoding: {}", heard.secret())],
                    heard.secret(),
                )
            },
            told: "invalid encoding",
        },
        Provocation {
            name: "no-text",
            promises: json!({"expect": {"text": {"contains": "x"}}}),
            answer: |heard| answer("200 OK", &[], [heard.secret().as_bytes(), b"\xff"].concat()),
            told: "invalid not_text",
        },
        Provocation {
            name: "too-large",
            promises: json!({"max_body": "100B"}),
            answer: |heard| answer("200 OK", &[], heard.secret().repeat(100)),
            told: "invalid too_large",
        },
        Provocation {
            name: "hang",
            promises: json!({"timeout": "300ms"}),
            answer: |_| Vec::new(),
            told: "down timeout",
        },
        Provocation {
            name: "cut",
            promises: json!({}),
            answer: |heard| {
                format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{}",
                    heard.secret()
                )
                .into_bytes()
            },
            told: "down truncated",
        },
        Provocation {
            name: "babble",
            promises: json!({}),
            answer: |heard| format!("{}\r\n\r\n", heard.secret()).into_bytes(),
            told: "down protocol",
        },
    ]
}

fn statuses_and_redirects() -> Vec<Provocation> {
    vec![
        Provocation {
            name: "unauthorized",
            promises: json!({}),
            answer: |heard| with_status("401 Unauthorized", heard),
            told: "unknown credential",
        },
        Provocation {
            name: "slow-down",
            promises: json!({}),
            answer: |heard| with_status("429 Too Many Requests", heard),
            told: "unknown rate_limited",
        },
        Provocation {
            name: "not-found",
            promises: json!({}),
            answer: |heard| with_status("404 Not Found", heard),
            told: "invalid status",
        },
        Provocation {
            name: "failed",
            promises: json!({"retry": {"attempts": 2, "backoff": "1ms"}}),
            answer: |heard| with_status(&format!("500 {}", heard.secret()), heard),
            told: "down status",
        },
        Provocation {
            name: "location-none",
            promises: json!({}),
            answer: |heard| redirected(&format!("http://[{}", heard.secret())),
            told: "invalid redirects",
        },
        Provocation {
            name: "location-scheme",
            promises: json!({}),
            answer: |heard| redirected(&format!("ftp://host/{}", heard.secret())),
            told: "invalid redirects",
        },
        Provocation {
            name: "location-long",
            promises: json!({}),
            answer: |heard| redirected(&format!("ftp://host/{}{}", "x".repeat(75), heard.secret())),
            told: "invalid redirects",
        },
        Provocation {
            name: "location-target",
            promises: json!({}),
            answer: |heard| redirected(&format!("ftp://host{}", heard.request.target)),
            told: "invalid redirects",
        },
        Provocation {
            name: "location-refused",
            promises: json!({}),
            answer: |heard| redirected(&format!("http://127.0.0.1:1/{}", heard.secret())),
            told: "down connect",
        },
        Provocation {
            name: "location-host",
            promises: json!({}),
            answer: |heard| redirected(&format!("http://a host of {}/", heard.secret())),
            told: "invalid redirects",
        },
        Provocation {
            name: "location-around",
            promises: json!({"redirects": 3}),
            answer: |heard| redirected(&format!("{}?{}", heard.request.target, heard.secret())),
            told: "invalid redirects",
        },
    ]
}

fn with_status(status: &str, heard: &Heard) -> Vec<u8> {
    let retry = format!("Retry-After: {}", heard.secret());
    answer(
        status,
        &["Content-Type: application/json", &retry],
        json!(heard.echoes()).to_string(),
    )
}

fn redirected(location: &str) -> Vec<u8> {
    answer("302 Found", &[&format!("Location: {location}")], "")
}
