//! Our tree against serde_yaml's reading of the same text: both follow the core schema of YAML 1.2.

use std::fs;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::node::{Content, Node};
use super::scalar::Plain;

/// The tree as JSON; what JSON cannot keep is a text with a mark, so that no reading of another parser equals it.
fn as_json(node: &Node) -> Value {
    match &node.content {
        Content::List(items) => items.iter().map(as_json).collect(),
        Content::Map(members) => members
            .iter()
            .map(|member| (member.key.text.clone(), as_json(&member.value)))
            .collect(),
        Content::Scalar(scalar) => match scalar.plain() {
            Plain::Null => Value::Null,
            Plain::Bool(flag) => json!(flag),
            Plain::Number(number) => Value::Number(number),
            Plain::NoNumber(why) => json!(format!("{} {why}", scalar.text)),
            Plain::Text => json!(scalar.text.as_str()),
        },
    }
}

#[track_caller]
fn ours(text: &str) -> Value {
    let tree = super::read(0, text);
    assert!(tree.found.is_empty(), "{text}\n{:?}", tree.found);
    tree.root.as_ref().map_or(Value::Null, as_json)
}

#[track_caller]
fn check(text: &str) {
    let theirs: Value = serde_yaml::from_str(text).unwrap();
    assert_eq!(ours(text), theirs, "{text}");
}

#[test]
fn golden_files_read_alike() {
    let mut count = 0;
    for entry in fs::read_dir("test_data/ok").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = fs::read_to_string(path).unwrap();
            check(text.strip_prefix('\u{feff}').unwrap_or(&text));
            count += 1;
        }
    }
    assert!(count > 5);
}

/// Plain scalars that parsers like to disagree about. Leading zeros are left out: a number to the core schema, a text
/// to serde_yaml, and a mistake to us.
const TRICKY: [&str; 42] = [
    "yes",
    "no",
    "on",
    "off",
    "y",
    "n",
    "true",
    "True",
    "TRUE",
    "tRue",
    "false",
    "null",
    "Null",
    "NULL",
    "~",
    "nil",
    "0",
    "-0",
    "7",
    "-7",
    "+7",
    "0x1F",
    "0o17",
    "1.5",
    "-1.5",
    ".5",
    "5.",
    "1e3",
    "1E+3",
    "1e",
    "1_000",
    "12:30:45",
    "2026-10-20",
    "1.2.3.4",
    "0x",
    "0o8",
    ".",
    "-",
    "18446744073709551615",
    "-9223372036854775808",
    "::1",
    "a#b",
];

#[test]
fn tricky_scalars_read_alike() {
    for scalar in TRICKY.iter().filter(|scalar| **scalar != "-") {
        check(&format!("key: {scalar}\n"));
        check(&format!("key: \"{scalar}\"\n"));
        check(&format!("- '{scalar}'\n"));
    }
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e6..1e6).prop_map(|number: f64| json!(number)),
        proptest::sample::select(TRICKY.to_vec()).prop_map(Value::from),
        "[ -~äß서\\n\\t]{0,30}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec(("[a-z$.*_-]{1,12}", inner), 0..5).prop_map(|members| {
                members
                    .into_iter()
                    .map(|(name, value)| (format!("k{name}"), value))
                    .collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn documents_read_alike(document in document()) {
        let text = serde_yaml::to_string(&document).unwrap();
        let theirs: Value = serde_yaml::from_str(&text).unwrap();
        prop_assert_eq!(ours(&text), theirs, "{}", text);
    }

    /// The places of plain scalars and keys are exactly what is written there.
    #[test]
    fn places_are_exact(document in document()) {
        let text = serde_yaml::to_string(&document).unwrap();
        if let Some(root) = super::read(0, &text).root {
            check_places(&root, &text)?;
        }
    }
}

fn check_places(node: &Node, text: &str) -> Result<(), TestCaseError> {
    let written = &text[node.place.start..node.place.end];
    match &node.content {
        Content::Scalar(scalar) if scalar.plain && !scalar.text.is_empty() && !written.contains('\n') => {
            prop_assert_eq!(written, &scalar.text);
        }
        Content::Scalar(_) => {}
        Content::List(items) => items.iter().try_for_each(|item| check_places(item, text))?,
        Content::Map(members) => {
            for member in members {
                let key = &text[member.key.place.start..member.key.place.end];
                prop_assert_eq!(key.trim_matches(['\'', '"']), &member.key.text);
                check_places(&member.value, text)?;
            }
        }
    }
    Ok(())
}
