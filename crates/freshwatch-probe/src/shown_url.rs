//! A URL as a stranger may read it.

use crate::redact::MASK;

/// The URL without credentials. Values of its query are masked too, as keys and tokens often stand there, and its
/// fragment is left out.
pub fn shown(url: &str) -> String {
    let text = url.split('#').next().unwrap_or_default();
    let (place, query) = text
        .split_once('?')
        .map_or((text, None), |(place, query)| (place, Some(query)));
    let mut shown = without_user_info(place);
    if let Some(query) = query {
        shown.push('?');
        shown.push_str(&masked(query));
    }
    shown
}

/// RFC 3986, section 3.2.1.
fn without_user_info(place: &str) -> String {
    let start = place.find("://").map_or(0, |scheme| scheme + 3);
    let (scheme, rest) = place.split_at(start);
    let end = rest.find(['/', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}{host}{path}")
}

fn masked(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) => format!("{name}={MASK}"),
        None => MASK.into(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn nothing_is_shown_that_lets_anybody_in() {
        for (url, expected) in [
            ("https://a.example/prices", "https://a.example/prices"),
            ("https://a.example", "https://a.example"),
            ("https://user:pass@a.example:8443/x", "https://a.example:8443/x"),
            ("https://a@b@a.example", "https://a.example"),
            ("https://a.example/users/@me", "https://a.example/users/@me"),
            ("https://a.example/?key=abc&b#f", "https://a.example/?key=***&***"),
            (
                "https://a.example?to=http://u:p@b.example/",
                "https://a.example?to=***",
            ),
        ] {
            assert_eq!(shown(url), expected);
        }
    }
}
