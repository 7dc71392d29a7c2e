//! Promises that an answer with a secret in it breaks.

use freshwatch_tests::leaks::ascii_escaped;
use freshwatch_tests::server::answer;
use serde_json::{Value, json};

use super::heard::{ECHOES, Heard};
use super::provocations::Provocation;

/// One of each. Their schemas are [`SCHEMAS`].
pub fn all() -> Vec<Provocation> {
    [expectations(), schemas(), freshness(), reports()]
        .into_iter()
        .flatten()
        .collect()
}

fn expectations() -> Vec<Provocation> {
    let each_echo = || {
        ECHOES
            .map(|name| (format!("$.{name}"), json!(1)))
            .into_iter()
            .collect::<Value>()
    };
    let one = |matcher: Value| json!({"expect": {"body": {"$.raw": matcher}}});
    let of = |name: &'static str, promises: Value| Provocation {
        name,
        promises,
        answer: raw,
        told: "invalid expectation",
    };
    vec![
        Provocation {
            name: "echo",
            promises: json!({"expect": {"body": each_echo()}}),
            answer: |heard| json_answer(&json!(heard.echoes())),
            told: "invalid expectation",
        },
        Provocation {
            name: "echo-cut",
            promises: json!({"expect": {"body": each_echo()}}),
            answer: |heard| {
                let mut echoes = heard.echoes();
                for text in echoes.values_mut() {
                    let long = "x".repeat(65) + text.as_str().unwrap_or_default();
                    *text = long.into();
                }
                json_answer(&json!(echoes))
            },
            told: "invalid expectation",
        },
        Provocation {
            name: "warned",
            promises: json!({"warn": {"body": {"$.raw": 1}}}),
            answer: raw,
            told: "degraded warning",
        },
        Provocation {
            name: "ruled",
            promises: json!({"verdict": {"stale": {"body": {"$.raw": {"exists": true}}}}}),
            answer: raw,
            told: "stale rule",
        },
        of("equals", one(json!({"equals": 1}))),
        of("one-of", one(json!({"one_of": [1, 2]}))),
        of("above", one(json!({"above": 1}))),
        of("at-most", one(json!({"at_most": 1}))),
        of("matches", one(json!({"matches": "^nothing$"}))),
        of("contains", one(json!({"contains": "nothing"}))),
        of("starts", one(json!({"starts_with": "nothing"}))),
        of("ends", one(json!({"ends_with": "nothing"}))),
        of("exists", one(json!({"exists": false}))),
        of("empty", one(json!({"empty": true}))),
        of("type", one(json!({"type": "number"}))),
        of("count", one(json!({"count": 1}))),
        of("length", one(json!({"length": {"at_most": 1}}))),
        of(
            "each",
            json!({"expect": {"body": {"$.list[*]": {"each": {"above": 0}}}}}),
        ),
        of(
            "any",
            json!({"expect": {"body": {"$.list[*]": {"any": {"above": 2}}}}}),
        ),
        Provocation {
            name: "header",
            promises: json!({"expect": {"headers": {"x-echo": {"above": 1}}}}),
            answer: |heard| answer("200 OK", &[&format!("X-Echo: {}", heard.secret())], ""),
            told: "invalid expectation",
        },
        Provocation {
            name: "text",
            promises: json!({"expect": {"text": {"contains": "nothing"}}}),
            answer: |heard| answer("200 OK", &[], heard.secret()),
            told: "invalid expectation",
        },
        Provocation {
            name: "text-in-json",
            promises: json!({"expect": {"text": {"contains": "nothing"}}}),
            answer: |heard| {
                let body = json!([heard.secret()]).to_string();
                answer("200 OK", &[], ascii_escaped(&body).replace('/', "\\/"))
            },
            told: "invalid expectation",
        },
    ]
}

/// The schemas that [`all`] needs beside the probe file.
pub const SCHEMAS: [(&str, &str); 6] = [
    ("type.json", r#"{"properties": {"raw": {"type": "integer"}}}"#),
    ("enum.json", r#"{"properties": {"raw": {"enum": [1, 2]}}}"#),
    (
        "pattern.json",
        r#"{"properties": {"raw": {"pattern": "^nothing$", "maxLength": 2}}}"#,
    ),
    ("names.json", r#"{"propertyNames": {"maxLength": 3}}"#),
    (
        "additional.json",
        r#"{"properties": {"raw": {}}, "additionalProperties": false}"#,
    ),
    (
        "nested.json",
        r#"{"additionalProperties": {"properties": {"a/b": {"type": "integer"}}}}"#,
    ),
];

fn schemas() -> Vec<Provocation> {
    let of = |name: &'static str, file: &str, answer: fn(&Heard) -> Vec<u8>| Provocation {
        name,
        promises: json!({"expect": {"schema": file}}),
        answer,
        told: "invalid schema",
    };
    let named: fn(&Heard) -> Vec<u8> = |heard| json_answer(&json!({heard.secret(): {"a/b": heard.secret()}}));
    vec![
        of("schema-type", "type.json", raw),
        of("schema-enum", "enum.json", raw),
        of("schema-pattern", "pattern.json", raw),
        of("schema-names", "names.json", named),
        of("schema-additional", "additional.json", named),
        of("schema-nested", "nested.json", named),
    ]
}

fn freshness() -> Vec<Provocation> {
    let of = |name: &'static str, fresh: Value| Provocation {
        name,
        promises: json!({"fresh": fresh}),
        answer: |heard| {
            let header = format!("X-Updated: {}", heard.secret());
            let body = json!({"raw": heard.secret(), "list": ["2026-01-01T00:00:00Z", heard.secret()]});
            answer(
                "200 OK",
                &["Content-Type: application/json", &header],
                body.to_string(),
            )
        },
        told: "invalid bad_timestamp",
    };
    vec![
        of("at", json!({"at": "$.raw", "max_age": "1h"})),
        of(
            "at-format",
            json!({"at": "$.raw", "format": "%Y-%m-%d", "timezone": "UTC", "max_age": "1h"}),
        ),
        of(
            "at-unix",
            json!({"at": "$.raw", "format": "unix", "max_age": "1h"}),
        ),
        of(
            "at-many",
            json!({"at": "$.list[*]", "pick": "oldest", "max_age": "1h"}),
        ),
        of(
            "at-header",
            json!({"at": {"header": "X-Updated"}, "max_age": "1h"}),
        ),
        of(
            "at-text",
            json!({"at": {"text": "\"raw\":\"(.+)\"}"}, "max_age": "1h"}),
        ),
        of("age", json!({"age": "$.raw", "max_age": "1h"})),
        of("expires", json!({"expires": "$.raw"})),
        Provocation {
            name: "age-of-cache",
            promises: json!({"fresh": {"at": "$.updatedAt", "max_age": "9w", "max_cache_age": "1m"}}),
            answer: |heard| {
                let age = format!("Age: {}", heard.secret());
                let body = json!({"updatedAt": "2026-11-20T00:00:00Z"}).to_string();
                answer("200 OK", &["Content-Type: application/json", &age], body)
            },
            told: "invalid bad_timestamp",
        },
    ]
}

fn reports() -> Vec<Provocation> {
    vec![
        Provocation {
            name: "report",
            promises: json!({"self_report": true}),
            answer: |heard| json_answer(&json!({"status": heard.secret()})),
            told: "invalid self_report",
        },
        Provocation {
            name: "report-checks",
            promises: json!({"self_report": true}),
            answer: |heard| {
                json_answer(&json!({"status": "fail", "checks": {heard.secret(): [{"status": "fail"}]}}))
            },
            told: "down self_report",
        },
    ]
}

fn json_answer(body: &Value) -> Vec<u8> {
    answer("200 OK", &["Content-Type: application/json"], body.to_string())
}

fn raw(heard: &Heard) -> Vec<u8> {
    json_answer(&json!({"raw": heard.secret(), "list": [1, heard.secret(), heard.secret()]}))
}
