//! Mistakes: what is wrong in a probe file, exactly where, and what to do about it.

use std::ops::Range;

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
