//! One condition: what is looked at, and its bound.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use freshwatch_probe::definition::{ProbeName, Ratio};
use freshwatch_probe::duration;
use freshwatch_probe::gate::{Condition, NoData, Probes, Rule};
use freshwatch_probe::promise::{BURN_RATE_WINDOWS, Promise};
use freshwatch_probe::verdict::Verdict;

use super::bound::{self, Kind, Unit};
use super::promql;
use crate::block::{Block, Field, Value};
use crate::context::Context;
use crate::elements::{labels, scalar};
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::{Elsewhere, Shape};
use crate::suggestion;
use crate::yaml::{Content, Node};

const CONDITION: Shape = Shape {
    elsewhere: &[
        Elsewhere::built(&["of", "to"], "it belongs under `ratio`"),
        Elsewhere::built(&["share", "buckets"], "it belongs under `quantile`"),
    ],
    ..Shape::closed(
        "a condition",
        &[
            "budget_left",
            "burn_rate",
            "last_verdict",
            "ratio",
            "quantile",
            "promql",
            "probe",
            "labels",
            "over",
            "within",
            "floor",
            "each",
            "above",
            "at_least",
            "below",
            "at_most",
            "no_data",
        ],
    )
};

/// What a condition can look at, and the keys that have a meaning beside it.
const RULES: [(&str, &[&str]); 6] = [
    ("budget_left", &["probe", "labels", "above", "at_least"]),
    ("burn_rate", &["probe", "labels", "over", "below", "at_most"]),
    ("last_verdict", &["probe", "labels", "within"]),
    ("ratio", &["floor", "above", "at_least", "below", "at_most"]),
    ("quantile", &["floor", "below", "at_most"]),
    ("promql", &["each", "above", "at_least", "below", "at_most"]),
];

const RATIO: Shape = Shape::closed("`ratio`", &["of", "to"]);
const QUANTILE: Shape = Shape::closed("`quantile`", &["share", "buckets"]);

/// How old a last verdict may be without `within`: as long as Prometheus looks back.
const WITHIN: Duration = Duration::from_mins(5);

/// What is older says nothing of now.
const LONGEST_WITHIN: Duration = Duration::from_hours(31 * 24);

/// A floor that no service's traffic of a window reaches.
const FLOORS: RangeInclusive<u64> = 1..=1_000_000_000_000;

/// Reads a condition; its name is its key's.
pub(super) fn read(field: Field, no_data: NoData, context: &Context) -> Option<Condition> {
    let block = Block::open(field.value, &CONDITION, context)?;
    let (looked_at, beside) = looked_at(&block, field, context)?;
    check_beside(&block, looked_at, beside, context);
    let rule = rule(&block, looked_at, context);
    let own = super::no_data(&block, context);
    Some(Condition {
        name: String::new(),
        rule: rule?,
        no_data: own.unwrap_or(no_data),
    })
}

type LookedAt<'n> = (Field<'n>, &'static [&'static str]);

/// The one thing that a condition looks at.
fn looked_at<'n>(block: &Block<'n>, condition: Field, context: &Context) -> Option<LookedAt<'n>> {
    let mut written = RULES
        .iter()
        .filter_map(|(key, beside)| Some((block.field(key)?, *beside)));
    let Some(first) = written.next() else {
        if block.is_damaged {
            return None;
        }
        let keys = RULES.map(|(key, _)| key);
        return context.refuse(
            Found::new(
                condition.key.place,
                Code::MissingKey,
                "the condition looks at nothing",
            )
            .help(format!("write one of {}", suggestion::listed(&keys))),
        );
    };
    for (second, _) in written {
        let message = format!(
            "a condition looks at one thing, and here are `{}` and `{}`",
            first.0.key.text, second.key.text
        );
        context.report(
            Found::new(second.key.place, Code::Conflict, message)
                .also(first.0.key.place, "the other one")
                .help("keep one of them, and write another condition for the other"),
        );
    }
    Some(first)
}

/// Refuses keys that have no meaning beside what is looked at.
fn check_beside(block: &Block, looked_at: Field, beside: &[&str], context: &Context) {
    for field in block.fields() {
        let key = field.key.text.as_str();
        let is_rule = RULES.iter().any(|(rule, _)| *rule == key);
        // A bound that makes no sense is told where bounds are read.
        let is_bound = bound::WORDS.contains(&key) && looked_at.key.text != "last_verdict";
        let is_known = CONDITION.keys.contains(&key);
        if is_known && !is_rule && !is_bound && key != "no_data" && !beside.contains(&key) {
            let message = format!("`{key}` has no meaning beside `{}`", looked_at.key.text);
            context.report(
                Found::new(field.key.place, Code::MisplacedKey, message)
                    .also(looked_at.key.place, "this")
                    .help(format!("remove it: here go {}", suggestion::listed(beside))),
            );
        }
    }
}

fn rule(block: &Block, looked_at: Field, context: &Context) -> Option<Rule> {
    let Field { key, value } = looked_at;
    let bound = |kind: &Kind| bound::read(block, key.place, kind, context);
    match key.text.as_str() {
        "budget_left" => {
            let promise = scalar::word(value.node, &promises(), context);
            let (probes, bound) = (probes(block, looked_at, context), bound(&BUDGET));
            Some(Rule::BudgetLeft {
                probes: probes?,
                promise: promise?,
                bound: bound?,
            })
        }
        "burn_rate" => {
            let promise = scalar::word(value.node, &promises(), context);
            let help = "write the window, such as `over: 1h`";
            let over = block.required("over", key.place, help, context);
            let over = over.and_then(|value| over_window(value.node, context));
            let (probes, bound) = (probes(block, looked_at, context), bound(&BURN_RATE));
            Some(Rule::BurnRate {
                probes: probes?,
                promise: promise?,
                over: over?,
                bound: bound?,
            })
        }
        "last_verdict" => {
            let allowed = verdicts(value.node, context);
            let probes = probes(block, looked_at, context);
            let within = block.read("within", |node| within(node, context));
            Some(Rule::LastVerdict {
                probes: probes?,
                allowed: allowed?,
                within: within.unwrap_or(WITHIN),
            })
        }
        "ratio" => {
            let counts = two(value, &RATIO, ["of", "to"], context);
            let (floor, bound) = (floor(block, context), bound(&RATIO_BOUND));
            let (of, to) = counts?;
            let (of, to) = (promql::read(of, context), promql::read(to, context));
            Some(Rule::Ratio {
                of: of?,
                to: to?,
                floor: floor?,
                bound: bound?,
            })
        }
        "quantile" => {
            let parts = two(value, &QUANTILE, ["share", "buckets"], context);
            let (floor, bound) = (floor(block, context), bound(&QUANTILE_BOUND));
            let (share, buckets) = parts?;
            let (share, buckets) = (quantile_share(share, context), promql::read(buckets, context));
            Some(Rule::Quantile {
                share: share?,
                buckets: buckets?,
                floor: floor?,
                bound: bound?,
            })
        }
        _ => {
            let each = block.read("each", |node| scalar::flag(node, context));
            let (promql, bound) = (promql::read(value.node, context), bound(&VALUE));
            Some(Rule::Value {
                promql: promql?,
                each: each.unwrap_or_default(),
                bound: bound?,
            })
        }
    }
}

const BUDGET: Kind = Kind {
    words: &["above", "at_least"],
    unit: Unit::Share,
    example: "above: 10%",
};
const BURN_RATE: Kind = Kind {
    words: &["below", "at_most"],
    unit: Unit::Number,
    example: "below: 6",
};
const RATIO_BOUND: Kind = Kind {
    words: &bound::WORDS,
    unit: Unit::Share,
    example: "below: 0.5%",
};
const QUANTILE_BOUND: Kind = Kind {
    words: &["below", "at_most"],
    unit: Unit::TimeOrNumber,
    example: "below: 800ms",
};
const VALUE: Kind = Kind {
    words: &bound::WORDS,
    unit: Unit::Any,
    example: "below: 800ms",
};

fn promises() -> [(&'static str, Promise); 4] {
    Promise::ALL.map(|promise| (promise.as_str(), promise))
}

/// The two parts of a block, both of which it needs.
fn two<'n>(
    value: Value<'n>,
    shape: &Shape,
    keys: [&str; 2],
    context: &Context,
) -> Option<(&'n Node, &'n Node)> {
    let block = Block::open(value, shape, context)?;
    let [one, other] = keys.map(|key| {
        let help = format!("{} needs {}", shape.name, suggestion::listed(shape.keys));
        block.required(key, block.place, &help, context)
    });
    Some((one?.node, other?.node))
}

/// The share of observations of a quantile: that none of them has to keep a bound is no condition.
fn quantile_share(node: &Node, context: &Context) -> Option<Ratio> {
    let share = scalar::percentage(node, context)?;
    if share.parts_per_million() > 0 {
        return Some(share);
    }
    context.refuse(
        Found::new(node.place, Code::OutOfRange, "a share of nothing")
            .help("write how many must keep the bound, such as `95%`"),
    )
}

fn floor(block: &Block, context: &Context) -> Option<u64> {
    let Some(value) = block.value("floor") else {
        return Some(0);
    };
    scalar::integer(value.node, &FLOORS, context)
}

fn over_window(node: &Node, context: &Context) -> Option<Duration> {
    let over = scalar::positive_duration(node, context)?;
    if BURN_RATE_WINDOWS.contains(&over) {
        return Some(over);
    }
    let windows = BURN_RATE_WINDOWS.map(duration::spell);
    let windows: Vec<&str> = windows.iter().map(String::as_str).collect();
    let message = format!("no burn rate is recorded over {}", duration::spell(over));
    context.refuse(
        Found::new(node.place, Code::OutOfRange, message)
            .help(format!("write one of {}", suggestion::listed(&windows))),
    )
}

fn within(node: &Node, context: &Context) -> Option<Duration> {
    let within = scalar::positive_duration(node, context)?;
    if within <= LONGEST_WITHIN {
        return Some(within);
    }
    context.refuse(
        Found::new(node.place, Code::OutOfRange, "`within` is longer than 31 days")
            .help("what a probe said so long ago says nothing of now"),
    )
}

/// The verdicts that are allowed: a word or a list of them.
fn verdicts(node: &Node, context: &Context) -> Option<Vec<Verdict>> {
    let words = Verdict::ALL.map(|verdict| (verdict.as_str(), verdict));
    let items = match node.content {
        Content::Scalar(_) => std::slice::from_ref(node),
        Content::List(_) | Content::Map(_) => scalar::list(node, "verdicts", context)?,
    };
    let verdicts = items.iter().map(|item| scalar::word(item, &words, context));
    let mut verdicts: Vec<Verdict> = verdicts.collect::<Option<_>>()?;
    verdicts.sort_unstable();
    verdicts.dedup();
    Some(verdicts)
}

/// Which probes it is about: by their names, or by their labels.
fn probes(block: &Block, looked_at: Field, context: &Context) -> Option<Probes> {
    match (block.field("probe"), block.field("labels")) {
        (Some(probe), None) => names(probe.value.node, context).map(Probes::Named),
        (None, Some(field)) => {
            let before = context.reported();
            let labels = labels::read(field.value, context);
            (context.reported() == before).then(|| Probes::Labelled((*labels).clone()))
        }
        (Some(probe), Some(labels)) => context.refuse(
            Found::new(
                labels.key.place,
                Code::Conflict,
                "probes are told by their names or by their labels, not both",
            )
            .also(probe.key.place, "the other one")
            .help("keep one of them"),
        ),
        (None, None) if block.is_damaged => None,
        (None, None) => {
            let message = format!("`{}` needs a probe", looked_at.key.text);
            context.refuse(
                Found::new(looked_at.key.place, Code::MissingKey, message)
                    .help("write `probe: real-price`, a list of names, or `labels: {team: prices}`"),
            )
        }
    }
}

fn names(node: &Node, context: &Context) -> Option<Vec<ProbeName>> {
    let items = match node.content {
        Content::Scalar(_) => std::slice::from_ref(node),
        Content::List(_) | Content::Map(_) => scalar::list(node, "probes' names", context)?,
    };
    let mut known = HashSet::new();
    let mut names = Vec::new();
    for item in items {
        let text = scalar::text(item, context)?;
        let name = match ProbeName::parse(text) {
            Ok(name) => name,
            Err(why) => {
                return context
                    .refuse(Found::new(item.place, Code::BadName, why).help("write the name of a probe"));
            }
        };
        if known.insert(name.clone()) {
            names.push(name);
        }
    }
    Some(names)
}
