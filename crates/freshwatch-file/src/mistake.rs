//! Mistakes: what is wrong in a probe file, exactly where, and what to do about it.

use std::ops::Range;

use crate::picture;
use crate::yaml::Place;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal),+ $(,)?) => {
        /// The kind of a mistake, in one word that machines compare: stable and documented.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])+ $name),+ }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word of the code.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

codes! {
    /// A file or folder cannot be read, or holds no probes.
    Unreadable = "unreadable",
    /// The file is not UTF-8.
    NotUtf8 = "not_utf8",
    /// A file, its depth or its expansion is beyond the bounds.
    TooLarge = "too_large",
    /// The file is not YAML.
    Syntax = "syntax",
    /// YAML that probe files do not use: tags, merge keys, several documents, keys that are no texts.
    Yaml = "yaml",
    /// A key stands twice in one map.
    DuplicateKey = "duplicate_key",
    /// The grammar has no such key here.
    UnknownKey = "unknown_key",
    /// The key belongs elsewhere.
    MisplacedKey = "misplaced_key",
    /// A key that is needed is missing.
    MissingKey = "missing_key",
    /// Two keys exclude each other.
    Conflict = "conflict",
    /// A part of the grammar that is not built yet.
    NotSupportedYet = "not_supported_yet",
    /// A value of another type is due here.
    WrongType = "wrong_type",
    /// Nothing stands where something is due.
    Empty = "empty",
    /// A word that is not one of the closed list.
    UnknownWord = "unknown_word",
    /// A number or duration beyond its bounds.
    OutOfRange = "out_of_range",
    /// Not a name of a probe, a calendar, a label or a header.
    BadName = "bad_name",
    /// Not a URL to probe.
    BadUrl = "bad_url",
    /// Not an address.
    BadAddress = "bad_address",
    /// Not the value of a header.
    BadHeader = "bad_header",
    /// Not a duration.
    BadDuration = "bad_duration",
    /// Not a size.
    BadSize = "bad_size",
    /// Not a percentage.
    BadPercentage = "bad_percentage",
    /// Not a status or a class of them.
    BadStatus = "bad_status",
    /// Not a time zone of the IANA database.
    BadTimezone = "bad_timezone",
    /// Not a cron line.
    BadCron = "bad_cron",
    /// Not a JSONPath.
    BadPath = "bad_path",
    /// Not a regular expression, or one beyond the bounds.
    BadRegex = "bad_regex",
    /// Not a format of points in time.
    BadFormat = "bad_format",
    /// Not a date or a time of day.
    BadDate = "bad_date",
    /// A JSON Schema that cannot be read or compiled.
    BadSchema = "bad_schema",
    /// A matcher that cannot work on what it is given, or that nothing can satisfy.
    BadMatcher = "bad_matcher",
    /// A path that can match many values, with nothing that says what to do with many.
    ManyMatches = "many_matches",
    /// A placeholder that does not exist, is malformed, or stands where none may.
    Placeholder = "placeholder",
    /// An environment variable that a placeholder names is missing or empty.
    EnvMissing = "env_missing",
    /// Two probes or calendars have one name.
    DuplicateName = "duplicate_name",
    /// No probe or calendar has this name.
    UnknownName = "unknown_name",
    /// Names that lead back to themselves.
    Cycle = "cycle",
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file as it was named.
    pub file: String,
    /// The line of the first character, from 1.
    pub line: usize,
    /// The column of the first character in characters, from 1.
    pub column: usize,
    /// Its kind.
    pub code: Code,
    /// What is wrong, in one fragment.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// A word beside the underlined text.
    pub label: Option<String>,
    /// The bytes of the file that are wrong.
    pub span: Range<usize>,
    /// A second place that has to do with it.
    pub also: Option<Also>,
}

/// A second place that a mistake has to do with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Also {
    /// The file as it was named.
    pub file: String,
    /// The bytes of the file.
    pub span: Range<usize>,
    /// A word beside the underlined text.
    pub label: String,
}

/// Every mistake of the files that were read together, sorted by file, line and column; never empty.
#[derive(Debug, Clone)]
pub struct Mistakes {
    mistakes: Vec<Mistake>,
    sources: Vec<Shown>,
    omitted: usize,
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
        self.mistakes.iter()
    }

    /// How many there are, those beyond the bound of what is kept included.
    pub fn count(&self) -> usize {
        self.mistakes.len() + self.omitted
    }

    /// The text that a mistake underlines; what stands where credentials belong is starred out.
    pub fn underlined(&self, mistake: &Mistake) -> &str {
        self.source(&mistake.file)
            .get(mistake.span.clone())
            .unwrap_or_default()
    }

    /// A picture of every mistake: the line, the exact value underlined, and the remedy.
    pub fn render(&self, color: bool) -> String {
        let mut text = picture::draw(self, color);
        if self.omitted > 0 {
            text.push_str(&format!("\nand {} more mistakes\n", self.omitted));
        }
        text
    }

    pub(crate) fn source(&self, file: &str) -> &str {
        let source = self.sources.iter().find(|source| source.name == file);
        source.map_or("", |source| &source.text)
    }

    pub(crate) fn new(found: Vec<Found>, omitted: usize, sources: Vec<Shown>) -> Self {
        let lines: Vec<Lines> = sources.iter().map(|source| Lines::of(&source.text)).collect();
        let mut found = found;
        found.sort_by(|a, b| a.place.cmp(&b.place).then_with(|| a.code.cmp(&b.code)));
        let name = |file: usize| {
            sources
                .get(file)
                .map_or_else(String::new, |source| source.name.clone())
        };
        let mistakes = found
            .into_iter()
            .map(|found| {
                let text = sources.get(found.place.file).map_or("", |source| &source.text);
                let (line, column) = lines
                    .get(found.place.file)
                    .map_or((1, 1), |lines| lines.position(text, found.place.start));
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
            mistakes,
            sources,
            omitted,
        }
    }
}

/// Where the lines of a text start.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(
            std::iter::once(0)
                .chain(text.match_indices('\n').map(|(at, _)| at + 1))
                .collect(),
        )
    }

    /// Line and column of a byte, both from 1, the column in characters.
    fn position(&self, text: &str, byte: usize) -> (usize, usize) {
        let line = self.0.partition_point(|start| *start <= byte).max(1);
        let start = self.0.get(line - 1).copied().unwrap_or(0);
        let column = text.get(start..byte).map_or(0, |before| before.chars().count());
        (line, column + 1)
    }
}

/// A mistake while the files are still being read.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub place: Place,
    pub code: Code,
    pub message: String,
    pub help: Option<String>,
    pub label: Option<String>,
    pub also: Option<(Place, String)>,
}

impl Found {
    /// A mistake at a place.
    pub fn new(place: Place, code: Code, message: impl AsRef<str>) -> Self {
        Self {
            place,
            code,
            message: tame(message.as_ref()),
            help: None,
            label: None,
            also: None,
        }
    }

    /// What to do.
    pub fn help(mut self, help: impl AsRef<str>) -> Self {
        self.help = Some(tame(help.as_ref()));
        self
    }

    /// A word beside the underlined text.
    pub fn label(mut self, label: impl AsRef<str>) -> Self {
        self.label = Some(tame(label.as_ref()));
        self
    }

    /// A second place.
    pub fn also(mut self, place: Place, label: impl AsRef<str>) -> Self {
        self.also = Some((place, tame(label.as_ref())));
        self
    }
}

/// The longest message in characters: a value of a megabyte is not repeated in full.
const LONGEST_MESSAGE: usize = 400;

/// Keeps a message short, on one line, and free of what a terminal would obey.
fn tame(message: &str) -> String {
    let mut tamed = String::new();
    for (index, character) in message.chars().enumerate() {
        match character {
            _ if index == LONGEST_MESSAGE => {
                tamed.push('…');
                break;
            }
            '\n' | '\r' | '\t' => tamed.push(' '),
            control if control.is_control() => tamed.extend(control.escape_default()),
            other => tamed.push(other),
        }
    }
    tamed
}

#[cfg(test)]
mod tests {
    use super::{Lines, tame};

    #[test]
    fn columns_count_characters() {
        let text = "äb: ü\nc: d";
        let lines = Lines::of(text);
        assert_eq!(lines.position(text, text.find('ü').unwrap()), (1, 5));
        assert_eq!(lines.position(text, text.find('d').unwrap()), (2, 4));
        assert_eq!(lines.position(text, text.len()), (2, 5));
    }

    #[test]
    fn messages_are_tame() {
        assert_eq!(tame("a\nb\u{1b}[31m"), "a b\\u{1b}[31m");
        assert_eq!(tame(&"x".repeat(1000)).chars().count(), 401);
    }
}
