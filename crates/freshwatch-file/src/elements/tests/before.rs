//! `before`: what earlier runs saw, for rules that remember.

use freshwatch_probe::definition::Definition;
use freshwatch_probe::freshness::memory::Memory;
use freshwatch_probe::freshness::{Freshness, Signal};
use freshwatch_probe::unit_test::{Before, Earlier};
use jiff::Timestamp;

use super::super::{json, scalar};
use super::{answer, time};
use crate::block::{Block, Field, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::Shape;
use crate::yaml::{Content, Node, Place};

pub(in crate::elements) const BEFORE: Shape =
    Shape::closed("`before`", &["seen", "value", "item", "follows", "answer"]);

/// A test of a probe: what `before` is held against.
pub(super) struct Scene<'s> {
    /// The probe as it is written.
    pub probe: &'s Block<'s>,
    /// The probe, where it has no mistakes.
    pub definition: Option<&'s Definition>,
    /// When the test's own answer is judged.
    pub now: Option<Timestamp>,
}

/// Reads the key `before`: one earlier run, or several in the order of their times.
pub(super) fn read(field: Field, scene: &Scene, context: &Context) -> Option<Vec<Before>> {
    let node = field.value.node;
    let entries = match &node.content {
        Content::List(_) => scalar::list(node, "earlier runs", context)?,
        Content::Scalar(_) | Content::Map(_) => std::slice::from_ref(node),
    };
    let remembers = |definition: &Definition| definition.fresh.iter().any(Freshness::decides_by_memory);
    if scene.definition.is_some_and(|definition| !remembers(definition)) {
        return context.refuse(
            Found::new(
                field.key.place,
                Code::Conflict,
                "nothing of this probe depends on earlier runs",
            )
            .help("remove `before`: `advances`, `changes`, and items with a `key` are what remembers"),
        );
    }
    let read: Vec<(Before, Place)> = entries
        .iter()
        .filter_map(|entry| before(entry, scene, context))
        .collect();
    check_order(&read, scene.now, context);
    let is_complete = read.len() == entries.len();
    is_complete.then(|| read.into_iter().map(|(before, _)| before).collect())
}

fn before(node: &Node, scene: &Scene, context: &Context) -> Option<(Before, Place)> {
    let block = Block::open(Value::own(node), &BEFORE, context)?;
    let help = "write when it was seen: `seen: 2026-11-21T08:00:00+09:00`";
    let seen = block
        .required("seen", block.place, help, context)
        .and_then(|value| {
            let seen = time(value.node, "seen", context)?;
            Some((seen, value.place()))
        });
    let what = match (block.field("value"), block.field("answer")) {
        (Some(value), None) => cursor(value, &block, scene, context),
        (None, Some(earlier)) => {
            refuse_beside_answer(&block, earlier, context)?;
            answer::read(earlier.value, scene.probe, context).map(Earlier::Answer)
        }
        (Some(value), Some(earlier)) => {
            let message = "an earlier run saw `value`, or a whole `answer`";
            context.refuse(
                Found::new(earlier.key.place, Code::Conflict, message)
                    .also(value.key.place, "the other one")
                    .help("keep one of them"),
            )
        }
        (None, None) if block.is_damaged => None,
        (None, None) => context.refuse(
            Found::new(
                block.place,
                Code::MissingKey,
                "`before` needs `value` or `answer`",
            )
            .help("write what was seen then, such as `value: 41`"),
        ),
    };
    let (seen, place) = seen?;
    Some((Before { seen, what: what? }, place))
}

fn refuse_beside_answer(block: &Block, earlier: Field, context: &Context) -> Option<()> {
    let Some(other) = ["item", "follows"].into_iter().find_map(|key| block.field(key)) else {
        return Some(());
    };
    let message = format!("`{}` goes with `value`, and an `answer` holds it", other.key.text);
    context.refuse(
        Found::new(other.key.place, Code::Conflict, message)
            .also(earlier.key.place, "`answer`")
            .help("remove it"),
    )
}

/// The value of the one cursor that the probe has.
fn cursor(field: Field, block: &Block, scene: &Scene, context: &Context) -> Option<Earlier> {
    let value = json::value(field.value.node, context);
    let producer = block.field("follows");
    let produced = producer.map(|field| json::value(field.value.node, context));
    let item = block.field("item");
    let named = item.map(|field| scalar::text(field.value.node, context));
    let what = Earlier::Value {
        value: value?,
        producer: produced.map_or(Some(None), |value| value.map(Some))?,
        item: named.map_or(Some(None), |name| name.map(|name| Some(name.to_owned())))?,
    };
    let Some(definition) = scene.definition else {
        return Some(what);
    };
    let mut cursors = definition.fresh.iter().filter(|rule| rule.needs_memory());
    let (rule, other) = (cursors.next(), cursors.next());
    let Some(rule) = rule.filter(|_| other.is_none()) else {
        return context.refuse(no_one_cursor(field, other.is_some()));
    };
    check_fit(rule, field, item, producer, context)?;
    let Earlier::Value {
        value,
        producer,
        item,
    } = &what
    else {
        return Some(what);
    };
    // Any time will do to see whether the value can be remembered.
    let noted = Memory::default().note(
        rule,
        item.as_deref(),
        value,
        producer.as_ref(),
        Timestamp::UNIX_EPOCH,
    );
    match noted {
        Ok(()) => Some(what),
        Err(why) => context.refuse(
            Found::new(field.value.place(), Code::WrongType, why)
                .help("write a number or a text as the endpoint gives it"),
        ),
    }
}

fn no_one_cursor(field: Field, many: bool) -> Found {
    let message = if many {
        "the probe has several values that must move, and nobody knows which one this is"
    } else {
        "the probe has no value that must move"
    };
    Found::new(field.key.place, Code::Conflict, message)
        .help("write the whole answer that came then: `answer: {json: …}`")
}

/// Refuses an `item` and a `follows` that the rule does not have, and an item without its name.
fn check_fit(
    rule: &Freshness,
    value: Field,
    item: Option<Field>,
    producer: Option<Field>,
    context: &Context,
) -> Option<()> {
    let follows = match &rule.signal {
        Signal::Advances { follows, .. } => follows.is_some(),
        Signal::At { .. }
        | Signal::Age { .. }
        | Signal::Period { .. }
        | Signal::Changes { .. }
        | Signal::Expires { .. } => false,
    };
    let place = |field: Field| field.key.place;
    let (place, message, help) = match (item, producer) {
        (Some(item), _) if rule.each.is_none() => (
            place(item),
            "the probe does not judge its items each on its own",
            "remove `item`",
        ),
        (None, _) if rule.each.is_some() => (
            place(value),
            "the probe judges its items each on its own, and this value is of none",
            "name the item: `item: …`",
        ),
        (_, Some(producer)) if !follows => (
            place(producer),
            "the probe's value follows no producer",
            "remove `follows`",
        ),
        (_, None) if follows => (
            place(value),
            "the probe's value follows a producer, and where that stood is not said",
            "write the value of the producer then: `follows: …`",
        ),
        (Some(_) | None, Some(_) | None) => return Some(()),
    };
    context.refuse(Found::new(place, Code::Conflict, message).help(help))
}

/// Time goes on from one run to the next, and ends with the test's own.
fn check_order(read: &[(Before, Place)], now: Option<Timestamp>, context: &Context) {
    let help = "write the earlier runs in the order of their times, all of them before `now`";
    let next = read
        .iter()
        .skip(1)
        .map(|(before, _)| Some(before.seen))
        .chain([now]);
    for ((before, place), next) in read.iter().zip(next) {
        if next.is_some_and(|next| next <= before.seen) {
            let message = format!("`{}` is not before what comes after it", before.seen);
            context.report(Found::new(*place, Code::OutOfRange, message).help(help));
        }
    }
}
