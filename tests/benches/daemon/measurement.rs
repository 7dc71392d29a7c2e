//! One contender in one scenario.

use std::path::PathBuf;
use std::time::Duration;
use std::{fs, io, thread};

use freshwatch_agent::clock;
use freshwatch_tests::program::released;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use crate::arguments::Arguments;
use crate::contender::{Contender, Setting};
use crate::process::{Memory, Process, machine_cpu, own_cpu};
use crate::punctuality::{Punctuality, Window};
use crate::receiver::Receiver;
use crate::scenario::Scenario;
use crate::target::{Arrival, Target};

/// A run that has not reached the target so long after the window is lost.
const DRAIN: Duration = Duration::from_secs(1);

/// What all measurements share.
#[derive(Debug)]
pub struct Bench {
    arguments: Arguments,
    program: PathBuf,
    receiver: Receiver,
    folder: TempDir,
}

/// What was seen of one contender.
#[derive(Debug)]
pub struct Measurement {
    /// How long was measured.
    pub seconds: f64,
    /// The slots of the window.
    pub runs: Punctuality,
    /// CPU time over the window.
    pub cpu: Cpu,
    /// At the end of the window.
    pub memory: Memory,
    /// From the start of the process until it was ready.
    pub ready_after: Duration,
    /// The slots of the first interval after it was ready, or of as much of it as was seen.
    pub first: Punctuality,
    /// From the start of the process until the last of those had reached the target.
    pub first_within: Duration,
    /// Requests and bytes of exports over the window.
    pub exported: (u64, u64),
    /// What it said of its runs.
    pub words: Vec<String>,
}

/// CPU time of everybody on the machine.
#[derive(Debug, Clone, Copy)]
pub struct Cpu {
    /// Who is measured.
    pub contender: Duration,
    /// The server that is probed.
    pub target: Duration,
    /// This process: the receiver, and who calls blackbox_exporter.
    pub bench: Duration,
    /// All of the above and everybody else.
    pub machine: Duration,
}

impl Cpu {
    fn now(contender: &Process, target: &Process) -> io::Result<Self> {
        Ok(Self {
            contender: contender.cpu()?,
            target: target.cpu()?,
            bench: own_cpu()?,
            machine: machine_cpu()?,
        })
    }

    fn since(self, before: Self) -> Self {
        Self {
            contender: self.contender.saturating_sub(before.contender),
            target: self.target.saturating_sub(before.target),
            bench: self.bench.saturating_sub(before.bench),
            machine: self.machine.saturating_sub(before.machine),
        }
    }

    /// What took no part in the measurement and was on the same cores.
    pub fn others(&self) -> Duration {
        self.machine
            .saturating_sub(self.contender + self.target + self.bench)
    }
}

impl Bench {
    /// Builds the program and starts the receiver.
    pub fn set_up(arguments: Arguments) -> io::Result<Self> {
        let freshwatch_is_needed = arguments
            .plan()
            .iter()
            .any(|(_, who)| *who == Contender::Freshwatch);
        let program = match &arguments.program {
            Some(program) => program.clone(),
            None if freshwatch_is_needed => released()?,
            None => PathBuf::new(),
        };
        Ok(Self {
            arguments,
            program,
            receiver: Receiver::start()?,
            folder: tempfile::tempdir()?,
        })
    }

    /// Starts a target and the contender, lets them warm up, and measures.
    pub fn measure(&self, scenario: &Scenario, contender: Contender) -> io::Result<Measurement> {
        let folder = tempfile::tempdir_in(self.folder.path())?;
        let target = Target::start(&folder.path().join("target"))?;
        let own = folder.path().join("contender");
        fs::create_dir_all(&own)?;
        let workers = self.arguments.workers;
        let setting = Setting {
            scenario,
            target: target.address,
            receiver: self.receiver.address,
            folder: &own,
            workers,
        };
        let mut at_work = contender.start(&self.program, setting)?;
        let ready = clock::now();
        let observed = self.observe(scenario, &target, at_work.process())?;
        let started = at_work.process().started;
        // The target outlives its clients: what they say of their runs must not be about its end.
        let words = at_work.finish()?;
        let arrivals = target.finish()?;
        evaluate(scenario, &arrivals, started, ready, observed, words)
    }

    fn observe(&self, scenario: &Scenario, target: &Target, process: &mut Process) -> io::Result<Observed> {
        thread::sleep(scenario.warm_up());
        let exported = self.receiver.counts();
        let from = clock::now();
        let before = Cpu::now(process, &target.process)?;
        thread::sleep(self.arguments.window(scenario));
        let to = clock::now();
        let cpu = Cpu::now(process, &target.process)?.since(before);
        process.still_runs()?;
        let memory = process.memory()?;
        let exports = self.receiver.counts();
        thread::sleep(DRAIN);
        process.still_runs()?;
        Ok(Observed {
            window: Window { from, to },
            cpu,
            memory,
            exported: (exports.0 - exported.0, exports.1 - exported.1),
        })
    }
}

/// What can be seen while a contender runs.
#[derive(Debug, Clone, Copy)]
struct Observed {
    window: Window,
    cpu: Cpu,
    memory: Memory,
    exported: (u64, u64),
}

fn evaluate(
    scenario: &Scenario,
    arrivals: &[Arrival],
    started: Timestamp,
    ready: Timestamp,
    observed: Observed,
    words: Vec<String>,
) -> io::Result<Measurement> {
    let Observed {
        window,
        cpu,
        memory,
        exported,
    } = observed;
    let schedules = scenario.schedules()?;
    let interval = SignedDuration::try_from(scenario.every()).map_err(io::Error::other)?;
    let first = Window {
        from: ready,
        to: window.to.min(ready + interval),
    };
    let first = Punctuality::of(&schedules, arrivals, first);
    let since_start = |moment: Timestamp| moment.duration_since(started).try_into().unwrap_or_default();
    Ok(Measurement {
        seconds: window.to.duration_since(window.from).as_secs_f64(),
        runs: Punctuality::of(&schedules, arrivals, window),
        cpu,
        memory,
        ready_after: since_start(ready),
        first_within: first.last.map(since_start).unwrap_or_default(),
        first,
        exported,
        words,
    })
}
