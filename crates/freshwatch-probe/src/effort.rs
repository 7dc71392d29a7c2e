//! What it takes to look a JSONPath up, estimated before it is tried; and the forms that cannot be answered well.
//!
//! The answer comes from a server that may be broken or hostile, and a path with `..` can be made to look at far more
//! than the bytes of a body: every pair of a node and one beneath it, in a body of nothing but brackets.

use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, FnArg, JpQuery, Literal, Segment, Selector, Test,
    TestFunction,
};
use regex::RegexBuilder;
use serde_json::Value;

/// The most that one path may take on one answer, in about ten nanoseconds or one byte each.
const MOST: f64 = 100_000_000.0;

/// What a node costs that a `..` visits, and what each level above it adds: the engine writes down where it is.
const NODE: f64 = 100.0;
const LEVEL: f64 = 10.0;

/// What `match()` and `search()` cost a node: the engine compiles the pattern each time.
const PATTERN: f64 = 4_400.0;

/// How large such a pattern may be compiled, in bytes.
const LARGEST_PATTERN: usize = 16 << 10;

/// What makes a path costly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effort {
    /// How many `..` it has, those in filters included.
    descendants: i32,
    /// Whether a filter matches a pattern.
    patterns: bool,
    /// Whether the walk is inside a filter.
    in_filter: bool,
}

impl Effort {
    /// Looks a path through.
    ///
    /// # Errors
    /// A form whose cost no bound on the answer can hold, or which jsonpath-rust 1.0 is known to answer with silence:
    /// `exists: false` on such a path would pass whatever the document holds.
    pub fn of(query: &JpQuery) -> Result<Self, String> {
        let mut effort = Self::default();
        effort.add_segments(&query.segments)?;
        Ok(effort)
    }

    /// Whether looking it up in this document stays within the bound.
    pub fn is_bearable(self, document: &Value) -> bool {
        (self.descendants == 0 && !self.patterns) || self.cost(document, 1.0, 0.0) <= MOST
    }

    /// The cost of a value and all beneath it, added up until the bound is passed.
    fn cost(self, value: &Value, level: f64, before: f64) -> f64 {
        let visits = level.powi((self.descendants - 1).max(0));
        let pattern = if self.patterns { PATTERN } else { 0.0 };
        let own = before + visits * (NODE + LEVEL * level + pattern);
        let add = |cost: f64, child: &Value| {
            if cost > MOST {
                cost
            } else {
                self.cost(child, level + 1.0, cost)
            }
        };
        match value {
            Value::Array(elements) => elements.iter().fold(own, add),
            Value::Object(members) => members.values().fold(own, add),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => own,
        }
    }

    fn add_segments(&mut self, segments: &[Segment]) -> Result<(), String> {
        segments.iter().try_for_each(|segment| match segment {
            Segment::Descendant(inner) => {
                self.descendants += 1;
                self.add_segments(std::slice::from_ref(inner))
            }
            Segment::Selector(selector) => self.add_selector(selector),
            Segment::Selectors(selectors) => {
                let many = selectors.iter().filter(|selector| !is_single(selector)).count();
                if many > 1 {
                    return Err(
                        "several `*`, slices or filters in one pair of brackets select the same values again"
                            .into(),
                    );
                }
                selectors
                    .iter()
                    .try_for_each(|selector| self.add_selector(selector))
            }
        })
    }

    fn add_selector(&mut self, selector: &Selector) -> Result<(), String> {
        match selector {
            Selector::Name(_) | Selector::Wildcard | Selector::Index(_) | Selector::Slice(..) => Ok(()),
            Selector::Filter(_) if self.in_filter => Err(
                "a filter inside a filter is not supported: select the inner values with a path of their own"
                    .into(),
            ),
            Selector::Filter(filter) => {
                self.in_filter = true;
                let added = self.add_filter(filter);
                self.in_filter = false;
                added
            }
        }
    }

    fn add_filter(&mut self, filter: &Filter) -> Result<(), String> {
        match filter {
            Filter::Or(filters) | Filter::And(filters) => {
                filters.iter().try_for_each(|filter| self.add_filter(filter))
            }
            Filter::Atom(FilterAtom::Filter { expr, .. }) => self.add_filter(expr),
            Filter::Atom(FilterAtom::Test { expr, .. }) => self.add_test(expr),
            Filter::Atom(FilterAtom::Comparison(comparison)) => {
                let (Comparison::Eq(left, right)
                | Comparison::Ne(left, right)
                | Comparison::Gt(left, right)
                | Comparison::Gte(left, right)
                | Comparison::Lt(left, right)
                | Comparison::Lte(left, right)) = comparison.as_ref();
                [left, right].into_iter().try_for_each(|side| match side {
                    Comparable::Function(function) => self.add_function(function),
                    Comparable::Literal(_) | Comparable::SingularQuery(_) => Ok(()),
                })
            }
        }
    }

    fn add_test(&mut self, test: &Test) -> Result<(), String> {
        match test {
            Test::RelQuery(segments) => self.add_segments(segments),
            Test::AbsQuery(query) if query.segments.iter().all(is_name_or_index) => Ok(()),
            Test::AbsQuery(_) => Err(
                "a filter that looks through the whole answer (`$`) for every item is not supported".into(),
            ),
            Test::Function(function) => self.add_function(function),
        }
    }

    fn add_function(&mut self, function: &TestFunction) -> Result<(), String> {
        let mut add = |argument: &FnArg| match argument {
            FnArg::Literal(_) => Ok(()),
            FnArg::Test(test) => self.add_test(test),
            FnArg::Filter(filter) => self.add_filter(filter),
        };
        match function {
            TestFunction::Custom(name, _) => Err(format!("the function `{name}` is not one of RFC 9535")),
            TestFunction::Length(argument) => add(argument),
            TestFunction::Value(argument) | TestFunction::Count(argument) => add(argument),
            TestFunction::Search(text, pattern) | TestFunction::Match(text, pattern) => {
                add(text)?;
                self.patterns = true;
                check_pattern(pattern)
            }
        }
    }
}

/// The engine compiles the pattern at every node, and takes one that does not compile for one that never matches.
fn check_pattern(pattern: &FnArg) -> Result<(), String> {
    let FnArg::Literal(Literal::String(pattern)) = pattern else {
        return Err("the pattern of `match()` and `search()` must be written out".into());
    };
    let compiled = RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).build();
    compiled.map(drop).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            format!("the pattern `{pattern}` is too large for a filter: use fewer repetitions")
        }
        _ => format!("`{pattern}` is not a regular expression"),
    })
}

const fn is_single(selector: &Selector) -> bool {
    matches!(selector, Selector::Name(_) | Selector::Index(_))
}

fn is_name_or_index(segment: &Segment) -> bool {
    matches!(segment, Segment::Selector(selector) if is_single(selector))
}

#[cfg(test)]
mod tests {
    use jsonpath_rust::parser::parse_json_path;
    use serde_json::{Value, json};

    use super::Effort;

    fn bearable(path: &str, document: &Value) -> bool {
        let query = parse_json_path(path).unwrap();
        Effort::of(&query).unwrap().is_bearable(document)
    }

    /// An array of so many arrays, each this deep.
    fn brackets(width: usize, depth: usize) -> Value {
        let nested = (0..depth).fold(json!(0), |inner, _| json!([inner]));
        Value::Array(vec![nested; width])
    }

    #[test]
    fn ordinary_answers_are_bearable() {
        let megabyte = Value::Array((0..500_000).map(Value::from).collect());
        for path in ["$..x", "$[*]", "$..[0]"] {
            assert!(bearable(path, &megabyte), "{path}");
        }
        let rows = Value::Array((0..2_000).map(|n| json!({"id": n, "tags": {"a": "x"}})).collect());
        for path in ["$..tags..a", "$[?match(@.tags.a, 'x+')].id", "$..[?@..a]"] {
            assert!(bearable(path, &rows), "{path}");
        }
    }

    #[test]
    fn a_body_of_brackets_is_not() {
        let body = brackets(4_000, 120);
        assert!(bearable("$[*][0]", &body));
        for path in ["$..x", "$..*..*", "$..[?@..x]", "$..*..*..*"] {
            assert!(!bearable(path, &body), "{path}");
        }
        let body = brackets(25_000, 1);
        assert!(!bearable("$[?match(@[0], 'x')]", &body));
    }

    #[test]
    fn forms_that_no_answer_makes_bearable_are_refused() {
        for path in [
            "$[?match(@.a, '(a{1,100}){1,100}b')]",
            "$[?match(@.a, @.b)]",
            "$[?search(@.a, '(')]",
            "$[?$..x]",
            "$[?count($..x) > 1]",
            "$[*,*]",
            "$[*,0:1]",
        ] {
            let query = parse_json_path(path).unwrap();
            assert!(Effort::of(&query).is_err(), "{path}");
        }
        assert!(Effort::of(&parse_json_path("$[?@.a == $.b]").unwrap()).is_ok());
        assert!(Effort::of(&parse_json_path("$['a','b'][0]").unwrap()).is_ok());
    }
}
