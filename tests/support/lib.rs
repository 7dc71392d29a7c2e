//! What the end-to-end tests need around the program: servers and receivers that follow a script, and real ones.

pub mod certificates;
pub mod checking;
pub mod program;
pub mod receiver;
pub mod runs;
pub mod server;
pub mod victoria_metrics;
