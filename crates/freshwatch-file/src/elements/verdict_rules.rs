//! Rules under `verdict`: an answer that looks so has this verdict.

use freshwatch_probe::expectation::VerdictRule;
use freshwatch_probe::verdict::Verdict;

use super::expectation::{self, Kind};
use crate::block::{Block, Value};
use crate::context::Context;
use crate::shape::Shape;

pub(super) const VERDICT: Shape = Shape {
    merging: VERDICTS,
    ..Shape::closed("`verdict`", VERDICTS)
};
const VERDICTS: &[&str] = &["ok", "degraded", "stale", "invalid", "down", "unknown"];

/// Reads the key `verdict`; the rules are looked at in the order of the file.
pub(crate) fn read(value: Value, context: &Context) -> Vec<VerdictRule> {
    let Some(block) = Block::open(value, &VERDICT, context) else {
        return Vec::new();
    };
    block
        .fields()
        .filter_map(|field| {
            let verdict = Verdict::from_word(&field.key.text)?;
            let when = expectation::read(field.value, Kind::Rule, context)?;
            Some(VerdictRule { verdict, when })
        })
        .collect()
}
