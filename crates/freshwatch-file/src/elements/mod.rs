//! The elements of the grammar, one a file. Each reads its node and gives a value, or notes every mistake in it.

pub(crate) mod calendars;
pub(crate) mod defaults;
pub(crate) mod gate;
pub(crate) mod probe;

pub(crate) mod needs;
mod tests;

mod answer_body;
mod auth;
mod body;
mod headers;
mod origin;
mod request;
mod resolve;
mod tls;
mod url;

mod expectation;
mod matcher;
mod status;
mod verdict_rules;

mod fresh;
mod labels;
mod retry;
mod schedule;
mod slo;
mod timeout;

mod comparison;
mod date;
mod json;
pub(crate) mod json_schema;
mod path;
mod pattern;
mod placeholder;
mod scalar;
mod schema;
mod timezone;
