//! JSON (RFC 8259), whole.

use serde_json::Value;
use serde_json::error::Category;

use super::{DEEPEST, Unparsable};
use crate::redact::Redactor;
use crate::show;

/// Reads a body as JSON.
///
/// # Errors
/// What it is instead.
pub fn whole(bytes: &[u8], media_type: &str, secrets: &Redactor) -> Result<Value, Unparsable> {
    serde_json::from_slice(bytes)
        .map_err(|error| Unparsable::NotJson(instead(bytes, media_type, &error, secrets)))
}

/// What a body is that is not JSON.
fn instead(bytes: &[u8], media_type: &str, error: &serde_json::Error, secrets: &Redactor) -> String {
    if bytes.trim_ascii_start().starts_with(b"<") {
        let kind = if media_type.contains("xml") { "XML" } else { "HTML" };
        return format!("the body is {kind}, not JSON");
    }
    let what = match error.classify() {
        Category::Eof => "ends in the middle",
        Category::Io | Category::Syntax | Category::Data => "is not JSON",
    };
    let place = format!(
        "the body {what} (line {}, column {})",
        error.line(),
        error.column()
    );
    if std::str::from_utf8(bytes).is_err() {
        return format!("{place}: it is not UTF-8");
    }
    if is_too_deep(error) {
        return format!("{place}: it is nested deeper than {DEEPEST} levels");
    }
    match media_type {
        "" | "application/json" => place,
        other => format!("{place}: its content type is {}", show::text(other, secrets)),
    }
}

/// Whether the parser stopped at its own bound; it tells that by its words alone.
pub fn is_too_deep(error: &serde_json::Error) -> bool {
    error.to_string().starts_with("recursion limit")
}
