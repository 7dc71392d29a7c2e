//! JSONPath (RFC 9535), compiled once at load.

use std::fmt;

use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, FnArg, JpQuery, Segment, Selector, Test, TestFunction,
};
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use serde_json::Value;

/// A compiled JSONPath.
#[derive(Debug, Clone)]
pub struct Path {
    text: String,
    query: JpQuery,
    singular: bool,
    /// The path up to the items that it looks into: `$.items[*]` of `$.items[*].price`.
    items: Option<JpQuery>,
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
        check_segments(&query.segments, 0).map_err(|why| format!("`{text}`: {why}"))?;
        let singular = query.segments.iter().all(is_singular);
        let items = items(&query);
        Ok(Self {
            text: text.to_owned(),
            query,
            singular,
            items,
        })
    }

    /// Whether it can match at most one value: names and indices alone.
    pub const fn is_singular(&self) -> bool {
        self.singular
    }

    /// The values that it matches, in document order.
    pub fn select<'v>(&self, document: &'v Value) -> Vec<&'v Value> {
        process(&self.query, document)
    }

    /// How many items lack what it looks for: of `$.items[*].price`, the items without a price.
    pub fn missing(&self, document: &Value, found: usize) -> usize {
        let items = self.items.as_ref();
        items.map_or(0, |items| process(items, document).len().saturating_sub(found))
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
fn items(query: &JpQuery) -> Option<JpQuery> {
    let last = query.segments.iter().rposition(|segment| !is_singular(segment))?;
    (last + 1 < query.segments.len()).then(|| JpQuery::new(query.segments[..=last].to_vec()))
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn is_singular(segment: &Segment) -> bool {
    matches!(segment, Segment::Selector(Selector::Name(_) | Selector::Index(_)))
}

/// Refuses what jsonpath-rust 1.0 is known to answer with silence: a filter inside a filter.
/// `exists: false` on such a path would otherwise pass whatever the document holds.
fn check_segments(segments: &[Segment], depth: usize) -> Result<(), String> {
    segments.iter().try_for_each(|segment| match segment {
        Segment::Descendant(inner) => check_segments(std::slice::from_ref(inner), depth),
        Segment::Selector(selector) => check_selector(selector, depth),
        Segment::Selectors(selectors) => selectors
            .iter()
            .try_for_each(|selector| check_selector(selector, depth)),
    })
}

fn check_selector(selector: &Selector, depth: usize) -> Result<(), String> {
    match selector {
        Selector::Name(_) | Selector::Wildcard | Selector::Index(_) | Selector::Slice(..) => Ok(()),
        Selector::Filter(_) if depth > 0 => Err(
            "a filter inside a filter is not supported: select the inner values with a path of their own"
                .into(),
        ),
        Selector::Filter(filter) => check_filter(filter, depth + 1),
    }
}

fn check_filter(filter: &Filter, depth: usize) -> Result<(), String> {
    match filter {
        Filter::Or(filters) | Filter::And(filters) => {
            filters.iter().try_for_each(|filter| check_filter(filter, depth))
        }
        Filter::Atom(FilterAtom::Filter { expr, .. }) => check_filter(expr, depth),
        Filter::Atom(FilterAtom::Test { expr, .. }) => check_test(expr, depth),
        Filter::Atom(FilterAtom::Comparison(comparison)) => {
            let (Comparison::Eq(left, right)
            | Comparison::Ne(left, right)
            | Comparison::Gt(left, right)
            | Comparison::Gte(left, right)
            | Comparison::Lt(left, right)
            | Comparison::Lte(left, right)) = comparison.as_ref();
            [left, right].into_iter().try_for_each(|side| match side {
                Comparable::Function(function) => check_function(function, depth),
                Comparable::Literal(_) | Comparable::SingularQuery(_) => Ok(()),
            })
        }
    }
}

fn check_test(test: &Test, depth: usize) -> Result<(), String> {
    match test {
        Test::RelQuery(segments) => check_segments(segments, depth),
        Test::AbsQuery(query) => check_segments(&query.segments, depth),
        Test::Function(function) => check_function(function, depth),
    }
}

fn check_function(function: &TestFunction, depth: usize) -> Result<(), String> {
    let check = |argument: &FnArg| match argument {
        FnArg::Literal(_) => Ok(()),
        FnArg::Test(test) => check_test(test, depth),
        FnArg::Filter(filter) => check_filter(filter, depth),
    };
    match function {
        TestFunction::Custom(name, _) => Err(format!("the function `{name}` is not one of RFC 9535")),
        TestFunction::Length(argument) => check(argument),
        TestFunction::Value(argument) | TestFunction::Count(argument) => check(argument),
        TestFunction::Search(text, pattern) | TestFunction::Match(text, pattern) => {
            check(text)?;
            check(pattern)
        }
    }
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
            let found = path.select(&document).len();
            assert_eq!(path.missing(&document, found), missing, "{text}");
        }
    }

    #[test]
    fn selects_in_document_order() {
        let document = json!({"items": [{"d": 1}, {"d": null}, {}]});
        let path = Path::parse("$.items[*].d").unwrap();
        assert_eq!(path.select(&document), [&json!(1), &json!(null)]);
        assert!(Path::parse("$.none").unwrap().select(&document).is_empty());
    }
}
