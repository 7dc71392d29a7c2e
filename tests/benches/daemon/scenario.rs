//! How many probes, how often, against what.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use freshwatch_agent::schedule::Schedule;
use freshwatch_probe::definition::{self, ProbeName, When};

/// A probe file may have 4 MiB; a probe here has about 230 bytes.
const PROBES_A_FILE: u32 = 10_000;

/// The folder under which the target takes its time.
pub const SLOW: &str = "slow";

/// A set of probes that are alike but for their names.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// What it is called on the command line.
    pub name: &'static str,
    /// How many there are.
    pub probes: u32,
    seconds: u64,
    /// Whether the target takes 100 ms to answer.
    pub slow: bool,
    /// Whether a probe keeps its connection from run to run.
    pub kept: bool,
    /// How large the answer is.
    pub size: Size,
}

/// The bytes of an answer's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 1 KiB.
    Small,
    /// 64 KiB.
    Medium,
    /// 1 MiB.
    Large,
}

impl Size {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    /// So many bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Small => 1 << 10,
            Self::Medium => 64 << 10,
            Self::Large => 1 << 20,
        }
    }

    /// The folder under which the target has it.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Small => "p",
            Self::Medium => "64k",
            Self::Large => "1m",
        }
    }
}

/// All that can be measured.
pub const SCENARIOS: [Scenario; 8] = [
    Scenario::new("200x1s", 200, 1),
    Scenario::new("1000x1s", 1000, 1),
    Scenario::new("10000x10s", 10_000, 10),
    Scenario::new("100000x10m", 100_000, 600),
    Scenario {
        slow: true,
        ..Scenario::new("200x5s-slow", 200, 5)
    },
    Scenario {
        kept: true,
        ..Scenario::new("1000x1s-kept", 1000, 1)
    },
    Scenario {
        size: Size::Medium,
        ..Scenario::new("100x1s-64k", 100, 1)
    },
    Scenario {
        size: Size::Large,
        ..Scenario::new("10x1s-1m", 10, 1)
    },
];

impl Scenario {
    const fn new(name: &'static str, probes: u32, seconds: u64) -> Self {
        Self {
            name,
            probes,
            seconds,
            slow: false,
            kept: false,
            size: Size::Small,
        }
    }

    /// The interval of each probe.
    pub fn every(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// How long it is left alone before it is measured: one interval, unless that is very long.
    pub fn warm_up(&self) -> Duration {
        self.every().min(Duration::from_secs(10))
    }

    /// How long it is measured unless told otherwise.
    pub fn window(&self) -> Duration {
        Duration::from_secs(if self.seconds > 60 { 60 } else { 30 })
    }

    /// The path that a probe asks for, from which the target reads which one it is.
    pub fn path(&self, index: u32) -> String {
        let folder = if self.slow { SLOW } else { self.size.folder() };
        format!("/{folder}/{index}")
    }

    /// The schedules, by the probes' indices: freshwatch spreads them by the names.
    pub fn schedules(&self) -> io::Result<Vec<Schedule>> {
        let declared = definition::Schedule {
            when: When::Every(self.every()),
            timezone: None,
            jitter: None,
        };
        let schedule = |index| {
            let name = ProbeName::parse(&name(index)).map_err(io::Error::other)?;
            Ok(Schedule::new(&name, &declared))
        };
        (0..self.probes).map(schedule).collect()
    }

    /// Writes the probe files.
    pub fn write_files(&self, folder: &Path, target: SocketAddr) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        for first in (0..self.probes).step_by(PROBES_A_FILE as usize) {
            let last = self.probes.min(first + PROBES_A_FILE);
            let probes: String = (first..last).map(|index| self.probe(index, target)).collect();
            fs::write(
                folder.join(format!("{first:06}.yaml")),
                format!("probes:\n{probes}"),
            )?;
        }
        Ok(())
    }

    fn probe(&self, index: u32, target: SocketAddr) -> String {
        let mut text = format!(
            "  {}:\n    get: http://{target}{}\n",
            name(index),
            self.path(index)
        );
        let connection = if self.kept { "reuse" } else { "fresh" };
        // Writing into a text cannot fail.
        let _ = write!(
            text,
            "    every: {}s\n    connection: {connection}\n    expect: {{body: {{$.status: OK}}}}\n    \
             fresh: {{at: $.updatedAt, max_age: 1h}}\n    labels: {{team: prices}}\n",
            self.seconds
        );
        text
    }
}

fn name(index: u32) -> String {
    format!("probe-{index}")
}
