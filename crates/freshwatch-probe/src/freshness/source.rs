//! Where a signal's value is.

use std::fmt;

use http::header::HeaderName;
use regex::Regex;
use serde_json::Value;

use crate::path::Path;
use crate::select::{Unparsable, View};

/// Where a signal's value is.
#[derive(Debug, Clone)]
pub enum Source {
    /// What a JSONPath selects.
    Path(Path),
    /// A header field.
    Header(HeaderName),
    /// The first group of every match of a regex on the raw body.
    Text(Regex),
    /// Parts of a date in members of their own.
    Join(Box<Join>),
    /// The names of the members of objects that a JSONPath selects.
    Keys(Path),
}

/// Parts of a date in members of their own: year, month and day, each with leading zeros or without.
#[derive(Debug, Clone)]
pub struct Join {
    /// The items that hold them.
    pub of: Path,
    /// Where the year is, the month, the day; inside, `$` is the item. Each path can match one value at most.
    pub parts: Vec<Path>,
}

impl Source {
    /// The JSONPaths that look into the body.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        match self {
            Self::Path(path) | Self::Keys(path) => Some(path),
            Self::Join(join) => Some(&join.of),
            Self::Header(_) | Self::Text(_) => None,
        }
        .into_iter()
    }

    /// Every value that a JSONPath finds, in the body or in an item of it; none of a source that has no path.
    pub(crate) fn values_within(
        &self,
        view: &View<'_>,
        item: Option<&Value>,
    ) -> Result<Vec<Value>, Unparsable> {
        let select = |path: &Path| match item {
            None => view.select(path),
            Some(item) => view.select_in(item, path),
        };
        Ok(match self {
            Self::Path(path) => select(path)?.into_iter().cloned().collect(),
            Self::Join(join) => {
                let items = select(&join.of)?.into_iter();
                items
                    .map(|item| join.value(|path| view.select_in(item, path).ok()?.first().copied()))
                    .collect()
            }
            Self::Keys(path) => select(path)?.into_iter().flat_map(names).collect(),
            Self::Header(_) | Self::Text(_) => Vec::new(),
        })
    }

    /// Whether numbers are spelt as text there.
    pub const fn is_text(&self) -> bool {
        match self {
            Self::Header(_) | Self::Text(_) | Self::Keys(_) => true,
            Self::Path(_) | Self::Join(_) => false,
        }
    }
}

impl Join {
    /// The date of an item in the way of `2026-01-05`; null where it has no part of one.
    fn value<'v>(&self, find: impl Fn(&Path) -> Option<&'v Value>) -> Value {
        let parts: Vec<Option<String>> = self.parts.iter().map(|path| part(find(path))).collect();
        if parts.iter().all(Option::is_none) {
            return Value::Null;
        }
        let spelt = parts.into_iter().enumerate().map(|(index, part)| {
            let width = if index == 0 { 4 } else { 2 };
            let part = part.unwrap_or_default();
            let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if is_number {
                format!("{:0>width$}", part.trim_start_matches('0'))
            } else {
                part
            }
        });
        Value::from(spelt.collect::<Vec<_>>().join("-"))
    }
}

/// A part as it is written; none where it is missing or null.
fn part(found: Option<&Value>) -> Option<String> {
    match found? {
        Value::Null => None,
        Value::String(text) => Some(text.trim().to_owned()),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Some(other.to_string())
        }
    }
}

/// The names of an object's members; none of anything else.
fn names(value: &Value) -> impl Iterator<Item = Value> {
    let members = value.as_object().into_iter().flat_map(serde_json::Map::keys);
    members.map(|name| Value::from(name.as_str()))
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(formatter, "`{path}`"),
            Self::Header(name) => write!(formatter, "the header `{name}`"),
            Self::Text(regex) => write!(formatter, "the text `{regex}`"),
            Self::Join(join) => {
                let parts: Vec<String> = join.parts.iter().map(|part| format!("`{part}`")).collect();
                write!(formatter, "{} of `{}`", parts.join(", "), join.of)
            }
            Self::Keys(path) => write!(formatter, "the keys of `{path}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Join, names};
    use crate::path::Path;

    #[track_caller]
    fn check(item: &Value, joined: &Value) {
        let path = |text: &str| Path::parse(text).unwrap();
        let join = Join {
            of: path("$.items[*]"),
            parts: vec![path("$.y"), path("$.m"), path("$.d")],
        };
        let find = |path: &Path| path.select(item).unwrap().first().copied();
        assert_eq!(join.value(find), *joined, "{item}");
    }

    #[test]
    fn parts_come_with_leading_zeros_or_without() {
        check(&json!({"y": 2026, "m": 1, "d": 5}), &json!("2026-01-05"));
        check(&json!({"y": "2026", "m": "01", "d": " 5 "}), &json!("2026-01-05"));
        check(&json!({"y": "2026", "m": "011", "d": "31"}), &json!("2026-11-31"));
    }

    #[test]
    fn a_date_without_any_part_is_null_and_one_with_a_hole_is_no_date() {
        check(&json!({}), &Value::Null);
        check(&json!({"y": null, "m": null, "d": null}), &Value::Null);
        check(&json!({"y": 2026, "m": 11, "d": null}), &json!("2026-11-"));
        check(&json!({"y": 2026, "m": "", "d": 5}), &json!("2026--05"));
        check(&json!({"y": 2026.5, "m": [1], "d": "x"}), &json!("2026.5-[1]-x"));
    }

    #[test]
    fn only_objects_have_names() {
        let names = |value: Value| names(&value).collect::<Vec<_>>();
        assert_eq!(
            names(json!({"2026-11-20": 1, "b": 2})),
            [json!("2026-11-20"), json!("b")]
        );
        assert!(names(json!(["2026-11-20"])).is_empty());
    }
}
