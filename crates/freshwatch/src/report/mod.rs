//! What people and machines read: one file a format, and the only place that prints.

pub mod change;
pub mod delivery;
pub mod explain;
pub mod gate;
pub mod json;
pub mod junit;
pub mod mistakes;
pub mod tests;
pub mod text;
pub mod warnings;
pub mod wrap;

use std::convert::Infallible;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use thiserror::Error;

/// Standard output cannot be written to.
#[derive(Debug, Error)]
pub enum PrintError {
    /// The reader went away, as `head` does when it has seen enough.
    #[error("nobody reads standard output any more")]
    Gone,
    /// Anything else, such as a full disk.
    #[error("standard output cannot be written to: {0}")]
    Failed(io::Error),
}

/// Prints to standard output.
///
/// # Errors
/// When it cannot be written to.
pub fn print(text: &str) -> Result<(), PrintError> {
    let mut output = anstream::stdout().lock();
    let printed = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    printed.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => PrintError::Gone,
        _ => PrintError::Failed(error),
    })
}

/// Prints the last thing that a command has to say: that its reader went away then changes nothing.
///
/// # Errors
/// When standard output cannot be written to although somebody reads it.
pub fn conclude(text: &str) -> Result<(), PrintError> {
    match print(text) {
        Err(PrintError::Gone) => Ok(()),
        outcome => outcome,
    }
}

/// Says on standard error what stops the program.
pub fn error(message: &str) {
    let style = anstyle::Style::new()
        .bold()
        .fg_color(Some(anstyle::AnsiColor::Red.into()));
    note(&format!("{style}error{style:#}: {message}\n"));
}

/// Says something on standard error, which nobody but people read. When even that fails, there is nobody to tell.
pub fn note(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Says on standard error what is going on, once that takes longer than a person waits gladly, and then nothing more.
/// Only at a terminal: nobody waits before a log.
pub async fn note_after(patience: Duration, text: &str) -> Infallible {
    tokio::time::sleep(patience).await;
    if io::stderr().is_terminal() {
        note(text);
    }
    std::future::pending().await
}

/// Whether standard output shows colours: on a terminal, and `NO_COLOR` is not set.
pub fn is_coloured() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}
