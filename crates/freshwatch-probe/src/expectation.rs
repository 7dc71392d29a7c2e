//! A block of `expect`, `warn` or a rule under `verdict`: what an answer should look like.

use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use http::header::HeaderName;
use serde_json::Value;

use crate::matcher::{Comparison, Matcher};
use crate::path::Path;
use crate::verdict::Verdict;

/// What an answer should look like. Everything that is set must hold.
#[derive(Debug, Clone, Default)]
pub struct Expectation {
    /// The statuses that are right; none: `expect` wants 2xx, the other blocks take any.
    pub status: Option<StatusSet>,
    /// Matchers on header fields.
    pub headers: Vec<(HeaderName, Matcher)>,
    /// Matchers on what JSONPaths select.
    pub body: Vec<(Path, Matcher)>,
    /// A matcher on the raw body.
    pub text: Option<Matcher>,
    /// A JSON Schema for the body.
    pub schema: Option<Schema>,
    /// Bounds of the body's size in bytes, after decompression.
    pub size: Vec<Comparison>,
    /// How long the certificate must still be valid.
    pub certificate_valid_for: Option<Duration>,
    /// Bounds of the whole exchange's time in milliseconds; in `warn` only.
    pub latency: Vec<Comparison>,
}

impl Expectation {
    /// Whether an exchange that took so long breaks `latency`; none: that bounds nothing.
    pub fn is_slow(&self, took: Duration) -> Option<bool> {
        let millis = took.as_secs_f64() * 1000.0;
        let is_bounded = !self.latency.is_empty();
        is_bounded.then(|| !self.latency.iter().all(|bound| bound.holds(millis)))
    }

    /// Whether judging it needs the body as JSON.
    pub fn needs_json(&self) -> bool {
        !self.body.is_empty() || self.schema.is_some()
    }
}

/// A rule under `verdict`: an answer that looks so has this verdict.
#[derive(Debug, Clone)]
pub struct VerdictRule {
    /// The verdict that the rule gives.
    pub verdict: Verdict,
    /// When it applies.
    pub when: Expectation,
}

/// A set of status codes: `200`, `2xx`, `[200, 204]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusSet(Vec<StatusRange>);

/// One entry of a [`StatusSet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusRange {
    /// Exactly this code, 100 to 599.
    Code(u16),
    /// A class by its first digit: 2 is `2xx`.
    Class(u16),
}

impl StatusSet {
    /// A set of these entries; never empty when it comes from a file.
    pub fn new(ranges: Vec<StatusRange>) -> Self {
        Self(ranges)
    }

    /// 200 to 299: what `expect` wants when it does not say.
    pub fn success() -> &'static Self {
        static SUCCESS: LazyLock<StatusSet> = LazyLock::new(|| StatusSet(vec![StatusRange::Class(2)]));
        &SUCCESS
    }

    /// Whether the code is in the set.
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|range| match *range {
            StatusRange::Code(code) => code == status,
            StatusRange::Class(class) => status / 100 == class,
        })
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str(" or ")?;
            }
            match range {
                StatusRange::Code(code) => write!(formatter, "{code}")?,
                StatusRange::Class(class) => write!(formatter, "{class}xx")?,
            }
        }
        Ok(())
    }
}

/// A JSON Schema, compiled at load without fetching anything.
#[derive(Clone)]
pub struct Schema {
    name: String,
    validator: Arc<jsonschema::Validator>,
}

impl Schema {
    /// Compiles a schema; `name` is the file's name as the probe file writes it.
    ///
    /// # Errors
    /// The compiler's sentence.
    pub fn compile(name: &str, schema: &Value) -> Result<Self, String> {
        let validator = jsonschema::options()
            .offline()
            .build(schema)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            name: name.to_owned(),
            validator: Arc::new(validator),
        })
    }

    /// The name of its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How a document breaks the schema, if it does.
    ///
    /// Collecting what is wrong takes as many steps as there are ways through `anyOf` and its like: in a deep document
    /// and a schema that refers to itself that is more than any memory holds. There it is only told that it is wrong.
    pub fn violation(&self, document: &Value) -> Option<Violation> {
        if self.validator.is_valid(document) {
            return None;
        }
        if is_deeper_than(DEEPEST_TOLD, document) {
            return Some(Violation {
                at: String::new(),
                why: format!("it is nested deeper than {DEEPEST_TOLD} levels, too deep to tell where"),
                seen: document.clone(),
                count: 1,
            });
        }
        let mut errors = self.validator.iter_errors(document).take(100);
        let first = errors.next()?;
        Some(Violation {
            at: first.instance_path().to_string(),
            why: first.masked().to_string(),
            seen: first.instance().as_ref().clone(),
            count: 1 + errors.count(),
        })
    }
}

/// How deep a document may be for its violations to be told one by one.
const DEEPEST_TOLD: usize = 10;

fn is_deeper_than(levels: usize, value: &Value) -> bool {
    let deeper = |child: &Value| levels == 0 || is_deeper_than(levels - 1, child);
    match value {
        Value::Array(elements) => elements.iter().any(deeper),
        Value::Object(members) => members.values().any(deeper),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Schema({})", self.name)
    }
}

/// How a document breaks a [`Schema`].
#[derive(Debug, Clone)]
pub struct Violation {
    /// A JSON Pointer (RFC 6901) to the first culprit; empty for the whole document.
    pub at: String,
    /// The validator's sentence, without the value.
    pub why: String,
    /// The value that breaks it.
    pub seen: Value,
    /// How many violations there are, counted up to 100.
    pub count: usize,
}
