//! NDJSON: a JSON document a line, read as an array of them.

use serde_json::Value;
use serde_json::error::Category;

use super::json::is_too_deep;
use super::{DEEPEST, Unparsable, not_of};

/// Reads a body as NDJSON; empty lines count for nothing.
///
/// # Errors
/// The first line that is not JSON.
pub fn read(bytes: &[u8]) -> Result<Value, Unparsable> {
    if super::is_html(bytes) {
        return Err(Unparsable::NotJson("the body is HTML, not NDJSON".into()));
    }
    let lines = (1..).zip(bytes.split(|byte| *byte == b'\n'));
    lines
        .filter(|(_, line)| !line.iter().all(u8::is_ascii_whitespace))
        .map(|(number, line)| serde_json::from_slice(line).map_err(|error| broken(number, line, &error)))
        .collect::<Result<_, _>>()
        .map(Value::Array)
}

fn broken(number: usize, line: &[u8], error: &serde_json::Error) -> Unparsable {
    let why = if error.classify() == Category::Eof {
        ": the line ends in the middle".to_owned()
    } else if std::str::from_utf8(line).is_err() {
        ": it is not UTF-8".to_owned()
    } else if is_too_deep(error) {
        format!(": it is nested deeper than {DEEPEST} levels")
    } else {
        String::new()
    };
    not_of(
        "NDJSON",
        &format!("(line {number}, column {}){why}", error.column()),
    )
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use super::super::Unparsable;

    fn told(body: &[u8]) -> String {
        match super::read(body) {
            Err(Unparsable::NotJson(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_line_is_an_element() {
        assert_eq!(
            super::read(b"{\"a\":1}\r\n\n [2] \n\"three\"\n"),
            Ok(json!([{"a": 1}, [2], "three"]))
        );
        assert_eq!(super::read(b"null"), Ok(json!([null])));
    }

    #[test]
    fn a_broken_line_is_told_with_its_number() {
        assert_snapshot!(told(b"{}\n\n{\"a\":}\n{}"), @"the body is not NDJSON (line 3, column 6)");
        assert_snapshot!(told(b"{}\n{\"a\": 1"), @"the body is not NDJSON (line 2, column 7): the line ends in the middle");
        assert_snapshot!(told(b"{} {}\n"), @"the body is not NDJSON (line 1, column 4)");
        assert_snapshot!(told(b"{}\n\"\xff\"\n"), @"the body is not NDJSON (line 2, column 2): it is not UTF-8");
        assert_snapshot!(told("[".repeat(200).as_bytes()), @"the body is not NDJSON (line 1, column 128): it is nested deeper than 128 levels");
        assert_snapshot!(told(b"<!DOCTYPE html><p>"), @"the body is HTML, not NDJSON");
    }
}
