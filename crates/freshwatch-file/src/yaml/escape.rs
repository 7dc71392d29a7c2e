//! Escapes in double quotes (YAML 1.2.2, section 5.7). Most that YAML does not know are meant for a regex.

use super::node::Place;
use crate::found::Found;
use crate::mistake::Code;

/// The mistake of the first escape that YAML does not know, in the double quotes that start at a byte.
pub(super) fn mistake(file: usize, text: &str, quote: usize) -> Found {
    let inside = (quote + 1).min(text.len());
    let (offset, length, message) = match first_unknown(&text[inside..]) {
        Some(Unknown::Letter { offset, letter }) => (
            offset,
            1 + letter.len_utf8(),
            format!("in double quotes `\\` starts an escape, and `\\{letter}` is none"),
        ),
        Some(Unknown::Digits { offset, letter, due }) => (
            offset,
            2,
            format!("in double quotes `\\{letter}` stands before {due} hexadecimal digits of a character"),
        ),
        None => (
            0,
            0,
            "these double quotes hold an escape that YAML does not know".into(),
        ),
    };
    let place = Place {
        file,
        start: inside + offset,
        end: inside + offset + length,
    };
    Found::new(place, Code::Syntax, message)
        .help("use single quotes, in which `\\` is a character like any other")
}

/// An escape that YAML does not know, and where its `\` stands.
#[derive(Debug, PartialEq, Eq)]
enum Unknown {
    Letter {
        offset: usize,
        letter: char,
    },
    /// A character by its number, which is not written as it is due.
    Digits {
        offset: usize,
        letter: char,
        due: usize,
    },
}

fn first_unknown(quoted: &str) -> Option<Unknown> {
    let mut characters = quoted.char_indices();
    while let Some((offset, character)) = characters.next() {
        if character != '\\' {
            continue;
        }
        let (_, letter) = characters.next()?;
        let due = match letter {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ if "0abt\tnvfre \"/\\N_LP\r\n".contains(letter) => continue,
            _ => return Some(Unknown::Letter { offset, letter }),
        };
        let digits = characters.as_str().get(..due);
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if number.and_then(char::from_u32).is_none() {
            return Some(Unknown::Digits { offset, letter, due });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Unknown, first_unknown};

    #[test]
    fn escapes_that_yaml_knows_are_passed_over() {
        for text in [
            r#"\n\t\"\\S\/\0"#,
            r"\x41\u00e9\U0001F600",
            "a\\\nb",
            "plain",
            "end\\",
        ] {
            assert_eq!(first_unknown(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_that_it_does_not_know_is_found() {
        let letter = |offset, letter| Some(Unknown::Letter { offset, letter });
        assert_eq!(first_unknown(r"Updated: (\S+)"), letter(10, 'S'));
        assert_eq!(first_unknown(r"\\\d"), letter(2, 'd'));
        assert_eq!(first_unknown(r"ü\ü"), letter(2, 'ü'));
        let digits = |letter, due| {
            let offset = 0;
            Some(Unknown::Digits { offset, letter, due })
        };
        assert_eq!(first_unknown(r"\x4"), digits('x', 2));
        assert_eq!(first_unknown(r"\u+041"), digits('u', 4));
        assert_eq!(first_unknown(r"\UFFFFFFFF"), digits('U', 8));
    }
}
