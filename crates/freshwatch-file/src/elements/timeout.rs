//! How long a run may take, and what has to fit into it.

use std::time::Duration;

use freshwatch_probe::definition::Retry;
use freshwatch_probe::duration;
use freshwatch_probe::expectation::Expectation;
use freshwatch_probe::matcher::Operator;

use super::{comparison, scalar};
use crate::block::Block;
use crate::clash::{Party, clash};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::yaml::Node;

const LONGEST: Duration = Duration::from_hours(1);
const DEFAULT: Duration = Duration::from_secs(10);

/// Reads the key `timeout`.
pub(crate) fn read(block: &Block, context: &Context) -> Duration {
    block
        .read("timeout", |node| bounded(node, context))
        .unwrap_or(DEFAULT)
}

fn bounded(node: &Node, context: &Context) -> Option<Duration> {
    let timeout = scalar::positive_duration(node, context)?;
    if timeout <= LONGEST {
        return Some(timeout);
    }
    context.refuse(
        Found::new(node.place, Code::OutOfRange, "`timeout` is longer than an hour")
            .help("it is for the whole run, all attempts together; write `1h` or shorter"),
    )
}

/// A wait that outlasts the run would make the further attempts a promise that nobody keeps.
pub(crate) fn check_retry(block: &Block, retry: Retry, timeout: Duration, context: &Context) {
    if retry.attempts <= 1 || retry.backoff < timeout {
        return;
    }
    let Some(value) = block.value("retry") else {
        return;
    };
    let part = |key: &str| value.member(key).map(Party::value);
    let timeout = block.field("timeout").map(Party::value);
    let attempts = part("attempts");
    let (Some(first), others) = (match part("backoff") {
        Some(backoff) => (Some(backoff), [timeout, attempts]),
        None => (
            timeout.or(attempts),
            [attempts.filter(|_| timeout.is_some()), None],
        ),
    }) else {
        return;
    };
    context.report(clash(
        first,
        &others,
        Code::OutOfRange,
        "the first `backoff` lasts as long as the whole `timeout`",
        "no second attempt would ever start: shorten `backoff` or lengthen `timeout`",
    ));
}

/// An answer that takes longer than the run may take is none: no bound beyond that says anything.
pub(crate) fn check_latency(block: &Block, warn: &Expectation, timeout: Duration, context: &Context) {
    let Some(latency) = block.value("warn").and_then(|warn| warn.member("latency")) else {
        return;
    };
    let longest = comparison::millis(timeout);
    for bound in warn.latency.iter().filter(|bound| bound.number >= longest) {
        let word = comparison::word(bound.operator);
        let Some(field) = latency.value.member(word) else {
            continue;
        };
        let help = match bound.operator {
            Operator::AtMost | Operator::Below => {
                "the bound can never warn, since the run is `down` by then: shorten it, or lengthen `timeout`"
            }
            Operator::AtLeast | Operator::Above | Operator::Equals => {
                "no answer can satisfy the bound, since the run is `down` by then: shorten it, or lengthen `timeout`"
            }
        };
        context.report(clash(
            Party::value(field),
            &[block.field("timeout").map(Party::value)],
            Code::OutOfRange,
            &format!(
                "a bound of `latency` that is not below the `timeout` of {}",
                duration::show(timeout)
            ),
            help,
        ));
    }
}
