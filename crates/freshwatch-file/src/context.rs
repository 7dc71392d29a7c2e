//! What every element needs while the files are read: the texts, the world outside, and the list of mistakes.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::io;
use std::path::{Path, PathBuf};

use freshwatch_probe::expectation::Schema;
use freshwatch_probe::path::Path as JsonPath;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use regex::Regex;

use crate::found::Found;
use crate::mistake::Code;
use crate::mistakes::Shown;
use crate::parse::Source;
use crate::yaml::{Node, Place};

/// More mistakes than anybody reads; the rest are counted.
const MOST_MISTAKES: usize = 2000;

/// The world of one load.
pub(crate) struct Context<'a> {
    sources: &'a [Source],
    env: &'a dyn Fn(&str) -> Option<String>,
    read_file: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
    ledger: RefCell<Ledger>,
    /// Ten thousand probes share a few zones, expressions and schemas: each is made once.
    zones: Zones,
    regexes: Known<String, Regex>,
    paths: Known<String, JsonPath>,
    schemas: Known<PathBuf, Schema>,
}

#[derive(Default)]
struct Ledger {
    found: Vec<Found>,
    /// What stands in `defaults` is read for every probe, and reported once.
    known: HashSet<(Place, Code, String)>,
    reported: usize,
    omitted: usize,
    hidden: Vec<Place>,
}

struct Zones {
    database: TimeZoneDatabase,
    known: Known<String, TimeZone>,
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
            zones: Zones {
                database: TimeZoneDatabase::bundled(),
                known: Known::default(),
            },
            regexes: Known::default(),
            paths: Known::default(),
            schemas: Known::default(),
        }
    }

    /// Notes a mistake.
    pub fn report(&self, found: Found) {
        let mut ledger = self.ledger.borrow_mut();
        ledger.reported += 1;
        if !ledger
            .known
            .insert((found.place, found.code, found.message.clone()))
        {
            return;
        }
        if ledger.found.len() < MOST_MISTAKES {
            ledger.found.push(found);
        } else {
            ledger.omitted += 1;
        }
    }

    /// Notes a mistake and gives nothing, for the end of a reader.
    pub fn refuse<T>(&self, found: Found) -> Option<T> {
        self.report(found);
        None
    }

    /// How many mistakes were noted so far, repeated ones too: a reader that sees no more of them at its end has
    /// read something valid.
    pub fn reported(&self) -> usize {
        self.ledger.borrow().reported
    }

    /// Notes that the text at a place is a credential, which no picture may show.
    pub fn hide(&self, place: Place) {
        self.ledger.borrow_mut().hidden.push(place);
    }

    /// The mistakes, how many more there were, and the texts as they may be shown.
    pub fn finish(self) -> (Vec<Found>, usize, Vec<Shown>) {
        let ledger = self.ledger.into_inner();
        let mut shown: Vec<Shown> = self
            .sources
            .iter()
            .map(|source| Shown {
                name: source.name.clone(),
                text: source.text.clone(),
            })
            .collect();
        if !ledger.found.is_empty() {
            for place in ledger.hidden {
                if let Some(source) = shown.get_mut(place.file) {
                    star_out(&mut source.text, place);
                }
            }
        }
        (ledger.found, ledger.omitted, shown)
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

    /// A zone of the bundled IANA database; never the machine's.
    pub fn zone(&self, name: &str) -> Option<TimeZone> {
        let zones = &self.zones;
        zones
            .known
            .get_or_make(name.to_owned(), || zones.database.get(name).ok())
    }

    /// The names of all zones.
    pub fn zone_names(&self) -> Vec<String> {
        self.zones
            .database
            .available()
            .map(|name| name.as_str().to_owned())
            .collect()
    }

    /// A regex, compiled once.
    pub fn regex(&self, text: &str, compile: impl FnOnce() -> Option<Regex>) -> Option<Regex> {
        self.regexes.get_or_make(text.to_owned(), compile)
    }

    /// A JSONPath, compiled once.
    pub fn path(&self, text: &str, compile: impl FnOnce() -> Option<JsonPath>) -> Option<JsonPath> {
        self.paths.get_or_make(text.to_owned(), compile)
    }

    /// A schema, compiled once.
    pub fn schema(&self, path: PathBuf, compile: impl FnOnce() -> Option<Schema>) -> Option<Schema> {
        self.schemas.get_or_make(path, compile)
    }
}

/// Things that were made once; what failed is tried again, so that every place that names it is reported.
struct Known<K, T>(RefCell<HashMap<K, T>>);

impl<K, T> Default for Known<K, T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<K: Eq + Hash, T: Clone> Known<K, T> {
    fn get_or_make(&self, key: K, make: impl FnOnce() -> Option<T>) -> Option<T> {
        if let Some(made) = self.0.borrow().get(&key) {
            return Some(made.clone());
        }
        let made = make()?;
        self.0.borrow_mut().insert(key, made.clone());
        Some(made)
    }
}

/// Replaces a part of a text by stars, byte for byte, so that every other place stays where it is.
fn star_out(text: &mut String, place: Place) {
    let starred: Option<String> = text.get(place.start..place.end).map(|part| {
        part.split('\n')
            .map(|line| "*".repeat(line.len()))
            .collect::<Vec<_>>()
            .join("\n")
    });
    if let Some(starred) = starred {
        text.replace_range(place.start..place.end, &starred);
    }
}
