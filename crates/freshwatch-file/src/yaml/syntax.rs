//! What the parser's complaints mean to the writer of a probe file.

use super::escape;
use super::node::Place;
use crate::found::Found;
use crate::misfit::space_after_colon;
use crate::mistake::Code;

/// The first character that YAML 1.2.2, section 5.1, does not allow in a file. The parser would take a NUL for the
/// end of the file and pass over the rest in silence.
pub(super) fn control_character(file: usize, text: &str) -> Option<Found> {
    let forbidden = |c: char| (c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r')) || c == '\u{feff}';
    let (start, character) = text.char_indices().find(|(_, c)| forbidden(*c))?;
    let place = Place {
        file,
        start,
        end: start + character.len_utf8(),
    };
    let message = format!(
        "the control character U+{:04X} may not stand in YAML",
        u32::from(character)
    );
    Some(
        Found::new(place, Code::Syntax, message)
            .help("remove it; in double quotes it can be written as an escape"),
    )
}

/// Turns a complaint of the parser at a byte into a mistake with a remedy.
pub(super) fn explain(file: usize, text: &str, at: usize, info: &str) -> Found {
    // The parser complains behind the tab.
    let at = if info.contains("tab") {
        at - text[..at].len() + text[..at].trim_end_matches('\t').len()
    } else {
        at
    };
    let line = Line::around(text, at);
    let at_character = Place {
        file,
        start: at,
        end: text[at..]
            .chars()
            .next()
            .filter(|c| *c != '\n')
            .map_or(at, |c| at + c.len_utf8()),
    };
    if let Some(path) = line.unquoted_path(file, at) {
        return Found::new(
            path,
            Code::Syntax,
            "in `{…}` and `[…]` a word without quotes ends at `[`, `]` and `,`",
        )
        .label("this path needs quotes here")
        .help("put the path in quotes, or write the block with one key a line");
    }
    if info.contains("quoted scalar") && (info.contains("escape") || info.contains("hexadecimal")) {
        return escape::mistake(file, text, at);
    }
    let is_about_keys = ["mapping values", "simple key", "expected ':'"]
        .iter()
        .any(|words| info.contains(words));
    if let Some(found) = Some(line.start)
        .filter(|_| is_about_keys)
        .and_then(|start| glued_before(file, text, start))
    {
        return found;
    }
    let (message, help) = plain_words(text, at, info);
    let found = Found::new(at_character, Code::Syntax, message).help(help);
    match unclosed_bracket(file, &text[..at]) {
        Some(bracket) if help == BRACKETS => found.also(bracket, "opened here"),
        Some(_) | None => found,
    }
}

/// A key and its value without a space between them on the line before the one that starts here. The parser takes them
/// for the first line of a text and complains about the next one.
fn glued_before(file: usize, text: &str, start: usize) -> Option<Found> {
    let line = Line::around(text, text[..start].trim_end().len());
    let written = line.text.trim();
    let (key, value) = written.split_once(':')?;
    let is_word = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if !is_word || value.is_empty() || value.starts_with([' ', '/']) || value.contains(": ") {
        return None;
    }
    let place = Place {
        file,
        start: line.start + line.text.find(key)?,
        end: line.start + line.text.find(key)? + key.len() + 1,
    };
    Some(
        Found::new(place, Code::Syntax, "a key without a space after its `:`")
            .help(space_after_colon(key, value)),
    )
}

const BRACKETS: &str = "check `{`, `}`, `[`, `]` and `,`; a text that holds one of them needs quotes here";

/// The last bracket that is still open, quotes and comments left aside as far as one can tell without parsing.
fn unclosed_bracket(file: usize, text: &str) -> Option<Place> {
    let mut open: Vec<usize> = Vec::new();
    let mut quote = None;
    let mut before = ' ';
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match (quote, character) {
            (Some(mark), _) if mark == character => quote = None,
            (Some('"'), '\\') => {
                characters.next();
            }
            (None, '"' | '\'') if !before.is_alphanumeric() => quote = Some(character),
            (None, '#') if before.is_whitespace() => {
                characters.by_ref().find(|(_, character)| *character == '\n');
            }
            (None, '{' | '[') => open.push(at),
            (None, '}' | ']') => {
                open.pop();
            }
            (Some(_) | None, _) => {}
        }
        before = character;
    }
    open.last().map(|start| Place {
        file,
        start: *start,
        end: start + 1,
    })
}

fn plain_words(text: &str, at: usize, info: &str) -> (String, &'static str) {
    let character = text[at..].chars().next().unwrap_or(' ');
    if info.contains("tab") {
        return (
            "a tab in the indentation".into(),
            "indent with spaces: YAML does not allow tabs there",
        );
    }
    if info.contains("mapping values are not allowed") {
        return (
            "a second `: ` in one value".into(),
            "put a text that holds `: ` in quotes, or check the indentation of this line",
        );
    }
    if info.contains("quoted scalar") && matches!(character, '"' | '\'') {
        return (
            "this quote is never closed".into(),
            "close it with the same quote",
        );
    }
    if info.starts_with("unexpected character") {
        return (
            format!("a text without quotes cannot start with `{character}`"),
            "put it in quotes",
        );
    }
    if info.contains("anchor or alias") {
        return (
            "`*` and `&` start an alias or an anchor here".into(),
            "put a text that starts with them in quotes",
        );
    }
    if info.contains("unknown anchor") {
        return (
            "this alias names no anchor".into(),
            "put a text that starts with `*` in quotes",
        );
    }
    if info.contains("flow mapping") || info.contains("flow sequence") || info.contains("bracket") {
        return ("the brackets do not match, or a `,` is missing".into(), BRACKETS);
    }
    if at >= text.trim_end().len() && info.contains("node content") {
        return ("the file ends inside `{…}` or `[…]`".into(), "close the bracket");
    }
    if info.contains("simple key") || info.contains("expected ':'") {
        return (
            "a key without a `:`".into(),
            "write `key: value`, with a space after the `:`",
        );
    }
    if info.contains("'-' indicator") || info.contains("expected key") || info.contains("block collection") {
        return (
            "this line does not belong to the block above".into(),
            "align it with the keys of its block, or with the `-` of its list",
        );
    }
    if info.contains("indent") {
        return (
            "this line is not indented as YAML needs it".into(),
            "align it with the keys of its block",
        );
    }
    (
        format!("not YAML: {info}"),
        "put texts with special characters in quotes",
    )
}

/// A line of a file.
struct Line<'t> {
    start: usize,
    text: &'t str,
}

impl<'t> Line<'t> {
    fn around(text: &'t str, at: usize) -> Self {
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
        Self {
            start,
            text: &text[start..end],
        }
    }

    /// A JSONPath with brackets that stands without quotes inside a bracket of the line, up to the complaint.
    fn unquoted_path(&self, file: usize, at: usize) -> Option<Place> {
        let before = self.text.get(..at - self.start)?;
        let bracket = before.find(['{', '['])?;
        let dollar = bracket + before[bracket..].rfind('$')?;
        let quoted = before[..dollar].ends_with(['"', '\'']);
        let rest = &self.text[dollar..];
        let end = rest.find([' ', ',', '}', '"', '\'']).unwrap_or(rest.len());
        let path = rest[..end].trim_end_matches(':');
        (path.contains('[') && !quoted).then_some(Place {
            file,
            start: self.start + dollar,
            end: self.start + dollar + path.len(),
        })
    }
}
