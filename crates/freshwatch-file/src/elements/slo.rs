//! The promises of a probe.

use std::time::Duration;

use freshwatch_probe::definition::Slo;

use super::scalar;
use crate::block::{Block, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::Shape;

pub(super) const SLO: Shape = Shape::closed("`slo`", &["up", "valid", "fresh", "window"]);

/// The window of a promise that names none.
const WINDOW: Duration = Duration::from_hours(30 * 24);

/// Reads the key `slo`; `tells_stale` is whether anything about the probe can find its data stale.
pub(crate) fn read(value: Value, tells_stale: bool, context: &Context) -> Option<Slo> {
    let block = Block::open(value, &SLO, context)?;
    let mut slo = promises(&block, context);
    if let Some(field) = block.field("fresh").filter(|_| !tells_stale) {
        slo.fresh = None;
        if !field.value.inherited {
            context.report(
                Found::new(
                    field.key.place,
                    Code::Conflict,
                    "a promise of fresh data, and nothing tells whether it is",
                )
                .help("add `fresh`, `self_report: true` or a rule under `verdict: {stale: …}`"),
            );
        }
    }
    let promises_something = ["up", "valid", "fresh"]
        .iter()
        .any(|key| block.field(key).is_some());
    if !promises_something && !value.inherited && !block.is_damaged {
        context.report(
            Found::new(value.place(), Code::Empty, "`slo` promises nothing")
                .help("add at least one of `up`, `valid` and `fresh`"),
        );
    }
    (slo.up.is_some() || slo.valid.is_some() || slo.fresh.is_some()).then_some(slo)
}

/// Reads the key `slo` of `defaults`: a part of a block is enough there.
pub(crate) fn read_defaults(value: Value, context: &Context) {
    if let Some(block) = Block::open(value, &SLO, context) {
        promises(&block, context);
    }
}

fn promises(block: &Block, context: &Context) -> Slo {
    let percentage = |key: &str| block.read(key, |node| scalar::percentage(node, context));
    Slo {
        up: percentage("up"),
        valid: percentage("valid"),
        fresh: percentage("fresh"),
        window: block
            .read("window", |node| scalar::positive_duration(node, context))
            .unwrap_or(WINDOW),
    }
}
