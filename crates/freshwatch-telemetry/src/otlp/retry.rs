//! When a request is sent again.

use std::time::Duration;

use http::HeaderMap;
use http::header::{self, HeaderName};
use jiff::Timestamp;

/// How long to wait before a request is sent again: doubled each time, with jitter, so that many probers that saw
/// the same outage do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Before the second attempt.
    pub first: Duration,
    /// At most.
    pub longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(10),
        }
    }
}

impl Backoff {
    /// The wait after so many failed attempts, of which `chance` (0 to 1) picks between half and the whole; never
    /// shorter than what the receiver asked for.
    pub(super) fn wait(&self, failed: u32, asked: Option<Duration>, chance: f64) -> Duration {
        let doubled = 2_u32.saturating_pow(failed.saturating_sub(1));
        let most = self.first.saturating_mul(doubled).min(self.longest);
        let wait = most.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
        wait.max(asked.unwrap_or_default())
    }
}

/// Reads `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date. A date is held against the answer's own
/// `Date`, so that the two clocks need not agree, or against `now` where there is none.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let from = date(headers, &header::DATE).unwrap_or_else(|| now.into());
    Some(until.duration_since(from).unwrap_or_default())
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<std::time::SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderMap;
    use http::header::{DATE, RETRY_AFTER};

    use super::{Backoff, retry_after};

    #[test]
    fn waits_double_up_to_the_longest() {
        let backoff = Backoff::default();
        let waits = |chance| [1, 2, 3, 4, 5, 99].map(|failed| backoff.wait(failed, None, chance).as_millis());
        assert_eq!(waits(1.0), [1000, 2000, 4000, 8000, 10_000, 10_000]);
        assert_eq!(waits(0.0), [500, 1000, 2000, 4000, 5000, 5000]);
    }

    #[test]
    fn the_receiver_may_ask_for_more_but_not_for_less() {
        let wait = |asked| {
            Backoff::default()
                .wait(1, Some(Duration::from_secs(asked)), 1.0)
                .as_secs()
        };
        assert_eq!((wait(0), wait(7), wait(u64::MAX)), (1, 7, u64::MAX));
    }

    #[track_caller]
    fn check(text: &str, date: Option<&'static str>, seconds: Option<u64>) {
        let mut headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
        headers.extend(date.map(|date| (DATE, date.parse().unwrap())));
        let now = "2026-11-21T09:00:00Z".parse().unwrap();
        assert_eq!(
            retry_after(&headers, now),
            seconds.map(Duration::from_secs),
            "{text}"
        );
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        check("120", None, Some(120));
        check("0", None, Some(0));
        check("99999999999999999999999", None, Some(u64::MAX));
        check("Sat, 21 Nov 2026 09:00:30 GMT", None, Some(30));
        check("Sat, 21 Nov 2026 08:59:00 GMT", None, Some(0));
        check(
            "Sat, 21 Nov 2026 09:00:30 GMT",
            Some("Sat, 21 Nov 2026 09:00:20 GMT"),
            Some(10),
        );
        for text in ["", "-1", "1.5", "soon"] {
            check(text, None, None);
        }
    }
}
