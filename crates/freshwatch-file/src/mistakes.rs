//! All mistakes of one load, in order, with the texts to draw them on.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::found::Found;
use crate::lines::Lines;
use crate::mistake::{Also, Mistake};
use crate::picture;

/// Every mistake of the files that were read together, sorted by file, line and column; never empty.
#[derive(Debug, Clone)]
pub struct Mistakes {
    list: Vec<Mistake>,
    sources: Vec<Shown>,
    omitted: usize,
    referenced: Vec<PathBuf>,
}

/// The text of a file as it may be shown: what stands where credentials belong is starred out.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub name: String,
    pub text: String,
}

impl Mistakes {
    /// The mistakes in order.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.list.iter()
    }

    /// How many there are, those beyond the bound of what is kept included.
    pub fn count(&self) -> usize {
        self.list.len() + self.omitted
    }

    /// The files that were read for the probes, or should have been, such as JSON Schemas: a change of one of them may
    /// put an end to the mistakes.
    pub fn referenced(&self) -> &[PathBuf] {
        &self.referenced
    }

    /// The text that a mistake underlines; what stands where credentials belong is starred out.
    pub fn underlined(&self, mistake: &Mistake) -> &str {
        self.source(&mistake.file)
            .get(mistake.span.clone())
            .unwrap_or_default()
    }

    /// A picture of every mistake, but of a hundred in each file at most: the line, the exact value underlined, and the
    /// remedy.
    pub fn render(&self, color: bool) -> String {
        let mut text = picture::draw(self, color);
        if self.omitted > 0 {
            let _ = writeln!(text, "\nand {} more mistakes", self.omitted);
        }
        text
    }

    /// The mistakes of one file after the other.
    pub(crate) fn by_file(&self) -> impl Iterator<Item = &[Mistake]> {
        self.list.chunk_by(|one, other| one.file == other.file)
    }

    pub(crate) fn source(&self, file: &str) -> &str {
        let source = self.sources.iter().find(|source| source.name == file);
        source.map_or("", |source| &source.text)
    }

    pub(crate) fn new(
        found: Vec<Found>,
        omitted: usize,
        sources: Vec<Shown>,
        referenced: Vec<PathBuf>,
    ) -> Self {
        let mut lines: Vec<Lines> = sources.iter().map(|source| Lines::of(&source.text)).collect();
        let mut found = found;
        found.sort_by(|a, b| a.place.cmp(&b.place).then_with(|| a.code.cmp(&b.code)));
        let name = |file: usize| {
            sources
                .get(file)
                .map_or_else(String::new, |source| source.name.clone())
        };
        let list = found
            .into_iter()
            .map(|found| {
                let (line, column) = lines
                    .get_mut(found.place.file)
                    .map_or((1, 1), |lines| lines.position(found.place.start));
                Mistake {
                    file: name(found.place.file),
                    line,
                    column,
                    code: found.code,
                    message: found.message,
                    help: found.help,
                    label: found.label,
                    span: found.place.start..found.place.end,
                    also: found.also.map(|(place, label)| Also {
                        file: name(place.file),
                        span: place.start..place.end,
                        label,
                    }),
                }
            })
            .collect();
        Self {
            list,
            sources,
            omitted,
            referenced,
        }
    }
}
