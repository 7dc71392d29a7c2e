//! The daemon over a long time, with everything around it misbehaving: nothing lost, nothing leaked, a clean end.
//!
//! `cargo run --release -p freshwatch-tests --bin soak -- --minutes 30` builds the release binary and lets it run
//! 2,000 probes of which a fifth hang, reset, babble and change their minds, while the files are edited every minute
//! and the receiver comes and goes. `--short` is the form for CI, half a minute long.
//!
//! - What ran is the target's word, not the program's: it notes every request and what it answered. When runs were
//!   due is computed here, from the same schedules. The program's counters, as the receiver got them, are held
//!   against both.
//! - Before and after, the same probes rest: their files are rewritten to a schedule of once a year. So the counts
//!   are compared with nothing in flight, and files and threads with what an idle daemon has.

#![expect(clippy::print_stdout, reason = "a soak prints what it sees while it lasts")]

mod accounts;
mod answers;
mod arguments;
mod cast;
mod checks;
mod course;
mod daemon;
mod delivered;
mod editor;
mod findings;
mod log;
mod minutes;
mod receiver;
mod rhythm;
mod seen;
mod target;

use std::process::ExitCode;
use std::{env, io};

use arguments::Arguments;
use clap::Parser as _;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

fn main() -> io::Result<ExitCode> {
    let words: Vec<String> = env::args().skip(1).collect();
    if let Some((role, rest)) = words.split_first()
        && role == daemon::AS_PROGRAM
    {
        return Err(daemon::become_program(rest));
    }
    raise_limit_of_files()?;
    let arguments = Arguments::parse();
    let program = arguments.program()?;
    let findings = course::run(&arguments, &program)?;
    Ok(findings.tell())
}

/// Every request that hangs holds a socket here as well; children inherit the limit.
fn raise_limit_of_files() -> io::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}
