//! Finds secrets, and pieces of them, in whatever a program lets out.

use std::collections::HashMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// So many bytes of a secret in a row are a leak: a text that was cut in the middle of one still shows as much.
const TELLING: usize = 8;

/// What must not be let out.
#[derive(Debug, Default)]
pub struct Leaks {
    /// Every piece of every spelling in lower case, with the name of its secret.
    pieces: HashMap<Vec<u8>, String>,
}

impl Leaks {
    /// Adds a secret in every spelling in which it could come out.
    ///
    /// # Panics
    /// When it is too short to be told from other texts.
    pub fn add(&mut self, name: &str, secret: &str) {
        for spelling in spellings(secret) {
            let bytes = spelling.to_ascii_lowercase().into_bytes();
            assert!(bytes.len() >= TELLING, "`{secret}` is too short");
            for piece in bytes.windows(TELLING) {
                self.pieces.insert(piece.to_vec(), name.to_owned());
            }
        }
    }

    /// Takes what files and commands say openly out of the search, such as the name of a variable.
    pub fn allow(&mut self, text: &str) {
        for piece in text.to_ascii_lowercase().as_bytes().windows(TELLING) {
            self.pieces.remove(piece);
        }
    }

    /// Every leak in `bytes`: whose it is, and what stands around it.
    pub fn find(&self, bytes: &[u8]) -> Vec<String> {
        let lower = bytes.to_ascii_lowercase();
        let mut found = Vec::new();
        let mut after = 0;
        for (at, piece) in lower.windows(TELLING).enumerate() {
            if at >= after
                && let Some(name) = self.pieces.get(piece)
            {
                let around = at.saturating_sub(160)..(at + 80).min(bytes.len());
                found.push(format!("{name}: …{}…", String::from_utf8_lossy(&bytes[around])));
                after = at + 80;
            }
        }
        found
    }

    /// Fails when something leaks.
    ///
    /// # Panics
    /// Then.
    pub fn assert_none(&self, context: &str, bytes: &[u8]) {
        let found = self.find(bytes);
        assert!(
            found.is_empty(),
            "{context} leaks {} times:\n{}",
            found.len(),
            found.join("\n")
        );
    }
}

/// As it is, percent-encoded in either case and by several sets, form-encoded, JSON-escaped, in base 64.
pub fn spellings(secret: &str) -> Vec<String> {
    let percent = percent_encoded(secret, "");
    let json = serde_json::Value::from(secret).to_string();
    let escaped = json.trim_matches('"').to_owned();
    vec![
        secret.to_owned(),
        percent.to_lowercase(),
        percent_encoded(secret, "!'()*+/&"),
        percent_encoded(secret, "-_.").replace("%20", "+"),
        percent,
        escaped.replace('/', "\\/"),
        ascii_escaped(&escaped),
        escaped,
        BASE64_STANDARD.encode(secret),
    ]
}

/// Percent-encoded as RFC 3986 has it, but for letters, digits, `-._~` and what stands in `kept`.
pub fn percent_encoded(text: &str, kept: &str) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.as_bytes().contains(&byte);
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if plain(byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

/// What percent-encoding says; what is none stays as it is.
pub fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let digits = others.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits
            .filter(|_| *first == b'%')
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &others[2..] } else { others };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The text with everything beyond ASCII as `\u1234`, as many JSON libraries write it.
pub fn ascii_escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}
