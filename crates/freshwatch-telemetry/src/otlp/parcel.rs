//! A batch as it goes over the wire and waits in the queue: the same bytes at every attempt.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression as Level;
use flate2::write::GzEncoder;

use super::config::Compression;
use super::encode::Batch;

/// A batch as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parcel {
    /// The body of the request.
    pub(super) body: Bytes,
    /// Its content coding (RFC 9110, section 8.4.1).
    pub(super) coding: Option<&'static str>,
    /// How many points it holds.
    pub(super) points: u64,
}

impl Parcel {
    pub(super) fn new(batch: Batch, compression: Compression) -> Self {
        let compressed = match compression {
            Compression::None => None,
            Compression::Gzip => gzip(&batch.body).ok(),
        };
        Self {
            coding: compressed.is_some().then_some("gzip"),
            body: compressed.unwrap_or(batch.body),
            points: u64::try_from(batch.points).unwrap_or(u64::MAX),
        }
    }
}

fn gzip(bytes: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
    encoder.write_all(bytes)?;
    encoder.finish().map(Bytes::from)
}
