//! Parcels that wait on disk: in order, bounded in bytes and age, and still there after any end of the process.
//!
//! A folder holds the queue of one sender. Parcels are appended to segments, files of a sixteenth of the bound or less;
//! a cursor tells up to which of them all is done with. A segment goes when it is behind the cursor. Nothing is ever
//! changed in place but the cursor, which has two places that are written in turn.
//!
//! What was appended is the system's: a kill of the process at any moment loses none of it. A failure of the machine
//! loses what was not yet synced, and [`Spool::sync`] is called by whoever keeps the queue, a second after something
//! came that still waits. In an outage that is one sync a second at most; while the receiver takes everything at once,
//! the bytes are given up before the disk has seen them.
//!
//! A parcel may be handed over twice, when the process ends after the receiver took it and before the cursor moved; it
//! is never lost in the hope that it was taken.

mod cursor;
mod folder;
mod lost;
mod record;
mod segment;

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::parcel::Parcel;
use cursor::Cursor;
use record::HEAD;
use segment::{Found, Looked, Record, Segment};

pub use folder::SpoolError;
pub use lost::{Finding, Lost};

/// The bounds of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// As many bytes lie on the disk at most, but for damaged segments that were set aside.
    pub most_bytes: u64,
    /// What is older is not sent any more.
    pub longest: SignedDuration,
}

impl Limits {
    /// The fewest bytes that make a queue: a few of the largest parcels.
    pub const FEWEST_BYTES: u64 = 16 << 20;
}

impl Default for Limits {
    /// A gibibyte, a day.
    fn default() -> Self {
        Self {
            most_bytes: 1 << 30,
            longest: SignedDuration::from_hours(24),
        }
    }
}

/// The largest segment.
const LARGEST_SEGMENT: u64 = 8 << 20;

/// An empty queue keeps a file of so many bytes at most.
const KEPT_EMPTY: u64 = 64 << 10;

/// The queue of one folder. Every method waits for the disk.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    limits: Limits,
    /// Whoever holds it has the folder.
    lock: File,
    cursor: Cursor,
    /// The oldest first. What was taken out of the first of them stays until all of it was.
    segments: VecDeque<Segment>,
    /// The last of them, when it is appended to.
    active: Option<File>,
    /// The first of them, when it was read from.
    reading: Option<File>,
    /// Where in the first of them the first parcel begins.
    offset: u64,
    /// Everything before this is done with.
    first: u64,
    /// What the next parcel is.
    next: u64,
    /// Whether something was appended since the last sync.
    is_unsynced: bool,
    lost: Lost,
    findings: Vec<Finding>,
}

impl Spool {
    /// Opens the queue of a folder, which is made where it is missing. Whatever is found in it is no obstacle: what can
    /// be read is kept, and what cannot is told by [`findings`](Self::findings).
    ///
    /// # Errors
    /// When another process has the folder, or it cannot be written.
    pub fn open(folder: &Path, limits: Limits) -> Result<Self, SpoolError> {
        let failed = |error: io::Error| SpoolError::opening(folder, &error);
        fs::create_dir_all(folder).map_err(failed)?;
        let lock = folder::lock(folder)?;
        let mut findings = Vec::new();
        let (cursor, done) = Cursor::open(&folder.join(folder::CURSOR), &mut findings).map_err(failed)?;
        let mut spool = Self {
            folder: folder.to_owned(),
            limits,
            lock,
            cursor,
            segments: VecDeque::new(),
            active: None,
            reading: None,
            offset: 0,
            first: done,
            next: done,
            is_unsynced: false,
            lost: Lost::default(),
            findings,
        };
        spool.take_stock(done)?;
        Ok(spool)
    }

    /// Puts a parcel at the end. The oldest segments go for it where the bound is reached.
    ///
    /// # Errors
    /// When the disk does not take it: then it is not in the queue.
    pub fn append(&mut self, parcel: &Parcel) -> Result<(), SpoolError> {
        if self.is_gone() {
            return Err(SpoolError::Gone {
                folder: self.folder.clone(),
            });
        }
        let size = HEAD as u64 + parcel.body.len() as u64;
        while !self.segments.is_empty() && self.bytes() + size > self.limits.most_bytes {
            self.drop_oldest();
        }
        let appended = self.append_to_segment(parcel, size);
        appended.map_err(|(path, error)| SpoolError::writing(&path, &error))
    }

    /// The first parcel and its number, which [`done`](Self::done) takes. What is too old as of `now`, or is damaged, is
    /// passed over and counted.
    ///
    /// # Errors
    /// When the disk does not give it now: it is still in the queue.
    pub fn first(&mut self, now: Timestamp) -> Result<Option<(u64, Parcel)>, SpoolError> {
        self.expire(now);
        loop {
            let Some(record) = self.find_first()? else {
                return Ok(None);
            };
            if let Some(body) = self.read_body(&record) {
                return Ok(Some((record.head.sequence, record.head.parcel(body))));
            }
            self.lost.damaged += 1;
            self.find_damage(record.at);
            self.pass(&record);
            self.note_first();
        }
    }

    /// The parcel of this number is done with; all before it are, too.
    pub fn done(&mut self, sequence: u64) {
        while self.first <= sequence {
            match self.find_first() {
                Ok(Some(record)) => self.pass(&record),
                Ok(None) | Err(_) => break,
            }
        }
        self.note_first();
    }

    /// Gives up what is too old, from the oldest on.
    pub fn expire(&mut self, now: Timestamp) {
        let before = self.first;
        while let Ok(Some(record)) = self.find_first()
            && self.is_too_old(&record, now)
        {
            self.lost.age += 1;
            self.pass(&record);
        }
        if self.first != before {
            self.note_first();
        }
    }

    /// Gives up the oldest segment with all that it holds.
    pub fn drop_oldest(&mut self) {
        let Some(oldest) = self.segments.front() else {
            return;
        };
        self.lost.full += oldest.records;
        self.first = self.first.max(oldest.end);
        self.leave_segment();
        self.note_first();
    }

    /// Waits until the disk has what was appended.
    ///
    /// # Errors
    /// When it may not have it.
    pub fn sync(&mut self) -> Result<(), SpoolError> {
        if !std::mem::take(&mut self.is_unsynced) {
            return Ok(());
        }
        let synced = self.active.as_ref().map_or(Ok(()), File::sync_data);
        let synced = folder::synced(synced)
            .and_then(|()| self.cursor.sync())
            .and_then(|()| folder::sync(&self.folder));
        synced.map_err(|error| SpoolError::writing(&self.folder, &error))
    }

    /// Whether somebody has removed the folder, or the files in it: what is in this queue, no other will find.
    pub fn is_gone(&self) -> bool {
        folder::is_gone(&self.lock)
    }

    /// Whether something was appended since the last sync and still waits.
    pub fn is_unsynced(&self) -> bool {
        self.is_unsynced && !self.is_empty()
    }

    /// How many parcels wait.
    pub fn len(&self) -> u64 {
        self.segments.iter().map(|segment| segment.records).sum()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes lie on the disk, with those of the first segment that are done with.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.length).sum()
    }

    /// Everything before this number is done with.
    pub fn first_waiting(&self) -> u64 {
        self.first
    }

    /// What was given up since this was last asked.
    pub fn take_lost(&mut self) -> Lost {
        std::mem::take(&mut self.lost)
    }

    /// What people have to know, since this was last asked.
    pub fn findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    /// Looks at the segments that are there. A new one is begun for what comes: none is appended to that a process
    /// before may have left unfinished. One that cannot be opened is not damaged: who may, or when there are fewer open
    /// files, can read it.
    fn take_stock(&mut self, done: u64) -> Result<(), SpoolError> {
        let mut before = 0;
        let segments = folder::segments(&self.folder);
        for path in segments.map_err(|error| SpoolError::opening(&self.folder, &error))? {
            let opened = |error| SpoolError::opening(&path, &error);
            let mut file = File::open(&path).map_err(opened)?;
            if segment::is_of_another_version(&mut file).is_ok_and(|is_so| is_so) {
                self.findings
                    .push(folder::set_aside_for_another_version(&path).map_err(opened)?);
                continue;
            }
            if let Ok(looked) = Segment::look(&path, file, before, done) {
                before = before.max(looked.segment.end - 1);
                self.take_in(looked);
            } else {
                self.lost.damaged += 1;
                self.findings.extend(folder::set_aside(&path));
            }
        }
        self.next = done.max(before + 1);
        Ok(())
    }

    fn take_in(
        &mut self,
        Looked {
            mut segment,
            torn,
            lost,
        }: Looked,
    ) {
        self.lost.damaged += lost;
        if let Some(length) = torn {
            self.lost.torn += 1;
            self.findings.push(Finding::Torn {
                path: segment.path.clone(),
                bytes: segment.length - length,
            });
            // What stays of it is passed over in any case.
            let file = OpenOptions::new().write(true).open(&segment.path);
            let _ = file.and_then(|file| file.set_len(length));
            segment.length = length;
        }
        if segment.records == 0 {
            segment.leave(&mut self.findings);
            return;
        }
        if segment.damage.is_some() {
            self.findings.push(segment.told());
        }
        self.segments.push_back(segment);
    }

    /// The record that begins at the first segment's offset, or behind what cannot be read there.
    fn find_first(&mut self) -> Result<Option<Record>, SpoolError> {
        loop {
            let Some(segment) = self.segments.front() else {
                return Ok(None);
            };
            if segment.records == 0 {
                if !self.leave_first() {
                    return Ok(None);
                }
                continue;
            }
            let Ok(Some(found)) = self.search()? else {
                self.find_nothing();
                continue;
            };
            let record = found.record;
            if found.is_behind_damage {
                self.find_lost(record.head.sequence);
            }
            self.first = record.head.sequence;
            self.offset = record.at;
            return Ok(Some(record));
        }
    }

    /// Searches the first segment for a record. What the disk cannot read of an open file stays so; why a file cannot be
    /// opened may pass.
    fn search(&mut self) -> Result<io::Result<Option<Found>>, SpoolError> {
        let Some(segment) = self.segments.front() else {
            return Ok(Ok(None));
        };
        let file = match self.reading.as_mut() {
            Some(file) => file,
            None => match File::open(&segment.path) {
                Ok(file) => self.reading.insert(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Ok(None)),
                Err(error) => return Err(SpoolError::reading(&segment.path, &error)),
            },
        };
        let before = self.first.saturating_sub(1);
        Ok(segment::next(file, self.offset, segment.length, before))
    }

    /// Nothing that the first segment should still hold can be found in it. Nothing is appended to it any more.
    fn find_nothing(&mut self) {
        if self.segments.len() == 1 {
            self.active = None;
        }
        if let Some(segment) = self.segments.front() {
            self.lost.damaged += segment.records;
        }
        self.find_damage(self.offset);
        self.count_off(u64::MAX);
    }

    /// What is before this number was whole when it was counted, or was found out when the queue was opened.
    fn find_lost(&mut self, sequence: u64) {
        let Some(segment) = self.segments.front() else {
            return;
        };
        if segment.damage.is_none() {
            let lost = sequence.saturating_sub(self.first).min(segment.records - 1);
            self.lost.damaged += lost;
            self.count_off(lost);
        }
        self.find_damage(self.offset);
    }

    fn is_too_old(&self, record: &Record, now: Timestamp) -> bool {
        now.duration_since(record.head.at) > self.limits.longest
    }

    fn read_body(&mut self, record: &Record) -> Option<Bytes> {
        segment::body(self.reading.as_mut()?, record).ok().flatten()
    }

    /// Goes on behind a record.
    fn pass(&mut self, record: &Record) {
        self.first = record.head.sequence + 1;
        self.offset = record.end();
        self.count_off(1);
    }

    /// So many parcels of the first segment do not wait any more.
    fn count_off(&mut self, records: u64) {
        if let Some(segment) = self.segments.front_mut() {
            segment.records = segment.records.saturating_sub(records);
        }
    }

    /// Writes down what is done with, and gives up the files that hold nothing else.
    fn note_first(&mut self) {
        // A cursor that stays behind lets parcels be sent twice; it loses none.
        let _ = self.cursor.write(self.first);
        while self.segments.front().is_some_and(|segment| segment.records == 0) {
            if !self.leave_first() {
                break;
            }
        }
    }

    /// Leaves the first segment, of which everything is done with. One that is appended to stays, emptied when it has
    /// become large; then there is nothing more to read.
    fn leave_first(&mut self) -> bool {
        let is_active = self.segments.len() == 1 && self.active.is_some();
        if !is_active {
            self.leave_segment();
            return true;
        }
        if let (Some(file), Some(segment)) = (&self.active, self.segments.front_mut())
            && segment.length > KEPT_EMPTY
            && segment.damage.is_none()
            && file.set_len(0).is_ok()
        {
            segment.length = 0;
            self.offset = 0;
        }
        false
    }

    fn leave_segment(&mut self) {
        if let Some(segment) = self.segments.pop_front() {
            segment.leave(&mut self.findings);
        }
        self.offset = 0;
        self.reading = None;
        if self.segments.is_empty() {
            self.active = None;
        }
    }

    fn find_damage(&mut self, at: u64) {
        if let Some(segment) = self.segments.front_mut()
            && segment.damage.is_none()
        {
            segment.damage = Some(at);
            self.findings.push(segment.told());
        }
    }

    fn append_to_segment(&mut self, parcel: &Parcel, size: u64) -> Result<(), (PathBuf, io::Error)> {
        let largest = LARGEST_SEGMENT.min(self.limits.most_bytes / 16);
        let is_full = self
            .segments
            .back()
            .is_some_and(|last| last.length > 0 && last.length + size > largest);
        if self.active.is_none() || is_full {
            self.begin_segment()?;
        }
        let (Some(file), Some(segment)) = (self.active.as_mut(), self.segments.back_mut()) else {
            return Ok(());
        };
        match record::write(file, segment.length, self.next, parcel) {
            Ok(()) => {
                segment.length += size;
                segment.records += 1;
                self.next += 1;
                segment.end = self.next;
                self.is_unsynced = true;
                Ok(())
            }
            Err(error) => {
                let path = segment.path.clone();
                // What came of it must not stand before what comes next.
                if file.set_len(segment.length).is_err() {
                    self.active = None;
                }
                Err((path, error))
            }
        }
    }

    fn begin_segment(&mut self) -> Result<(), (PathBuf, io::Error)> {
        let path = folder::segment(&self.folder, self.next);
        let failed = |error| (path.clone(), error);
        if let Some(file) = &self.active
            && self.is_unsynced
        {
            folder::synced(file.sync_data()).map_err(failed)?;
        }
        let mut options = OpenOptions::new();
        match options.write(true).create_new(true).open(&path) {
            Ok(file) => {
                self.active = Some(file);
                self.segments.push_back(Segment::new(path, self.next));
                Ok(())
            }
            Err(error) => {
                // Whosever it is, it stays, and the next attempt gets another name.
                self.next += u64::from(error.kind() == io::ErrorKind::AlreadyExists);
                Err(failed(error))
            }
        }
    }
}
