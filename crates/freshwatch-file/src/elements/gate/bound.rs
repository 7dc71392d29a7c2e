//! The bound that a number must keep: one of the words that compare, and a limit in the unit of what is compared.

use freshwatch_probe::gate::{Bound, Limit};
use freshwatch_probe::matcher::Operator;
use freshwatch_probe::{definition::Ratio, duration};

use crate::block::{Block, Field};
use crate::context::Context;
use crate::elements::{comparison, scalar};
use crate::found::Found;
use crate::mistake::Code;
use crate::suggestion;
use crate::yaml::{Node, Place, Plain};

/// The keys of bounds.
pub(super) const WORDS: [&str; 4] = ["above", "at_least", "below", "at_most"];

/// What can be compared with what.
pub(super) struct Kind {
    /// The words that make sense.
    pub words: &'static [&'static str],
    /// The unit of the limit.
    pub unit: Unit,
    /// A bound that people write.
    pub example: &'static str,
}

/// The unit of a limit.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    /// A percentage.
    Share,
    /// A number.
    Number,
    /// A duration, or a number for what is measured in other units.
    TimeOrNumber,
    /// Any of them.
    Any,
}

/// Reads the one bound of a condition.
pub(super) fn read(block: &Block, at: Place, kind: &Kind, context: &Context) -> Option<Bound> {
    let mut written = WORDS.iter().filter_map(|word| block.field(word));
    let Some(field) = written.next() else {
        if block.is_damaged {
            return None;
        }
        return context.refuse(
            Found::new(at, Code::MissingKey, "the condition has no bound")
                .help(format!("write one, such as `{}`", kind.example)),
        );
    };
    for second in written {
        context.report(
            Found::new(second.key.place, Code::Conflict, "a condition has one bound")
                .also(field.key.place, "the other one")
                .help("keep one of them, and write another condition for the other"),
        );
    }
    let word = field.key.text.as_str();
    if !kind.words.contains(&word) {
        return context.refuse(
            Found::new(
                field.key.place,
                Code::BadMatcher,
                format!("`{word}` makes no sense here: it would want things to be bad"),
            )
            .help(format!("write one of {}", suggestion::listed(kind.words))),
        );
    }
    let (_, operator) = comparison::WORDS.into_iter().find(|(known, _)| *known == word)?;
    let limit = limit(field, operator, kind, context)?;
    Some(Bound { operator, limit })
}

fn limit(field: Field, operator: Operator, kind: &Kind, context: &Context) -> Option<Limit> {
    let node = field.value.node;
    let number = |node| comparison::number(node, operator, context);
    let is_number = node
        .scalar()
        .is_some_and(|scalar| matches!(scalar.plain(), Plain::Number(_) | Plain::NoNumber(_)));
    match kind.unit {
        Unit::Share => scalar::percentage(node, context).map(Limit::Share),
        Unit::Number => Some(Limit::Number(number(node)?.number)),
        Unit::TimeOrNumber | Unit::Any if is_number => Some(Limit::Number(number(node)?.number)),
        Unit::TimeOrNumber => scalar::latency(node, context).map(Limit::Time),
        Unit::Any => by_its_form(node, context),
    }
}

/// A percentage or a duration.
fn by_its_form(node: &Node, context: &Context) -> Option<Limit> {
    let text = scalar::text(node, context)?;
    let share = Ratio::parse_percentage(text).map(Limit::Share);
    let limit = share.or_else(|_| duration::parse(text).map(Limit::Time));
    if let Ok(limit) = limit {
        return Some(limit);
    }
    context.refuse(
        Found::new(node.place, Code::BadMatcher, format!("`{text}` is no limit")).help(
            "write a number, a percentage such as `0.5%`, or a duration such as `800ms`, which is compared in seconds",
        ),
    )
}
