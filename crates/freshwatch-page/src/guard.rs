//! Who may ask: what keeps the pages of a browser away from a prober that listens on its user's machine.
//!
//! A page of any site can send requests to `127.0.0.1`, and once its own name resolves there (DNS rebinding), it can
//! read the answers as well. Two rules keep it out:
//!
//! 1. **On loopback, only names of loopback.** A listener that only this machine can reach answers only where the
//!    `Host` is an IP address or `localhost`: a name of the page's own is none of these. A listener that others can reach
//!    answers to every name, as it goes by names that it cannot know (a service in a cluster, a proxy in front of it);
//!    who opens it to a network lets that network read it.
//! 2. **What acts is not for pages.** `/-/reload` and `/probe` refuse every request that a browser marks as one of a
//!    page: with an `Origin`, or with a `Sec-Fetch-Site` other than `none` and `same-origin`. A browser sends the former with
//!    every `POST`, also within one origin, so this holds for rebound names and on every address.
//!
//! No answer allows another origin to read it (CORS).

use http::header::{self, HeaderName};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, StatusCode, Version};

use crate::answer::{Refusal, refusal, sent};
use crate::endpoints::Listening;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether the request names a host that we answer to.
///
/// # Errors
/// The answer that refuses it.
pub(crate) fn host(head: &Parts, listening: Listening) -> Result<(), Refusal> {
    let refuse = |sentence: &str| Err(refusal(StatusCode::BAD_REQUEST, sentence));
    let mut named = head.headers.get_all(header::HOST).iter();
    let host = match (named.next(), named.next()) {
        (Some(host), None) => host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()),
        (None, _) if head.version < Version::HTTP_11 => return Ok(()),
        // RFC 9112, section 3.2.
        (None, _) => return refuse("the request has no `Host`"),
        (Some(_), Some(_)) => return refuse("the request has more than one `Host`"),
    };
    let Some(host) = host else {
        return refuse("the request's `Host` is not one");
    };
    // A request line may name an authority too, which then is the one that counts (RFC 9112, section 3.2.2).
    for authority in [Some(&host), head.uri.authority()].into_iter().flatten() {
        if listening == Listening::Loopback && !is_of_loopback(authority.host()) {
            let sentence = format!(
                "this prober listens on loopback and does not answer to the name {}; ask `localhost` or its IP address, \
                 or let a proxy in front of it set `Host: localhost`",
                sent(authority.host())
            );
            return Err(refusal(StatusCode::MISDIRECTED_REQUEST, sentence));
        }
    }
    Ok(())
}

/// Whether the request comes from somebody else than a page in a browser.
///
/// # Errors
/// The answer that refuses it.
pub(crate) fn origin(head: &Parts) -> Result<(), Refusal> {
    if head.headers.contains_key(header::ORIGIN) || is_from_elsewhere(&head.headers) {
        let sentence = "this endpoint is not for pages in a browser; use a command such as curl";
        return Err(refusal(StatusCode::FORBIDDEN, sentence));
    }
    Ok(())
}

fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    sites.any(|site| site != "none" && site != "same-origin")
}

/// An IP address, or a name that never resolves to another machine (RFC 6761, section 6.3).
fn is_of_loopback(host: &str) -> bool {
    let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if literal.unwrap_or(host).parse::<std::net::IpAddr>().is_ok() {
        return true;
    }
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::{host, origin};
    use crate::endpoints::Listening;

    #[track_caller]
    fn check(hosts: &[&str], listening: Listening, status: u16) {
        let mut request = Request::builder().uri("/");
        for host in hosts {
            request = request.header("host", *host);
        }
        let head = request.body(()).unwrap().into_parts().0;
        let got = host(&head, listening).map_or_else(|answer| answer.status().as_u16(), |()| 200);
        assert_eq!(got, status, "{hosts:?} {listening:?}");
    }

    #[test]
    fn on_loopback_only_names_of_loopback_are_answered_to() {
        for ours in [
            "127.0.0.1:4171",
            "127.0.0.1",
            "[::1]:4171",
            "192.0.2.1",
            "localhost:4171",
            "LOCALHOST",
            "localhost.:80",
            "a.localhost",
        ] {
            check(&[ours], Listening::Loopback, 200);
        }
        for rebound in [
            "page.example:4171",
            "localhost.page.example",
            "notlocalhost",
            "127.0.0.1.page.example",
            "0x7f000001",
            "localhost..",
        ] {
            check(&[rebound], Listening::Loopback, 421);
            check(&[rebound], Listening::Beyond, 200);
        }
        check(&[], Listening::Beyond, 400);
        check(&["localhost", "localhost"], Listening::Loopback, 400);
        check(&["a b"], Listening::Beyond, 400);
    }

    #[test]
    fn the_authority_of_the_request_line_counts_as_well() {
        let request = Request::builder()
            .uri("http://page.example/")
            .header("host", "localhost");
        let head = request.body(()).unwrap().into_parts().0;
        assert_eq!(host(&head, Listening::Loopback).unwrap_err().status(), 421);
    }

    #[test]
    fn what_acts_is_not_for_pages() {
        for (name, value, allowed) in [
            ("accept", "*/*", true),
            ("sec-fetch-site", "none", true),
            ("sec-fetch-site", "same-origin", true),
            ("sec-fetch-site", "cross-site", false),
            ("sec-fetch-site", "same-site", false),
            ("sec-fetch-site", "", false),
            ("origin", "http://127.0.0.1:4171", false),
            ("origin", "null", false),
        ] {
            let head = Request::builder()
                .header(name, value)
                .body(())
                .unwrap()
                .into_parts()
                .0;
            assert_eq!(origin(&head).is_ok(), allowed, "{name}: {value}");
        }
    }
}
