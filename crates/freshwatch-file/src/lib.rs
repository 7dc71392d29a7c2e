//! Probe files: YAML text to [`Definition`]s, or every mistake at once with its exact place and a remedy.
//!
//! Its place in the way of a run: before every run. A command loads its files here; what comes out is valid and never
//! parsed again.
//!
//! The way of a file: the YAML parser's events become a small tree in which every key and value knows its place
//! (`yaml`). The tree is opened as blocks with `defaults` beneath them (`block`), and each element of the grammar
//! (`elements`, one a file) reads its part. A reader never stops at the first mistake: it notes what it finds in the
//! one list (`context`) and gives nothing, so that a single load reports every mistake of every file. `picture` draws
//! them. `provenance` hashes what each probe is made from, so that a reload knows which have changed.
//!
//! This crate fetches nothing, reads no clock and knows nothing of the command line. `load` alone reads the disk.
//! The value of an environment variable stands in no message: placeholders become secrets as soon as they are read.
//!
//! [`Definition`]: freshwatch_probe::definition::Definition

mod gate;
mod load;
mod parse;
mod purpose;

mod block;
mod clash;
mod context;
mod custody;
mod elements;
mod misfit;
mod provenance;
mod shape;
mod suggestion;
mod yaml;

mod found;
mod known;
mod ledger;
mod lines;
mod mistake;
mod mistakes;
mod picture;

pub use elements::json_schema::schema as json_schema;
pub use gate::parse_gate;
pub use load::{Stamp, files, load, load_for, load_gate, stamp};
pub use mistake::{Also, Code, Mistake};
pub use mistakes::Mistakes;
pub use parse::{ProbeSet, Source, parse, parse_for};
pub use purpose::Purpose;
pub use suggestion::nearest;
