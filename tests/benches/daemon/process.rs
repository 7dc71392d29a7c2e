//! A child process, what it costs, and its end.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use std::{env, fs};

use freshwatch_agent::clock;
use freshwatch_tests::program::METRICS_ALONE;
use jiff::Timestamp;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;

use crate::wait::until;

/// The hidden argument that makes this program another one, which then ends with its parent.
pub const AS_PROGRAM: &str = "--as-program";

/// A child that is killed when this is dropped, and by the kernel should this process be killed.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Where it says what went wrong.
    log: PathBuf,
    /// When it was started.
    pub started: Timestamp,
}

/// Memory in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// What is resident now.
    pub resident: u64,
    /// The most that was.
    pub peak: u64,
}

impl Process {
    /// Starts a program; its output goes to a file in the folder.
    pub fn start(
        program: &Path,
        arguments: &[String],
        variables: &[(&str, String)],
        folder: &Path,
    ) -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.arg(AS_PROGRAM).arg(program).args(arguments);
        // Whoever measures may have an exporter configured for himself.
        for (name, _) in env::vars().filter(|(name, _)| name.starts_with("OTEL_")) {
            command.env_remove(name);
        }
        command.envs(METRICS_ALONE);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        Self::spawn(command.stdin(Stdio::null()), folder, false)
    }

    /// Starts this program in another role, and waits for the one line that it says when it is ready. The role ends
    /// with its standard input.
    pub fn start_role(role: &str, arguments: &[String], folder: &Path) -> io::Result<(Self, String)> {
        let mut command = Command::new(env::current_exe()?);
        command.arg(role).args(arguments).stdin(Stdio::piped());
        let mut process = Self::spawn(&mut command, folder, true)?;
        let line = process.line()?;
        Ok((process, line))
    }

    fn spawn(command: &mut Command, folder: &Path, reads: bool) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let log = folder.join("log");
        let file = File::create(&log)?;
        let stdout = if reads {
            Stdio::piped()
        } else {
            Stdio::from(file.try_clone()?)
        };
        let started = clock::now();
        let child = command.stdout(stdout).stderr(file).spawn()?;
        Ok(Self { child, log, started })
    }

    /// The next line of a role. It ends with this process at the latest, so that it needs no bound of its own.
    pub fn line(&mut self) -> io::Result<String> {
        let Some(stdout) = self.child.stdout.as_mut() else {
            return Err(io::Error::other("this process is not listened to"));
        };
        let mut line = String::new();
        // A role says one line at a time and waits then, so that nothing is lost with the buffer.
        BufReader::new(stdout).read_line(&mut line)?;
        if line.is_empty() {
            return Err(self.last_words());
        }
        Ok(line.trim().to_owned())
    }

    /// User and system time of all its threads.
    pub fn cpu(&self) -> io::Result<Duration> {
        Ok(clock_getcpuclockid(self.pid()?)?.now()?.into())
    }

    /// What the kernel says of its memory.
    pub fn memory(&self) -> io::Result<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = |name: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kibibytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
            Some(kibibytes * 1024)
        };
        let missing = || io::Error::other("the kernel says nothing of its memory");
        Ok(Memory {
            resident: field("VmRSS:").ok_or_else(missing)?,
            peak: field("VmHWM:").ok_or_else(missing)?,
        })
    }

    /// An error when it has ended by itself.
    pub fn still_runs(&mut self) -> io::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(_) => Err(self.last_words()),
        }
    }

    /// Asks it to end with SIGTERM; kills it when it has not within the time.
    pub fn terminate(mut self, within: Duration) -> io::Result<ExitStatus> {
        kill(self.pid()?, Signal::SIGTERM)?;
        self.wait(within)
    }

    /// Closes the standard input of a role, and waits for its end.
    pub fn close(mut self, within: Duration) -> io::Result<()> {
        drop(self.child.stdin.take());
        let status = self.wait(within)?;
        if status.success() {
            Ok(())
        } else {
            Err(self.last_words())
        }
    }

    /// Closes the standard input of a role, and takes the one line that it still says.
    pub fn last_line(mut self) -> io::Result<String> {
        drop(self.child.stdin.take());
        self.line()
    }

    fn wait(&mut self, within: Duration) -> io::Result<ExitStatus> {
        until("its end", within, || self.child.try_wait())
    }

    fn pid(&self) -> io::Result<Pid> {
        Ok(Pid::from_raw(
            self.child.id().try_into().map_err(io::Error::other)?,
        ))
    }

    fn last_words(&self) -> io::Error {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        let lines: Vec<&str> = lines.into_iter().rev().collect();
        io::Error::other(format!("it ended by itself: {}", lines.join(" | ")))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// User and system time of this process.
pub fn own_cpu() -> io::Result<Duration> {
    Ok(ClockId::CLOCK_PROCESS_CPUTIME_ID.now()?.into())
}

/// What all cores of the machine together were busy with since it started, in ticks of 10 ms.
pub fn machine_cpu() -> io::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let fields: Vec<u64> = stat
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        .filter_map(|field| field.parse().ok())
        .collect();
    // user, nice, system, idle, iowait, irq, softirq
    let busy = [0, 1, 2, 5, 6]
        .iter()
        .filter_map(|at| fields.get(*at))
        .sum::<u64>();
    Ok(Duration::from_millis(busy * 10))
}

/// Ends this process when its parent does.
pub fn end_with_parent() -> io::Result<()> {
    Ok(set_pdeathsig(Signal::SIGKILL)?)
}

/// Becomes another program, which keeps the process and ends with its parent; returns only when that fails.
pub fn become_program(words: &[String]) -> io::Error {
    let Some((program, arguments)) = words.split_first() else {
        return io::Error::other("no program was named");
    };
    match end_with_parent() {
        Ok(()) => Command::new(program).args(arguments).exec(),
        Err(error) => error,
    }
}
