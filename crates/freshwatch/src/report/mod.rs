//! What people and machines read: one file a format, and the only place that prints.

pub mod delivery;
pub mod json;
pub mod junit;
pub mod mistakes;
pub mod text;

use std::io::{self, ErrorKind, Write as _};

use anstream::{AutoStream, ColorChoice};

/// Prints to standard output. A reader that went away (`| head`) is no failure.
///
/// # Errors
/// When standard output cannot be written to, such as on a full disk.
pub fn print(text: &str) -> io::Result<()> {
    let mut output = anstream::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
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

/// Whether standard output shows colours: on a terminal, and `NO_COLOR` is not set.
pub fn is_coloured() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}
