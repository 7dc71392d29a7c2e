//! JSON (RFC 8259), as much as an answer needs: objects that are written member by member.

use std::fmt::Write as _;

/// An object under way.
pub(crate) struct Object {
    text: String,
}

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self {
            text: String::from("{"),
        }
    }

    /// Adds a text.
    pub fn text(self, name: &str, value: &str) -> Self {
        self.raw(name, &quoted(value))
    }

    /// Adds a text that may be missing: then the member is too.
    pub fn maybe_text(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// Adds what is JSON already.
    pub fn raw(mut self, name: &str, json: &str) -> Self {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.text.push_str(&quoted(name));
        self.text.push(':');
        self.text.push_str(json);
        self
    }

    /// The whole object.
    pub fn end(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            // Control characters must be escaped (section 7); these two also end a line in JavaScript.
            c if c < ' ' || matches!(c, '\u{7f}' | '\u{2028}' | '\u{2029}') => {
                // Writing to a `String` cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::Object;

    #[test]
    fn members_in_order() {
        let text = Object::new()
            .text("a", "b\"\\\n")
            .maybe_text("none", None)
            .raw("c", "1.5")
            .end();
        assert_eq!(text, r#"{"a":"b\"\\\u000a","c":1.5}"#);
        assert_eq!(Object::new().end(), "{}");
    }

    proptest! {
        #[test]
        fn every_text_survives(name: String, value: String) {
            let text = Object::new().text(&name, &value).end();
            let read: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read, json!({ name: value }));
        }
    }
}
