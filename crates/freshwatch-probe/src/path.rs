//! JSONPath (RFC 9535), compiled once at load.

use std::fmt;
use std::sync::Arc;

use jsonpath_rust::parser::model::{JpQuery, Segment, Selector};
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use serde_json::Value;

use crate::effort::Effort;

mod steps;

pub use steps::{Lone, Step, follow};

/// A compiled JSONPath. Clones share it: ten thousand probes look at a few paths.
#[derive(Debug, Clone)]
pub struct Path(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    text: String,
    query: JpQuery,
    steps: Box<[Step]>,
    singular: bool,
    effort: Effort,
    /// The path up to the items that it looks into: `$.items[*]` of `$.items[*].price`.
    items: Option<Items>,
}

/// Where items are that a path looks into.
#[derive(Debug)]
struct Items {
    query: JpQuery,
    steps: usize,
}

impl Path {
    /// Parses a path.
    ///
    /// # Errors
    /// A sentence that says what is wrong: not a path, or a form that the engine is known to answer wrongly.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.starts_with('$') {
            return Err(format!("`{text}` is not a JSONPath: it must start with `$`"));
        }
        let query = parse_json_path(text).map_err(|_| format!("`{text}` is not a JSONPath (RFC 9535)"))?;
        let singular = query.segments.iter().all(is_singular);
        let effort = Effort::of(&query).map_err(|why| format!("`{text}`: {why}"))?;
        let (items, steps) = (items(&query), Step::all(&query, text));
        Ok(Self(Arc::new(Compiled {
            text: text.to_owned(),
            query,
            steps,
            singular,
            effort,
            items,
        })))
    }

    /// Whether it can match at most one value: names and indices alone.
    pub fn is_singular(&self) -> bool {
        self.0.singular
    }

    /// Whether looking it up takes no longer than reading the document.
    pub fn is_plain(&self) -> bool {
        self.0.effort == Effort::default()
    }

    /// Its steps.
    pub fn steps(&self) -> &[Step] {
        &self.0.steps
    }

    /// Whether names, indices and `[*]` are all that it is made of: what it selects can be told while a document is
    /// read, and needs no engine.
    pub fn is_selectable(&self) -> bool {
        !self.0.steps.iter().any(Step::is_search)
    }

    /// The values that it matches, in document order.
    ///
    /// # Errors
    /// The document is such that looking would take too long or too much memory.
    pub fn select<'v>(&self, document: &'v Value) -> Result<Vec<&'v Value>, TooCostly> {
        self.select_with(document, Lone::Strict)
    }

    /// The values that it matches, in document order, where a lone element may stand for a list.
    ///
    /// # Errors
    /// The document is such that looking would take too long or too much memory.
    pub fn select_with<'v>(&self, document: &'v Value, lone: Lone) -> Result<Vec<&'v Value>, TooCostly> {
        if self.is_selectable() {
            return Ok(follow(&self.0.steps, document, lone));
        }
        if !self.0.effort.is_bearable(document) {
            return Err(TooCostly);
        }
        Ok(match lone {
            Lone::Strict => process(&self.0.query, document),
            Lone::AsList => follow(&self.0.steps, document, lone),
        })
    }

    /// How many items lack what it looks for: of `$.items[*].price`, the items without a price.
    pub fn missing(&self, document: &Value, found: usize) -> usize {
        self.missing_with(document, found, Lone::Strict)
    }

    /// How many items lack what it looks for, where a lone element may stand for a list.
    pub fn missing_with(&self, document: &Value, found: usize, lone: Lone) -> usize {
        let Some(items) = &self.0.items else { return 0 };
        let steps = &self.0.steps[..items.steps];
        let count = match lone {
            Lone::Strict if steps.iter().any(Step::is_search) => process(&items.query, document).len(),
            Lone::Strict | Lone::AsList => follow(steps, document, lone).len(),
        };
        count.saturating_sub(found)
    }

    /// Whether the other is the same path.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.text == other.0.text
    }
}

fn process<'v>(query: &JpQuery, document: &'v Value) -> Vec<&'v Value> {
    // The engine reports every failure to match as an empty list or as an error; both mean no match here, and no match
    // is never a pass.
    js_path_process(query, document).map_or_else(
        |_| Vec::new(),
        |found| {
            found
                .into_iter()
                .map(jsonpath_rust::query::QueryRef::val)
                .collect()
        },
    )
}

/// The path up to its last segment that can match many, when names or indices follow it.
fn items(query: &JpQuery) -> Option<Items> {
    let last = query.segments.iter().rposition(|segment| !is_singular(segment))?;
    (last + 1 < query.segments.len()).then(|| Items {
        query: JpQuery::new(query.segments[..=last].to_vec()),
        steps: last + 1,
    })
}

/// A document is too large and too deep for a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooCostly;

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.text)
    }
}

fn is_singular(segment: &Segment) -> bool {
    matches!(segment, Segment::Selector(Selector::Name(_) | Selector::Index(_)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Path;

    #[test]
    fn singular_paths_are_names_and_indices() {
        for (text, singular) in [
            ("$", true),
            ("$.a.b", true),
            ("$['a'][0]", true),
            ("$.a[-1]", true),
            ("$.a[*]", false),
            ("$.*", false),
            ("$..a", false),
            ("$.a[0:1]", false),
            ("$.a[0,1]", false),
            ("$[?@.type=='Ready'].x", false),
        ] {
            assert_eq!(Path::parse(text).unwrap().is_singular(), singular, "{text}");
        }
    }

    #[test]
    fn what_the_engine_answers_with_silence_is_refused() {
        for text in [
            "$[?@[?@>1]]",
            "$.a[?@.b[?@.c==1]]",
            "a.b",
            "$.a[",
            "",
            "$.a[?foo(@)]",
        ] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn items_without_the_value_are_counted() {
        let document = json!({"items": [{"d": 1}, {"d": null}, {}, {"d": 2}], "one": {}});
        for (text, missing) in [
            ("$.items[*].d", 1),
            ("$.items[?@.d==1].d", 0),
            ("$.items[*]", 0),
            ("$.one.d", 0),
        ] {
            let path = Path::parse(text).unwrap();
            let found = path.select(&document).unwrap().len();
            assert_eq!(path.missing(&document, found), missing, "{text}");
        }
    }

    #[test]
    fn paths_without_a_search_find_what_the_engine_finds() {
        let document = json!({"a": {"b": [10, {"c": null}], "0": "zero", "it's \"\u{e9}\"": 1}, "": 2});
        for text in [
            "$",
            "$.a.b",
            "$.a.b[0]",
            "$.a.b[1].c",
            "$.a.b[2]",
            "$.a.b[-1]",
            "$.a.b[-2]",
            "$.a.b[-3]",
            "$.a.b.c",
            "$.a['0']",
            "$.a[0]",
            "$['a']['it\\'s \"\\u00e9\"']",
            "$['']",
            "$.a.b['0']",
            "$.none.b",
            "$.*",
            "$.*.b[*]",
            "$[*][*]",
            "$.a.b[*].c",
        ] {
            let path = Path::parse(text).unwrap();
            let engine = super::process(&path.0.query, &document);
            assert!(path.is_selectable(), "{text}");
            assert_eq!(path.select(&document).unwrap(), engine, "{text}");
        }
    }

    #[test]
    fn selects_in_document_order() {
        let document = json!({"items": [{"d": 1}, {"d": null}, {}]});
        let path = Path::parse("$.items[*].d").unwrap();
        assert_eq!(path.select(&document).unwrap(), [&json!(1), &json!(null)]);
        assert!(
            Path::parse("$.none")
                .unwrap()
                .select(&document)
                .unwrap()
                .is_empty()
        );
    }
}
