//! What the daemon shows of itself.
//!
//! Its place in the way of a run: the command line folds every [`Run`](freshwatch_probe::run::Run) and everything else
//! that the schedule tells into the one [`board::Board`]; `/metrics`, the export over OTLP and the API read from it.
//!
//! This crate knows nothing of probe files, schedules or receivers, and it never makes a probe wait.

pub mod board;
