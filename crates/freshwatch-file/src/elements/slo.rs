//! The promises of a probe.

use std::time::Duration;

use freshwatch_probe::definition::Slo;

use super::scalar;
use crate::block::{Block, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::Shape;

pub(super) const SLO: Shape = Shape::closed("`slo`", &["up", "valid", "fresh", "latency", "window"]);

/// The window of a promise that names none.
const WINDOW: Duration = Duration::from_hours(30 * 24);

/// What the rest of a probe can tell, so that it can be promised.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tells {
    /// Whether anything about the probe can find its data stale.
    pub stale: bool,
    /// Whether anything says what is slow.
    pub slow: bool,
}

/// Reads the key `slo`.
pub(crate) fn read(value: Value, tells: Tells, context: &Context) -> Option<Slo> {
    let block = Block::open(value, &SLO, context)?;
    let mut slo = promises(&block, context);
    if !tells.stale {
        slo.fresh = None;
        let help = "add `fresh`, `self_report: true` or a rule under `verdict: {stale: …}`";
        let message = "a promise of fresh data, and nothing tells whether it is";
        refuse(&block, "fresh", (message, help), context);
    }
    if !tells.slow {
        slo.latency = None;
        let help = "add a bound such as `warn: {latency: {at_most: 800ms}}`";
        let message = "a promise of fast answers, and nothing tells what is slow";
        refuse(&block, "latency", (message, help), context);
    }
    let promises_something = ["up", "valid", "fresh", "latency"]
        .iter()
        .any(|key| block.field(key).is_some());
    if !promises_something && !value.inherited && !block.is_damaged {
        context.report(
            Found::new(value.place(), Code::Empty, "`slo` promises nothing")
                .help("add at least one of `up`, `valid`, `fresh` and `latency`"),
        );
    }
    let kept = [slo.up, slo.valid, slo.fresh, slo.latency];
    kept.iter().any(Option::is_some).then_some(slo)
}

/// Reports a promise that nothing can tell broken; one of `defaults` is for those probes that can.
fn refuse(block: &Block, key: &str, (message, help): (&'static str, &'static str), context: &Context) {
    if let Some(field) = block.field(key).filter(|field| !field.value.inherited) {
        context.report(Found::new(field.key.place, Code::Conflict, message).help(help));
    }
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
        latency: percentage("latency"),
        window: block
            .read("window", |node| scalar::positive_duration(node, context))
            .unwrap_or(WINDOW),
    }
}
