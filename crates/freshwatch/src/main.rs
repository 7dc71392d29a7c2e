//! freshwatch: synthetic probes that know stale from down.

use std::process::ExitCode;

fn main() -> ExitCode {
    freshwatch::run(std::env::args_os()).into()
}
