#![doc = include_str!("../README.md")]

mod answer;
mod bound;
mod check;
mod clock;
mod dataset;
mod finding;
mod health;
mod name;

mod json;
mod moment;

pub use answer::{Answer, CONTENT_TYPE};
pub use bound::Bound;
pub use check::{Check, State};
pub use dataset::Dataset;
pub use finding::Status;
pub use health::Health;
pub use name::NotDeclared;
