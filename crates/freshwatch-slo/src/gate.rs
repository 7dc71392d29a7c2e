//! The gate's decision: may we deploy?
//!
//! [`queries`] says what a backend has to be asked for each condition, [`answer::read`] reads what it answers, and
//! [`decide`] judges. Only a finite number that keeps its bound passes. A witnessed violation beats missing data, and
//! missing data blocks unless the gate's file says otherwise.

pub mod answer;
pub mod argo_cd;
pub mod bypass;
pub mod finding;

mod bound;
mod budget;
mod last_verdict;
mod promql;
mod quantile;
mod ratio;
mod recorded;
mod value;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt;

use freshwatch_probe::gate::{Condition, NoData, Rule};
use freshwatch_probe::matcher::Operator;

use self::answer::{Reading, Trouble};
use self::finding::{Code, Finding, Outcome};

/// What came of one query.
pub type Answer = Result<Reading, Trouble>;

/// What a gate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Every condition that applies holds.
    Pass,
    /// Nothing is known to be broken, and not everything is known to hold.
    Inconclusive,
    /// Some condition is broken.
    Block,
}

impl Verdict {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Pass, Self::Inconclusive, Self::Block];

    /// The word that reports and labels use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Block => "block",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// What was decided, and why.
#[derive(Debug, Clone)]
pub struct Decision<'g> {
    /// May we deploy?
    pub verdict: Verdict,
    /// One for each condition, in the order of the file.
    pub judged: Vec<Judged<'g>>,
}

/// What was found of a condition.
#[derive(Debug, Clone)]
pub struct Judged<'g> {
    /// The condition.
    pub condition: &'g Condition,
    /// At least one; several where it is about several probes or series, the worst first.
    pub findings: Vec<Finding>,
}

impl Judged<'_> {
    /// The worst of what was found.
    pub fn outcome(&self) -> Outcome {
        let outcomes = self.findings.iter().map(|finding| finding.outcome);
        outcomes.max().unwrap_or(Outcome::Inconclusive)
    }

    /// The bound in words, such as `below 0.5%`.
    pub fn bound(&self) -> String {
        wanted(&self.condition.rule)
    }
}

/// What the backend has to be asked for a condition: instant queries, all as of the same time.
pub fn queries(rule: &Rule) -> Vec<String> {
    match rule {
        Rule::BudgetLeft { probes, promise, .. } => vec![budget::query(probes, *promise)],
        Rule::BurnRate {
            probes,
            promise,
            over,
            ..
        } => vec![recorded::burn_rate(probes, *promise, *over)],
        Rule::LastVerdict { probes, within, .. } => vec![last_verdict::query(probes, *within)],
        Rule::Ratio { of, to, .. } => vec![of.clone(), to.clone()],
        Rule::Quantile { buckets, .. } => vec![buckets.clone()],
        Rule::Value { promql, .. } => vec![promql.clone()],
    }
}

/// Judges conditions by the answers to their [`queries`], in the same order.
pub fn decide<'g>(conditions: impl IntoIterator<Item = (&'g Condition, Vec<Answer>)>) -> Decision<'g> {
    let judged: Vec<Judged<'g>> = conditions
        .into_iter()
        .map(|(condition, answers)| Judged {
            condition,
            findings: judge(condition, &answers),
        })
        .collect();
    let outcomes = judged.iter().map(Judged::outcome);
    let verdict = outcomes.map(Outcome::verdict).max();
    Decision {
        // A gate that asks for nothing has found out nothing.
        verdict: verdict.unwrap_or(Verdict::Inconclusive),
        judged,
    }
}

fn judge(condition: &Condition, answers: &[Answer]) -> Vec<Finding> {
    let mut findings = match readings(&condition.rule, answers) {
        Ok(readings) => by_rule(&condition.rule, &readings),
        Err(trouble) => vec![Finding::trouble(&trouble)],
    };
    let warnings: Vec<&str> = answers
        .iter()
        .flatten()
        .flat_map(|reading| reading.warnings.iter().map(String::as_str))
        .collect();
    for finding in &mut findings {
        finding.doubt(&warnings);
        if condition.no_data == NoData::Pass && finding.code.is_no_data() {
            finding.outcome = Outcome::Skipped;
        }
    }
    findings.sort_by(|one, other| worse_first(&condition.rule, one, other));
    findings
}

/// By outcome, and among those that have the same by how near the value is to what the bound forbids.
fn worse_first(rule: &Rule, one: &Finding, other: &Finding) -> Ordering {
    let by_value = one.value.unwrap_or(0.0).total_cmp(&other.value.unwrap_or(0.0));
    let is_small_bad = match rule {
        Rule::BudgetLeft { bound, .. }
        | Rule::BurnRate { bound, .. }
        | Rule::Ratio { bound, .. }
        | Rule::Quantile { bound, .. }
        | Rule::Value { bound, .. } => matches!(bound.operator, Operator::Above | Operator::AtLeast),
        Rule::LastVerdict { .. } => false,
    };
    let worse = if is_small_bad {
        by_value
    } else {
        by_value.reverse()
    };
    other.outcome.cmp(&one.outcome).then(worse)
}

/// All that the rule asks for, or the first trouble with it.
fn readings<'a>(rule: &Rule, answers: &'a [Answer]) -> Result<Vec<&'a Reading>, Trouble> {
    let readings: Vec<&Reading> = answers
        .iter()
        .map(|answer| answer.as_ref().map_err(Clone::clone))
        .collect::<Result<_, _>>()?;
    if readings.len() == queries(rule).len() {
        Ok(readings)
    } else {
        Err(Trouble::new(answer::Kind::Unavailable, "was not asked"))
    }
}

fn by_rule(rule: &Rule, readings: &[&Reading]) -> Vec<Finding> {
    match (rule, readings) {
        (
            Rule::BudgetLeft {
                probes,
                promise,
                bound,
            },
            [reading],
        ) => budget::judge(probes, *promise, *bound, reading),
        (
            Rule::BurnRate {
                probes,
                promise,
                over,
                bound,
            },
            [reading],
        ) => recorded::judge_burn_rate(probes, *promise, *over, *bound, reading),
        (
            Rule::LastVerdict {
                probes,
                allowed,
                within,
            },
            [reading],
        ) => last_verdict::judge(probes, allowed, *within, reading),
        (Rule::Ratio { floor, bound, .. }, [of, to]) => vec![ratio::judge(of, to, *floor, *bound)],
        (
            Rule::Quantile {
                share, floor, bound, ..
            },
            [buckets],
        ) => {
            vec![quantile::judge(*share, *floor, *bound, buckets)]
        }
        (Rule::Value { each, bound, .. }, [reading]) => value::judge(*each, *bound, reading),
        (
            Rule::BudgetLeft { .. }
            | Rule::BurnRate { .. }
            | Rule::LastVerdict { .. }
            | Rule::Ratio { .. }
            | Rule::Quantile { .. }
            | Rule::Value { .. },
            _,
        ) => vec![Finding::inconclusive(
            Code::Unavailable,
            "the backend was not asked",
        )],
    }
}

/// What a rule wants, in words.
fn wanted(rule: &Rule) -> String {
    match rule {
        Rule::BudgetLeft { bound, .. }
        | Rule::BurnRate { bound, .. }
        | Rule::Ratio { bound, .. }
        | Rule::Quantile { bound, .. }
        | Rule::Value { bound, .. } => bound::words(*bound),
        Rule::LastVerdict { allowed, .. } => last_verdict::words(allowed),
    }
}
