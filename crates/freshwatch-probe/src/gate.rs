//! What a gate asks before a deploy. A `Gate` that exists is valid.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::definition::{ProbeName, Ratio};
use crate::matcher::Operator;
use crate::promise::Promise;
use crate::request::Request;
use crate::verdict::Verdict;

/// A gate as its file declares it.
#[derive(Debug, Clone)]
pub struct Gate {
    /// The value of the label `gate`; none: the name of its file.
    pub name: Option<String>,
    /// Asks the endpoint for instant queries (`/api/v1/query`) of a backend that speaks Prometheus's HTTP API; what
    /// is asked comes as a form.
    pub backend: Request,
    /// For each query.
    pub query_timeout: Duration,
    /// For all of them together.
    pub timeout: Duration,
    /// What must hold; at least one.
    pub conditions: Vec<Condition>,
}

/// One thing that must hold.
#[derive(Debug, Clone)]
pub struct Condition {
    /// For people; unique in its gate.
    pub name: String,
    /// What is looked at, and the bound that it must keep.
    pub rule: Rule,
    /// What it means that there is nothing to look at.
    pub no_data: NoData,
}

/// What it means that a backend has answered and there is nothing to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoData {
    /// Nobody knows whether the condition holds.
    Block,
    /// The condition does not apply.
    Pass,
}

/// What is looked at, and the bound that it must keep.
#[derive(Debug, Clone)]
pub enum Rule {
    /// How much of a promise's budget is left over its window; negative when it is overdrawn.
    BudgetLeft {
        /// Whose budgets.
        probes: Probes,
        /// Which budget.
        promise: Promise,
        /// A share.
        bound: Bound,
    },
    /// How fast a budget is spent: 1 spends it in exactly its window.
    BurnRate {
        /// Whose budgets.
        probes: Probes,
        /// Which budget.
        promise: Promise,
        /// Over how long: one of [`BURN_RATE_WINDOWS`](crate::promise::BURN_RATE_WINDOWS).
        over: Duration,
        /// A number.
        bound: Bound,
    },
    /// How the last run ended.
    LastVerdict {
        /// Whose runs.
        probes: Probes,
        /// How it may have ended.
        allowed: Vec<Verdict>,
        /// How long ago it may have been told.
        within: Duration,
    },
    /// A count as a share of another.
    Ratio {
        /// The part, in PromQL.
        of: String,
        /// The whole, in PromQL.
        to: String,
        /// The share does not apply when the whole is less than this.
        floor: u64,
        /// A share.
        bound: Bound,
    },
    /// What so large a share of observations stays within, told by the counts of a histogram's buckets.
    Quantile {
        /// The share of observations.
        share: Ratio,
        /// The buckets in PromQL, told apart by `le` alone.
        buckets: String,
        /// It does not apply when there are fewer observations than this.
        floor: u64,
        /// A time or a number, with `below` or `at_most`.
        bound: Bound,
    },
    /// The value of a query.
    Value {
        /// The query, in PromQL.
        promql: String,
        /// Whether every series that it gives must keep the bound; else there must be one.
        each: bool,
        /// In the unit of the query; a time is in seconds, a share a ratio.
        bound: Bound,
    },
}

impl Rule {
    /// The key of the grammar.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::BudgetLeft { .. } => "budget_left",
            Self::BurnRate { .. } => "burn_rate",
            Self::LastVerdict { .. } => "last_verdict",
            Self::Ratio { .. } => "ratio",
            Self::Quantile { .. } => "quantile",
            Self::Value { .. } => "promql",
        }
    }
}

/// Which probes a condition is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probes {
    /// These: each of them must be there.
    Named(Vec<ProbeName>),
    /// Those whose series carry these labels: at least one.
    Labelled(BTreeMap<String, String>),
}

/// A bound that a number must keep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// How it compares; never `Equals`.
    pub operator: Operator,
    /// With what.
    pub limit: Limit,
}

/// What a number is compared with; the unit in which both are shown follows from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// A plain number. Finite.
    Number(f64),
    /// A share of 1.
    Share(Ratio),
    /// Seconds.
    Time(Duration),
}
