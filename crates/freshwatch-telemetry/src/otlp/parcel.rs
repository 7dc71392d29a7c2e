//! How a batch becomes a parcel.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression as Level;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use tokio::task;

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

/// To compress takes milliseconds, which is too long among tasks that have to start in time.
pub(super) async fn pack_aside(batch: Batch, compression: Compression, at: Timestamp) -> Parcel {
    match compression {
        Compression::None => pack(batch, compression, at),
        Compression::Gzip => {
            let plain = batch.clone();
            let packed = task::spawn_blocking(move || pack(batch, compression, at)).await;
            packed.unwrap_or_else(|_| pack(plain, Compression::None, at))
        }
    }
}

fn gzip(bytes: &[u8]) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
    encoder.write_all(bytes)?;
    encoder.finish().map(Bytes::from)
}
