//! Large answers: few at a time, computed where nothing waits for them.
//!
//! The metrics of 10,000 probes are some 28 MB of text. A place is held from before such a text is computed until the
//! last byte of it is sent, so clients that read slowly cannot fill the memory.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::{task, time};

use crate::answer::{Answer, Refusal, answer, plain, refusal, with_header};
use crate::services::Text;

/// A text of fewer bytes fits a packet or two as it is.
const WORTH_COMPRESSING: usize = 2048;

/// Room for large answers.
#[derive(Debug)]
pub(crate) struct Bulk {
    places: Arc<Semaphore>,
    longest_wait: Duration,
}

/// A text that holds its place for as long as any of it waits to be sent.
struct Placed {
    text: Vec<u8>,
    _place: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Placed {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

impl Bulk {
    /// Room for so many at a time; others wait, but not longer than this.
    pub(crate) fn new(places: usize, longest_wait: Duration) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            longest_wait,
        }
    }

    /// Answers with what `make` gives, compressed where the client takes that.
    pub(crate) async fn answer(&self, head: &Parts, make: impl FnOnce() -> Text + Send + 'static) -> Answer {
        let takes_gzip = takes_gzip(&head.headers);
        let made = self.compute(move || {
            let text = make();
            let packed = takes_gzip.then(|| gzip(&text.body)).flatten();
            (text.content_type, packed.is_some(), packed.unwrap_or(text.body))
        });
        let (content_type, is_packed, text, place) = match made.await {
            Ok(((content_type, is_packed, text), place)) => (content_type, is_packed, text, place),
            Err(refusal) => return *refusal,
        };
        let body = Bytes::from_owner(Placed { text, _place: place });
        let answer = with_header(
            answer(StatusCode::OK, content_type, body),
            header::VARY,
            "Accept-Encoding",
        );
        if is_packed {
            with_header(answer, header::CONTENT_ENCODING, "gzip")
        } else {
            answer
        }
    }

    /// Computes something that takes a while, off the threads that wait for others.
    ///
    /// # Errors
    /// The answer that says what stood in the way.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        make: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(T, OwnedSemaphorePermit), Refusal> {
        let place = Arc::clone(&self.places).acquire_owned();
        let Ok(Ok(place)) = time::timeout(self.longest_wait, place).await else {
            let sentence = "other large answers are still being sent; try again";
            let busy = plain(StatusCode::SERVICE_UNAVAILABLE, sentence);
            return Err(Box::new(with_header(busy, header::RETRY_AFTER, "5")));
        };
        // The work cannot be cut short: it takes its place along, for whoever asked may have gone.
        let made = task::spawn_blocking(move || (make(), place)).await;
        made.map_err(|_| {
            let sentence = "the answer failed, which is a bug";
            refusal(StatusCode::INTERNAL_SERVER_ERROR, sentence)
        })
    }
}

/// Whether the client takes gzip (RFC 9110, section 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter();
    let codings = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    let weights = codings.filter_map(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let name = name.trim();
        let weight = weight
            .trim()
            .strip_prefix(['q', 'Q'])?
            .trim_start()
            .strip_prefix('=')?;
        let weight: f32 = weight.trim().parse().ok()?;
        let is_named = name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip");
        (is_named || name == "*").then_some((is_named, weight > 0.0))
    });
    // One that is named counts before the star.
    weights
        .max_by_key(|(is_named, _)| *is_named)
        .is_some_and(|(_, takes)| takes)
}

/// The text compressed; nothing where that is not worth it.
fn gzip(text: &[u8]) -> Option<Vec<u8>> {
    if text.len() < WORTH_COMPRESSING {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 8), Compression::fast());
    encoder.write_all(text).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::takes_gzip;

    #[test]
    fn only_who_takes_gzip_gets_it() {
        for (accepted, takes) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("gzip ; q = 1.0", true),
            ("*", true),
            ("br, *;q=0.1", true),
            ("gzip;q=0, *", false),
            ("*, gzip;q=0.000", false),
            ("*;q=0, gzip", true),
            ("identity", false),
            ("gzip;q=x", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("accept-encoding", accepted.parse().unwrap());
            assert_eq!(takes_gzip(&headers), takes, "{accepted}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
