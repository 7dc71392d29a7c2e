//! The nouns of a probe and the one judgment.
//!
//! Its place in the way of a run: a [`definition::Definition`] says what a probe promises, an
//! [`observation::Observation`] what was seen; [`judge::judge`] turns both and `now` into a [`run::Judgment`].
//!
//! This crate does no I/O, reads no clock and cannot fail: whatever the answer holds, there is a judgment. It knows
//! nothing of YAML, tokio, hyper or OTLP.

pub mod calendar;
pub mod cron;
pub mod definition;
pub mod expectation;
pub mod explain;
pub mod fingerprint;
pub mod freshness;
pub mod gate;
pub mod promise;
pub mod request;
pub mod template;

pub mod body;
pub mod breach;
mod effort;
pub mod histogram;
pub mod judge;
pub mod lint;
pub mod looks;
pub mod matcher;
pub mod metric;
pub mod observation;
pub mod path;
pub mod prober;
pub mod run;
pub mod select;
pub mod self_report;
pub mod shard;
pub mod standing;
pub mod trace;
pub mod unit_test;
pub mod verdict;

pub mod duration;
pub mod redact;
pub mod show;
pub mod shown_url;
pub mod size;
pub mod stable_hash;
pub mod unreadable;
mod wall;
