//! Up to which parcel all is done with. Two places of the file are written in turn, so that one of them is always whole.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::folder;
use super::lost::Finding;

/// How a place begins.
const MAGIC: [u8; 4] = *b"FWc1";

/// The length of a place.
const PLACE: usize = 16;

/// The file.
#[derive(Debug)]
pub(super) struct Cursor {
    file: File,
    /// The place that is written next: not the one that holds what is valid.
    next: u64,
}

impl Cursor {
    /// Opens the file; gives what it says, 1 when it is new or cannot be read.
    pub(super) fn open(path: &Path, findings: &mut Vec<Finding>) -> io::Result<(Self, u64)> {
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        let mut bytes = Vec::new();
        (&file).take(2 * PLACE as u64).read_to_end(&mut bytes)?;
        let places = bytes.chunks(PLACE).map(read);
        let best = (0..)
            .zip(places)
            .filter_map(|(place, read)| Some((read?, place)))
            .max();
        if best.is_none() && !bytes.is_empty() {
            findings.push(Finding::Cursor {
                path: path.to_owned(),
            });
            file.set_len(0)?;
        }
        let (first, place) = best.unwrap_or((1, 1));
        let next = 1 - place;
        Ok((Self { file, next }, first.max(1)))
    }

    /// Everything before `first` is done with.
    pub(super) fn write(&mut self, first: u64) -> io::Result<()> {
        let mut place = [0; PLACE];
        place[..4].copy_from_slice(&MAGIC);
        place[4..12].copy_from_slice(&first.to_le_bytes());
        let crc = crc32fast::hash(&place[..12]);
        place[12..].copy_from_slice(&crc.to_le_bytes());
        self.file.seek(SeekFrom::Start(self.next * PLACE as u64))?;
        self.file.write_all(&place)?;
        self.next = 1 - self.next;
        Ok(())
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        folder::synced(self.file.sync_data())
    }
}

fn read(place: &[u8]) -> Option<u64> {
    let crc = place
        .get(12..16)?
        .first_chunk()
        .copied()
        .map(u32::from_le_bytes)?;
    let is_whole = place[..4] == MAGIC && crc == crc32fast::hash(&place[..12]);
    let first = place[4..12].first_chunk().copied().map(u64::from_le_bytes)?;
    is_whole.then_some(first)
}
