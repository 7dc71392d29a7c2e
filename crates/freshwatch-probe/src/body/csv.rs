//! CSV (RFC 4180): an array of objects by the header row, every value a text.

use std::collections::BTreeSet;

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use serde_json::{Map, Value};

use super::{Unparsable, not_of, place, utf8};
use crate::redact::Redactor;
use crate::show;

/// How many bytes of memory a byte of the body may take as a document, and how many any body may: a few long names of
/// columns above a hundred thousand short rows would be multiplied by them.
const EACH_BYTE: usize = 64;
const ANY_BODY: usize = 1 << 20;

/// What a value takes beside its characters and those of its name.
const CELL: usize = 80;

/// Reads a body as CSV.
///
/// # Errors
/// The first row that does not fit the header, or what is wrong with the header.
pub fn read(bytes: &[u8], secrets: &Redactor) -> Result<Value, Unparsable> {
    if super::is_html(bytes) {
        return Err(Unparsable::NotJson("the body is HTML, not CSV".into()));
    }
    let text = utf8(bytes, "CSV")?;
    if let Some(quote) = open_quote(bytes) {
        let (line, column) = place(bytes, quote);
        let why = format!("(line {line}, column {column}): the quote that begins there never ends");
        return Err(not_of("CSV", &why));
    }
    let mut reader = ReaderBuilder::new().from_reader(text.as_bytes());
    let columns = reader.headers().map_err(|error| broken(&error))?.clone();
    check_columns(&columns, secrets)?;
    let names: usize = columns.iter().map(|name| name.len() + CELL).sum();
    let mut left = bytes.len() * EACH_BYTE + ANY_BODY;
    let (mut rows, mut row) = (Vec::new(), StringRecord::new());
    while reader.read_record(&mut row).map_err(|error| broken(&error))? {
        left = left
            .checked_sub(names + row.as_slice().len())
            .ok_or_else(too_many)?;
        let members = columns.iter().zip(row.iter());
        let members: Map<String, Value> = members
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect();
        rows.push(Value::Object(members));
    }
    Ok(Value::Array(rows))
}

/// Names are what a path goes by: one that stands twice names nothing.
fn check_columns(columns: &StringRecord, secrets: &Redactor) -> Result<(), Unparsable> {
    let mut seen = BTreeSet::new();
    let twice = columns.iter().find(|name| !seen.insert(*name));
    twice.map_or(Ok(()), |name| {
        let shown = show::text(name, secrets);
        let why = format!("with a header row: the column {shown} stands in it twice");
        Err(not_of("CSV", &why))
    })
}

fn broken(error: &csv::Error) -> Unparsable {
    let line = error.position().map_or(1, csv::Position::line);
    let ErrorKind::UnequalLengths {
        expected_len, len, ..
    } = error.kind()
    else {
        // Text in memory can fail in no other way.
        return not_of("CSV", &format!("(line {line})"));
    };
    let fields = |count: u64| show::counted(usize::try_from(count).unwrap_or(usize::MAX), "field", "fields");
    let (header, row) = (fields(*expected_len), fields(*len));
    not_of(
        "CSV",
        &format!("(line {line}): the row has {row}, and the header {header}"),
    )
}

fn too_many() -> Unparsable {
    Unparsable::TooCostly("the body is CSV with too many rows for columns with such long names".into())
}

/// Where a quoted field begins that does not end: the parser takes all that follows for its text.
fn open_quote(bytes: &[u8]) -> Option<usize> {
    let (mut open, mut at_start, mut index) = (None, true, 0);
    while let Some(byte) = bytes.get(index) {
        match (open, byte) {
            (Some(_), b'"') if bytes.get(index + 1) == Some(&b'"') => index += 1,
            (Some(_), b'"') => (open, at_start) = (None, false),
            (Some(_), _) => {}
            (None, b'"') if at_start => open = Some(index),
            (None, byte) => at_start = matches!(byte, b',' | b'\n' | b'\r'),
        }
        index += 1;
    }
    open
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use super::super::Unparsable;
    use crate::redact::Redactor;

    fn read(body: &str) -> Result<Value, Unparsable> {
        super::read(body.as_bytes(), &Redactor::default())
    }

    fn told(body: &str) -> String {
        match read(body) {
            Err(Unparsable::NotJson(why) | Unparsable::TooCostly(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_are_objects_by_the_header() {
        for (body, expected) in [
            (
                "time,place\r\n2026-11-20,\"Jongno, \"\"Seoul\"\"\"\n\n2026-11-21,\n",
                json!([
                    {"time": "2026-11-20", "place": "Jongno, \"Seoul\""},
                    {"time": "2026-11-21", "place": ""},
                ]),
            ),
            ("a,b\n", json!([])),
            ("a\n\"x\ny\"", json!([{"a": "x\ny"}])),
            ("a\n5\" pipe", json!([{"a": "5\" pipe"}])),
            (",a\n0,1", json!([{"": "0", "a": "1"}])),
        ] {
            assert_eq!(read(body), Ok(expected), "{body}");
        }
    }

    #[test]
    fn a_row_that_does_not_fit_is_told_with_its_line() {
        assert_snapshot!(told("a,b\n1,2\n3\n"), @"the body is not CSV (line 3): the row has 1 field, and the header 2 fields");
        assert_snapshot!(told("a\n1,2\n"), @"the body is not CSV (line 2): the row has 2 fields, and the header 1 field");
    }

    #[test]
    fn what_is_cut_short_or_no_table_is_refused() {
        assert_snapshot!(told("a,b\n1,\"2"), @"the body is not CSV (line 2, column 3): the quote that begins there never ends");
        assert_snapshot!(told("a,b\n1,\"2\"\"\n3,4\n"), @"the body is not CSV (line 2, column 3): the quote that begins there never ends");
        assert_snapshot!(told("id,time,id\n1,2,3\n"), @r#"the body is not CSV with a header row: the column "id" stands in it twice"#);
        assert_snapshot!(told("<html>login</html>"), @"the body is HTML, not CSV");
        let latin = super::read(b"a\n\xe9\n", &Redactor::default());
        let why = "the body is not CSV (line 2, column 1): it is not UTF-8";
        assert_eq!(latin, Err(Unparsable::NotJson(why.into())));
    }

    #[test]
    fn long_names_are_not_multiplied_by_many_rows() {
        let body = format!("{}\n{}", "n".repeat(500_000), "1\n".repeat(250_000));
        assert_snapshot!(told(&body), @"the body is CSV with too many rows for columns with such long names");
        for (header, row) in [("time,price", "2026-11-20T00:00:00Z,125000\n"), ("a,b", "1,0\n")] {
            let body = format!("{header}\n{}", row.repeat(100_000));
            assert!(read(&body).is_ok(), "{header}");
        }
    }
}
