//! Request strings with placeholders: `${env:NAME}`, `${file:PATH}`, `${nonce}`, `${run_id}`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// A text that cannot be printed: it has no `Display`, and its `Debug` shows `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text into custody.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the wire alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// A request string, parsed once at load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text as it stands in the file.
    Literal(String),
    /// `${env:NAME}`: read once at load.
    Env {
        /// The variable's name.
        name: String,
        /// Its value at load.
        value: Secret,
    },
    /// `${file:PATH}`: read at every run.
    File(PathBuf),
    /// `${nonce}`: a fresh random token of the run.
    Nonce,
    /// `${run_id}`: the id of the run.
    RunId,
    /// A literal that stands where credentials belong (a URL's password, a bearer token written out).
    Hidden(Secret),
}

/// What a run puts in the place of placeholders.
#[derive(Debug, Clone, Default)]
pub struct RunValues {
    /// The run's random token.
    pub nonce: String,
    /// The run's id.
    pub run_id: String,
    /// The content of every file that the request's templates name.
    pub files: BTreeMap<PathBuf, Secret>,
}

impl Template {
    /// A template of these parts.
    pub fn new(mut parts: Vec<Part>) -> Self {
        parts.shrink_to_fit();
        Self { parts }
    }

    /// A template without placeholders.
    pub fn literal(text: impl Into<String>) -> Self {
        Self::new(vec![Part::Literal(text.into())])
    }

    /// A credential that the file spells out.
    pub fn hidden(text: impl Into<String>) -> Self {
        Self::new(vec![Part::Hidden(Secret::new(text))])
    }

    /// The parts in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Whether any part is a secret.
    pub fn holds_secret(&self) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Env { .. } | Part::File(_) | Part::Hidden(_) => true,
            Part::Literal(_) | Part::Nonce | Part::RunId => false,
        })
    }

    /// Whether any part is a random token of the run.
    pub fn holds_token(&self) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Nonce | Part::RunId => true,
            Part::Literal(_) | Part::Env { .. } | Part::File(_) | Part::Hidden(_) => false,
        })
    }

    /// The files that must be read before this can be rendered.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.parts.iter().filter_map(|part| match part {
            Part::File(path) => Some(path.as_path()),
            Part::Literal(_) | Part::Env { .. } | Part::Nonce | Part::RunId | Part::Hidden(_) => None,
        })
    }

    /// The secrets that a rendering with `values` would contain.
    pub fn secrets<'a>(&'a self, values: &'a RunValues) -> impl Iterator<Item = &'a Secret> {
        self.parts.iter().filter_map(|part| match part {
            Part::Env { value, .. } | Part::Hidden(value) => Some(value),
            Part::File(path) => values.files.get(path),
            Part::Literal(_) | Part::Nonce | Part::RunId => None,
        })
    }

    /// The text for the wire; a file that is missing from `values` gives nothing.
    pub fn render(&self, values: &RunValues) -> String {
        self.render_escaped(values, str::to_owned)
    }

    /// As [`render`](Self::render), with `escape` applied to what stands in for a placeholder.
    pub fn render_escaped(&self, values: &RunValues, escape: impl Fn(&str) -> String) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Env { value, .. } | Part::Hidden(value) => text.push_str(&escape(value.expose())),
                Part::File(path) => {
                    text.push_str(&escape(values.files.get(path).map_or("", Secret::expose)));
                }
                Part::Nonce => text.push_str(&escape(&values.nonce)),
                Part::RunId => text.push_str(&escape(&values.run_id)),
            }
        }
        text
    }
}

/// Shows the template with `***` in the place of its secrets.
impl fmt::Display for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            formatter.write_str(match part {
                Part::Literal(text) => text,
                Part::Env { .. } | Part::File(_) | Part::Hidden(_) => "***",
                Part::Nonce => "${nonce}",
                Part::RunId => "${run_id}",
            })?;
        }
        Ok(())
    }
}
