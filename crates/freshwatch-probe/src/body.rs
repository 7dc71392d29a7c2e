//! A body as a document: how its bytes are read, and why they cannot be.
//!
//! Whatever it is written in, a document is what a JSONPath can look at. Whatever is wrong with it anywhere is told with
//! its place, and never passed over.

mod csv;
mod json;
mod ndjson;
mod pruned;
mod xml;

use serde_json::Value;

pub use pruned::{Kept, Trail, pruned};

use crate::redact::Redactor;
use crate::request::ReadAs;

/// The deepest nesting that is read; the same for every form.
const DEEPEST: usize = 128;

/// What a body is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// RFC 8259.
    Json,
    /// XML 1.0.
    Xml,
    /// RFC 4180.
    Csv,
    /// One JSON document a line.
    NdJson,
    /// Nothing that a JSONPath could look at.
    Text,
}

/// Why a body cannot be read as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unparsable {
    /// It is not JSON, XML, CSV or NDJSON as it should be; a fragment that says what it is instead.
    NotJson(String),
    /// It is not UTF-8.
    NotText(String),
    /// It is too large and too deep for a path; a fragment that names the path.
    TooCostly(String),
    /// It never came whole; that is a reason of its own.
    Incomplete,
}

impl Form {
    /// The form of a body with this content type, parameters and all; empty where it is missing.
    pub fn of(read_as: ReadAs, content_type: &str) -> Self {
        match read_as {
            ReadAs::Auto => Self::of_media_type(media_type(content_type)),
            ReadAs::Json => Self::Json,
            ReadAs::Xml => Self::Xml,
            ReadAs::Csv => Self::Csv,
            ReadAs::NdJson => Self::NdJson,
            ReadAs::Text => Self::Text,
        }
    }

    /// JSON unless it says otherwise: much JSON comes as `text/plain`, and HTML is told from it by its first character.
    fn of_media_type(media_type: &str) -> Self {
        if media_type == "application/json" {
            return Self::Json;
        }
        let media_type = media_type.to_ascii_lowercase();
        match media_type.as_str() {
            "text/csv" | "application/csv" => Self::Csv,
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonlines"
            | "application/jsonlines" => Self::NdJson,
            "application/xml" | "text/xml" => Self::Xml,
            "application/xhtml+xml" => Self::Json,
            other if other.ends_with("+xml") => Self::Xml,
            _ => Self::Json,
        }
    }

    /// The name that people know it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Xml => "XML",
            Self::Csv => "CSV",
            Self::NdJson => "JSON lines",
            Self::Text => "text",
        }
    }

    /// Whether it knows no numbers, so that they are spelt as text.
    pub const fn spells_numbers(self) -> bool {
        match self {
            Self::Xml | Self::Csv => true,
            Self::Json | Self::NdJson | Self::Text => false,
        }
    }
}

/// The media type of a content type (RFC 9110, section 8.3).
fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// Reads a whole body, which has no byte order mark.
///
/// # Errors
/// Why it cannot be read.
pub fn read(bytes: &[u8], form: Form, content_type: &str, secrets: &Redactor) -> Result<Value, Unparsable> {
    if form == Form::Text {
        let why = "the body is read as text (`read_as: text`), which has no JSONPath";
        return Err(Unparsable::NotJson(why.into()));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Unparsable::NotJson("the body is empty".into()));
    }
    match form {
        Form::Json | Form::Text => json::whole(bytes, media_type(content_type), secrets),
        Form::Xml => xml::read(bytes, secrets),
        Form::Csv => csv::read(bytes, secrets),
        Form::NdJson => ndjson::read(bytes),
    }
}

/// The text of a body in one of the forms that are text before they are anything else.
fn utf8<'b>(bytes: &'b [u8], form: &str) -> Result<&'b str, Unparsable> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (line, column) = place(bytes, error.valid_up_to());
        not_of(form, &format!("(line {line}, column {column}): it is not UTF-8"))
    })
}

fn not_of(form: &str, what: &str) -> Unparsable {
    Unparsable::NotJson(format!("the body is not {form} {what}"))
}

/// Line and column of a byte, in bytes and from 1, as serde_json counts them.
fn place(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = &bytes[..offset.min(bytes.len())];
    let line = before.split(|byte| *byte == b'\n').count();
    let begun = before.iter().rposition(|byte| *byte == b'\n');
    (line, before.len() - begun.map_or(0, |newline| newline + 1) + 1)
}

/// Whether a body is a page for people: what a portal or a proxy answers in place of data.
fn is_html(bytes: &[u8]) -> bool {
    let head = bytes.trim_ascii_start();
    [&b"<!doctype html"[..], b"<html"].iter().any(|start| {
        head.get(..start.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(start))
    })
}

#[cfg(test)]
mod tests {
    use super::Form;
    use crate::request::ReadAs;

    #[test]
    fn the_content_type_says_the_form() {
        for (content_type, form) in [
            ("", Form::Json),
            ("application/json", Form::Json),
            ("application/geo+json; charset=utf-8", Form::Json),
            ("text/plain", Form::Json),
            ("text/html", Form::Json),
            ("application/xhtml+xml", Form::Json),
            ("application/xml", Form::Xml),
            ("Text/XML ; charset=UTF-8", Form::Xml),
            ("application/rss+xml", Form::Xml),
            ("application/atom+xml;type=feed", Form::Xml),
            ("text/csv; header=present", Form::Csv),
            ("application/x-ndjson", Form::NdJson),
            ("application/jsonl", Form::NdJson),
        ] {
            assert_eq!(Form::of(ReadAs::Auto, content_type), form, "{content_type}");
            assert_eq!(Form::of(ReadAs::Csv, content_type), Form::Csv);
        }
    }
}
