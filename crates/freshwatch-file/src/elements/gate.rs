//! A gate: whom it asks, and what must hold.

mod backend;
mod bound;
mod condition;
mod promql;

use std::ops::RangeInclusive;
use std::time::Duration;

use freshwatch_probe::duration;
use freshwatch_probe::gate::{Condition, Gate, NoData};

use super::scalar;
use crate::block::{Block, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::parse::start_of;
use crate::shape::{Elsewhere, Shape};
use crate::yaml::{Key, Node};

/// What to do about a file without anything in it.
pub(crate) const EMPTY: &str = "declare a gate under `gate:`";

const FILE: Shape = Shape {
    elsewhere: &[
        Elsewhere::built(
            &["probes", "defaults", "calendars"],
            "probes stand in files of their own, which `freshwatch check` reads",
        ),
        Elsewhere::built(
            &["prometheus", "conditions", "no_data", "timeout"],
            "it belongs under `gate`, indented",
        ),
    ],
    ..Shape::closed("a gate's file", &["gate"])
};

const GATE: Shape = Shape::closed(
    "`gate`",
    &["name", "prometheus", "timeout", "no_data", "conditions"],
);

const CONDITIONS: Shape = Shape::free("`conditions`", "5xx share: {ratio: …, below: 0.5%}");

const NO_DATA: [(&str, NoData); 2] = [("block", NoData::Block), ("pass", NoData::Pass)];

/// For all queries together, without `timeout`.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A pipeline that waits longer for an answer is stuck.
const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_mins(10);

/// More conditions than anybody has.
const MOST_CONDITIONS: usize = 1000;

/// The longest name of a gate or a condition, in characters.
const LONGEST_NAME: usize = 80;

/// Reads the file of a gate.
pub(crate) fn read(root: &Node, context: &Context) -> Option<Gate> {
    let file = Block::open(Value::own(root), &FILE, context)?;
    let gate = file.required("gate", file.place, EMPTY, context)?;
    let block = Block::open(gate, &GATE, context)?;
    let name = block.read("name", |node| {
        let text = scalar::text(node, context)?;
        named(text).map_or_else(
            |why| context.refuse(Found::new(node.place, Code::BadName, why).help("write a few words")),
            |()| Some(text.to_owned()),
        )
    });
    let timeout = block.read("timeout", |node| timeout(node, context));
    let timeout = timeout.unwrap_or(TIMEOUT);
    let help = "write the address of a Prometheus, such as `prometheus: https://prometheus.example.com`";
    let backend = block.required("prometheus", gate.place(), help, context);
    let backend = backend.and_then(|value| backend::read(value, timeout, context));
    let no_data = no_data(&block, context).unwrap_or(NoData::Block);
    let help = "write at least one condition, such as `5xx share: {ratio: …, below: 0.5%}`";
    let conditions = block.required("conditions", gate.place(), help, context);
    let conditions = conditions.and_then(|value| conditions_of(value, no_data, context));
    let (backend, query_timeout) = backend?;
    Some(Gate {
        name,
        backend,
        query_timeout,
        timeout,
        conditions: conditions?,
    })
}

/// A gate that could not be read must not vanish without a word.
pub(crate) fn never_without_a_word(context: &Context) {
    if context.reported() == 0 {
        context.report(
            Found::new(start_of(0), Code::Syntax, "the gate could not be read")
                .help("this is a fault of freshwatch: please report it with the file"),
        );
    }
}

fn conditions_of(value: Value, no_data: NoData, context: &Context) -> Option<Vec<Condition>> {
    let block = Block::open(value, &CONDITIONS, context)?;
    let mut conditions = Vec::new();
    for (nth, field) in block.fields().enumerate() {
        if nth == MOST_CONDITIONS {
            let message = format!("a gate with more than {MOST_CONDITIONS} conditions");
            return context
                .refuse(Found::new(field.key.place, Code::TooLarge, message).help("ask for what matters"));
        }
        let before = context.reported();
        let name = condition_name(field.key, context);
        let condition = condition::read(field, no_data, context);
        if let (Some(name), Some(condition)) = (name, condition) {
            conditions.push(Condition { name, ..condition });
        } else if context.reported() == before && !block.is_damaged {
            let message = format!("the condition `{}` could not be read", field.key.text);
            let help = "this is a fault of freshwatch: please report it with the file";
            context.report(Found::new(field.key.place, Code::Syntax, message).help(help));
        }
    }
    Some(conditions)
}

fn condition_name(key: &Key, context: &Context) -> Option<String> {
    match named(&key.text) {
        Ok(()) => Some(key.text.to_string()),
        Err(why) => context
            .refuse(Found::new(key.place, Code::BadName, why).help("write a few words, such as `5xx share`")),
    }
}

/// Whether a text can stand in a line of a report.
fn named(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("a name without a letter".into());
    }
    if text.chars().count() > LONGEST_NAME {
        return Err(format!("a name of more than {LONGEST_NAME} characters"));
    }
    if text.chars().any(char::is_control) {
        return Err("a name with a control character".into());
    }
    Ok(())
}

fn no_data(block: &Block, context: &Context) -> Option<NoData> {
    block.read("no_data", |node| scalar::word(node, &NO_DATA, context))
}

fn timeout(node: &Node, context: &Context) -> Option<Duration> {
    let timeout = scalar::positive_duration(node, context)?;
    if TIMEOUTS.contains(&timeout) {
        return Some(timeout);
    }
    let (shortest, longest) = (
        duration::spell(*TIMEOUTS.start()),
        duration::spell(*TIMEOUTS.end()),
    );
    let message = format!("`timeout` is not between {shortest} and {longest}");
    context.refuse(
        Found::new(node.place, Code::OutOfRange, message)
            .help("a pipeline waits for it; most queries take less than a second"),
    )
}
