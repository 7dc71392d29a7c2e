//! A path as the steps that are taken one after another, and what each finds at a value.

use jsonpath_rust::parser::model::{JpQuery, Segment, Selector};
use serde_json::Value;

use super::process;

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The member of this name.
    Name(Box<str>),
    /// The element at this index; a negative one counts from the end (RFC 9535, section 2.3.3).
    Index(i64),
    /// Every element or member: `[*]` or `.*`.
    Every {
        /// Whether it is written `[*]`, as one does who wants an array.
        in_brackets: bool,
    },
    /// A slice, a filter, several selectors or a search at any depth: left to the engine.
    Search {
        /// A path of this one segment.
        query: JpQuery,
        /// Whether it is about the elements of an array.
        wants_array: bool,
    },
}

/// What a step finds that wants an array and is at something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lone {
    /// What RFC 9535 says: an array's element is nowhere else.
    Strict,
    /// The thing itself, as the one element: in XML nothing tells a list of one from a lone element.
    AsList,
}

impl Step {
    /// The steps of a path, of which `text` is the spelling.
    pub fn all(query: &JpQuery, text: &str) -> Box<[Self]> {
        let mut in_brackets = stars(text).into_iter();
        let steps = query.segments.iter().map(|segment| match segment {
            Segment::Selector(Selector::Name(name)) => Self::Name(name.as_str().into()),
            Segment::Selector(Selector::Index(index)) => Self::Index(*index),
            Segment::Selector(Selector::Wildcard) => Self::Every {
                in_brackets: in_brackets.next().unwrap_or(false),
            },
            Segment::Selector(Selector::Slice(..) | Selector::Filter(_))
            | Segment::Selectors(_)
            | Segment::Descendant(_) => Self::Search {
                query: JpQuery::new(vec![segment.clone()]),
                wants_array: wants_array(segment),
            },
        });
        steps.collect()
    }

    /// Whether the engine is needed for it.
    pub const fn is_search(&self) -> bool {
        matches!(self, Self::Search { .. })
    }
}

/// What the steps lead to, in document order.
pub fn follow<'v>(steps: &[Step], from: &'v Value, lone: Lone) -> Vec<&'v Value> {
    let Some((first, others)) = steps.split_first() else {
        return vec![from];
    };
    let mut found = Vec::new();
    first.take(from, lone, &mut found);
    others.iter().fold(found, |values, step| {
        let mut found = Vec::new();
        for value in values {
            step.take(value, lone, &mut found);
        }
        found
    })
}

impl Step {
    fn take<'v>(&self, from: &'v Value, lone: Lone, found: &mut Vec<&'v Value>) {
        match (self, from) {
            (Self::Name(name), from) => found.extend(from.get(&**name)),
            (Self::Index(index), Value::Array(elements)) => found.extend(element(elements, *index)),
            (Self::Every { .. }, Value::Array(elements)) => found.extend(elements),
            (Self::Index(0 | -1) | Self::Every { in_brackets: true }, from) if lone == Lone::AsList => {
                found.push(from);
            }
            (Self::Every { .. }, Value::Object(members)) => found.extend(members.values()),
            (
                Self::Search {
                    query,
                    wants_array: true,
                },
                from,
            ) if lone == Lone::AsList && !from.is_array() => {
                let list = Value::Array(vec![from.clone()]);
                found.extend(process(query, &list).iter().map(|_| from));
            }
            (Self::Search { query, .. }, from) => found.extend(process(query, from)),
            (
                Self::Index(_) | Self::Every { .. },
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_),
            ) => {}
        }
    }
}

/// The element at an index that may count from the end.
pub fn element(elements: &[Value], index: i64) -> Option<&Value> {
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    let index = if index < 0 {
        elements.len().checked_sub(distance)?
    } else {
        distance
    };
    elements.get(index)
}

fn wants_array(segment: &Segment) -> bool {
    let wants = |selector: &Selector| match selector {
        Selector::Index(_) | Selector::Slice(..) | Selector::Filter(_) => true,
        Selector::Name(_) | Selector::Wildcard => false,
    };
    match segment {
        Segment::Selector(selector) => wants(selector),
        Segment::Selectors(selectors) => selectors.iter().all(wants),
        Segment::Descendant(_) => false,
    }
}

/// For each `*` that is a segment of its own, whether it stands in brackets. The parsed path no longer tells.
fn stars(text: &str) -> Vec<bool> {
    let mut stars = Vec::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '*' => stars.push(false),
            '[' => {
                let inside = brackets(&mut characters);
                stars.extend((inside.trim() == "*").then_some(true));
            }
            _ => {}
        }
    }
    stars
}

/// What stands between a bracket that was read and the one that closes it.
fn brackets(characters: &mut impl Iterator<Item = char>) -> String {
    let (mut inside, mut open, mut quote) = (String::new(), 1, None);
    while let Some(character) = characters.next() {
        inside.push(character);
        match (quote, character) {
            (_, '\\') => inside.extend(characters.next()),
            (Some(begun), _) if begun == character => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, '[') => open += 1,
            (None, ']') if open == 1 => break,
            (None, ']') => open -= 1,
            (Some(_) | None, _) => {}
        }
    }
    inside.pop();
    inside
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Lone, Step, follow, stars};
    use crate::path::Path;

    #[test]
    fn stars_in_brackets_are_told_from_others() {
        for (text, expected) in [
            ("$.a", &[][..]),
            ("$.*", &[false]),
            ("$[*]", &[true]),
            ("$.a[ * ].*[*]", &[true, false, true]),
            ("$['*'].*", &[false]),
            ("$['a]*'][\"\\\"]\"].*", &[false]),
            ("$[?@.x[*]].*[*]", &[false, true]),
            ("$[?@.*==']']['b'][*]", &[true]),
        ] {
            assert_eq!(stars(text), expected, "{text}");
        }
    }

    fn check(path: &str, document: &Value, strict: &Value, as_list: &Value) {
        let path = Path::parse(path).unwrap();
        let found = |lone| json!(follow(path.steps(), document, lone));
        assert_eq!(&found(Lone::Strict), strict, "{path}");
        assert_eq!(&found(Lone::AsList), as_list, "{path} as a list");
    }

    #[test]
    fn a_lone_element_is_a_list_of_one_where_an_array_is_wanted() {
        let lone = json!({"item": {"d": 1, "e": {"d": 2}}, "word": "x"});
        check("$.item[*].d", &lone, &json!([2]), &json!([1]));
        check("$.item.*.d", &lone, &json!([2]), &json!([2]));
        check("$.item[0].d", &lone, &json!([]), &json!([1]));
        check("$.item[-1].d", &lone, &json!([]), &json!([1]));
        check("$.item[1].d", &lone, &json!([]), &json!([]));
        check("$.item[0:1].d", &lone, &json!([]), &json!([1]));
        check("$.item[1:].d", &lone, &json!([]), &json!([]));
        check("$.item[?@.d==1].d", &lone, &json!([]), &json!([1]));
        check("$.item[?@.d==2].d", &lone, &json!([2]), &json!([]));
        check("$.word[*]", &lone, &json!([]), &json!(["x"]));
        check("$.none[*]", &lone, &json!([]), &json!([]));
        check("$..d", &lone, &json!([1, 2]), &json!([1, 2]));
        let several = json!({"item": [{"d": 1}, {"d": 2}]});
        check("$.item[*].d", &several, &json!([1, 2]), &json!([1, 2]));
        check("$.item[1].d", &several, &json!([2]), &json!([2]));
        check("$.item[?@.d==2].d", &several, &json!([2]), &json!([2]));
    }

    #[test]
    fn steps_are_those_of_the_path() {
        let path = Path::parse("$['a b'][-2][*].*[0:1]").unwrap();
        let [name, index, in_brackets, bare, search] = path.steps() else {
            panic!("{:?}", path.steps())
        };
        assert_eq!(name, &Step::Name("a b".into()));
        assert_eq!(index, &Step::Index(-2));
        assert_eq!(in_brackets, &Step::Every { in_brackets: true });
        assert_eq!(bare, &Step::Every { in_brackets: false });
        assert!(search.is_search());
    }
}
