//! Takes secrets out of whatever a person or a machine may read.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;

/// The secrets of one run, to be found in every spelling in which an answer could echo them.
#[derive(Clone, Default)]
pub struct Redactor {
    /// The longest first, so that a secret that holds another is not left half shown.
    secrets: Vec<Vec<char>>,
}

/// What stands in the place of a secret.
pub const MASK: &str = "***";

/// A secret of fewer characters is masked only where it stands alone: inside of words it would garble everything.
const SHORTEST_WITHIN_WORDS: usize = 4;

/// A part of a secret of so many characters, such as the token behind `Bearer`, is a secret as well.
const SHORTEST_PART: usize = 8;

/// A text that ends within a secret shows so many characters of it before they count.
const SHORTEST_CUT: usize = 4;

/// What parts of a secret stand between.
const SEPARATORS: [char; 10] = [';', ',', '=', '&', '?', '/', ':', '@', '"', '\''];

impl Redactor {
    /// A redactor for these secrets and their larger parts.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut found: Vec<Vec<char>> = Vec::new();
        for secret in secrets {
            let parts = secret.split(|c: char| c.is_whitespace() || SEPARATORS.contains(&c));
            let parts = parts.filter(|part| part.chars().count() >= SHORTEST_PART);
            for text in parts.chain([secret.trim()]) {
                // A server that has read a URL tells what stood in it without its encoding.
                let decoded = percent_decode_str(text).decode_utf8_lossy();
                found.extend([text.chars().collect(), decoded.chars().collect()]);
            }
        }
        found.retain(|secret| !secret.is_empty());
        found.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        found.dedup();
        Self { secrets: found }
    }

    /// The text with `***` in the place of every secret: as it is, percent-encoded, form-encoded, JSON-escaped, or
    /// any mix of these, whatever the case of its letters; also of one that the end of the text cuts.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut shown = String::new();
        let mut kept_from = 0;
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let found = self.secrets.iter().filter_map(|secret| {
                let length = spelling(rest, secret)?;
                (secret.len() >= SHORTEST_WITHIN_WORDS || stands_alone(text, at, length)).then_some(length)
            });
            match found.max() {
                Some(length) => {
                    shown.push_str(&text[kept_from..at]);
                    shown.push_str(MASK);
                    at += length;
                    kept_from = at;
                }
                None => at += rest.chars().next().map_or(1, char::len_utf8),
            }
        }
        if kept_from == 0 && shown.is_empty() {
            return Cow::Borrowed(text);
        }
        shown.push_str(&text[kept_from..]);
        Cow::Owned(shown)
    }
}

/// The bytes at the start of `text` that spell the secret, or as much of it as the text has room for.
fn spelling(text: &str, secret: &[char]) -> Option<usize> {
    let (first, wanted) = (text.chars().next()?, secret.first()?);
    if !is_same(first, *wanted) && !matches!(first, '%' | '\\' | '&' | '~' | '+' | ' ') {
        return None;
    }
    // A character has several spellings, and one can begin as another does: every place reached so far is kept.
    let mut ends = vec![0];
    for (count, c) in secret.iter().enumerate() {
        let is_cut = |end: &usize| count >= SHORTEST_CUT && is_over(&text[*end..]);
        if ends.iter().any(is_cut) {
            return Some(text.len());
        }
        let mut next = Vec::new();
        for end in ends {
            spell(&text[end..], *c, &mut |length| next.push(end + length));
        }
        next.sort_unstable();
        next.dedup();
        if next.is_empty() {
            return None;
        }
        ends = next;
    }
    ends.last().copied()
}

/// Nothing is left, or the beginning of a character that is spelt in several.
fn is_over(rest: &str) -> bool {
    rest.is_empty() || rest.len() < 6 && rest.starts_with(['%', '\\', '&', '~', '…'])
}

/// Calls `found` with the length of each spelling of `c` at the start of `text`.
fn spell(text: &str, c: char, found: &mut impl FnMut(usize)) {
    let Some(first) = text.chars().next() else { return };
    if is_same(first, c) || matches!((first, c), ('+', ' ') | (' ', '+')) {
        found(first.len_utf8());
    }
    match first {
        '%' => percent(text, c).into_iter().for_each(found),
        '\\' => escape(text, c).into_iter().for_each(found),
        '&' => entity(text, c).into_iter().for_each(found),
        // RFC 6901, section 3.
        '~' if c == '/' && text.starts_with("~1") || c == '~' && text.starts_with("~0") => found(2),
        _ => {}
    }
}

/// The same letter in either case, or white space of any kind: what is shown may have been put on one line.
fn is_same(first: char, c: char) -> bool {
    first == c || first.to_lowercase().eq(c.to_lowercase()) || first.is_whitespace() && c.is_whitespace()
}

/// RFC 3986, section 2.1: in either case.
fn percent(text: &str, c: char) -> Option<usize> {
    let mut rest = text;
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        rest = rest.strip_prefix('%')?;
        let digits = rest.get(..2)?;
        (u8::from_str_radix(digits, 16).ok()? == byte).then_some(())?;
        rest = &rest[2..];
    }
    Some(text.len() - rest.len())
}

/// RFC 8259, section 7, and how Rust writes characters: `\"`, `\/`, `\n`, `\u00e9`, `\u{e9}`; also escaped twice.
fn escape(text: &str, c: char) -> Option<usize> {
    let rest = text.trim_start_matches('\\');
    let slashes = text.len() - rest.len();
    let next = rest.chars().next();
    let named = match c {
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        '"' | '/' | '\'' => Some(c),
        _ => None,
    };
    if named.is_some() && next == named {
        return Some(slashes + 1);
    }
    if c == '\\' {
        return (slashes >= 2).then_some(2);
    }
    let rest = rest.strip_prefix('u')?;
    if let Some(rest) = rest.strip_prefix('{') {
        let (digits, _) = rest.split_once('}')?;
        return (u32::from_str_radix(digits, 16).ok()? == u32::from(c)).then_some(slashes + 3 + digits.len());
    }
    let mut length = slashes + 1;
    for (index, unit) in c.encode_utf16(&mut [0; 2]).iter().enumerate() {
        if index > 0 {
            text.get(length..)?.starts_with("\\u").then_some(())?;
            length += 2;
        }
        let digits = text.get(length..length + 4)?;
        (u16::from_str_radix(digits, 16).ok()? == *unit).then_some(())?;
        length += 4;
    }
    Some(length)
}

/// The character references of HTML and XML that encoders write.
fn entity(text: &str, c: char) -> Option<usize> {
    let end = text.char_indices().take(10).find(|(_, c)| *c == ';')?.0;
    let name = &text[1..end];
    let meant = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(number.ok()?)
        }
    };
    (meant == Some(c)).then_some(end + 1)
}

fn stands_alone(text: &str, at: usize, length: usize) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at + length..].chars().next();
    [before, after]
        .into_iter()
        .flatten()
        .all(|c| !c.is_alphanumeric())
}

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Redactor({} secrets and parts)", self.secrets.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Redactor;

    #[track_caller]
    fn check(secret: &str, text: &str, shown: &str) {
        assert_eq!(Redactor::new([secret]).redact(text), shown);
    }

    #[test]
    fn every_spelling_is_masked() {
        check("s3cret", "token s3cret refused", "token *** refused");
        check("a b&c", "/x?k=a+b%26c", "/x?k=***");
        check("a b&c", "/x?k=a%20b%26c", "/x?k=***");
        check("a b&c/d", "/x?k=a%20b&c%2fd", "/x?k=***");
        check("a\"b/c", r#"{"k":"a\"b\/c"}"#, r#"{"k":"***"}"#);
        check("a\"b/c", r#"["{\"k\":\"a\\\"b/c\"}"]"#, r#"["{\"k\":\"***\"}"]"#);
        check(
            "k\u{e9}y\u{1f511}",
            r"say k\u00e9y\ud83d\uDD11 twice",
            "say *** twice",
        );
        check("k\u{e9}y!", r"k\u{e9}y!", "***");
        check("a<b>&'", "a&lt;b&#62;&amp;&#x27;", "***");
        check("per%cent", "per%25cent per%cent", "*** ***");
        check("a/b~c", "`/a~1b~0c/d`", "`/***/d`");
        check("SeCret", "https://secret.example/", "https://***.example/");
        check("tail\n", "tail", "***");
        check("two\nlines", "two\r\nlines two lines", "two\r\nlines ***");
        check("", "nothing", "nothing");
    }

    #[test]
    fn a_secret_that_the_end_cuts_is_masked() {
        check("0123456789", "x 01234", "x ***");
        check("0123 456789", "x 0123%2", "x ***");
        check("0123456789", "x 012", "x 012");
    }

    #[test]
    fn large_parts_are_secret_too() {
        check("https://a.b/x?key=abcd%20efgh", "abcd efgh", "***");
        check("Bearer abcdefgh", "no abcdefgh here", "no *** here");
        check("sid=abcdefgh; theme=dark", "abcdefgh dark", "*** dark");
    }

    #[test]
    fn a_short_secret_does_not_garble_words() {
        check("me", "something named me, me2", "something named ***, me2");
    }

    #[test]
    fn the_longer_secret_goes_first() {
        let redactor = Redactor::new(["abc", "abcdef"]);
        assert_eq!(redactor.redact("abcdef abc"), "*** ***");
        assert!(!format!("{redactor:?}").contains("abc"));
    }
}
