//! Runs as measurements, and their delivery over OTLP.
//!
//! Its place in the way of a run: [`record`] turns finished [`Run`](freshwatch_probe::run::Run)s, or the whole
//! [`State`](state::State) that the command line keeps of them, into measurements of the one table in
//! [`freshwatch_probe::metric`]. [`otlp`] delivers them with their own timestamps and tells how that went: once for a
//! program that ends, at every interval for the daemon. [`prometheus`] writes the same for those who scrape.
//!
//! [`heartbeat`] tells a dead-man's switch outside that probing goes on.
//!
//! It never delays or changes a probe, and its failure is never a verdict. It knows nothing of probe files, of
//! fetching or judging, and it reads neither the clock nor the process's environment: both are arguments.

pub mod heartbeat;
pub mod otlp;
pub mod parcel;
pub mod prometheus;
pub mod record;
pub mod resource;
pub mod spool;
pub mod state;

mod pairs;
mod sections;

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod sample;
