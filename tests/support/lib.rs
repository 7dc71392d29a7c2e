//! What the end-to-end tests need around the program: servers and receivers that follow a script, and real ones.

pub mod certificates;
pub mod checked;
pub mod checking;
pub mod collector;
pub mod daemon;
pub mod leaks;
pub mod moody;
pub mod price_list;
pub mod program;
pub mod prometheus;
pub mod receiver;
pub mod recorded_answers;
pub mod resources;
pub mod rotel;
pub mod rule_tests;
pub mod runs;
pub mod server;
pub mod unpacked;
pub mod victoria_metrics;
pub mod vmagent;
