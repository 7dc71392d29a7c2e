//! Matchers: a value holds, or what was seen against what was wanted.

use std::fmt;

use regex::Regex;
use serde_json::Value;

use crate::redact::Redactor;
use crate::show;

/// Conditions that must all hold.
#[derive(Debug, Clone, Default)]
pub struct Matcher {
    /// The conditions in the order of the file.
    pub conditions: Vec<Condition>,
}

/// One condition of a matcher.
#[derive(Debug, Clone)]
pub enum Condition {
    /// Equal by type and value; numbers compare as numbers.
    Equals(Value),
    /// Not equal; a missing value is not unequal, it is missing.
    Not(Value),
    /// Equal to one of these.
    OneOf(Vec<Value>),
    /// A number that compares so.
    Compare(Comparison),
    /// A text that the regex finds something in.
    Matches(Regex),
    /// A text that holds this text, or an array that holds this element.
    Contains(Value),
    /// A text that begins so.
    StartsWith(String),
    /// A text that ends so.
    EndsWith(String),
    /// There is a match at all.
    Exists(bool),
    /// It has no elements or characters.
    Empty(bool),
    /// Its JSON type.
    Type(JsonType),
    /// The number of elements of the one array, or of matches.
    Count(Vec<Comparison>),
    /// The number of characters of a text.
    Length(Vec<Comparison>),
    /// A matcher for every match; an item without one breaks it too.
    Each(Matcher),
    /// A matcher for at least one match.
    Any(Matcher),
}

/// A comparison with a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// How it compares.
    pub operator: Operator,
    /// With what: a plain number, bytes or milliseconds, as the place says. Finite.
    pub number: f64,
}

/// How numbers compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of the grammar say it all")]
pub enum Operator {
    Equals,
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Comparison {
    /// Whether `number` compares so.
    #[expect(
        clippy::float_cmp,
        reason = "equality of the numbers as they are written is what is asked"
    )]
    pub fn holds(self, number: f64) -> bool {
        match self.operator {
            Operator::Equals => number == self.number,
            Operator::Above => number > self.number,
            Operator::AtLeast => number >= self.number,
            Operator::Below => number < self.number,
            Operator::AtMost => number <= self.number,
        }
    }

    /// The comparison in words, the number shown by `show`.
    pub fn describe(self, show: impl Fn(f64) -> String) -> String {
        let number = show(self.number);
        match self.operator {
            Operator::Equals => number,
            Operator::Above => format!("above {number}"),
            Operator::AtLeast => format!("at least {number}"),
            Operator::Below => format!("below {number}"),
            Operator::AtMost => format!("at most {number}"),
        }
    }
}

/// The types of RFC 8259.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of RFC 8259 say it all")]
pub enum JsonType {
    String,
    Number,
    Boolean,
    Array,
    Object,
    Null,
}

impl JsonType {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::String,
        Self::Number,
        Self::Boolean,
        Self::Array,
        Self::Object,
        Self::Null,
    ];

    /// The type of a value.
    pub const fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }

    /// The word of the grammar.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
            Self::Null => "null",
        }
    }
}

impl fmt::Display for JsonType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What a matcher is held against.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The values that were selected.
    pub matches: &'a [&'a Value],
    /// How many items lack such a value.
    pub missing: usize,
    /// Whether the path can match at most one, so that `count` counts that one's elements.
    pub singular: bool,
    /// Whether the values come from where numbers are spelt as text: a header, the raw body, XML or CSV.
    pub numbers_in_text: bool,
}

/// What was seen against what was wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Nothing is where a value should be.
    pub missing: bool,
    /// What was seen, shortened and without secrets: `3 elements`, `"FAIL"`.
    pub seen: String,
    /// Whether it was counted: a subject has 3 elements, but is `"FAIL"`.
    pub counted: bool,
    /// What was wanted: `at least 20`, `"OK"`.
    pub wanted: String,
}

impl Matcher {
    /// Holds the subject against every condition: the first that does not hold is told.
    ///
    /// # Errors
    /// What was seen against what was wanted.
    pub fn check(&self, subject: Subject<'_>, secrets: &Redactor) -> Result<(), Mismatch> {
        self.conditions
            .iter()
            .try_for_each(|condition| condition.check(subject, secrets))
    }

    /// The conditions in words.
    fn describe(&self) -> String {
        let words: Vec<String> = self.conditions.iter().map(Condition::describe).collect();
        words.join(" and ")
    }
}

impl Condition {
    fn check(&self, subject: Subject<'_>, secrets: &Redactor) -> Result<(), Mismatch> {
        let found = subject.matches.len();
        let mismatch = |missing: bool, seen: Seen| {
            Err(Mismatch {
                missing,
                seen: seen.text,
                counted: seen.counted,
                wanted: self.describe(),
            })
        };
        match self {
            Self::Exists(wanted) => match (wanted, subject.matches) {
                (true, []) => mismatch(true, Seen::value("missing".into())),
                (false, [first, ..]) => mismatch(false, Seen::value(show::value(first, secrets))),
                (true, [_, ..]) | (false, []) => Ok(()),
            },
            Self::Count(bounds) if !subject.singular => {
                if bounds.iter().all(|bound| bound.holds(float(found))) {
                    return Ok(());
                }
                mismatch(false, Seen::counted(show::counted(found, "match", "matches")))
            }
            _ if found == 0 => mismatch(true, Seen::value("missing".into())),
            Self::Each(_) if subject.missing > 0 => {
                let items = found + subject.missing;
                mismatch(
                    true,
                    Seen::value(format!("missing in {} of {items}", subject.missing)),
                )
            }
            Self::Each(matcher) => {
                let broken: Vec<Mismatch> = each(subject, matcher, secrets).filter_map(Result::err).collect();
                match broken.first() {
                    None => Ok(()),
                    Some(first) => mismatch(false, Seen::value(in_all(broken.len(), found, &first.seen))),
                }
            }
            Self::Any(matcher) => {
                let mut broken = Vec::new();
                for outcome in each(subject, matcher, secrets) {
                    match outcome {
                        Ok(()) => return Ok(()),
                        Err(mismatch) => broken.push(mismatch.seen),
                    }
                }
                mismatch(false, Seen::value(in_all(found, found, &broken[0])))
            }
            _ => subject
                .matches
                .iter()
                .find_map(|value| self.check_one(value, subject.numbers_in_text, secrets).err())
                .map_or(Ok(()), |seen| mismatch(false, seen)),
        }
    }

    /// Holds one value against the condition, or tells what was seen.
    fn check_one(&self, value: &Value, numbers_in_text: bool, secrets: &Redactor) -> Result<(), Seen> {
        let holds = match self {
            Self::Equals(wanted) => equal(value, wanted),
            Self::Not(unwanted) => !equal(value, unwanted),
            Self::OneOf(wanted) => wanted.iter().any(|wanted| equal(value, wanted)),
            Self::Compare(comparison) => {
                number(value, numbers_in_text).is_some_and(|number| comparison.holds(number))
            }
            Self::Matches(regex) => value.as_str().is_some_and(|text| regex.is_match(text)),
            Self::Contains(part) => match value {
                Value::String(text) => part.as_str().is_some_and(|part| text.contains(part)),
                Value::Array(elements) => elements.iter().any(|element| equal(element, part)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
            },
            Self::StartsWith(start) => value.as_str().is_some_and(|text| text.starts_with(start)),
            Self::EndsWith(end) => value.as_str().is_some_and(|text| text.ends_with(end)),
            Self::Empty(wanted) => is_empty(value) == Some(*wanted),
            Self::Type(wanted) => JsonType::of(value) == *wanted,
            Self::Count(bounds) => {
                let Some(elements) = value.as_array() else {
                    return Err(Seen::value(show::value(value, secrets)));
                };
                if !bounds.iter().all(|bound| bound.holds(float(elements.len()))) {
                    return Err(Seen::counted(show::counted(
                        elements.len(),
                        "element",
                        "elements",
                    )));
                }
                true
            }
            Self::Length(bounds) => {
                let Some(text) = value.as_str() else {
                    return Err(Seen::value(show::value(value, secrets)));
                };
                let length = text.chars().count();
                if !bounds.iter().all(|bound| bound.holds(float(length))) {
                    return Err(Seen::counted(show::counted(length, "character", "characters")));
                }
                true
            }
            // These look at all matches together and were decided before.
            Self::Exists(_) | Self::Each(_) | Self::Any(_) => true,
        };
        if holds {
            Ok(())
        } else {
            Err(Seen::value(show::value(value, secrets)))
        }
    }

    pub(crate) fn describe(&self) -> String {
        let quoted = |text: &String| format!("{text:?}");
        match self {
            Self::Equals(value) => show::wanted(value),
            Self::Not(value) => format!("anything but {}", show::wanted(value)),
            Self::OneOf(values) => {
                let words: Vec<String> = values.iter().map(show::wanted).collect();
                format!("one of {}", words.join(", "))
            }
            Self::Compare(comparison) => format!("a number {}", comparison.describe(show::number)),
            Self::Matches(regex) => format!("a text that matches `{regex}`"),
            Self::Contains(value) => format!("something that contains {}", show::wanted(value)),
            Self::StartsWith(text) => format!("a text that starts with {}", quoted(text)),
            Self::EndsWith(text) => format!("a text that ends with {}", quoted(text)),
            Self::Exists(true) => "something".into(),
            Self::Exists(false) => "nothing".into(),
            Self::Empty(true) => "something empty".into(),
            Self::Empty(false) => "something that is not empty".into(),
            Self::Type(kind) => format!("the type {kind}"),
            Self::Count(bounds) | Self::Length(bounds) => {
                let words: Vec<String> = bounds.iter().map(|bound| bound.describe(show::number)).collect();
                words.join(" and ")
            }
            Self::Each(matcher) => format!("{} in each", matcher.describe()),
            Self::Any(matcher) => format!("{} in at least one", matcher.describe()),
        }
    }
}

/// What was seen, as the end of a sentence.
struct Seen {
    text: String,
    counted: bool,
}

impl Seen {
    const fn value(text: String) -> Self {
        Self { text, counted: false }
    }

    const fn counted(text: String) -> Self {
        Self { text, counted: true }
    }
}

fn each<'a>(
    subject: Subject<'a>,
    matcher: &'a Matcher,
    secrets: &'a Redactor,
) -> impl Iterator<Item = Result<(), Mismatch>> + 'a {
    subject.matches.iter().map(move |value| {
        let one = Subject {
            matches: &[*value],
            missing: 0,
            singular: true,
            numbers_in_text: subject.numbers_in_text,
        };
        matcher.check(one, secrets)
    })
}

fn in_all(broken: usize, found: usize, first: &str) -> String {
    match found {
        1 => first.to_owned(),
        _ => format!("{first} in the first of {broken} that break it, of {found}"),
    }
}

/// Equal by type and value; numbers compare as numbers, so `1` equals `1.0` and not `"1"`.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || (left.is_f64() || right.is_f64()) && left.as_f64() == right.as_f64()
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(name, left)| right.get(name).is_some_and(|right| equal(left, right)))
        }
        (left, right) => left == right,
    }
}

fn number(value: &Value, numbers_in_text: bool) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) if numbers_in_text => text.trim().parse().ok()?,
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    number.is_finite().then_some(number)
}

fn is_empty(value: &Value) -> Option<bool> {
    match value {
        Value::String(text) => Some(text.is_empty()),
        Value::Array(elements) => Some(elements.is_empty()),
        Value::Object(members) => Some(members.is_empty()),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "no body holds 2^53 elements")]
const fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matcher(condition: Condition) -> Matcher {
        Matcher {
            conditions: vec![condition],
        }
    }

    fn comparison(operator: Operator, number: f64) -> Comparison {
        Comparison { operator, number }
    }

    /// Holds `values` (as the matches of a path that can match many, when there is not one) against a condition.
    #[track_caller]
    fn check(condition: Condition, values: &Value, expected: Result<(), (&str, &str)>) {
        let values: Vec<&Value> = values.as_array().unwrap().iter().collect();
        let subject = Subject {
            matches: &values,
            missing: 0,
            singular: values.len() == 1,
            numbers_in_text: false,
        };
        let outcome = matcher(condition).check(subject, &Redactor::default());
        let outcome = outcome.map_err(|mismatch| (mismatch.seen, mismatch.wanted));
        let expected = expected.map_err(|(seen, wanted)| (seen.to_owned(), wanted.to_owned()));
        assert_eq!(outcome, expected);
    }

    #[test]
    fn equality_is_by_type_and_value() {
        check(Condition::Equals(json!(1)), &json!([1.0]), Ok(()));
        check(Condition::Equals(json!(1)), &json!(["1"]), Err(("\"1\"", "1")));
        check(
            Condition::Equals(json!({"a": [1]})),
            &json!([{"a": [1.0]}]),
            Ok(()),
        );
        check(
            Condition::Equals(json!(false)),
            &json!([null]),
            Err(("null", "false")),
        );
        check(Condition::Not(json!("x")), &json!(["y"]), Ok(()));
        check(
            Condition::Not(json!("x")),
            &json!([]),
            Err(("missing", "anything but \"x\"")),
        );
        check(Condition::OneOf(vec![json!("a"), json!(2)]), &json!([2]), Ok(()));
        // Two integers that are the same as floats are not the same.
        check(
            Condition::Equals(json!(9_007_199_254_740_993_i64)),
            &json!([9_007_199_254_740_992_i64]),
            Err(("9007199254740992", "9007199254740993")),
        );
    }

    #[test]
    fn comparisons_need_numbers() {
        let above = || Condition::Compare(comparison(Operator::Above, 0.0));
        check(above(), &json!([0.1]), Ok(()));
        check(above(), &json!([0]), Err(("0", "a number above 0")));
        for (value, seen) in [
            (json!("5"), "\"5\""),
            (json!(null), "null"),
            (json!(true), "true"),
        ] {
            check(above(), &json!([value]), Err((seen, "a number above 0")));
        }
        for (operator, holds) in [
            (Operator::Equals, [false, true, false]),
            (Operator::Above, [false, false, true]),
            (Operator::AtLeast, [false, true, true]),
            (Operator::Below, [true, false, false]),
            (Operator::AtMost, [true, true, false]),
        ] {
            assert_eq!([1.0, 2.0, 3.0].map(|n| comparison(operator, 2.0).holds(n)), holds);
        }
    }

    #[test]
    fn texts() {
        check(
            Condition::Matches(Regex::new("^a").unwrap()),
            &json!(["ab"]),
            Ok(()),
        );
        check(
            Condition::Matches(Regex::new("1").unwrap()),
            &json!([1]),
            Err(("1", "a text that matches `1`")),
        );
        check(Condition::Contains(json!("b")), &json!(["abc"]), Ok(()));
        check(Condition::Contains(json!(1)), &json!([[1.0, 2]]), Ok(()));
        check(
            Condition::Contains(json!(1)),
            &json!(["1"]),
            Err(("\"1\"", "something that contains 1")),
        );
        check(Condition::StartsWith("a".into()), &json!(["ab"]), Ok(()));
        check(
            Condition::EndsWith("a".into()),
            &json!(["ab"]),
            Err(("\"ab\"", "a text that ends with \"a\"")),
        );
        let three = Condition::Length(vec![comparison(Operator::Equals, 3.0)]);
        check(three.clone(), &json!(["가나다"]), Ok(()));
        check(three, &json!(["ab"]), Err(("2 characters", "3")));
    }

    #[test]
    fn presence_emptiness_and_type() {
        check(Condition::Exists(true), &json!([null]), Ok(()));
        check(Condition::Exists(true), &json!([]), Err(("missing", "something")));
        check(Condition::Exists(false), &json!([]), Ok(()));
        check(Condition::Exists(false), &json!([null]), Err(("null", "nothing")));
        check(Condition::Empty(true), &json!([[]]), Ok(()));
        check(
            Condition::Empty(true),
            &json!([null]),
            Err(("null", "something empty")),
        );
        check(
            Condition::Empty(false),
            &json!([null]),
            Err(("null", "something that is not empty")),
        );
        check(Condition::Type(JsonType::Number), &json!([1]), Ok(()));
        check(
            Condition::Type(JsonType::String),
            &json!([1]),
            Err(("1", "the type string")),
        );
    }

    #[test]
    fn counts_are_of_the_one_array_or_of_the_matches() {
        let two = || Condition::Count(vec![comparison(Operator::AtLeast, 2.0)]);
        check(two(), &json!([[1, 2]]), Ok(()));
        check(two(), &json!([[1]]), Err(("1 element", "at least 2")));
        check(two(), &json!([7]), Err(("7", "at least 2")));
        check(two(), &json!([7, 8]), Ok(()));
        check(two(), &json!([]), Err(("0 matches", "at least 2")));
        check(
            Condition::Count(vec![comparison(Operator::AtMost, 5.0)]),
            &json!([]),
            Ok(()),
        );
    }

    #[test]
    fn each_and_any_break_on_nothing() {
        let positive = || matcher(Condition::Compare(comparison(Operator::Above, 0.0)));
        check(Condition::Each(positive()), &json!([1, 2]), Ok(()));
        check(
            Condition::Each(positive()),
            &json!([1, 0, null]),
            Err((
                "0 in the first of 2 that break it, of 3",
                "a number above 0 in each",
            )),
        );
        check(Condition::Any(positive()), &json!([0, 1]), Ok(()));
        check(
            Condition::Each(positive()),
            &json!([]),
            Err(("missing", "a number above 0 in each")),
        );
        check(
            Condition::Any(positive()),
            &json!([]),
            Err(("missing", "a number above 0 in at least one")),
        );
        check(
            Condition::Any(positive()),
            &json!([0, -1]),
            Err((
                "0 in the first of 2 that break it, of 2",
                "a number above 0 in at least one",
            )),
        );
    }
}
