//! Runs as measurements, and their delivery over OTLP.
//!
//! Its place in the way of a run: the command line hands finished [`Run`](freshwatch_probe::run::Run)s to
//! [`otlp::push`]; [`record`] turns them into measurements of the one table in [`freshwatch_probe::metric`],
//! [`otlp::encode`] into requests with their own timestamps, and [`otlp`] delivers them and tells how that went.
//!
//! It never delays or changes a probe, and its failure is never a verdict. It knows nothing of probe files, of
//! fetching or judging, and it reads neither the clock nor the process's environment: both are arguments.

pub mod otlp;
pub mod prometheus;
pub mod record;
pub mod resource;
pub mod state;

mod pairs;
mod sections;

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod measure;
#[cfg(test)]
mod sample;
