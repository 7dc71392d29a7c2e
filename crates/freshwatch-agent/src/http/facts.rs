//! What the head of an answer tells about it.

use std::time::Duration;

use freshwatch_probe::observation::Exchange;
use http::header::{CONTENT_LENGTH, HeaderMap, LAST_MODIFIED, RETRY_AFTER};
use http::{StatusCode, response};
use jiff::Timestamp;

/// Nobody is asked to stay away for longer than a day.
const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(24);

/// Notes the facts of a head that came at `now`.
pub(crate) fn note(head: &response::Parts, now: Timestamp, exchange: &mut Exchange) {
    exchange.status = Some(head.status.as_u16());
    exchange.version = Some(head.version);
    exchange.content_length = content_length(&head.headers);
    exchange.last_modified = text(&head.headers, &LAST_MODIFIED).and_then(http_date);
    exchange.retry_after = match head.status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            text(&head.headers, &RETRY_AFTER).and_then(|value| retry_after(value, now))
        }
        _ => None,
    };
}

/// The announced length of the body in bytes.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    text(headers, &CONTENT_LENGTH).and_then(|value| value.parse().ok())
}

fn text<'h>(headers: &'h HeaderMap, name: &http::HeaderName) -> Option<&'h str> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::trim)
}

/// Seconds, or an HTTP date (RFC 9110, section 10.2.3); a date that has passed means now.
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let wait = if value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty() {
        // More digits than fit are a long time as well.
        Duration::from_secs(value.parse().unwrap_or(u64::MAX))
    } else {
        Duration::try_from(http_date(value)?.duration_since(now)).unwrap_or_default()
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

fn http_date(value: &str) -> Option<Timestamp> {
    Timestamp::try_from(httpdate::parse_http_date(value).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use freshwatch_probe::observation::Exchange;
    use http::Response;

    use super::note;

    #[track_caller]
    fn check(status: u16, retry_after: &str, seconds: Option<u64>) {
        let response = Response::builder()
            .status(status)
            .header("retry-after", retry_after)
            .header("last-modified", "Fri, 20 Nov 2026 08:00:00 GMT")
            .header("content-length", "12");
        let mut exchange = Exchange::default();
        let now = "2026-11-20T09:00:00Z".parse().unwrap();
        note(&response.body(()).unwrap().into_parts().0, now, &mut exchange);
        assert_eq!(
            exchange.retry_after.map(|wait| wait.as_secs()),
            seconds,
            "{retry_after}"
        );
        assert_eq!(exchange.status, Some(status));
        assert_eq!(exchange.content_length, Some(12));
        assert_eq!(
            exchange.last_modified,
            Some("2026-11-20T08:00:00Z".parse().unwrap())
        );
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_a_day_at_most() {
        check(429, "120", Some(120));
        check(503, "0", Some(0));
        check(429, "Fri, 20 Nov 2026 09:01:30 GMT", Some(90));
        check(429, "Fri, 20 Nov 2026 08:00:00 GMT", Some(0));
        check(429, "Sat, 20 Nov 2027 08:00:00 GMT", Some(86_400));
        check(429, "99999999999999999999999", Some(86_400));
        check(429, "soon", None);
        check(429, "-1", None);
        check(429, "", None);
        check(200, "120", None);
    }
}
