//! What every element needs while the files are read: the texts, the world outside, and the list of mistakes.

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};

use freshwatch_probe::expectation::Schema;
use freshwatch_probe::path::Path as JsonPath;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use regex::Regex;

use crate::custody;
use crate::found::Found;
use crate::known::Known;
use crate::ledger::Ledger;
use crate::mistakes::{Mistakes, Shown};
use crate::parse::Source;
use crate::yaml::{Node, Place};

/// The world of one load.
pub(crate) struct Context<'a> {
    sources: &'a [Source],
    env: &'a dyn Fn(&str) -> Option<String>,
    read_file: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
    ledger: RefCell<Ledger>,
    hidden: RefCell<Vec<Place>>,
    zone_database: TimeZoneDatabase,
    /// Zones by their names.
    pub zones: Known<String, TimeZone>,
    /// Regular expressions by their texts.
    pub regexes: Known<String, Regex>,
    /// JSONPaths by their texts.
    pub paths: Known<String, JsonPath>,
    /// Schemas by the paths of their files.
    pub schemas: Known<PathBuf, Schema>,
}

impl<'a> Context<'a> {
    pub fn new(
        sources: &'a [Source],
        env: &'a dyn Fn(&str) -> Option<String>,
        read_file: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
    ) -> Self {
        Self {
            sources,
            env,
            read_file,
            ledger: RefCell::default(),
            hidden: RefCell::default(),
            zone_database: TimeZoneDatabase::bundled(),
            zones: Known::default(),
            regexes: Known::default(),
            paths: Known::default(),
            schemas: Known::default(),
        }
    }

    /// Notes a mistake.
    pub fn report(&self, found: Found) {
        self.ledger.borrow_mut().report(found);
    }

    /// Notes a mistake and gives nothing, for the end of a reader.
    pub fn refuse<T>(&self, found: Found) -> Option<T> {
        self.report(found);
        None
    }

    /// How many mistakes were noted so far, repeated ones too: a reader that sees no more of them at its end has
    /// read something valid.
    pub fn reported(&self) -> usize {
        self.ledger.borrow().reported()
    }

    /// Whether there is still time to look for what somebody may have meant.
    pub fn has_time_to_suggest(&self) -> bool {
        self.ledger.borrow().has_time_to_suggest()
    }

    /// Notes that the text at a place is a credential, which no picture may show.
    pub fn hide(&self, place: Place) {
        self.hidden.borrow_mut().push(place);
    }

    /// All mistakes, with the texts as they may be shown.
    pub fn finish(self) -> Mistakes {
        let (found, omitted) = self.ledger.into_inner().finish();
        let hidden = self.hidden.into_inner();
        let shown = self.sources.iter().enumerate().map(|(file, source)| Shown {
            name: source.name.clone(),
            text: custody::starred(
                &source.text,
                hidden.iter().copied().filter(|place| place.file == file),
            ),
        });
        Mistakes::new(found, omitted, shown.collect())
    }

    /// The file's text at a place.
    pub fn text_at(&self, place: Place) -> &'a str {
        let source = self.sources.get(place.file);
        source
            .and_then(|source| source.text.get(place.start..place.end))
            .unwrap_or_default()
    }

    /// The place of a part of a scalar's text: exact where the file writes the text as it is, else the whole value.
    pub fn part_of(&self, node: &Node, offset: usize, length: usize) -> Place {
        let text = node.scalar().map_or("", |scalar| &scalar.text);
        let written = self.text_at(node.place);
        match written.find(text) {
            Some(start) if !text.is_empty() => node.place.part(start + offset, length),
            Some(_) | None => node.place,
        }
    }

    /// A path that stands in a file, seen from that file's folder.
    pub fn beside(&self, place: Place, path: &str) -> PathBuf {
        let folder = self
            .sources
            .get(place.file)
            .and_then(|source| Path::new(&source.name).parent());
        folder.map_or_else(|| PathBuf::from(path), |folder| folder.join(path))
    }

    /// The value of an environment variable.
    pub fn env(&self, name: &str) -> Option<String> {
        (self.env)(name)
    }

    /// The content of a file that a probe file names.
    pub fn file(&self, path: &Path) -> io::Result<Vec<u8>> {
        (self.read_file)(path)
    }

    /// The bundled IANA database; never the machine's.
    pub const fn zone_database(&self) -> &TimeZoneDatabase {
        &self.zone_database
    }
}
