//! What the soak is asked to do.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::Parser;

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
        self.program.clone().map_or_else(build, Ok)
    }
}

/// Builds the release binary where cargo builds everything else, and says where it is.
fn build() -> io::Result<PathBuf> {
    let arguments = ["build", "--release", "--quiet", "-p", "freshwatch"];
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--message-format=json")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .stderr(Stdio::inherit())
        .output()?;
    let executable = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let found = text.lines().filter_map(executable).next_back();
    found.ok_or_else(|| io::Error::other("cargo built no binary"))
}
