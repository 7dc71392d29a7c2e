//! What a server heard, and how it could tell it back.

use freshwatch_tests::leaks::{ascii_escaped, percent_encoded};
use freshwatch_tests::server::Recorded;
use serde_json::{Map, Value};

/// What a server heard and understood.
pub struct Heard {
    pub secrets: Vec<String>,
    pub request: Recorded,
}

impl Heard {
    /// The one that it babbles about.
    pub fn secret(&self) -> &str {
        &self.secrets[0]
    }

    /// Everything that it could say, in many spellings, by names that are the same for all requests.
    pub fn echoes(&self) -> Map<String, Value> {
        let header = |name: &str| self.request.header(name).unwrap_or_default().to_owned();
        let body = String::from_utf8_lossy(&self.request.body).into_owned();
        let upper = percent_encoded(self.secret(), "");
        let texts = [
            ("last", self.secrets[self.secrets.len() - 1].clone()),
            ("second", self.secrets[self.secrets.len().min(2) - 1].clone()),
            ("raw", self.secret().to_owned()),
            ("target", self.request.target.clone()),
            ("authorization", header("authorization")),
            ("cookie", header("cookie")),
            ("key", header("x-api-key") + &header("x-token")),
            ("body", body),
            ("form", upper.replace("%20", "+")),
            ("lower", upper.to_lowercase_escapes()),
            ("upper", upper),
            ("component", percent_encoded(self.secret(), "!'()*")),
            ("path", percent_encoded(self.secret(), "!'()*+/&;,=")),
            ("json", Value::from(self.secret()).to_string()),
            ("ascii", ascii_escaped(&Value::from(self.secret()).to_string())),
            (
                "slashes",
                Value::from(self.secret()).to_string().replace('/', "\\/"),
            ),
        ];
        texts
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text.into()))
            .collect()
    }
}

/// The names of [`Heard::echoes`].
pub const ECHOES: [&str; 16] = [
    "last",
    "second",
    "raw",
    "target",
    "authorization",
    "cookie",
    "key",
    "body",
    "form",
    "lower",
    "upper",
    "component",
    "path",
    "json",
    "ascii",
    "slashes",
];

trait LowercaseEscapes {
    fn to_lowercase_escapes(&self) -> String;
}

impl LowercaseEscapes for String {
    /// `%2F` as `%2f`, and nothing else in lower case.
    fn to_lowercase_escapes(&self) -> String {
        let mut parts = self.split('%');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            text + "%" + &part[..2].to_lowercase() + &part[2..]
        })
    }
}
