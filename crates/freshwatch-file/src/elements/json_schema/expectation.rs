//! `expect`, `warn`, the rules under `verdict`, and matchers.

use freshwatch_probe::matcher::JsonType;
use serde_json::{Value, json};

use super::build::{
    about, any_of, block, duration, filled, flag, free, integer, list, one_or_list, positive_duration, refer,
    size, text,
};
use crate::elements::comparison::LARGEST_COUNT;
use crate::elements::expectation::{BODY, CERTIFICATE, EXPECT, HEADERS, LATENCY, RULE, SIZE, WARN};
use crate::elements::matcher::{COUNT, LENGTH, MATCHER};
use crate::shape::Shape;

pub(super) fn expect() -> Value {
    block(&EXPECT, strict())
}

pub(super) fn rule() -> Value {
    block(&RULE, strict())
}

pub(super) fn warn() -> Value {
    let [status, headers, body, text, schema, size, certificate] = strict();
    let latency = about(
        bounds(&LATENCY, duration()),
        "How long the answer took, the body included: slower is degraded, and beyond `timeout` it is down.",
        [json!({"at_most": "800ms"})],
    );
    block(
        &WARN,
        [
            status,
            headers,
            body,
            text,
            schema,
            size,
            certificate,
            ("latency", latency),
        ],
    )
}

/// What all of them look at.
fn strict() -> [(&'static str, Value); 7] {
    let mut body = free(&BODY, refer("matcher"));
    body["propertyNames"] = json!({"pattern": r"^\$"});
    [
        (
            "status",
            about(
                status(),
                "The status of the answer; 2xx where nothing else is written.",
                [json!("2xx"), json!([200, 204])],
            ),
        ),
        (
            "headers",
            about(
                free(&HEADERS, refer("matcher_of_header")),
                "Headers of the answer by their names, in any case.",
                [json!({"content-type": {"matches": "^application/json"}})],
            ),
        ),
        (
            "body",
            about(
                body,
                "Values of the body, each by its JSONPath (RFC 9535).",
                [
                    json!({"$.error": {"exists": false}, "$.items": {"count": {"at_least": 20}}, "$.status": "OK"}),
                ],
            ),
        ),
        (
            "text",
            about(
                refer("matcher_of_text"),
                "The raw body.",
                [json!({"contains": "Seoul"})],
            ),
        ),
        (
            "schema",
            about(
                text(),
                "The file of a JSON Schema that the body satisfies, relative to this file.",
                [json!("schemas/prices.json")],
            ),
        ),
        (
            "size",
            about(
                bounds(&SIZE, size()),
                "The size of the body after decompression.",
                [json!({"at_most": "200KiB"})],
            ),
        ),
        (
            "certificate",
            about(
                block(
                    &CERTIFICATE,
                    [(
                        "valid_for",
                        about(
                            positive_duration(),
                            "So long at least, from now on.",
                            [json!("14d")],
                        ),
                    )],
                ),
                "The server's certificate.",
                [json!({"valid_for": "14d"})],
            ),
        ),
    ]
}

fn status() -> Value {
    one_or_list(json!({"anyOf": [
        integer(100, 599),
        {"type": "string", "pattern": "^([1-5]xx|[1-5][0-9][0-9])$"},
    ]}))
}

/// Bounds that are no equality.
fn bounds(shape: &Shape, measure: Value) -> Value {
    block(
        shape,
        [
            ("above", about(measure.clone(), "More than this.", [])),
            ("at_least", about(measure.clone(), "This or more.", [])),
            ("below", about(measure.clone(), "Less than this.", [])),
            ("at_most", about(measure, "This or less.", [])),
        ],
    )
}

/// A count, or its bounds.
fn count(shape: &Shape) -> Value {
    let number = || integer(0, LARGEST_COUNT);
    let bounds = block(
        shape,
        [
            ("equals", about(number(), "Exactly so many.", [])),
            ("above", about(number(), "More than so many.", [])),
            ("at_least", about(number(), "So many or more.", [])),
            ("below", about(number(), "Fewer than so many.", [])),
            ("at_most", about(number(), "So many or fewer.", [])),
        ],
    );
    any_of([number(), bounds])
}

/// A condition on what a path selects.
pub(super) fn matcher() -> Value {
    with_bare_value(matcher_map())
}

/// A condition on one of many values.
pub(super) fn matcher_of_each() -> Value {
    with_bare_value(without(matcher_map(), &["each", "any", "exists"]))
}

/// A condition on a header, which is a text.
pub(super) fn matcher_of_header() -> Value {
    of_text(&["each", "any", "type", "count"])
}

/// A condition on the raw body, which is a text that may hold numbers and is none.
pub(super) fn matcher_of_text() -> Value {
    of_text(&[
        "each", "any", "type", "count", "exists", "above", "at_least", "below", "at_most",
    ])
}

fn of_text(impossible: &[&str]) -> Value {
    let mut map = without(matcher_map(), impossible);
    for key in ["equals", "not"] {
        map["properties"][key]["type"] = "string".into();
    }
    any_of([text(), map])
}

/// A value by itself means equals.
fn with_bare_value(map: Value) -> Value {
    any_of([json!({"type": ["string", "number", "boolean", "null"]}), map])
}

fn matcher_map() -> Value {
    let mut map = block(&MATCHER, conditions());
    map["minProperties"] = 1.into();
    // What does not exist cannot satisfy anything else.
    map["if"] = json!({"properties": {"exists": {"const": false}}, "required": ["exists"]});
    map["then"] = json!({"maxProperties": 1});
    map
}

fn without(mut map: Value, keys: &[&str]) -> Value {
    if let Some(properties) = map["properties"].as_object_mut() {
        properties.retain(|key, _| !keys.contains(&key.as_str()));
    }
    map
}

fn conditions() -> [(&'static str, Value); 18] {
    let number = || json!({"type": "number"});
    let types: Value = JsonType::ALL
        .iter()
        .map(|json_type| json_type.as_str())
        .chain([""; 0])
        .collect();
    let json_type = json!({"anyOf": [{"type": "string", "enum": types}, {"type": "null"}]});
    [
        (
            "equals",
            about(json!({}), "Equal by type and value: `1` is not `\"1\"`.", []),
        ),
        ("not", about(json!({}), "Not equal to this value.", [])),
        (
            "one_of",
            about(
                list(json!({})),
                "Equal to one of these values.",
                [json!(["OK", "PARTIAL"])],
            ),
        ),
        ("above", about(number(), "A number above this one.", [json!(0)])),
        ("at_least", about(number(), "This number or a larger one.", [])),
        ("below", about(number(), "A number below this one.", [])),
        ("at_most", about(number(), "This number or a smaller one.", [])),
        (
            "matches",
            about(
                text(),
                "A text in which this regular expression finds something.",
                [json!("^application/json")],
            ),
        ),
        (
            "contains",
            about(
                json!({"not": {"const": ""}}),
                "A text that holds this one, or an array that holds this element.",
                [json!("Seoul")],
            ),
        ),
        ("starts_with", about(filled(), "A text that begins so.", [])),
        ("ends_with", about(filled(), "A text that ends so.", [])),
        (
            "exists",
            about(flag(), "Whether there is a match at all.", [json!(false)]),
        ),
        (
            "empty",
            about(
                flag(),
                "Whether it has no elements or characters.",
                [json!(false)],
            ),
        ),
        ("type", about(json_type, "Its JSON type.", [json!("array")])),
        (
            "count",
            about(
                count(&COUNT),
                "The number of elements of the one array matched, or of matches.",
                [json!({"at_least": 20})],
            ),
        ),
        (
            "length",
            about(
                count(&LENGTH),
                "The number of characters of a text.",
                [json!({"at_least": 1})],
            ),
        ),
        (
            "each",
            about(
                refer("matcher_of_each"),
                "What every match satisfies; no match at all breaks it.",
                [json!({"above": 0})],
            ),
        ),
        (
            "any",
            about(
                refer("matcher_of_each"),
                "What one match at least satisfies.",
                [json!({"equals": "OK"})],
            ),
        ),
    ]
}
