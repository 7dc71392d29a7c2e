//! How a parcel stands in a segment: a head that tells its length, and the body. Each has a checksum of its own, so that
//! segments can be walked through by their heads alone, and a length that is wrong leads nowhere.
//!
//! | bytes | |
//! |---|---|
//! | 4 | `FWq1` |
//! | 4 | the body's length |
//! | 8 | the parcel's number; each is one more than the one before |
//! | 8 | when it was made, in milliseconds since 1970 |
//! | 8 | how many items it holds |
//! | 2 | the signal, the coding |
//! | 2 | 0 |
//! | 4 | CRC-32 of the body |
//! | 4 | CRC-32 of the head so far |
//!
//! Numbers are little-endian. Whoever changes anything here, a new signal included, changes the `1` of `FWq1`, to a
//! character of which more than one bit differs: versions leave one another's segments alone.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use bytes::Bytes;
use jiff::Timestamp;

use crate::parcel::{Coding, Parcel, Signal};

/// How a head begins.
pub(super) const MAGIC: [u8; 4] = *b"FWq1";

/// Whether a segment that begins so was written by another version. One changed bit is damage.
pub(super) fn is_of_another_version(begin: [u8; 4]) -> bool {
    let [.., version] = begin;
    begin[..3] == MAGIC[..3] && version.is_ascii_alphanumeric() && (version ^ MAGIC[3]).count_ones() > 1
}

/// The length of a head.
pub(super) const HEAD: usize = 44;

/// No parcel is longer.
const LONGEST_BODY: u32 = 1 << 30;

/// What stands before a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) sequence: u64,
    pub(super) at: Timestamp,
    pub(super) length: u32,
    items: u64,
    signal: Signal,
    coding: Coding,
    crc_of_body: u32,
}

impl Head {
    fn of(sequence: u64, parcel: &Parcel) -> io::Result<Self> {
        let length = u32::try_from(parcel.body.len()).ok();
        let length = length.filter(|length| *length <= LONGEST_BODY);
        Ok(Self {
            sequence,
            at: parcel.at,
            length: length.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?,
            items: parcel.items,
            signal: parcel.signal,
            coding: parcel.coding,
            crc_of_body: crc32fast::hash(&parcel.body),
        })
    }

    fn write(&self) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        head[..4].copy_from_slice(&MAGIC);
        head[4..8].copy_from_slice(&self.length.to_le_bytes());
        head[8..16].copy_from_slice(&self.sequence.to_le_bytes());
        head[16..24].copy_from_slice(&self.at.as_millisecond().to_le_bytes());
        head[24..32].copy_from_slice(&self.items.to_le_bytes());
        head[32] = match self.signal {
            Signal::Metrics => 0,
            Signal::Traces => 1,
            Signal::Logs => 2,
        };
        head[33] = match self.coding {
            Coding::Plain => 0,
            Coding::Gzip => 1,
        };
        head[36..40].copy_from_slice(&self.crc_of_body.to_le_bytes());
        let crc = crc32fast::hash(&head[..40]);
        head[40..].copy_from_slice(&crc.to_le_bytes());
        head
    }

    /// Reads a head; none: these bytes are not one, or not a whole one.
    pub(super) fn read(head: &[u8; HEAD]) -> Option<Self> {
        let four = |at: usize| head[at..].first_chunk().copied().map(u32::from_le_bytes);
        let eight = |at: usize| head[at..].first_chunk().copied().map(u64::from_le_bytes);
        if head[..4] != MAGIC || four(40)? != crc32fast::hash(&head[..40]) {
            return None;
        }
        Some(Self {
            length: four(4).filter(|length| *length <= LONGEST_BODY)?,
            sequence: eight(8)?,
            at: Timestamp::from_millisecond(eight(16)?.cast_signed()).ok()?,
            items: eight(24)?,
            signal: match head[32] {
                0 => Signal::Metrics,
                1 => Signal::Traces,
                2 => Signal::Logs,
                _ => return None,
            },
            coding: match head[33] {
                0 => Coding::Plain,
                1 => Coding::Gzip,
                _ => return None,
            },
            crc_of_body: four(36)?,
        })
    }

    /// Whether this is the body.
    pub(super) fn fits(&self, body: &[u8]) -> bool {
        body.len() as u64 == u64::from(self.length) && crc32fast::hash(body) == self.crc_of_body
    }

    /// The parcel with its body.
    pub(super) fn parcel(&self, body: Bytes) -> Parcel {
        Parcel {
            signal: self.signal,
            coding: self.coding,
            items: self.items,
            at: self.at,
            body,
        }
    }
}

/// Writes a parcel at this place.
pub(super) fn write(file: &mut File, at: u64, sequence: u64, parcel: &Parcel) -> io::Result<()> {
    let head = Head::of(sequence, parcel)?;
    file.seek(SeekFrom::Start(at))?;
    file.write_all(&head.write())?;
    file.write_all(&parcel.body)
}
