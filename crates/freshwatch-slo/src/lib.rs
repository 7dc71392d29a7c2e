//! Promises over time: what is left of a budget, how fast it burns, and who should hear of it.
//!
//! Its place in the way of a run: none. It stands beside it: from definitions it writes what watches their promises
//! after the runs have been recorded by Prometheus (rules, alerts, dashboards), and it decides whether that leaves room
//! for a deploy.
//!
//! This crate does no I/O and reads no clock. It knows nothing of YAML probe files, HTTP or OTLP; the names of metrics
//! are those of [`freshwatch_probe::metric`]. Numbers that people promise are [`decimal::Decimal`]s, never floats.

pub mod decimal;
pub mod gate;
pub mod promise;
pub mod series;

pub mod cadence;
pub mod objective;
pub mod watch;

pub mod dashboards;
pub mod rules;
