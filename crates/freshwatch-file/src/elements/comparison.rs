//! Comparisons with numbers, counts, sizes and times.

use std::time::Duration;

use freshwatch_probe::matcher::{Comparison, Operator};
use freshwatch_probe::{duration, size};

use super::scalar;
use crate::block::{Block, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::Shape;
use crate::yaml::{Node, Plain};

/// The words that compare.
pub(crate) const WORDS: [(&str, Operator); 4] = [
    ("above", Operator::Above),
    ("at_least", Operator::AtLeast),
    ("below", Operator::Below),
    ("at_most", Operator::AtMost),
];

/// The word of an operator.
pub(crate) const fn word(operator: Operator) -> &'static str {
    match operator {
        Operator::Equals => "equals",
        Operator::Above => "above",
        Operator::AtLeast => "at_least",
        Operator::Below => "below",
        Operator::AtMost => "at_most",
    }
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Elements or characters.
    Count,
    /// Bytes.
    Size,
    /// Milliseconds.
    Time,
}

/// Larger counts cannot come out of a body that fits into memory.
pub(super) const LARGEST_COUNT: u64 = 1 << 40;

/// Comparisons of a unit: a map of the words, or a bare count that means equals.
pub(crate) fn read(value: Value, shape: &Shape, unit: Unit, context: &Context) -> Vec<Comparison> {
    if let Some(scalar) = value.node.scalar().filter(|_| !value.node.is_null()) {
        if unit != Unit::Count {
            context.report(no_bound(value.node, &scalar.text, shape, unit));
            return Vec::new();
        }
        return measured(value.node, Operator::Equals, unit, context)
            .into_iter()
            .collect();
    }
    let Some(block) = Block::open(value, shape, context) else {
        return Vec::new();
    };
    let comparisons: Vec<Comparison> = block
        .fields()
        .filter(|field| shape.keys.contains(&field.key.text.as_str()))
        .filter_map(|field| measured(field.value.node, operator(&field.key.text)?, unit, context))
        .collect();
    check_satisfiable(&comparisons, value.node, context);
    comparisons
}

/// The mistake of a bare size or time: equal to the byte or the millisecond is never what is promised.
fn no_bound(node: &Node, text: &str, shape: &Shape, unit: Unit) -> Found {
    let meant = match unit {
        Unit::Count => text.to_owned(),
        Unit::Size if size::parse(text).is_ok() => text.to_owned(),
        Unit::Size if size::parse(&format!("{text}B")).is_ok() => format!("{text}B"),
        Unit::Size => "200KiB".into(),
        Unit::Time if duration::parse(text).is_ok() => text.to_owned(),
        Unit::Time if duration::parse(&format!("{text}ms")).is_ok() => format!("{text}ms"),
        Unit::Time => "800ms".into(),
    };
    let message = format!("{} needs a bound, and `{text}` alone is none", shape.name);
    Found::new(node.place, Code::BadMatcher, message).help(format!("write `{{at_most: {meant}}}`"))
}

/// The operator of a word.
fn operator(word: &str) -> Option<Operator> {
    let equals = std::iter::once(("equals", Operator::Equals));
    WORDS
        .into_iter()
        .chain(equals)
        .find_map(|(known, operator)| (known == word).then_some(operator))
}

/// A comparison with a plain number.
pub(crate) fn number(node: &Node, operator: Operator, context: &Context) -> Option<Comparison> {
    let number = node.scalar().and_then(|scalar| match scalar.plain() {
        Plain::Number(number) => number.as_f64(),
        Plain::Null | Plain::Bool(_) | Plain::NoNumber(_) | Plain::Text => None,
    });
    match number {
        Some(number) => Some(Comparison { operator, number }),
        None => context.refuse(
            scalar::wrong_type(node, "a number")
                .help("write it with digits and without quotes; a text is never above or below"),
        ),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sizes and times are far below the integers that a float holds exactly"
)]
fn measured(node: &Node, operator: Operator, unit: Unit, context: &Context) -> Option<Comparison> {
    let number = match unit {
        Unit::Count => scalar::integer(node, &(0..=LARGEST_COUNT), context)? as f64,
        Unit::Size => scalar::size(node, context)? as f64,
        Unit::Time => millis(scalar::latency(node, context)?),
    };
    Some(Comparison { operator, number })
}

/// A time as it is compared.
pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Refuses comparisons of which every number breaks one.
pub(crate) fn check_satisfiable(comparisons: &[Comparison], node: &Node, context: &Context) {
    let mut numbers: Vec<f64> = comparisons.iter().map(|comparison| comparison.number).collect();
    numbers.sort_by(f64::total_cmp);
    // Between and on the bounds lie all the cases there are.
    let between = numbers.windows(2).map(|pair| f64::midpoint(pair[0], pair[1]));
    let beyond = numbers
        .first()
        .map(|first| first - 1.0)
        .into_iter()
        .chain(numbers.last().map(|last| last + 1.0));
    let mut candidates = numbers.iter().copied().chain(between).chain(beyond);
    let satisfiable = candidates.any(|number| comparisons.iter().all(|comparison| comparison.holds(number)));
    if !comparisons.is_empty() && !satisfiable {
        context.report(
            Found::new(node.place, Code::BadMatcher, "no number can satisfy all of these")
                .help("check the bounds against one another"),
        );
    }
}
