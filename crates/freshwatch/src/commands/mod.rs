//! One file a command.

pub mod check;
pub mod demo;
pub mod lint;

/// How `${env:NAME}` and the OTEL_* variables are looked up. A value that is not UTF-8 counts as missing.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
