//! Which redirects are followed, and what of the request goes along: the rules of the Fetch standard
//! (section 4.4, "HTTP-redirect fetch"), stricter about credentials.

use freshwatch_probe::observation::RedirectStop;
use http::header::{
    CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, HeaderMap, LOCATION,
    TRANSFER_ENCODING,
};
use http::{Method, StatusCode, response};
use url::Url;

use crate::http::outgoing::Outgoing;

/// What follows from an answer's head.
pub(crate) enum Step {
    /// It is the answer; a redirect that should have been followed says why it was not.
    Answer(Option<RedirectStop>),
    /// Send this next.
    Follow(Box<Outgoing>),
}

/// Decides whether the answer to `sent` redirects, `followed` redirects having been followed before.
pub(crate) fn step(head: &response::Parts, sent: &Outgoing, limit: u32, followed: u32) -> Step {
    if limit == 0 || !is_redirect(head.status) {
        return Step::Answer(None);
    }
    if followed >= limit {
        return Step::Answer(Some(RedirectStop::TooMany { limit }));
    }
    match next(head, sent) {
        Ok(next) => Step::Follow(Box::new(next)),
        Err(stop) => Step::Answer(Some(stop)),
    }
}

const fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn next(head: &response::Parts, sent: &Outgoing) -> Result<Outgoing, RedirectStop> {
    let url = location(&head.headers, sent.url())?;
    let mut next = sent.clone();
    if becomes_get(head.status, &sent.method) {
        next.method = Method::GET;
        next.body = None;
        for name in [
            CONTENT_ENCODING,
            CONTENT_LANGUAGE,
            CONTENT_LENGTH,
            CONTENT_LOCATION,
            CONTENT_TYPE,
            TRANSFER_ENCODING,
        ] {
            next.headers.remove(name);
        }
    }
    // An origin is scheme, host and port: from https to http on the same host leaves it too. Once away, an origin's
    // word leads on, so coming back restores nothing.
    if url.origin() != sent.url().origin() {
        next.leave_home();
    }
    if next.away && next.body.as_ref().is_some_and(|body| body.secret) {
        return Err(RedirectStop::Credentials);
    }
    next.turn_to(url);
    Ok(next)
}

fn becomes_get(status: StatusCode, method: &Method) -> bool {
    match status {
        StatusCode::SEE_OTHER => *method != Method::GET && *method != Method::HEAD,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => *method == Method::POST,
        _ => false,
    }
}

fn location(headers: &HeaderMap, base: &Url) -> Result<Url, RedirectStop> {
    let bad = |why: String| RedirectStop::BadLocation(why);
    let value = headers
        .get(LOCATION)
        .ok_or_else(|| bad("the redirect has no `Location`".into()))?;
    // Servers send UTF-8 here; the URL parser encodes it.
    let text = String::from_utf8_lossy(value.as_bytes());
    let mut url = base
        .join(&text)
        .map_err(|_| bad(format!("the `Location` is not a URL: `{text}`")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(bad(format!("the `Location` is neither http nor https: `{text}`")));
    }
    // A server cannot hand out credentials for elsewhere: those of the probe alone are sent. On an http URL with a
    // host these cannot fail.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use freshwatch_probe::observation::RedirectStop;
    use freshwatch_probe::request::{Auth, Method, Request, RequestBody};
    use freshwatch_probe::template::{RunValues, Template};
    use http::Response;

    use super::{Step, step};
    use crate::http::outgoing::Outgoing;

    fn sent(method: Method, change: impl FnOnce(&mut Request)) -> Outgoing {
        let mut request = Request::get("https://a.example/x/y?z");
        request.method = method;
        request.auth = Some(Auth::Bearer(Template::literal("t")));
        change(&mut request);
        Outgoing::build(&request, &RunValues::default()).unwrap()
    }

    fn redirect(sent: &Outgoing, status: u16, location: Option<&str>) -> Step {
        let mut response = Response::builder().status(status);
        if let Some(location) = location {
            response = response.header("location", location);
        }
        step(&response.body(()).unwrap().into_parts().0, sent, 10, 0)
    }

    #[track_caller]
    fn follow(sent: &Outgoing, status: u16, location: &str) -> Outgoing {
        match redirect(sent, status, Some(location)) {
            Step::Follow(next) => *next,
            Step::Answer(stop) => panic!("not followed: {stop:?}"),
        }
    }

    #[track_caller]
    fn check_method(method: Method, status: u16, expected: &str) {
        let with_body =
            |request: &mut Request| request.body = Some(RequestBody::Json(Template::literal("{}")));
        let next = follow(&sent(method, with_body), status, "/");
        assert_eq!(next.method.as_str(), expected);
        let kept = http::Method::from(method).as_str() == expected;
        assert_eq!(next.body.is_some(), kept, "the body goes with the method");
        assert_eq!(next.headers.contains_key("content-type"), kept);
    }

    #[test]
    fn methods_change_as_in_browsers() {
        for status in [301, 302] {
            check_method(Method::Post, status, "GET");
            check_method(Method::Put, status, "PUT");
            check_method(Method::Head, status, "HEAD");
        }
        check_method(Method::Post, 303, "GET");
        check_method(Method::Delete, 303, "GET");
        check_method(Method::Head, 303, "HEAD");
        for status in [307, 308] {
            check_method(Method::Post, status, "POST");
            check_method(Method::Get, status, "GET");
        }
    }

    #[track_caller]
    fn check_location(location: &str, url: &str, keeps_credentials: bool) {
        let next = follow(&sent(Method::Get, |_| {}), 302, location);
        assert_eq!(next.url().as_str(), url);
        assert_eq!(next.headers.contains_key("authorization"), keeps_credentials);
    }

    #[test]
    fn locations_are_relative_to_the_request() {
        check_location("w", "https://a.example/x/w", true);
        check_location("?q", "https://a.example/x/y?q", true);
        check_location("/é", "https://a.example/%C3%A9", true);
        check_location("https://a.example:443/", "https://a.example/", true);
    }

    #[test]
    fn credentials_stay_at_their_origin() {
        check_location("//b.example/", "https://b.example/", false);
        check_location("https://a.example:8443/", "https://a.example:8443/", false);
        check_location("http://a.example/", "http://a.example/", false);
        check_location("https://u:p@a.example/", "https://a.example/", true);
        let away = follow(&sent(Method::Get, |_| {}), 302, "https://b.example/");
        let back = follow(&away, 302, "https://a.example/");
        assert!(
            !back.headers.contains_key("authorization"),
            "what was dropped stays dropped"
        );
    }

    #[test]
    fn a_secret_body_is_not_sent_elsewhere() {
        let secret = |request: &mut Request| request.body = Some(RequestBody::Text(Template::hidden("s")));
        let post = sent(Method::Post, secret);
        let stopped = redirect(&post, 307, Some("https://b.example/"));
        assert!(matches!(stopped, Step::Answer(Some(RedirectStop::Credentials))));
        assert!(follow(&post, 307, "/same").body.is_some());
        assert!(follow(&post, 303, "https://b.example/").body.is_none());
    }

    #[track_caller]
    fn check_bad(location: Option<&str>, expected: &str) {
        match redirect(&sent(Method::Get, |_| {}), 302, location) {
            Step::Answer(Some(RedirectStop::BadLocation(why))) => assert_eq!(why, expected),
            Step::Answer(stop) => panic!("{stop:?}"),
            Step::Follow(_) => panic!("followed"),
        }
    }

    #[test]
    fn locations_that_cannot_be_followed() {
        check_bad(None, "the redirect has no `Location`");
        check_bad(Some("https://[x/"), "the `Location` is not a URL: `https://[x/`");
        check_bad(
            Some("ftp://a/"),
            "the `Location` is neither http nor https: `ftp://a/`",
        );
        check_bad(
            Some("data:,x"),
            "the `Location` is neither http nor https: `data:,x`",
        );
    }

    #[test]
    fn the_bound_holds() {
        let sent = sent(Method::Get, |_| {});
        let head = || {
            Response::builder()
                .status(302)
                .header("location", "/")
                .body(())
                .unwrap()
                .into_parts()
                .0
        };
        assert!(matches!(step(&head(), &sent, 0, 0), Step::Answer(None)));
        assert!(matches!(step(&head(), &sent, 2, 1), Step::Follow(_)));
        assert!(matches!(
            step(&head(), &sent, 2, 2),
            Step::Answer(Some(RedirectStop::TooMany { limit: 2 }))
        ));
    }
}
