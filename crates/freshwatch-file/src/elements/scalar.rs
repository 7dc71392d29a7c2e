//! Texts, truth values, numbers, durations, sizes, percentages and closed words.

use std::ops::RangeInclusive;
use std::time::Duration;

use freshwatch_probe::definition::Ratio;
use freshwatch_probe::{duration, size};

use super::placeholder;
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::suggestion;
use crate::yaml::{Content, Node, Plain, Scalar};

/// Longer ones are no duration, size or name of anything.
const LONGEST_WORD: usize = 200;

/// A text without placeholders.
pub(crate) fn text<'n>(node: &'n Node, context: &Context) -> Option<&'n str> {
    let scalar = text_scalar(node, context)?;
    placeholder::refuse(node, context)?;
    Some(&scalar.text)
}

/// A scalar that is a text.
fn text_scalar<'n>(node: &'n Node, context: &Context) -> Option<&'n Scalar> {
    let scalar = match node.scalar() {
        Some(scalar) if scalar.plain() == Plain::Text => scalar,
        Some(scalar) => return context.refuse(no_text(node, scalar)),
        None => return context.refuse(wrong_type(node, "a text")),
    };
    if scalar.text.is_empty() {
        return context.refuse(
            Found::new(node.place, Code::Empty, "an empty text").help("write something, or remove the key"),
        );
    }
    Some(scalar)
}

/// The mistake of a scalar that is no text.
pub(crate) fn no_text(node: &Node, scalar: &Scalar) -> Found {
    if node.is_null() {
        return Found::new(
            node.place,
            Code::Empty,
            "nothing is written here, and a text is due",
        )
        .help("write a value, or remove the key");
    }
    Found::new(
        node.place,
        Code::WrongType,
        format!("a text is due here, and `{}` is {}", scalar.text, node.kind()),
    )
    .help(format!("put it in quotes: `\"{}\"`", scalar.text))
}

/// The mistake of a value of another type than what is due.
pub(crate) fn wrong_type(node: &Node, due: &str) -> Found {
    if node.is_null() {
        return Found::new(
            node.place,
            Code::Empty,
            format!("nothing is written here, and {due} is due"),
        )
        .help("write a value, or remove the key");
    }
    let help = match &node.content {
        Content::Scalar(_) => format!("write {due}"),
        Content::List(_) | Content::Map(_) => format!("write {due}, and nothing in brackets or beneath it"),
    };
    Found::new(
        node.place,
        Code::WrongType,
        format!("{due} is due here, not {}", node.kind()),
    )
    .help(help)
}

/// `true` or `false`.
pub(crate) fn flag(node: &Node, context: &Context) -> Option<bool> {
    let found = wrong_type(node, "`true` or `false`");
    let Some(scalar) = node.scalar() else {
        return context.refuse(found);
    };
    if let Plain::Bool(value) = scalar.plain() {
        return Some(value);
    }
    let help = match scalar.text.to_ascii_lowercase().as_str() {
        "yes" | "on" | "y" => "write `true`: in YAML 1.2 `yes` and `on` are texts",
        "no" | "off" | "n" => "write `false`: in YAML 1.2 `no` and `off` are texts",
        "true" | "false" if !scalar.plain => "write it without quotes",
        _ => "write `true` or `false`",
    };
    context.refuse(found.help(help))
}

/// A whole number within bounds.
pub(crate) fn integer(node: &Node, bounds: &RangeInclusive<u64>, context: &Context) -> Option<u64> {
    let due = "a whole number";
    let Some(scalar) = node.scalar() else {
        return context.refuse(wrong_type(node, due));
    };
    let Plain::Number(number) = scalar.plain() else {
        return context.refuse(wrong_type(node, due).help("write it with digits and without quotes"));
    };
    match number.as_u64().filter(|number| bounds.contains(number)) {
        Some(number) => Some(number),
        None => context.refuse(
            Found::new(
                node.place,
                Code::OutOfRange,
                format!(
                    "`{}` is not a whole number from {} to {}",
                    scalar.text,
                    bounds.start(),
                    bounds.end()
                ),
            )
            .help(format!(
                "write a number from {} to {}",
                bounds.start(),
                bounds.end()
            )),
        ),
    }
}

/// A duration.
pub(crate) fn duration(node: &Node, context: &Context) -> Option<Duration> {
    measured(node, &DURATION, duration::parse, context)
}

/// A time so short that somebody who forgets its unit means milliseconds.
pub(crate) fn latency(node: &Node, context: &Context) -> Option<Duration> {
    measured(node, &LATENCY, duration::parse, context)
}

/// A duration longer than nothing.
pub(crate) fn positive_duration(node: &Node, context: &Context) -> Option<Duration> {
    let duration = duration(node, context)?;
    if duration.is_zero() {
        return context.refuse(
            Found::new(node.place, Code::OutOfRange, "a duration of nothing")
                .help("write one that is longer, such as `1s`"),
        );
    }
    Some(duration)
}

/// A size in bytes.
pub(crate) fn size(node: &Node, context: &Context) -> Option<u64> {
    measured(node, &SIZE, size::parse, context)
}

/// A percentage.
pub(crate) fn percentage(node: &Node, context: &Context) -> Option<Ratio> {
    measured(node, &PERCENTAGE, Ratio::parse_percentage, context)
}

/// How something with a unit is called, and what to write instead of a bare number.
struct Measure<T> {
    due: &'static str,
    code: Code,
    unit: &'static str,
    /// As people would rather write it, where there is such a way.
    spell: Option<fn(T) -> String>,
}

const DURATION: Measure<Duration> = Measure {
    due: "a duration such as `30s`",
    code: Code::BadDuration,
    unit: "s",
    spell: Some(duration::spell),
};
const LATENCY: Measure<Duration> = Measure {
    due: "a duration such as `800ms`",
    code: Code::BadDuration,
    unit: "ms",
    spell: Some(duration::spell),
};
const SIZE: Measure<u64> = Measure {
    due: "a size such as `64KiB`",
    code: Code::BadSize,
    unit: "B",
    spell: None,
};
const PERCENTAGE: Measure<Ratio> = Measure {
    due: "a percentage such as `99.9%`",
    code: Code::BadPercentage,
    unit: "%",
    spell: None,
};

fn measured<T>(
    node: &Node,
    measure: &Measure<T>,
    parse: impl Fn(&str) -> Result<T, String>,
    context: &Context,
) -> Option<T> {
    let Some(scalar) = node.scalar().filter(|_| !node.is_null()) else {
        return context.refuse(wrong_type(node, measure.due));
    };
    placeholder::refuse(node, context)?;
    if let Plain::Number(_) | Plain::NoNumber(_) = scalar.plain() {
        let meant = format!("{}{}", scalar.text, measure.unit);
        let help = match parse(&meant) {
            Ok(value) => match measure.spell.map(|spell| spell(value)) {
                Some(spelt) if spelt != meant => format!("did you mean `{meant}`, which is `{spelt}`?"),
                Some(_) | None => format!("did you mean `{meant}`?"),
            },
            Err(_) => format!("write {}", measure.due),
        };
        let message = format!("`{}` has no unit", scalar.text);
        return context.refuse(Found::new(node.place, measure.code, message).help(help));
    }
    if scalar.text.len() > LONGEST_WORD {
        return context.refuse(wrong_type(node, measure.due));
    }
    if scalar.text.contains(char::is_whitespace) {
        return context.refuse(
            Found::new(
                node.place,
                measure.code,
                format!("`{}` holds white space", scalar.text),
            )
            .help(format!("write {}, in one word", measure.due)),
        );
    }
    match parse(&scalar.text) {
        Ok(value) => Some(value),
        Err(why) => context.refuse(found_with_remedy(
            node,
            measure.code,
            &why,
            &format!("write {}", measure.due),
        )),
    }
}

/// A mistake of a parser whose sentence may end with its remedy; `otherwise` is the remedy if it does not.
pub(crate) fn found_with_remedy(node: &Node, code: Code, why: &str, otherwise: &str) -> Found {
    match why.split_once(": write ") {
        Some((message, remedy)) => Found::new(node.place, code, message).help(format!("write {remedy}")),
        None => Found::new(node.place, code, why).help(otherwise),
    }
}

/// A word of a closed list.
pub(crate) fn word<T: Copy>(node: &Node, words: &[(&str, T)], context: &Context) -> Option<T> {
    let Some(scalar) = node.scalar().filter(|_| !node.is_null()) else {
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let help = format!("write one of {}", suggestion::listed(&names));
        return context.refuse(wrong_type(node, "a word").help(help));
    };
    let known = words.iter().find(|(word, _)| *word == scalar.text);
    if let Some((_, value)) = known {
        return Some(*value);
    }
    context.refuse(unknown_word(node, &scalar.text, words))
}

fn unknown_word<T>(node: &Node, text: &str, words: &[(&str, T)]) -> Found {
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    Found::new(
        node.place,
        Code::UnknownWord,
        format!("`{text}` is not one of the words for this key"),
    )
    .help(suggestion::did_you_mean(text, &names, "write one of"))
}

/// The items of a list that must not be empty.
pub(crate) fn list<'n>(node: &'n Node, of: &str, context: &Context) -> Option<&'n [Node]> {
    let due = format!("a list of {of}");
    match &node.content {
        Content::List(items) if items.is_empty() => context.refuse(
            Found::new(node.place, Code::Empty, "an empty list")
                .help(format!("write at least one of {of}, or remove the key")),
        ),
        Content::List(items) => Some(items),
        Content::Scalar(scalar) if !node.is_null() => {
            context.refuse(wrong_type(node, &due).help(format!("write `[{}]`", scalar.text)))
        }
        Content::Scalar(_) => context.refuse(wrong_type(node, &due)),
        Content::Map(_) => context
            .refuse(wrong_type(node, &due).help("write one value a line with `- ` before it, or `[…, …]`")),
    }
}
