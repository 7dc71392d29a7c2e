//! Shows what was seen to people: short, and without secrets.

use serde_json::Value;

use crate::redact::Redactor;

/// How many characters of a value a sentence can bear.
const LONGEST: usize = 80;

/// How much of a text is looked through for secrets: of what may be a whole body, more is never shown. A secret that is
/// cut there is masked as well.
const LONGEST_REDACTED: usize = 4096;

/// A value as a sentence shows it. Secrets go before the text is shortened, so that none is cut in half and kept.
pub fn value(value: &Value, secrets: &Redactor) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(string) => text(string, secrets),
        Value::Array(elements) => match elements.len() {
            0 => "an empty array".into(),
            1 => "an array of 1 element".into(),
            count => format!("an array of {count} elements"),
        },
        Value::Object(members) => match members.len() {
            0 => "an empty object".into(),
            1 => "an object with 1 member".into(),
            count => format!("an object with {count} members"),
        },
    }
}

/// A text in quotes, control characters escaped.
pub fn text(text: &str, secrets: &Redactor) -> String {
    let within: String = text.chars().take(LONGEST_REDACTED).collect();
    let shown = secrets.redact(&within);
    let mut kept: String = shown.chars().take(LONGEST).collect();
    if kept.len() < shown.len() || within.len() < text.len() {
        kept.push('…');
    }
    format!("{kept:?}")
}

/// A text without what a terminal would obey or XML cannot hold: control characters, those that turn the direction of
/// writing, and what is no character at all.
pub fn plain(text: &str) -> String {
    let is_plain = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
    };
    text.chars()
        .flat_map(|c| {
            let escaped = (!is_plain(c)).then(|| c.escape_unicode());
            escaped.into_iter().flatten().chain(is_plain(c).then_some(c))
        })
        .collect()
}

/// A wanted value, as the file spells it.
pub fn wanted(value: &Value) -> String {
    let mut text = value.to_string();
    if text.chars().count() > LONGEST {
        text = text.chars().take(LONGEST).chain(['…']).collect();
    }
    text
}

/// A number without a needless `.0`.
pub fn number(number: f64) -> String {
    number.to_string()
}

/// `1 match`, `2 matches`: the noun in its right number.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{plain, value};
    use crate::redact::Redactor;

    #[test]
    fn a_secret_is_gone_before_the_text_is_shortened() {
        let secret = "x".repeat(60);
        let long = json!(format!("{}{secret}", "a".repeat(50)));
        let shown = value(&long, &Redactor::new([secret.as_str()]));
        assert_eq!(shown, format!("\"{}***\"", "a".repeat(50)));
    }

    #[test]
    fn nothing_leaves_that_a_terminal_would_obey() {
        assert_eq!(
            plain("a\u{1b}[2J\u{9b}\n\u{202e}\u{ffff}b"),
            r"a\u{1b}[2J\u{9b}\u{a}\u{202e}\u{ffff}b"
        );
        assert_eq!(plain("마포구 — é"), "마포구 — é");
    }

    #[test]
    fn large_values_are_told_in_a_few_words() {
        let none = Redactor::default();
        assert_eq!(value(&json!([1, 2, 3]), &none), "an array of 3 elements");
        assert_eq!(value(&json!({"a": 1}), &none), "an object with 1 member");
        assert_eq!(
            value(&json!("line\nbreak\u{1b}[31m"), &none),
            r#""line\nbreak\u{1b}[31m""#
        );
        assert_eq!(
            value(&json!("x".repeat(100)), &none),
            format!("\"{}…\"", "x".repeat(80))
        );
    }
}
