//! How a batch becomes a parcel.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression as Level;
use flate2::write::GzEncoder;
use jiff::Timestamp;

use super::config::Compression;
use super::encode::Batch;
use crate::parcel::{Coding, Parcel, Signal};

/// A batch, made at this time, as it goes over the wire.
pub(super) fn pack(batch: Batch, compression: Compression, at: Timestamp) -> Parcel {
    let items = u64::try_from(batch.points).unwrap_or(u64::MAX);
    pack_body(batch.body, items, compression, at)
}

/// The body of a request with so many points.
pub(super) fn pack_body(body: Bytes, items: u64, compression: Compression, at: Timestamp) -> Parcel {
    let (coding, body) = match compression {
        Compression::None => (Coding::Plain, body),
        Compression::Gzip => match gzip(&body) {
            Ok(compressed) => (Coding::Gzip, compressed),
            Err(_) => (Coding::Plain, body),
        },
    };
    Parcel {
        signal: Signal::Metrics,
        coding,
        items,
        at,
        body,
    }
}

fn gzip(bytes: &[u8]) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
    encoder.write_all(bytes)?;
    encoder.finish().map(Bytes::from)
}
