//! What the caches on the way say of an answer: `Age` (RFC 9111, section 5.1) and `Cache-Status` (RFC 9211).

use std::time::Duration;

use http::HeaderMap;
use http::header::{AGE, HeaderName};

use crate::redact::Redactor;
use crate::{duration, show};

/// RFC 9211, section 2.
const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// More caches than any answer passes.
const MOST_CACHES: usize = 32;

/// What the header `cache-status` says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    /// This cache had kept the answer, which is good for so many seconds more; below zero: it was due for a new one.
    Kept { by: String, ttl: Option<i64> },
    /// All of them went forward to the origin.
    Forwarded,
    /// Neither is said for sure.
    Nothing,
}

/// Whether a cache says that it had kept this answer.
pub fn is_from_cache(headers: &HeaderMap) -> bool {
    let aged = headers.get(AGE).is_some_and(|age| {
        let seconds = age.to_str().unwrap_or_default();
        let first = seconds.split(',').next().unwrap_or_default().trim();
        // What is no number was added by a cache as well.
        first.parse() != Ok(0_u64)
    });
    aged || matches!(told(headers), Told::Kept { .. })
}

/// A note on an old answer: which cache had kept it, or that none had. None where `cache-status` does not say.
pub fn note(headers: &HeaderMap, secrets: &Redactor) -> Option<String> {
    Some(match told(headers) {
        Told::Kept { by, ttl } => {
            let by = show::text(&by, secrets);
            let shown = |seconds: i64| duration::show(Duration::from_secs(seconds.unsigned_abs()));
            let good = match ttl {
                Some(seconds @ 0..) => format!(", and keeps it for {} more", shown(seconds)),
                Some(seconds) => format!(", though it was due for a new one {} ago", shown(seconds)),
                None => String::new(),
            };
            format!("the cache {by} had kept this answer{good} (the header `cache-status`)")
        }
        Told::Forwarded => {
            "no cache had kept this answer: it came from the origin (the header `cache-status`)".into()
        }
        Told::Nothing => return None,
    })
}

fn told(headers: &HeaderMap) -> Told {
    let lines = headers.get_all(CACHE_STATUS).iter();
    let lines: Vec<String> = lines
        .map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned())
        .collect();
    let list = lines.join(",");
    let caches: Vec<Vec<&str>> = split(&list, ',')
        .take(MOST_CACHES)
        .map(|cache| split(cache, ';').collect())
        .filter(|cache: &Vec<&str>| cache.first().is_some_and(|name| !name.is_empty()))
        .collect();
    let has = |cache: &Vec<&str>, name: &str| parameter(cache, name).is_some();
    // The caches stand in order from the origin to us: an answer that one has kept still tells of those before it.
    if let Some(cache) = caches.iter().rfind(|cache| has(cache, "hit")) {
        return Told::Kept {
            by: unquoted(cache.first().copied().unwrap_or_default()),
            ttl: parameter(cache, "ttl").and_then(|ttl| ttl.parse().ok()),
        };
    }
    if !caches.is_empty() && caches.iter().all(|cache| has(cache, "fwd")) {
        return Told::Forwarded;
    }
    Told::Nothing
}

/// The value of a parameter (RFC 9651, section 3.1.2); one without a value is true, unless it says `?0`.
fn parameter<'c>(cache: &[&'c str], name: &str) -> Option<&'c str> {
    let mut parameters = cache.iter().skip(1).filter_map(|text| {
        let (key, value) = text.split_once('=').unwrap_or((text, "?1"));
        (key.trim() == name).then_some(value.trim())
    });
    parameters.next_back().filter(|value| *value != "?0")
}

/// The parts between separators that stand outside of quotes, trimmed.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let outside = move |c: char| {
        let is_escaped = std::mem::take(&mut escaped);
        escaped = quoted && c == '\\' && !is_escaped;
        quoted ^= c == '"' && !is_escaped;
        c == separator && !quoted
    };
    text.split(outside).map(str::trim)
}

/// A name is a token or a quoted text.
fn unquoted(name: &str) -> String {
    let inside = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    inside.map_or_else(|| name.to_owned(), |inside| inside.replace("\\\"", "\""))
}

#[cfg(test)]
mod tests {
    use http::header::{AGE, HeaderMap, HeaderValue};

    use super::{CACHE_STATUS, is_from_cache, note};
    use crate::redact::Redactor;

    fn headers(lines: &[&str]) -> HeaderMap {
        let value = |line: &&str| (CACHE_STATUS, HeaderValue::from_str(line).unwrap());
        let mut headers = HeaderMap::new();
        headers.extend(lines.iter().map(value));
        headers
    }

    #[track_caller]
    fn check(lines: &[&str], expected: &str) {
        let note = note(&headers(lines), &Redactor::default()).unwrap_or_default();
        let told = note
            .replace("the cache ", "")
            .replace("had kept this answer", "kept")
            .replace(" (the header `cache-status`)", "");
        assert_eq!(told, expected, "{lines:?}");
    }

    /// The examples of RFC 9211, section 3, among others.
    #[test]
    fn which_cache_had_kept_it() {
        check(
            &["ExampleCache; hit; ttl=376"],
            r#""ExampleCache" kept, and keeps it for 6m 16s more"#,
        );
        check(
            &["ExampleCache; hit; ttl=-412"],
            r#""ExampleCache" kept, though it was due for a new one 6m 52s ago"#,
        );
        check(
            &["OriginCache; hit; ttl=1100, \"CDN, Company Here\"; hit; ttl=545"],
            r#""CDN, Company Here" kept, and keeps it for 9m 5s more"#,
        );
        check(
            &["OriginCache; hit", "\"CDN\"; fwd=uri-miss; stored"],
            r#""OriginCache" kept"#,
        );
        check(
            &[r#""a \"b; hit";hit;detail="x, y; fwd""#],
            r#""a \"b; hit" kept"#,
        );
    }

    #[test]
    fn whether_none_had() {
        let none =
            "no cache had kept this answer: it came from the origin".replace("had kept this answer", "kept");
        check(&["ExampleCache; fwd=uri-miss; stored"], &none);
        check(&["ReverseProxy; fwd=miss, CDN; fwd=stale; fwd-status=200"], &none);
        check(&["ReverseProxy; fwd=miss, CDN"], "");
        check(&["CDN; hit=?0; fwd=miss"], &none);
        for nothing in [
            &[][..],
            &[""],
            &[",,"],
            &["CDN"],
            &["; hit"],
            &["\"open; hit, CDN; hit"],
        ] {
            check(nothing, "");
        }
    }

    #[test]
    fn an_age_is_the_word_of_a_cache() {
        for (age, expected) in [("0", false), ("1", true), ("60, 0", true), ("soon", true)] {
            let mut headers = HeaderMap::new();
            headers.insert(AGE, HeaderValue::from_static(age));
            assert_eq!(is_from_cache(&headers), expected, "{age}");
        }
        assert!(!is_from_cache(&HeaderMap::new()));
        assert!(is_from_cache(&headers(&["CDN; hit"])) && !is_from_cache(&headers(&["CDN; fwd=miss"])));
    }
}
