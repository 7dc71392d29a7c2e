//! Content codings (RFC 9110, section 8.4.1): a chain of decoders that bytes are pushed through as they come in, into
//! a sink that takes no more than its bound.
//!
//! Memory stays at the bound plus the windows of the decoders: 32 KiB for gzip and deflate, 8 MiB for zstd (RFC 9659),
//! 16 MiB for brotli (RFC 7932). What goes into every decoder is bounded too: a coded stream can run on for ever
//! without giving a single byte.

use std::fmt;
use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use flate2::write::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use http::header::{CONTENT_ENCODING, HeaderMap};

/// The codings that are understood, as `Accept-Encoding` says it.
pub(crate) const ACCEPTED: &str = "gzip, br, zstd, deflate";

/// As many codings may be chained; each costs a window, and nobody honest needs two.
const LONGEST_CHAIN: usize = 4;

/// The base 2 logarithm of the largest window of zstd, 8 MiB (RFC 9659, section 3).
const ZSTD_WINDOW_LOG: u32 = 23;

/// Before anything has come, room is made for no more than this on the word of the server, in bytes.
const LARGEST_START: usize = 64 << 10;

/// And then for so many times what has come.
const BELIEVED: usize = 16;

/// The buffers of the decoders, in bytes.
const BUFFER: usize = 16 << 10;

/// The codings of an answer in the order in which they were applied, in lower case, `identity` left out.
pub(crate) fn codings(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(|name| String::from_utf8_lossy(name).trim().to_lowercase())
        .filter(|name| !name.is_empty() && name != "identity")
        .collect()
}

/// Why the bytes of a body were not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// They are, or decode to, more than the bound.
    TooLarge,
    /// They do not decode: what the decoder said.
    Undecodable(String),
}

/// Takes the bytes of a body as they come and gives what they decode to.
pub(crate) struct Decoder {
    stage: Box<dyn Stage>,
    coded: bool,
    taken: u64,
}

impl Decoder {
    /// A decoder for these codings that holds no more than `limit` bytes. `expected` is what the server announces.
    pub fn new(codings: &[String], limit: u64, expected: usize) -> Result<Self, Refusal> {
        if codings.len() > LONGEST_CHAIN {
            return Err(Refusal::Undecodable(format!(
                "more than {LONGEST_CHAIN} codings in a chain"
            )));
        }
        let mut stage: Box<dyn Stage> = Box::new(Sink {
            bytes: Vec::with_capacity(expected.min(LARGEST_START)),
            limit,
            expected,
        });
        for coding in codings {
            let decoder = decoder(coding, stage)?;
            stage = Box::new(Bounded {
                left: allowance(limit),
                inner: decoder,
            });
        }
        Ok(Self {
            stage,
            coded: !codings.is_empty(),
            taken: 0,
        })
    }

    /// Takes bytes as they came over the wire.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.taken += bytes.len() as u64;
        self.stage.write_all(bytes).map_err(|error| refusal(&error))
    }

    /// How many bytes came over the wire so far.
    pub const fn taken(&self) -> u64 {
        self.taken
    }

    /// How many bytes they decoded to so far.
    pub fn decoded(&self) -> u64 {
        self.stage.decoded()
    }

    /// The whole decoded body, once all of it has been taken.
    pub fn finish(self) -> Result<Vec<u8>, Refusal> {
        // Servers name a coding on empty bodies too, though not even an empty gzip file is empty.
        if self.coded && self.taken == 0 {
            return Ok(Vec::new());
        }
        self.stage.finish().map_err(|error| refusal(&error))
    }
}

/// How many coded bytes a body of `limit` bytes may have: no coder expands what it cannot compress by more than this.
const fn allowance(limit: u64) -> u64 {
    limit.saturating_add(limit / 8).saturating_add(64 << 10)
}

fn decoder(coding: &str, inner: Box<dyn Stage>) -> Result<Box<dyn Stage>, Refusal> {
    Ok(match coding {
        "gzip" | "x-gzip" => Box::new(MultiGzDecoder::new(inner)),
        "deflate" => Box::new(Deflate {
            start: Vec::new(),
            decompress: None,
            ended: false,
            inner,
        }),
        "br" => Box::new(Brotli {
            decoder: DecompressorWriter::new(inner, BUFFER),
            started: false,
        }),
        "zstd" => {
            let mut decoder = zstd::stream::raw::Decoder::new().map_err(|error| refusal(&error))?;
            decoder
                .set_parameter(zstd::stream::raw::DParameter::WindowLogMax(ZSTD_WINDOW_LOG))
                .map_err(|error| refusal(&error))?;
            Box::new(zstd::stream::write::Decoder::with_decoder(inner, decoder))
        }
        _ => return Err(Refusal::Undecodable("nobody asked for this coding".into())),
    })
}

fn refusal(error: &io::Error) -> Refusal {
    if error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<BoundReached>())
        .is_some()
    {
        return Refusal::TooLarge;
    }
    Refusal::Undecodable(match error.kind() {
        io::ErrorKind::UnexpectedEof => "the stream ends in the middle".into(),
        _ => "the stream is corrupt".into(),
    })
}

/// A link of the chain.
trait Stage: Write + Send {
    /// Checks that the stream is complete, and gives what the sink holds.
    fn finish(self: Box<Self>) -> io::Result<Vec<u8>>;

    /// How many bytes the sink holds.
    fn decoded(&self) -> u64;
}

/// The marker of the error that says that a bound was reached, whatever decoder it passes through.
#[derive(Debug)]
struct BoundReached;

impl fmt::Display for BoundReached {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the bound was reached")
    }
}

impl std::error::Error for BoundReached {}

/// The end of the chain.
struct Sink {
    bytes: Vec<u8>,
    limit: u64,
    expected: usize,
}

impl Sink {
    /// Makes room for what is expected, but for no more than so many times what has come.
    fn make_room(&mut self, coming: usize) {
        let length = self.bytes.len() + coming;
        if length > self.bytes.capacity() {
            let room = self.expected.min(length.saturating_mul(BELIEVED)).max(length);
            // Past what is expected it grows as it will.
            if room > length {
                self.bytes.reserve_exact(room - self.bytes.len());
            }
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.bytes.len() + bytes.len()) as u64 > self.limit {
            return Err(io::Error::other(BoundReached));
        }
        self.make_room(bytes.len());
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stage for Sink {
    fn finish(self: Box<Self>) -> io::Result<Vec<u8>> {
        Ok(self.bytes)
    }

    fn decoded(&self) -> u64 {
        self.bytes.len() as u64
    }
}

/// Lets so many bytes into the next stage.
struct Bounded {
    inner: Box<dyn Stage>,
    left: u64,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| io::Error::other(BoundReached))?;
        self.inner.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Stage for Bounded {
    fn finish(self: Box<Self>) -> io::Result<Vec<u8>> {
        self.inner.finish()
    }

    fn decoded(&self) -> u64 {
        self.inner.decoded()
    }
}

impl Stage for MultiGzDecoder<Box<dyn Stage>> {
    fn finish(self: Box<Self>) -> io::Result<Vec<u8>> {
        (*self).finish()?.finish()
    }

    fn decoded(&self) -> u64 {
        self.get_ref().decoded()
    }
}

impl Stage for zstd::stream::write::Decoder<'static, Box<dyn Stage>> {
    fn finish(self: Box<Self>) -> io::Result<Vec<u8>> {
        (*self).finish()?.finish()
    }

    fn decoded(&self) -> u64 {
        self.get_ref().decoded()
    }
}

/// The decoder takes windows of up to 1 GiB, an extension of the format that content codings do not have: its streams
/// start with a byte that is no start of a stream in RFC 7932, section 9.1.
struct Brotli {
    decoder: DecompressorWriter<Box<dyn Stage>>,
    started: bool,
}

impl Write for Brotli {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let (false, Some(first)) = (self.started, bytes.first()) {
            if first & 0x7f == 0x11 {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.started = true;
        }
        self.decoder.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.decoder.flush()
    }
}

impl Stage for Brotli {
    fn finish(mut self: Box<Self>) -> io::Result<Vec<u8>> {
        self.decoder.close()?;
        let inner = self
            .decoder
            .into_inner()
            .map_err(|_| io::ErrorKind::InvalidData)?;
        inner.finish()
    }

    fn decoded(&self) -> u64 {
        self.decoder.get_ref().decoded()
    }
}

/// `deflate` is the zlib format (RFC 1950), but many servers send the bare stream (RFC 1951): the first two bytes
/// tell. flate2's own writers take a stream that was cut for a whole one, so this one watches for its end.
struct Deflate {
    start: Vec<u8>,
    decompress: Option<Decompress>,
    ended: bool,
    inner: Box<dyn Stage>,
}

impl Deflate {
    fn inflate(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let decompress = self
            .decompress
            .get_or_insert_with(|| Decompress::new(is_zlib(bytes)));
        let mut buffer = [0; BUFFER];
        while !self.ended {
            let (read, wrote) = (decompress.total_in(), decompress.total_out());
            let status = decompress
                .decompress(bytes, &mut buffer, FlushDecompress::None)
                .map_err(|_| io::ErrorKind::InvalidData)?;
            let count = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(usize::MAX);
            let (read, wrote) = (
                count(decompress.total_in(), read),
                count(decompress.total_out(), wrote),
            );
            self.inner.write_all(&buffer[..wrote])?;
            bytes = &bytes[read..];
            self.ended = status == Status::StreamEnd;
            if read == 0 && wrote == 0 {
                break;
            }
        }
        Ok(())
    }
}

/// The method is 8, and the two bytes as a number are a multiple of 31 (RFC 1950, section 2.2).
fn is_zlib(bytes: &[u8]) -> bool {
    let [first, second, ..] = bytes else { return false };
    first & 0x0f == 8 && u16::from_be_bytes([*first, *second]).is_multiple_of(31)
}

impl Write for Deflate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.decompress.is_some() {
            self.inflate(bytes)?;
        } else {
            self.start.extend_from_slice(bytes);
            if self.start.len() >= 2 {
                let start = std::mem::take(&mut self.start);
                self.inflate(&start)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stage for Deflate {
    fn finish(self: Box<Self>) -> io::Result<Vec<u8>> {
        if !self.ended {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.inner.finish()
    }

    fn decoded(&self) -> u64 {
        self.inner.decoded()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use http::HeaderMap;
    use http::header::{CONTENT_ENCODING, HeaderValue};
    use proptest::prelude::*;

    use super::{Decoder, Refusal, Sink, codings};

    /// "hello\n" in brotli.
    const BROTLI_HELLO: &[u8] = b"\x8f\x02\x80hello\n\x03";

    fn encode(coding: &str, bytes: &[u8]) -> Vec<u8> {
        fn through<W>(mut encoder: W, bytes: &[u8], finish: impl FnOnce(W) -> Vec<u8>) -> Vec<u8>
        where
            W: Write,
        {
            encoder.write_all(bytes).unwrap();
            finish(encoder)
        }
        let level = Compression::fast();
        match coding {
            "gzip" => through(GzEncoder::new(Vec::new(), level), bytes, |it| {
                it.finish().unwrap()
            }),
            "deflate" => through(ZlibEncoder::new(Vec::new(), level), bytes, |it| {
                it.finish().unwrap()
            }),
            "raw" => through(DeflateEncoder::new(Vec::new(), level), bytes, |it| {
                it.finish().unwrap()
            }),
            "zstd" => zstd::encode_all(bytes, 1).unwrap(),
            other => panic!("{other}"),
        }
    }

    fn decode(codings: &[&str], limit: u64, bytes: &[u8], step: usize) -> Result<Vec<u8>, Refusal> {
        let codings: Vec<_> = codings.iter().map(ToString::to_string).collect();
        let mut decoder = Decoder::new(&codings, limit, 0)?;
        for piece in bytes.chunks(step.max(1)) {
            decoder.take(piece)?;
            assert!(decoder.decoded() <= limit);
        }
        decoder.finish()
    }

    /// A server may announce what it never sends.
    #[test]
    fn room_is_made_for_a_multiple_of_what_has_come() {
        let sink = |expected, come: usize| {
            let mut sink = Sink {
                bytes: Vec::new(),
                limit: 1 << 30,
                expected,
            };
            sink.write_all(&vec![0; come]).unwrap();
            sink.bytes.capacity()
        };
        assert_eq!(sink(1 << 20, 100_000), 1 << 20);
        assert_eq!(sink(1 << 29, 100_000), 1_600_000);
        assert_eq!(sink(0, 100_000), 100_000);
    }

    #[track_caller]
    fn check_corrupt(coding: &str, bytes: &[u8], why: &str) {
        assert_eq!(
            decode(&[coding], 1 << 20, bytes, 7),
            Err(Refusal::Undecodable(why.into())),
            "{coding}"
        );
    }

    proptest! {
        #[test]
        fn what_is_encoded_comes_back(body in proptest::collection::vec(any::<u8>(), 0..4000), step in 1_usize..900) {
            for coding in ["gzip", "deflate", "raw", "zstd"] {
                let name = if coding == "raw" { "deflate" } else { coding };
                let coded = encode(coding, &body);
                prop_assert_eq!(decode(&[name], 4000, &coded, step), Ok(body.clone()));
            }
        }

        #[test]
        fn a_stream_that_is_cut_never_decodes(body in proptest::collection::vec(any::<u8>(), 1..2000), cut in 0.0..1.0_f64) {
            for coding in ["gzip", "deflate", "raw", "zstd"] {
                let name = if coding == "raw" { "deflate" } else { coding };
                let coded = encode(coding, &body);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a short text")]
                let length = ((coded.len() as f64 * cut) as usize).max(1);
                let refused = decode(&[name], 4000, &coded[..length], 100);
                prop_assert!(matches!(refused, Err(Refusal::Undecodable(_))), "{} {:?}", coding, refused);
            }
        }

        #[test]
        fn noise_does_no_harm(noise in proptest::collection::vec(any::<u8>(), 1..2000)) {
            for coding in ["gzip", "deflate", "zstd", "br"] {
                let _ = decode(&[coding], 1000, &noise, 64);
            }
        }
    }

    #[test]
    fn brotli_decodes() {
        assert_eq!(decode(&["br"], 6, BROTLI_HELLO, 3).unwrap(), b"hello\n");
        assert_eq!(decode(&["br"], 5, BROTLI_HELLO, 3), Err(Refusal::TooLarge));
        check_corrupt("br", &BROTLI_HELLO[..7], "the stream is corrupt");
    }

    #[test]
    fn codings_are_undone_in_reverse() {
        let coded = encode("zstd", &encode("gzip", b"hello"));
        assert_eq!(decode(&["gzip", "zstd"], 100, &coded, 5).unwrap(), b"hello");
    }

    #[test]
    fn members_of_gzip_are_joined() {
        let coded = [encode("gzip", b"hel"), encode("gzip", b"lo")].concat();
        assert_eq!(decode(&["gzip"], 100, &coded, 5).unwrap(), b"hello");
    }

    #[test]
    fn the_bound_is_exact() {
        let body = vec![7; 1000];
        for coding in ["gzip", "deflate", "zstd"] {
            let coded = encode(coding, &body);
            assert_eq!(decode(&[coding], 1000, &coded, 50).unwrap(), body);
            assert_eq!(
                decode(&[coding], 999, &coded, 50),
                Err(Refusal::TooLarge),
                "{coding}"
            );
        }
        assert_eq!(decode(&[], 999, &body, 50), Err(Refusal::TooLarge));
    }

    #[test]
    fn a_bomb_stops_at_the_bound() {
        let bomb = encode("gzip", &vec![0; 50 << 20]);
        assert_eq!(decode(&["gzip"], 1 << 20, &bomb, 4096), Err(Refusal::TooLarge));
        let bomb_in_bomb = encode("gzip", &bomb);
        assert_eq!(
            decode(&["gzip", "gzip"], 1 << 20, &bomb_in_bomb, 4096),
            Err(Refusal::TooLarge)
        );
    }

    #[test]
    fn a_stream_without_end_or_content_stops_too() {
        // Stored blocks of no length: a valid stream that never gives a byte.
        let empty_blocks = [0, 0, 0, 0xff, 0xff].repeat(1 << 20);
        assert_eq!(
            decode(&["deflate"], 1 << 20, &empty_blocks, 4096),
            Err(Refusal::TooLarge)
        );
    }

    #[test]
    fn what_does_not_decode_says_why() {
        check_corrupt("gzip", b"<html></html>", "the stream is corrupt");
        check_corrupt("zstd", b"<html>", "the stream is corrupt");
        check_corrupt(
            "deflate",
            &encode("deflate", b"hello")[..5],
            "the stream ends in the middle",
        );
        check_corrupt("compress", b"x", "nobody asked for this coding");
        let five = ["gzip"; 5];
        assert_eq!(
            decode(&five, 10, b"", 1),
            Err(Refusal::Undecodable("more than 4 codings in a chain".into()))
        );
        let mut wrong_sum = encode("gzip", b"hello");
        let place = wrong_sum.len() - 5;
        wrong_sum[place] ^= 1;
        check_corrupt("gzip", &wrong_sum, "the stream is corrupt");
    }

    #[test]
    fn an_empty_body_is_empty_in_every_coding() {
        assert_eq!(decode(&["gzip"], 10, b"", 1), Ok(Vec::new()));
    }

    #[test]
    fn names_of_codings_are_read_from_all_fields() {
        let mut headers = HeaderMap::new();
        headers.append(CONTENT_ENCODING, HeaderValue::from_static("GZIP, identity,"));
        headers.append(CONTENT_ENCODING, HeaderValue::from_static("br"));
        assert_eq!(codings(&headers), ["gzip", "br"]);
    }
}
