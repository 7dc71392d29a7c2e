//! The program against real servers and real receivers.

mod bad_servers;
mod bad_tls;
mod cases;
mod command_line;
mod connections;
mod cookbook;
mod daemon;
mod dashboards;
mod demo;
mod deploy_guide;
mod edges;
mod empty_root;
mod explain;
mod gate;
mod health;
mod heartbeat;
mod kubernetes;
mod lints;
mod origin;
mod probe_tests;
mod redirects;
mod retries;
mod secrets;
mod soak;
mod state;
mod story;

mod collectors;
mod otlp_delivery;
mod outage;
mod prometheus;
mod real_receiver;
mod rules;
mod traces;
