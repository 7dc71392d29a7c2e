//! Keeps what must outlive a process: what probes remember of cursors and hashes, in one SQLite file.
//!
//! Its place in the way of a run: before it, what a probe remembers is read here and handed to the judge; after it, what
//! the judge wants remembered is written here. In between the file is closed: nothing is held that a person, a rollback
//! or another process could pull away.
//!
//! Every call waits for the disk: whoever calls keeps it off the threads that run probes. The file is a database with a
//! rollback journal, which works wherever locks of files do, on network volumes too; a write-ahead log would need memory
//! that all processes share. What a kill interrupts is undone by whoever opens the file next.
//!
//! This crate does not know what a memory means, and nothing of verdicts, schedules, logs or the command line.

mod connection;
mod error;
mod schema;
mod set_aside;
mod store;

pub use error::StoreError;
pub use set_aside::SetAside;
pub use store::{Observed, Recalled, Store, Unreadable, Written};
