//! Matchers: a value holds, or what was seen against what was wanted.

use std::fmt;

use regex::Regex;
use serde_json::Value;

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
    /// A matcher for every match.
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
