//! The answer as the judge reads it: header fields, the body as text, the body as JSON, each read at most once.

use std::cell::OnceCell;

use http::header::HeaderName;
use serde_json::Value;

use crate::freshness::Source;
use crate::observation::{Answer, Body};
use crate::path::{Path, TooCostly};
use crate::redact::Redactor;
use crate::request::ReadAs;

/// An answer, its body parsed when somebody first asks.
pub struct View<'a> {
    /// The answer itself.
    pub answer: &'a Answer,
    /// What must not be shown of it.
    pub secrets: &'a Redactor,
    read_as: ReadAs,
    json: OnceCell<Result<Value, Unparsable>>,
}

/// Why a body cannot be read as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unparsable {
    /// It is not JSON; a fragment that says what it is instead.
    NotJson(String),
    /// It is not UTF-8.
    NotText(String),
    /// It is too large and too deep for a path; a fragment that names the path.
    TooCostly(String),
    /// It never came whole; that is a reason of its own.
    Incomplete,
}

impl<'a> View<'a> {
    /// A view on an answer.
    pub fn new(answer: &'a Answer, read_as: ReadAs, secrets: &'a Redactor) -> Self {
        Self {
            answer,
            secrets,
            read_as,
            json: OnceCell::new(),
        }
    }

    /// The body as JSON (RFC 8259).
    ///
    /// # Errors
    /// Why it is none.
    pub fn json(&self) -> Result<&Value, Unparsable> {
        self.json
            .get_or_init(|| self.parse())
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The body as text: UTF-8, a byte order mark removed.
    ///
    /// # Errors
    /// Why it is none.
    pub fn text(&self) -> Result<&'a str, Unparsable> {
        std::str::from_utf8(self.bytes()?).map_err(|error| {
            Unparsable::NotText(format!(
                "the body is not UTF-8: byte {} is wrong",
                error.valid_up_to()
            ))
        })
    }

    /// The values of a header field, one for each line of it. A line that is not text counts, as a broken one.
    pub fn header(&self, name: &HeaderName) -> Vec<Value> {
        let lines = self.answer.headers.get_all(name).iter();
        lines
            .map(|line| Value::from(String::from_utf8_lossy(line.as_bytes()).trim()))
            .collect()
    }

    /// Every value that a source finds.
    ///
    /// # Errors
    /// Why the body cannot be read.
    pub fn values(&self, source: &Source) -> Result<Vec<Value>, Unparsable> {
        match source {
            Source::Path(path) => Ok(self.select(path)?.into_iter().cloned().collect()),
            Source::Header(name) => Ok(self.header(name)),
            Source::Text(regex) => {
                let text = self.text()?;
                let groups = regex.captures_iter(text).map(|captures| captures.get(1));
                Ok(groups
                    .map(|group| group.map_or(Value::Null, |group| Value::from(group.as_str())))
                    .collect())
            }
        }
    }

    /// What a path selects in the body.
    ///
    /// # Errors
    /// Why the body cannot be read so.
    pub fn select(&self, path: &Path) -> Result<Vec<&Value>, Unparsable> {
        path.select(self.json()?).map_err(|TooCostly| {
            Unparsable::TooCostly(format!(
                "the body is too large and too deep to look for `{path}` in it"
            ))
        })
    }

    /// How many items lack what a source looks for, of which `found` were found.
    pub fn missing(&self, source: &Source, found: usize) -> usize {
        match (source, self.json()) {
            (Source::Path(path), Ok(document)) => path.missing(document, found),
            (Source::Path(_), Err(_)) | (Source::Header(_) | Source::Text(_), _) => 0,
        }
    }

    fn bytes(&self) -> Result<&'a [u8], Unparsable> {
        match &self.answer.body {
            Body::Complete(bytes) => Ok(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)),
            Body::TooLarge { .. } | Body::Undecodable { .. } => Err(Unparsable::Incomplete),
        }
    }

    fn parse(&self) -> Result<Value, Unparsable> {
        let bytes = self.bytes()?;
        let not_json = |why: String| Err(Unparsable::NotJson(why));
        if self.read_as == ReadAs::Text {
            return not_json("the body is read as text (`read_as: text`), which has no JSONPath".into());
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return not_json("the body is empty".into());
        }
        serde_json::from_slice(bytes).or_else(|error| not_json(self.instead(bytes, &error)))
    }

    /// What a body is that is not JSON.
    fn instead(&self, bytes: &[u8], error: &serde_json::Error) -> String {
        let content_type = self.answer.headers.get(http::header::CONTENT_TYPE);
        let content_type = content_type
            .and_then(|line| line.to_str().ok())
            .unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if bytes.trim_ascii_start().starts_with(b"<") {
            let kind = if media_type.contains("xml") { "XML" } else { "HTML" };
            return format!("the body is {kind}, not JSON");
        }
        let what = match error.classify() {
            serde_json::error::Category::Eof => "ends in the middle",
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Data => "is not JSON",
        };
        let place = format!(
            "the body {what} (line {}, column {})",
            error.line(),
            error.column()
        );
        if std::str::from_utf8(bytes).is_err() {
            return format!("{place}: it is not UTF-8");
        }
        if error.to_string().starts_with("recursion limit") {
            return format!("{place}: it is nested deeper than 128 levels");
        }
        match media_type {
            "" | "application/json" => place,
            other => format!(
                "{place}: its content type is {}",
                crate::show::text(other, self.secrets)
            ),
        }
    }
}
