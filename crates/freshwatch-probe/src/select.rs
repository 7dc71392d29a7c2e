//! The answer as the judge reads it: header fields, the body as text, the body as a document, each read at most once.

use std::cell::OnceCell;

use http::header::{CONTENT_TYPE, HeaderName};
use serde_json::Value;

pub use crate::body::Unparsable;
use crate::body::{self, Form};
use crate::definition::Definition;
use crate::explain::Trace;
use crate::freshness::Source;
use crate::looks::Looks;
use crate::observation::{Answer, Body};
use crate::path::{Lone, Path, TooCostly};
use crate::redact::Redactor;

/// An answer to a probe, its body parsed when somebody first asks.
pub struct View<'a> {
    /// The answer itself.
    pub answer: &'a Answer,
    /// What must not be shown of it.
    pub secrets: &'a Redactor,
    /// Where the judge tells its steps.
    pub trace: Trace<'a>,
    definition: &'a Definition,
    form: Form,
    whole: OnceCell<Result<Value, Unparsable>>,
    pruned: OnceCell<Option<Pruned<'a>>>,
}

/// A body without what the probe does not look at.
struct Pruned<'a> {
    looks: Looks<'a>,
    document: Value,
}

impl<'a> View<'a> {
    /// A view on an answer, for all that this probe looks at.
    pub fn new(answer: &'a Answer, definition: &'a Definition, secrets: &'a Redactor) -> Self {
        Self {
            form: Form::of(definition.request.read_as, content_type(answer)),
            answer,
            secrets,
            trace: Trace::NONE,
            definition,
            whole: OnceCell::new(),
            pruned: OnceCell::new(),
        }
    }

    /// The same, with a place where the judge tells its steps.
    pub fn aloud(self, trace: Trace<'a>) -> Self {
        Self { trace, ..self }
    }

    /// The whole body as a document: JSON (RFC 8259), or what `read_as` or the content type makes of it.
    ///
    /// # Errors
    /// Why it is none.
    pub fn json(&self) -> Result<&Value, Unparsable> {
        let whole = self
            .whole
            .get_or_init(|| body::read(self.bytes()?, self.form, content_type(self.answer), self.secrets));
        whole.as_ref().map_err(Clone::clone)
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

    /// Every value that a source finds; a source that looks into items finds none here.
    ///
    /// # Errors
    /// Why the body cannot be read.
    pub fn values(&self, source: &Source) -> Result<Vec<Value>, Unparsable> {
        if let Source::Path(path) = source {
            return Ok(self.select(path)?.into_iter().cloned().collect());
        }
        if let Source::Header(name) = source {
            return Ok(self.header(name));
        }
        let Source::Text(regex) = source else {
            return Ok(Vec::new());
        };
        let groups = regex.captures_iter(self.text()?).map(|captures| captures.get(1));
        Ok(groups
            .map(|group| group.map_or(Value::Null, |group| Value::from(group.as_str())))
            .collect())
    }

    /// What a path selects in the body.
    ///
    /// # Errors
    /// Why the body cannot be read so.
    pub fn select(&self, path: &Path) -> Result<Vec<&Value>, Unparsable> {
        self.select_in(self.document(path)?, path)
    }

    /// What a path selects in an item of the body, which is `$` to it.
    ///
    /// # Errors
    /// Why the item cannot be read so.
    pub fn select_in<'v>(&self, item: &'v Value, path: &Path) -> Result<Vec<&'v Value>, Unparsable> {
        path.select_with(item, self.lone()).map_err(|TooCostly| {
            Unparsable::TooCostly(format!(
                "the body is too large and too deep to look for `{path}` in it"
            ))
        })
    }

    /// How many items lack what a source looks for, of which `found` were found.
    pub fn missing(&self, source: &Source, found: usize) -> usize {
        if let Source::Path(path) = source {
            self.missing_at(path, found)
        } else {
            0
        }
    }

    /// How many items lack what a path looks for, of which `found` were found.
    pub fn missing_at(&self, path: &Path, found: usize) -> usize {
        let document = self.document(path);
        document.map_or(0, |document| path.missing_with(document, found, self.lone()))
    }

    /// Whether the body's form knows no numbers, so that they are spelt as text.
    pub fn spells_numbers(&self) -> bool {
        self.form.spells_numbers()
    }

    /// A document in which this path finds what it would find in the whole body.
    fn document(&self, path: &Path) -> Result<&Value, Unparsable> {
        match self.pruned.get_or_init(|| self.prune()) {
            Some(pruned) if pruned.looks.include(path) => Ok(&pruned.document),
            Some(_) | None => self.json(),
        }
    }

    /// Reads the body for all that the probe looks at, when that is less than all and the body is as it should be; what
    /// is wrong with it tells who reads the whole.
    fn prune(&self) -> Option<Pruned<'a>> {
        if self.form != Form::Json {
            return None;
        }
        let looks = Looks::of(self.definition);
        let document = body::pruned(self.bytes().ok()?, looks.trails()?)?;
        Some(Pruned { looks, document })
    }

    /// How the body is read.
    pub const fn form(&self) -> Form {
        self.form
    }

    /// In XML nothing tells a list of one from a lone element.
    fn lone(&self) -> Lone {
        match self.form {
            Form::Xml => Lone::AsList,
            Form::Json | Form::Csv | Form::NdJson | Form::Text => Lone::Strict,
        }
    }

    fn bytes(&self) -> Result<&'a [u8], Unparsable> {
        match &self.answer.body {
            Body::Complete(bytes) => Ok(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)),
            Body::TooLarge { .. } | Body::Undecodable { .. } => Err(Unparsable::Incomplete),
        }
    }
}

fn content_type(answer: &Answer) -> &str {
    let line = answer.headers.get(CONTENT_TYPE);
    line.and_then(|line| line.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
