//! `freshwatch run`, as those who leave it running for a year use it.
//!
//! The tests wait on what reaches the servers that are watched, the receiver and the log, never on time.

#![expect(clippy::float_cmp, reason = "counts are whole numbers, however they are told")]

mod agreement;
mod ending;
mod grid;
mod limits;
mod log;
mod probe_endpoint;
mod pushed;
mod reload;
mod restart;
mod start;
mod under_way;
mod watching;
