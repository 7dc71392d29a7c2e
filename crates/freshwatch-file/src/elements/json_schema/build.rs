//! The parts that schemas are made of.

use serde_json::{Map, Value, json};

use crate::elements::schedule::LONGEST_CRON_LINE;
use crate::shape::Shape;

/// A map with the keys of a shape and no others.
///
/// # Panics
/// When the shape has other keys: a key of the grammar and its schema come together.
pub(super) fn block<'k>(shape: &Shape, keys: impl IntoIterator<Item = (&'k str, Value)>) -> Value {
    let described: Map<String, Value> = keys
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    let missing: Vec<_> = shape
        .keys
        .iter()
        .filter(|key| !described.contains_key(**key))
        .collect();
    assert!(
        missing.is_empty(),
        "the schema of {} lacks {missing:?}",
        shape.name
    );
    assert_eq!(
        described.len(),
        shape.keys.len(),
        "the schema of {} has keys of its own",
        shape.name
    );
    json!({"type": "object", "properties": described, "additionalProperties": false})
}

/// A map whose keys are the writer's own.
///
/// # Panics
/// When the shape has keys of the grammar.
pub(super) fn free(shape: &Shape, values: Value) -> Value {
    assert!(shape.is_free(), "{} has keys of the grammar", shape.name);
    Value::from_iter([("type", Value::from("object")), ("additionalProperties", values)])
}

/// What is defined under a name.
pub(super) fn refer(name: &str) -> Value {
    json!({"$ref": format!("#/definitions/{name}")})
}

/// A schema with what an editor shows of it. Beside a reference draft 7 knows nothing else, so that goes one deeper.
pub(super) fn about<const N: usize>(schema: Value, description: &str, examples: [Value; N]) -> Value {
    let mut schema = if schema.get("$ref").is_some() {
        json!({"allOf": [schema]})
    } else {
        schema
    };
    schema["description"] = description.into();
    if N > 0 {
        schema["examples"] = Value::from_iter(examples);
    }
    schema
}

/// A schema with the value that counts where none is written.
pub(super) fn default(mut schema: Value, value: impl Into<Value>) -> Value {
    schema["default"] = value.into();
    schema
}

/// One of a closed list of words.
pub(super) fn words<'w>(words: impl IntoIterator<Item = &'w str>) -> Value {
    json!({"type": "string", "enum": Vec::from_iter(words)})
}

/// A closed list of words as their reader has it.
pub(super) fn listed<T>(list: &[(&str, T)]) -> Value {
    words(list.iter().map(|(word, _)| *word))
}

pub(super) fn text() -> Value {
    json!({"type": "string"})
}

/// A text of a request: numbers and flags go as they are written.
pub(super) fn sent() -> Value {
    json!({"type": ["string", "number", "boolean"]})
}

/// A text that says something.
pub(super) fn filled() -> Value {
    json!({"type": "string", "minLength": 1})
}

/// A text of one line.
pub(super) fn line() -> Value {
    json!({"type": "string", "pattern": r"^[^\n]*$"})
}

pub(super) fn flag() -> Value {
    json!({"type": "boolean"})
}

pub(super) fn integer(from: u64, to: u64) -> Value {
    json!({"type": "integer", "minimum": from, "maximum": to})
}

/// As [`freshwatch_probe::duration::parse`] reads it.
pub(super) fn duration() -> Value {
    json!({
        "type": "string",
        "pattern": "^(?=[0-9])([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$",
    })
}

/// A duration longer than nothing.
pub(super) fn positive_duration() -> Value {
    json!({
        "type": "string",
        "pattern": "^(?=.*[1-9])([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$",
    })
}

/// As [`freshwatch_probe::size::parse`] reads it.
pub(super) fn size() -> Value {
    json!({"type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB|kB|KB|MB|GB)$"})
}

pub(super) fn percentage() -> Value {
    json!({"type": "string", "pattern": r"^(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)%$"})
}

/// A JSONPath (RFC 9535).
pub(super) fn path() -> Value {
    json!({"type": "string", "pattern": r"^\$"})
}

/// A date of the calendar: `2026-12-25`.
pub(super) fn date() -> Value {
    json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
}

/// A time with its distance from UTC (RFC 3339).
pub(super) fn time() -> Value {
    json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}"})
}

/// A name of the IANA database.
pub(super) fn timezone() -> Value {
    json!({"type": "string", "pattern": "^[A-Za-z][-+_/A-Za-z0-9]*$"})
}

/// A cron line of five fields, or a word such as `@hourly`.
pub(super) fn cron() -> Value {
    json!({"type": "string", "pattern": r"^\s*(@[a-z]+|\S+(\s+\S+){4})\s*$", "maxLength": LONGEST_CRON_LINE})
}

/// The name of a probe.
pub(super) fn probe_name() -> Value {
    json!({"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63})
}

/// The name of a header (RFC 9110, section 5.1).
pub(super) fn header_name() -> Value {
    json!({"pattern": r"^[-!#$%&'*+.^_`|~0-9A-Za-z]+$"})
}

/// A list that holds something.
pub(super) fn list(items: Value) -> Value {
    Value::from_iter([
        ("type", Value::from("array")),
        ("items", items),
        ("minItems", 1.into()),
    ])
}

/// What satisfies one of these.
pub(super) fn any_of<const N: usize>(schemas: [Value; N]) -> Value {
    Value::from_iter([("anyOf", Value::from_iter(schemas))])
}

/// One value, or several of them in a list.
pub(super) fn one_or_list(item: Value) -> Value {
    any_of([item.clone(), list(item)])
}

/// A schema that has one of these keys at most.
pub(super) fn at_most_one_of(schema: Value, keys: &[&str]) -> Value {
    let pairs = keys
        .iter()
        .enumerate()
        .flat_map(|(nth, one)| keys[nth + 1..].iter().map(move |other| [*one, *other]));
    refusing(schema, pairs)
}

/// A schema that never has both keys of a pair.
pub(super) fn refusing<'k>(schema: Value, pairs: impl IntoIterator<Item = [&'k str; 2]>) -> Value {
    let refused = pairs.into_iter().map(|pair| json!({"not": {"required": pair}}));
    with_all(schema, refused)
}

/// A schema that has one of these keys and no other of them.
pub(super) fn exactly_one_of(schema: Value, keys: &[&str]) -> Value {
    let one: Value = keys.iter().map(|key| json!({"required": [key]})).collect();
    with_all(at_most_one_of(schema, keys), [json!({"anyOf": one})])
}

/// A schema that satisfies these as well.
pub(super) fn with_all(mut schema: Value, others: impl IntoIterator<Item = Value>) -> Value {
    let mut all = match schema["allOf"].take() {
        Value::Array(all) => all,
        _ => Vec::new(),
    };
    all.extend(others);
    schema["allOf"] = all.into();
    schema
}

/// A schema that has all of these keys.
pub(super) fn requiring(mut schema: Value, keys: &[&str]) -> Value {
    schema["required"] = json!(keys);
    schema
}
