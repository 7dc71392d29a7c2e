//! What is kept of a value: enough to tell whether the next one is the same, and whether a number went back.

use std::cmp::Ordering;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use sha2::{Digest as _, Sha256};

/// What is kept of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Mark {
    /// A number, in decimal digits: it may not go back.
    Number(String),
    /// The digest of anything else, in hexadecimal digits.
    Digest(String),
}

/// So many bytes of a SHA-256 (FIPS 180-4) tell two contents apart.
const DIGEST_LENGTH: usize = 16;

impl Mark {
    /// The mark of a cursor: a number or a text. In a header or the raw body (`in_text`) numbers are spelt as text.
    ///
    /// # Errors
    /// A fragment that says why the value is no cursor.
    pub fn of_cursor(value: &Value, in_text: bool) -> Result<Self, String> {
        let no_cursor = |what: &str| Err(format!("{what} is no number and no text that could move on"));
        match value {
            Value::Number(number) => Ok(Self::number(number)),
            Value::String(text) if text.trim().is_empty() => no_cursor("an empty text"),
            Value::String(text) if in_text => {
                Ok(whole(text.trim()).unwrap_or_else(|| Self::of_content(value)))
            }
            Value::String(_) => Ok(Self::of_content(value)),
            Value::Null => no_cursor("null"),
            Value::Bool(_) => no_cursor("a boolean"),
            Value::Array(_) => no_cursor("an array"),
            Value::Object(_) => no_cursor("an object"),
        }
    }

    /// The mark of anything: the digest of its canonical JSON.
    pub fn of_content(value: &Value) -> Self {
        let mut hasher = Sha256::new();
        let mut text = String::new();
        write(value, &mut text, &mut |part| hasher.update(part));
        hasher.update(&text);
        let digest = hasher.finalize();
        let mut digits = String::with_capacity(2 * DIGEST_LENGTH);
        for byte in digest.iter().take(DIGEST_LENGTH) {
            // Writing to a string cannot fail.
            let _ = write!(digits, "{byte:02x}");
        }
        Self::Digest(digits)
    }

    fn number(number: &Number) -> Self {
        Self::Number(number.to_string())
    }

    /// Whether both are numbers and this one is less.
    pub fn is_behind(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(own), Self::Number(other)) => compare(own, other) == Some(Ordering::Less),
            (Self::Number(_) | Self::Digest(_), _) => false,
        }
    }

    /// Whether both say the same: `1` and `1.0` do.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(own), Self::Number(other)) => compare(own, other) == Some(Ordering::Equal),
            (Self::Digest(own), Self::Digest(other)) => own == other,
            (Self::Number(_), Self::Digest(_)) | (Self::Digest(_), Self::Number(_)) => false,
        }
    }
}

/// Whole numbers exactly, others as JSON numbers are.
fn compare(one: &str, other: &str) -> Option<Ordering> {
    if let (Ok(one), Ok(other)) = (one.parse::<i128>(), other.parse::<i128>()) {
        return Some(one.cmp(&other));
    }
    one.parse::<f64>().ok()?.partial_cmp(&other.parse().ok()?)
}

fn whole(text: &str) -> Option<Mark> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_whole.then(|| text.parse::<i128>().ok())??;
    Some(Mark::Number(number.to_string()))
}

/// So much is gathered before it goes on.
const PART: usize = 4096;

/// Canonical JSON in the way of RFC 8785: members in the order of their names, no white space, one spelling for each
/// number.
fn write(value: &Value, text: &mut String, sink: &mut dyn FnMut(&[u8])) {
    if text.len() >= PART {
        sink(text.as_bytes());
        text.clear();
    }
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&value.to_string()),
        Value::Number(number) => text.push_str(&spelt(number)),
        Value::Array(elements) => {
            text.push('[');
            for element in elements {
                write(element, text, sink);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(members) => write_members(members, text, sink),
    }
}

fn write_members(members: &Map<String, Value>, text: &mut String, sink: &mut dyn FnMut(&[u8])) {
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    text.push('{');
    for (name, value) in sorted {
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push(':');
        write(value, text, sink);
        text.push(',');
    }
    text.push('}');
}

/// `1.0` is `1`, and `-0.0` is `0`.
fn spelt(number: &Number) -> String {
    let spelt = number.to_string();
    match spelt.strip_suffix(".0") {
        Some("-0") => "0".into(),
        Some(whole) => whole.into(),
        None => spelt,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Mark;

    fn of(text: &str) -> Mark {
        Mark::of_content(&serde_json::from_str::<Value>(text).unwrap())
    }

    #[test]
    fn contents_are_the_same_whatever_their_layout() {
        assert_eq!(
            of(r#"{"a": 1, "b": [1.0, "x"]}"#),
            of(r#"{"b":[1,"\u0078"],"a":1}"#)
        );
        for (one, other) in [
            (r#"{"a":1}"#, r#"{"a":2}"#),
            (r#"{"a":1}"#, r#"{"b":1}"#),
            ("[1,2]", "[2,1]"),
            ("[[1],2]", "[[1,2]]"),
            (r#"["a","b"]"#, r#"["a,b"]"#),
            (r#"["a\",\"b"]"#, r#"["a","b"]"#),
            ("1", "\"1\""),
            ("[]", "{}"),
            ("[null]", "[]"),
        ] {
            assert_ne!(of(one), of(other), "{one} {other}");
        }
        let long = |last: u32| {
            json!(
                (0..5000)
                    .map(|_| "price")
                    .chain([last.to_string().as_str()])
                    .collect::<Vec<_>>()
            )
        };
        assert_ne!(Mark::of_content(&long(1)), Mark::of_content(&long(2)));
    }

    #[test]
    fn a_digest_is_the_same_in_every_version_of_the_program() {
        let digest = of(r#"{"b": [1.50, null], "a": "price"}"#);
        assert_eq!(digest, Mark::Digest("f5e47994489591ae171a06bcdf47fba8".into()));
    }

    #[test]
    fn numbers_compare_exactly_and_texts_only_as_the_same() {
        let cursor = |value: Value| Mark::of_cursor(&value, false).unwrap();
        for (one, other, is_behind) in [
            (json!(1), json!(2), true),
            (json!(2), json!(1), false),
            (
                json!(9_007_199_254_740_992_u64),
                json!(9_007_199_254_740_993_u64),
                true,
            ),
            (json!(-1), json!(u64::MAX), true),
            (json!(1.5), json!(2), true),
            (json!("1"), json!("2"), false),
            (json!("1"), json!(2), false),
        ] {
            assert_eq!(
                cursor(one.clone()).is_behind(&cursor(other.clone())),
                is_behind,
                "{one} {other}"
            );
        }
        assert!(cursor(json!(1)).is_same(&cursor(json!(1.0))));
        assert!(!cursor(json!("1")).is_same(&cursor(json!(1))));
    }

    #[test]
    fn in_a_header_digits_are_a_number() {
        let cursor = |text: &str| Mark::of_cursor(&json!(text), true);
        assert_eq!(cursor(" 0042 "), Ok(Mark::Number("42".into())));
        assert_eq!(cursor("-7"), Ok(Mark::Number("-7".into())));
        for text in ["a42", "4.2", "--1", "\"42\"", &"9".repeat(60)] {
            assert!(matches!(cursor(text), Ok(Mark::Digest(_))), "{text}");
        }
        assert!(cursor(" ").is_err());
    }

    #[test]
    fn what_cannot_move_is_no_cursor() {
        for value in [json!(null), json!(true), json!([1]), json!({"a": 1}), json!("")] {
            assert!(Mark::of_cursor(&value, false).is_err(), "{value}");
        }
    }
}
