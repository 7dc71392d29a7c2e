//! Credentials in the text of a file: no picture of a mistake shows them.

use std::sync::LazyLock;

use regex::Regex;

use crate::yaml::Place;

/// Keys whose values are credentials wherever they stand, so that a file with broken YAML or a mistyped key above
/// them gives nothing away either.
#[expect(
    clippy::expect_used,
    reason = "the pattern is a constant, and a test compiles it"
)]
static SPELT_OUT: LazyLock<Regex> = LazyLock::new(|| {
    let keys =
        "password|passwd|bearer|authorization|proxy-authorization|cookie|client_secret|api[_-]?key|token";
    let value = r#""[^"\n]*"?|'[^'\n]*'?|[^\s,}"'][^,}\n]*"#;
    let pattern = format!(r#"(?im)(?:\b(?:{keys})["']?[ \t]*:[ \t]*({value}))|(?://([^/\s@"'${{}}]+)@)"#);
    Regex::new(&pattern).expect("a constant pattern")
});

/// The text with stars in the place of credentials, byte for byte as long, so that every other place stays where it is.
pub(crate) fn starred(text: &str, places: impl Iterator<Item = Place>) -> String {
    let spelt_out = SPELT_OUT.captures_iter(text).filter_map(|found| {
        let value = found.get(1).or_else(|| found.get(2))?;
        let written = value.as_str().trim_end();
        let is_nothing = matches!(written, "~" | "null");
        let is_shown = written.contains("${") || written.starts_with("$.") || is_nothing;
        (!is_shown).then(|| value.range())
    });
    let ranges: Vec<_> = places
        .map(|place| place.start..place.end)
        .chain(spelt_out)
        .collect();
    let mut starred = text.to_owned();
    for range in ranges {
        if let Some(part) = text.get(range.clone()) {
            starred.replace_range(range, &stars(part));
        }
    }
    starred
}

/// A URL, or what was meant to be one, without what looks like credentials in it.
pub(crate) fn without_credentials(url: &str) -> String {
    let masked = url
        .split_inclusive(['/', '?'])
        .map(|part| match part.rsplit_once('@') {
            Some((before, after)) if !before.is_empty() => format!("***@{after}"),
            Some(_) | None => part.to_owned(),
        });
    masked.collect()
}

/// Lines stay lines, and quotes quotes.
fn stars(part: &str) -> String {
    part.chars()
        .flat_map(|c| match c {
            '\n' | '"' | '\'' => std::iter::repeat_n(c, 1),
            other => std::iter::repeat_n('*', other.len_utf8()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{starred, without_credentials};
    use crate::yaml::Place;

    #[track_caller]
    fn check(text: &str, shown: &str) {
        assert_eq!(starred(text, std::iter::empty()), shown);
    }

    #[test]
    fn credentials_are_starred_out_wherever_they_stand() {
        check("password: hunter2\n", "password: *******\n");
        check("{Password: \"hunter2\", a: b}", "{Password: \"*******\", a: b}");
        check("  Authorization: Bearer x, y", "  Authorization: ********, y");
        check("get: https://user:pw@host/a@b", "get: https://*******@host/a@b");
        check("cookie:\n  a: b", "cookie:\n  a: b");
        check("  password:hunter2", "  password:*******");
    }

    #[test]
    fn placeholders_and_the_rest_may_be_seen() {
        check("bearer: \"${env:TOKEN}\"", "bearer: \"${env:TOKEN}\"");
        check(
            "description: the token of a password",
            "description: the token of a password",
        );
        check("get: https://${env:U}@host/", "get: https://${env:U}@host/");
        check("save: {token: $.token}", "save: {token: $.token}");
        check("auth: {bearer: ~}", "auth: {bearer: ~}");
    }

    #[test]
    fn urls_are_shown_without_credentials() {
        for (url, shown) in [
            ("https://user:pw@host/a", "https://***@host/a"),
            ("user:pw@host", "***@host"),
            ("https://host/?to=a@b", "https://host/?***@b"),
            ("https://host/", "https://host/"),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
    }

    #[test]
    fn a_named_place_is_starred_out() {
        let place = Place {
            file: 0,
            start: 3,
            end: 8,
        };
        assert_eq!(starred("a: bü\nc d", std::iter::once(place)), "a: ***\n* d");
    }
}
