//! Lists of keys and values as the OpenTelemetry variables hold them: `key=value,key=value`, percent-encoded (the
//! W3C Baggage format without properties).

use thiserror::Error;

/// What is wrong with a list. It never shows a value: they can be credentials.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Mistake {
    #[error("entry {entry} has no `=`: write `key=value,key=value`")]
    NoEqualsSign { entry: usize },
    #[error("entry {entry} has no key before its `=`: write `key=value,key=value`")]
    NoKey { entry: usize },
    #[error("entry {entry} is not UTF-8 in percent-encoding: write a literal `%` as `%25`")]
    BadPercent { entry: usize },
}

/// Reads a list. Blanks around keys, values and empty entries do not count; a value may hold `=`.
pub(crate) fn parse(text: &str) -> Result<Vec<(String, String)>, Mistake> {
    let entries = (1..)
        .zip(text.split(',').map(str::trim))
        .filter(|(_, pair)| !pair.is_empty());
    entries.map(|(entry, pair)| parse_pair(entry, pair)).collect()
}

fn parse_pair(entry: usize, pair: &str) -> Result<(String, String), Mistake> {
    let (key, value) = pair.split_once('=').ok_or(Mistake::NoEqualsSign { entry })?;
    let decode = |text: &str| percent_decode(text.trim()).ok_or(Mistake::BadPercent { entry });
    let key = decode(key)?;
    if key.is_empty() {
        return Err(Mistake::NoKey { entry });
    }
    Ok((key, decode(value)?))
}

/// RFC 3986, section 2.1; a plus sign is a plus sign. `None`: not well-formed, or not UTF-8.
pub(crate) fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || {
            char::from(rest.next()?)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        };
        let (high, low) = digit().zip(digit())?;
        bytes.push(high * 16 + low);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{Mistake, parse};

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let pairs = parse(text).unwrap();
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        assert_eq!(pairs, expected);
    }

    #[test]
    fn values_are_decoded() {
        check("a=b,c=d", &[("a", "b"), ("c", "d")]);
        check(" a = b c ,, d=e=f,", &[("a", "b c"), ("d", "e=f")]);
        check("a=%2C%3d%25+%EC%84%9C", &[("a", ",=%+서")]);
        check("a=", &[("a", "")]);
        check("", &[]);
    }

    #[test]
    fn mistakes_name_their_entry_and_no_value() {
        for (text, mistake) in [
            ("a=b,c", Mistake::NoEqualsSign { entry: 2 }),
            ("=b", Mistake::NoKey { entry: 1 }),
            ("a=5%", Mistake::BadPercent { entry: 1 }),
            ("a=%2", Mistake::BadPercent { entry: 1 }),
            ("a=%zz", Mistake::BadPercent { entry: 1 }),
            ("a=%ff", Mistake::BadPercent { entry: 1 }),
        ] {
            assert_eq!(parse(text), Err(mistake), "{text}");
        }
    }
}
