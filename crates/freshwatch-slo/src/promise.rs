//! What a probe promises over time. The gate's file names promises as well, so they stand with the other nouns.

pub use freshwatch_probe::promise::Promise;
