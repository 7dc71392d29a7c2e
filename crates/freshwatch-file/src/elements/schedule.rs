//! When a probe runs.

use std::time::Duration;

use freshwatch_probe::cron::CronLine;
use freshwatch_probe::definition::{Schedule, When};

use super::{scalar, timezone};
use crate::block::Block;
use crate::clash::{Party, clash};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::yaml::Node;

/// Longer ones are no cron line that anybody wrote, in characters.
pub(super) const LONGEST_CRON_LINE: usize = 500;

const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
const DEFAULT_INTERVAL: Duration = Duration::from_mins(1);

/// Reads the keys of the schedule.
pub(crate) fn read(block: &Block, context: &Context) -> Schedule {
    let every = block.read("every", |node| every(node, context));
    let cron = block.read("cron", |node| cron(node, context));
    if let (Some(first), Some(second)) = (block.field("every"), block.field("cron")) {
        context.report(
            Found::new(
                second.key.place,
                Code::Conflict,
                "a probe runs `every` so often or by a `cron` line, not both",
            )
            .also(first.key.place, "the other one")
            .help("keep one of them"),
        );
    }
    let jitter = block.read("jitter", |node| scalar::duration(node, context));
    let interval = every.unwrap_or(DEFAULT_INTERVAL);
    Schedule {
        when: cron.map_or(When::Every(interval), When::Cron),
        timezone: block.read("timezone", |node| timezone::read(node, context)),
        jitter,
    }
}

/// Starts that are spread further than the next run would overtake one another.
pub(crate) fn check_jitter(block: &Block, schedule: &Schedule, context: &Context) {
    let (Some(jitter), When::Every(interval)) = (schedule.jitter, &schedule.when) else {
        return;
    };
    if let Some(field) = block.field("jitter").filter(|_| jitter > *interval) {
        context.report(clash(
            Party::value(field),
            &[block.field("every").map(Party::value)],
            Code::OutOfRange,
            "`jitter` is longer than the interval between two runs",
            "make `jitter` shorter than `every`",
        ));
    }
}

fn every(node: &Node, context: &Context) -> Option<Duration> {
    let every = scalar::duration(node, context)?;
    if every >= SHORTEST_INTERVAL {
        return Some(every);
    }
    context.refuse(
        Found::new(node.place, Code::OutOfRange, "a probe runs once a second at most")
            .help("write `1s` or longer: more often measures the service under our own load"),
    )
}

/// A cron line.
pub(crate) fn cron(node: &Node, context: &Context) -> Option<CronLine> {
    let line = scalar::text(node, context)?;
    if line.len() > LONGEST_CRON_LINE {
        return context.refuse(
            Found::new(
                node.place,
                Code::BadCron,
                format!("a cron line of more than {LONGEST_CRON_LINE} characters"),
            )
            .help("write a shorter one, with ranges and steps such as `*/5`"),
        );
    }
    match CronLine::parse(line) {
        Ok(line) => Some(line),
        Err(why) => context.refuse(
            Found::new(node.place, Code::BadCron, why)
                .help("five fields: minute, hour, day of the month, month, day of the week; `0 9 * * mon-fri` is 9:00 on workdays"),
        ),
    }
}
