//! A file of parcels, one behind the other. What cannot be read in it is passed over: the next head is searched for.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::folder;
use super::lost::Finding;
use super::record::{self, HEAD, Head, MAGIC};

/// So much is searched at a time.
const CHUNK: usize = 64 << 10;

/// A segment that holds parcels.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) path: PathBuf,
    /// How much of the file counts.
    pub(super) length: u64,
    /// How many parcels wait in it.
    pub(super) records: u64,
    /// One more than the number of the last parcel in it.
    pub(super) end: u64,
    /// Where something in it cannot be read.
    pub(super) damage: Option<u64>,
}

/// A head that was found in a segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    /// Where it begins.
    pub(super) at: u64,
    pub(super) head: Head,
}

impl Record {
    /// Where the next one begins.
    pub(super) fn end(&self) -> u64 {
        self.at + HEAD as u64 + u64::from(self.head.length)
    }
}

/// What a look at a segment found.
pub(super) struct Looked {
    pub(super) segment: Segment,
    /// Up to where the file is whole, when the last parcel in it was not written to its end.
    pub(super) torn: Option<u64>,
    /// How many parcels cannot be read.
    pub(super) lost: u64,
}

impl Segment {
    /// One that begins with the parcel of this number.
    pub(super) fn new(path: PathBuf, next: u64) -> Self {
        Self {
            path,
            length: 0,
            records: 0,
            end: next,
            damage: None,
        }
    }

    /// Walks through the file of this name by its heads. Parcels come behind the number `before`, and those before `done`
    /// do not count.
    pub(super) fn look(path: &Path, mut file: File, before: u64, done: u64) -> io::Result<Looked> {
        let length = file.metadata()?.len();
        let mut segment = Self {
            length,
            ..Self::new(path.to_owned(), before + 1)
        };
        let (mut at, mut lost) = (0, 0);
        while let Some(found) = next(&mut file, at, length, segment.end - 1)? {
            let sequence = found.record.head.sequence;
            if found.is_behind_damage {
                segment.damage.get_or_insert(at);
                lost += sequence.saturating_sub(segment.end.max(done));
            }
            segment.records += u64::from(sequence >= done);
            segment.end = sequence + 1;
            at = found.record.end();
        }
        let torn = if at < length {
            is_torn(&mut file, at, length)?.then_some(at)
        } else {
            None
        };
        if at < length && torn.is_none() {
            segment.damage.get_or_insert(at);
            lost += 1;
        }
        Ok(Looked { segment, torn, lost })
    }

    /// What people have to know of its damage.
    pub(super) fn told(&self) -> Finding {
        Finding::Damaged {
            path: self.path.clone(),
            at: self.damage.unwrap_or_default(),
        }
    }

    /// Gives the file up; one that is damaged is kept under another name.
    pub(super) fn leave(self, findings: &mut Vec<Finding>) {
        if self.damage.is_none() {
            // One that stays is behind the cursor, and goes when the queue is next opened.
            let _ = fs::remove_file(&self.path);
        } else if let Some(finding) = folder::set_aside(&self.path) {
            findings.push(finding);
        }
    }
}

/// Whether another version wrote this file.
pub(super) fn is_of_another_version(file: &mut File) -> io::Result<bool> {
    let mut begin = [0; MAGIC.len()];
    file.seek(SeekFrom::Start(0))?;
    match file.read_exact(&mut begin) {
        Ok(()) => Ok(record::is_of_another_version(begin)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// A record that was searched for.
pub(super) struct Found {
    pub(super) record: Record,
    /// Whether something before it cannot be read.
    pub(super) is_behind_damage: bool,
}

/// The next whole record from this place on whose number is more than `before`.
pub(super) fn next(file: &mut File, at: u64, length: u64, before: u64) -> io::Result<Option<Found>> {
    let mut from = at;
    let mut is_behind_damage = false;
    loop {
        let whole = read_head(file, from, length)?.filter(|record| record.end() <= length);
        match whole {
            Some(record) if record.head.sequence > before => {
                return Ok(Some(Found {
                    record,
                    is_behind_damage,
                }));
            }
            Some(done_with) => from = done_with.end(),
            None => match search(file, from + 1, length)? {
                Some(found) => {
                    is_behind_damage = true;
                    from = found;
                }
                None => return Ok(None),
            },
        }
    }
}

/// The body of a record; none: it is damaged.
pub(super) fn body(file: &mut File, record: &Record) -> io::Result<Option<Bytes>> {
    let length = u64::from(record.head.length);
    file.seek(SeekFrom::Start(record.at + HEAD as u64))?;
    let mut body = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(length).read_to_end(&mut body)?;
    Ok(record.head.fits(&body).then(|| body.into()))
}

fn read_head(file: &mut File, at: u64, length: u64) -> io::Result<Option<Record>> {
    if at + HEAD as u64 > length {
        return Ok(None);
    }
    let mut bytes = [0; HEAD];
    file.seek(SeekFrom::Start(at))?;
    match file.read_exact(&mut bytes) {
        Ok(()) => Ok(Head::read(&bytes).map(|head| Record { at, head })),
        // Somebody has cut it.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where from this place on something begins as a head does.
fn search(file: &mut File, mut at: u64, length: u64) -> io::Result<Option<u64>> {
    let mut chunk = Vec::with_capacity(CHUNK);
    while at + HEAD as u64 <= length {
        chunk.clear();
        file.seek(SeekFrom::Start(at))?;
        file.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)?;
        if let Some(found) = chunk.windows(MAGIC.len()).position(|four| four == MAGIC) {
            return Ok(Some(at + found as u64));
        }
        if chunk.len() < MAGIC.len() {
            return Ok(None);
        }
        // A head may begin in this chunk and end in the next.
        at += (chunk.len() - MAGIC.len() + 1) as u64;
    }
    Ok(None)
}

/// Whether what stands from this place on to the end is the beginning of a record that was never finished: less than its
/// head, less than its head announces, or zeros, which are what a file system shows of what it had not written when the
/// machine failed.
fn is_torn(file: &mut File, at: u64, length: u64) -> io::Result<bool> {
    if let Some(record) = read_head(file, at, length)? {
        return Ok(record.end() > length);
    }
    let mut rest = Vec::new();
    file.seek(SeekFrom::Start(at))?;
    file.by_ref().take(length - at).read_to_end(&mut rest)?;
    let is_zero = rest.iter().all(|byte| *byte == 0);
    let begins = rest.len() < HEAD && rest.iter().zip(&MAGIC).all(|(byte, of)| byte == of);
    Ok(is_zero || begins)
}
