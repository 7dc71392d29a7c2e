//! `tests`: the unit tests of a probe.

pub(super) mod answer;
pub(super) mod before;
mod words;

use freshwatch_probe::definition::Definition;
use freshwatch_probe::unit_test::{Expected, UnitTest};
use freshwatch_probe::verdict::Verdict;
use jiff::Timestamp;

use self::before::Scene;
use super::scalar::{self, wrong_type};
use crate::block::{Block, Field, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::Shape;
use crate::yaml::{Key, Node, Place};

pub(super) const TEST: Shape = Shape::closed(
    "a test",
    &["name", "now", "before", "answer", "verdict", "reason"],
);

/// The longest name of a test in characters: it stands in one line of a report.
const LONGEST_NAME: usize = 200;

/// Reads the tests of a probe that was opened as `probe`, and read as `definition` where it has no mistakes.
pub(crate) fn read(
    key: &Key,
    probe: &Block,
    definition: Option<&Definition>,
    context: &Context,
) -> Vec<UnitTest> {
    let Some(field) = probe.field("tests").filter(|field| !field.value.inherited) else {
        if context.purpose.requires_tests() && !probe.is_damaged {
            context.report(
                Found::new(
                    key.place,
                    Code::MissingKey,
                    format!("the probe `{}` has no tests", key.text),
                )
                .help("add `tests` with a recorded answer, `now`, and the verdict that must come of it"),
            );
        }
        return Vec::new();
    };
    let items = scalar::list(field.value.node, "tests", context).unwrap_or_default();
    let mut names = Names::default();
    let scene = Scene {
        probe,
        definition,
        now: None,
    };
    let tests = items
        .iter()
        .filter_map(|item| test(item, &scene, &mut names, context));
    tests.collect()
}

fn test<'n>(node: &'n Node, scene: &Scene, names: &mut Names<'n>, context: &Context) -> Option<UnitTest> {
    let block = Block::open(Value::own(node), &TEST, context)?;
    let name = name(&block, names, context);
    let now = now(&block, scene.probe, context);
    let before = block.field("before").map_or(Some(Vec::new()), |field| {
        before::read(field, &Scene { now, ..*scene }, context)
    });
    let help = "write what came, such as `answer: {json: {updatedAt: …}}` or `answer: {down: timeout}`";
    let recorded = block
        .required("answer", block.place, help, context)
        .and_then(|value| answer::read(value, scene.probe, context));
    let expected = expected(&block, context);
    let test = UnitTest {
        name: name?.to_owned(),
        place: context.stands_at(node.place),
        now: now?,
        before: before?,
        recorded: recorded?,
        expected: expected?,
    };
    context.purpose.keeps_tests().then_some(test)
}

/// The names of a probe's tests so far.
#[derive(Default)]
struct Names<'n>(Vec<(&'n str, Place)>);

fn name<'n>(block: &Block<'n>, names: &mut Names<'n>, context: &Context) -> Option<&'n str> {
    let help = "say what the test shows, such as `name: month-old data is stale`";
    let node = block.required("name", block.place, help, context)?.node;
    let name = scalar::text(node, context)?;
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return context.refuse(
            Found::new(
                node.place,
                Code::BadName,
                "the name of a test is one line of text",
            )
            .help(format!("write {LONGEST_NAME} characters at most, on one line")),
        );
    }
    if let Some((_, first)) = names.0.iter().find(|(known, _)| *known == name) {
        context.report(
            Found::new(
                node.place,
                Code::DuplicateName,
                format!("two tests of the probe are called `{name}`"),
            )
            .label("again")
            .also(*first, "first")
            .help("give one of them another name"),
        );
    }
    names.0.push((name, node.place));
    Some(name)
}

/// The frozen clock. Nothing but a freshness rule looks at it, so nothing else needs it.
fn now(block: &Block, probe: &Block, context: &Context) -> Option<Timestamp> {
    if block.field("now").is_none() && probe.field("fresh").is_none() {
        return Some(Timestamp::UNIX_EPOCH);
    }
    let help = "the age of data depends on it: write it like `now: 2026-11-21T09:00:00+09:00`";
    let node = block.required("now", block.place, help, context)?.node;
    time(node, "now", context)
}

/// A point in time, the value of this key.
fn time(node: &Node, key: &str, context: &Context) -> Option<Timestamp> {
    let form = format!("`{key}: 2026-11-21T09:00:00+09:00`");
    let Some(scalar) = node.scalar().filter(|_| !node.is_null()) else {
        return context.refuse(wrong_type(node, "a time").help(format!("write it like {form}")));
    };
    match scalar.text.parse() {
        Ok(time) => Some(time),
        Err(_) => context.refuse(
            Found::new(
                node.place,
                Code::BadDate,
                format!("`{}` is not an RFC 3339 time", scalar.text),
            )
            .help(format!(
                "write a date, a time and its distance from UTC, like {form}"
            )),
        ),
    }
}

fn expected(block: &Block, context: &Context) -> Option<Expected> {
    let help = "write what must come of it, such as `verdict: stale`";
    let verdict = block
        .required("verdict", block.place, help, context)
        .and_then(|value| words::verdict(value.node, context));
    let Some(field) = block.field("reason") else {
        return Some(Expected {
            verdict: verdict?,
            reason: None,
        });
    };
    let reason = words::reason(field.value.node, context);
    let verdict = verdict?;
    if verdict == Verdict::Ok {
        return context.refuse(ok_without_reason(field, block.field("verdict")));
    }
    Some(Expected {
        verdict,
        reason: Some(reason?),
    })
}

fn ok_without_reason(reason: Field, verdict: Option<Field>) -> Found {
    let found = Found::new(
        reason.key.place,
        Code::Conflict,
        "`ok` has no reason, so this test could never hold",
    )
    .help("remove `reason`, or name the verdict that it speaks for");
    match verdict {
        Some(field) => found.also(field.value.place(), "`verdict`"),
        None => found,
    }
}
