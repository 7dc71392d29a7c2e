//! What a server does with a request, and the verdict that follows.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use freshwatch_probe::verdict::Verdict;
use jiff::{SignedDuration, Timestamp};

/// What a server does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It answers well.
    Good,
    /// It answers well, a little later.
    Slow,
    /// Its data is two hours old.
    Stale,
    /// It never answers.
    Hang,
    /// It resets the connection.
    Reset,
    /// It closes the connection.
    Close,
    /// It does not speak HTTP.
    NotHttp,
    /// It ends in the middle of the body.
    Half,
    /// The body ends in the middle of the JSON.
    NotJson,
    /// A page for people.
    Html,
    /// The time is missing.
    NoTimestamp,
    /// Another value than expected.
    Wrong,
    /// 500.
    Failed,
    /// 503.
    Away,
    /// 404.
    NotFound,
    /// 429.
    Limited,
    /// A small body that grows beyond what the probe takes.
    Bomb,
}

/// All that a server that misbehaves may do. It hangs more often than anything else, and is well now and then.
pub const MISDEEDS: [Deed; 20] = [
    Deed::Hang,
    Deed::Reset,
    Deed::Good,
    Deed::NotHttp,
    Deed::Half,
    Deed::Hang,
    Deed::NotJson,
    Deed::Failed,
    Deed::Stale,
    Deed::Bomb,
    Deed::Hang,
    Deed::Close,
    Deed::Html,
    Deed::Good,
    Deed::NoTimestamp,
    Deed::Hang,
    Deed::Away,
    Deed::Wrong,
    Deed::NotFound,
    Deed::Limited,
];

impl Deed {
    /// The verdict of a run that meets it.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Good | Self::Slow => Verdict::Ok,
            Self::Stale => Verdict::Stale,
            Self::Hang
            | Self::Reset
            | Self::Close
            | Self::NotHttp
            | Self::Half
            | Self::Failed
            | Self::Away => Verdict::Down,
            Self::NotJson | Self::Html | Self::NoTimestamp | Self::Wrong | Self::NotFound | Self::Bomb => {
                Verdict::Invalid
            }
            Self::Limited => Verdict::Unknown,
        }
    }

    /// Whether the connection can be used again afterwards.
    pub const fn keeps_connection(self) -> bool {
        match self {
            Self::Good | Self::Slow | Self::Stale => true,
            Self::Hang
            | Self::Reset
            | Self::Close
            | Self::NotHttp
            | Self::Half
            | Self::NotJson
            | Self::Html
            | Self::NoTimestamp
            | Self::Wrong
            | Self::Failed
            | Self::Away
            | Self::NotFound
            | Self::Limited
            | Self::Bomb => false,
        }
    }

    /// What goes over the wire.
    pub fn bytes(self, now: Timestamp) -> Vec<u8> {
        let fresh = || format!("{{\"status\":\"OK\",\"updatedAt\":\"{now:.0}\"}}");
        let two_hours_ago = now - SignedDuration::from_hours(2);
        match self {
            Self::Hang | Self::Reset | Self::Close => Vec::new(),
            Self::Good | Self::Slow => answer("200 OK", JSON, fresh()),
            Self::Stale => answer(
                "200 OK",
                JSON,
                format!("{{\"status\":\"OK\",\"updatedAt\":\"{two_hours_ago:.0}\"}}"),
            ),
            Self::NotHttp => b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(),
            Self::Half => {
                let mut bytes = answer("200 OK", JSON, fresh());
                bytes.truncate(bytes.len() - 10);
                bytes
            }
            Self::NotJson => answer("200 OK", JSON, "{\"status\":\"OK\",\"updatedAt\":"),
            Self::Html => answer(
                "200 OK",
                "text/html",
                "<html><body>We are back soon</body></html>",
            ),
            Self::NoTimestamp => answer("200 OK", JSON, "{\"status\":\"OK\",\"updatedAt\":null}"),
            Self::Wrong => answer("200 OK", JSON, fresh().replace("OK", "BROKEN")),
            Self::Failed => answer("500 Internal Server Error", JSON, fresh()),
            Self::Away => answer("503 Service Unavailable", JSON, fresh()),
            Self::NotFound => answer("404 Not Found", JSON, fresh()),
            Self::Limited => answer("429 Too Many Requests", JSON, fresh()),
            Self::Bomb => answer("200 OK", "application/json\r\ncontent-encoding: gzip", bomb()),
        }
    }
}

const JSON: &str = "application/json";

fn answer(status: &str, kind: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// A kilobyte that becomes a megabyte.
fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory cannot fail; were it so, the body would not be gzip, which is as invalid.
    let _ = encoder.write_all(&vec![b' '; 1 << 20]);
    encoder.finish().unwrap_or_default()
}
