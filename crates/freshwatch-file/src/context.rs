//! What every element needs while the files are read: the texts, the world outside, and the list of mistakes.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use freshwatch_probe::expectation::Schema;
use freshwatch_probe::path::Path as JsonPath;
use freshwatch_probe::unit_test;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use regex::Regex;

use crate::custody;
use crate::elements::calendars::Calendars;
use crate::found::Found;
use crate::known::Known;
use crate::ledger::Ledger;
use crate::lines::Lines;
use crate::mistakes::{Mistakes, Shown};
use crate::parse::Source;
use crate::provenance::{self, MadeFrom, Provenance};
use crate::purpose::Purpose;
use crate::yaml::{Key, Node, Place};

/// The world of one load.
pub(crate) struct Context<'a> {
    sources: &'a [Source],
    /// What the files are loaded for.
    pub purpose: Purpose,
    env: &'a dyn Fn(&str) -> Option<String>,
    read_file: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
    ledger: RefCell<Ledger>,
    hidden: RefCell<Vec<Place>>,
    provenance: RefCell<Provenance>,
    /// The files that were read for the probes, and the hashes of what they hold; none for what cannot be read.
    contents: RefCell<BTreeMap<PathBuf, Option<u64>>>,
    zone_database: TimeZoneDatabase,
    calendars: OnceCell<Calendars>,
    /// Zones by their names.
    pub zones: Known<String, TimeZone>,
    /// Regular expressions by their texts.
    pub regexes: Known<String, Regex>,
    /// Labels by themselves.
    pub labels: Known<BTreeMap<String, String>, Arc<BTreeMap<String, String>>>,
    /// JSONPaths by their texts.
    pub paths: Known<String, JsonPath>,
    /// Schemas by the paths of their files.
    pub schemas: Known<PathBuf, Schema>,
    /// Recorded answers of tests by the paths of their files.
    pub recordings: Known<PathBuf, Bytes>,
    /// The bytes of all recorded answers so far.
    recorded: Cell<usize>,
    /// The lines of the file in which something was counted last.
    lines: RefCell<Option<FileLines<'a>>>,
}

/// The lines of a file.
struct FileLines<'a> {
    file: usize,
    name: Arc<str>,
    lines: Lines<'a>,
}

impl<'a> Context<'a> {
    pub fn new(
        sources: &'a [Source],
        purpose: Purpose,
        env: &'a dyn Fn(&str) -> Option<String>,
        read_file: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
    ) -> Self {
        Self {
            sources,
            purpose,
            env,
            read_file,
            ledger: RefCell::default(),
            hidden: RefCell::default(),
            provenance: RefCell::default(),
            contents: RefCell::default(),
            zone_database: TimeZoneDatabase::bundled(),
            calendars: OnceCell::new(),
            zones: Known::default(),
            regexes: Known::default(),
            labels: Known::default(),
            paths: Known::default(),
            schemas: Known::default(),
            recordings: Known::default(),
            recorded: Cell::default(),
            lines: RefCell::default(),
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
        let referenced = self.referenced();
        let (found, omitted) = self.ledger.into_inner().finish();
        let hidden = self.hidden.into_inner();
        let shown = self.sources.iter().enumerate().map(|(file, source)| Shown {
            name: source.name.clone(),
            text: custody::starred(
                &source.text,
                hidden.iter().copied().filter(|place| place.file == file),
            ),
        });
        Mistakes::new(found, omitted, shown.collect(), referenced)
    }

    /// The file's text at a place.
    pub fn text_at(&self, place: Place) -> &'a str {
        let source = self.sources.get(place.file);
        source
            .and_then(|source| source.text.get(place.start..place.end))
            .unwrap_or_default()
    }

    /// A place as people count: by lines and columns.
    pub fn stands_at(&self, place: Place) -> unit_test::Place {
        let mut counted = self.lines.borrow_mut();
        if counted.as_ref().is_none_or(|counted| counted.file != place.file) {
            let source = self.sources.get(place.file);
            *counted = Some(FileLines {
                file: place.file,
                name: source.map_or("", |source| source.name.as_str()).into(),
                lines: Lines::of(source.map_or("", |source| &source.text)),
            });
        }
        let (file, (line, column)) = counted.as_mut().map_or_else(
            || (Arc::from(""), (1, 1)),
            |counted| (Arc::clone(&counted.name), counted.lines.position(place.start)),
        );
        unit_test::Place { file, line, column }
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
        let path = folder.map_or_else(|| PathBuf::from(path), |folder| folder.join(path));
        self.provenance.borrow_mut().path(&path);
        path
    }

    /// The value of an environment variable.
    pub fn env(&self, name: &str) -> Option<String> {
        let value = (self.env)(name);
        self.provenance.borrow_mut().variable(name, value.as_deref());
        value
    }

    /// The content of a file that a probe file names.
    pub fn file(&self, path: &Path) -> io::Result<Vec<u8>> {
        let content = (self.read_file)(path);
        let hash = content.as_ref().ok().map(provenance::hash);
        self.contents.borrow_mut().insert(path.to_owned(), hash);
        content
    }

    /// The content of a file that only tests name, and how many bytes all such files had with it: nothing that runs is
    /// made from it.
    pub fn recording(&self, path: &Path) -> io::Result<(Vec<u8>, usize)> {
        let content = (self.read_file)(path)?;
        self.recorded
            .set(self.recorded.get().saturating_add(content.len()));
        Ok((content, self.recorded.get()))
    }

    /// Notes that a block has this member.
    pub fn member(&self, key: &Key, value: &Node, inherited: bool) {
        self.provenance.borrow_mut().member(key, value, inherited);
    }

    /// Begins a probe: what is read from here on is what it is made from.
    pub fn begin(&self) {
        self.provenance.take();
    }

    /// Ends the probe: all that it is made from.
    pub fn made_from(&self, key: &Key, own: &Node) -> MadeFrom {
        self.provenance.take().end(key, own, &self.contents.borrow())
    }

    /// The files that were read for the probes, or should have been, in the order of their names.
    pub fn referenced(&self) -> Vec<PathBuf> {
        self.contents.borrow().keys().cloned().collect()
    }

    /// The bundled IANA database; never the machine's.
    pub const fn zone_database(&self) -> &TimeZoneDatabase {
        &self.zone_database
    }

    /// Makes the calendars of all files known: once, before the first probe is read.
    pub fn know(&self, calendars: Calendars) {
        // A second time would be a mistake of ours, and the first one stands.
        let _ = self.calendars.set(calendars);
    }

    /// The calendars of all files.
    pub fn calendars(&self) -> &Calendars {
        self.calendars.get_or_init(Calendars::default)
    }
}
