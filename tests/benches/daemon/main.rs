//! The daemon under load: how late its runs start, what they cost, what it keeps in memory.
//!
//! `cargo bench -p freshwatch-tests --bench daemon` builds the release binary and lets it run probes against a target
//! on loopback, one scenario after another. `-- --help` tells what can be chosen. The scenario `peers` measures it in
//! turn with a bare loop of hyper, and with blackbox_exporter as `tests/peers/install.sh` unpacks it.
//!
//! - Nothing that is printed about time is what a program says of itself. The target is a process of its own that notes
//!   when each request reached it; the moment when it was due is computed here, from the same schedule. So lateness
//!   holds the connect, the request and the target's own turn on a core: it is an upper bound.
//! - CPU time is what the kernel charged a program over the window, all its threads, user and system.
//! - The target and this process share the cores with what is measured. What they and the rest of the machine took is
//!   printed beside it: a measurement on a busy machine shows itself.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints what it measured"
)]

mod arguments;
mod bare_loop;
mod blackbox;
mod contender;
mod failures;
mod freshwatch;
mod measurement;
mod process;
mod punctuality;
mod receiver;
mod report;
mod scenario;
mod target;
mod wait;

use std::process::ExitCode;
use std::{env, io};

use arguments::Arguments;
use clap::Parser as _;
use measurement::Bench;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use report::Report;

fn main() -> io::Result<ExitCode> {
    let words: Vec<String> = env::args().skip(1).collect();
    if let Some((role, rest)) = words.split_first() {
        match role.as_str() {
            process::AS_PROGRAM => return Err(process::become_program(rest)),
            target::AS_TARGET => return target::run(rest),
            bare_loop::AS_BARE_LOOP => return bare_loop::run(rest),
            _ => {}
        }
    }
    raise_limit_of_files()?;
    measure_all(Arguments::parse())
}

fn measure_all(arguments: Arguments) -> io::Result<ExitCode> {
    let plan = arguments.plan();
    let bench = Bench::set_up(arguments)?;
    let mut report = Report::begin();
    for (scenario, contender) in plan {
        if contender.is_missing() {
            report.skipped(&scenario, contender);
            continue;
        }
        match bench.measure(&scenario, contender) {
            Ok(measurement) => report.row(&scenario, contender, measurement),
            Err(error) => report.failed(&scenario, contender, &error),
        }
    }
    Ok(report.end())
}

/// A thousand kept connections need more than the usual 1,024 files; children inherit the limit.
fn raise_limit_of_files() -> io::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}
