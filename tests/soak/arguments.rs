//! What the soak is asked to do.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use freshwatch_tests::program::released;

use crate::rhythm::Rhythm;

/// Soaks the daemon: thousands of probes, a fifth of them of servers that misbehave, reloads, and a receiver that
/// comes and goes.
#[derive(Debug, Parser)]
#[command(name = "soak")]
pub struct Arguments {
    /// How long the main part lasts, 20 to 600; what comes before and after it takes a minute more. In less, outages
    /// would follow one another faster than the daemon asks again.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(20..=600))]
    minutes: u64,
    /// How many probes; 2,000 without it, 200 in the short form.
    #[arg(long, value_parser = clap::value_parser!(u32).range(50..=20_000))]
    probes: Option<u32>,
    /// The form for CI: half a minute with faster rhythms.
    #[arg(long, conflicts_with = "minutes")]
    short: bool,
    /// The program; without it, the release binary is built.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Where the program's log is left, to be read afterwards.
    #[arg(long, value_name = "FILE")]
    pub keep_log: Option<PathBuf>,
}

impl Arguments {
    /// How many probes.
    pub fn probes(&self) -> u32 {
        self.probes.unwrap_or(if self.short { 200 } else { 2000 })
    }

    /// How fast everything goes.
    pub fn rhythm(&self) -> Rhythm {
        if self.short {
            Rhythm::short()
        } else {
            Rhythm::long(Duration::from_mins(self.minutes))
        }
    }

    /// The program under test.
    pub fn program(&self) -> io::Result<PathBuf> {
        self.program.clone().map_or_else(released, Ok)
    }
}
