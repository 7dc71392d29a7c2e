//! What a process takes of the machine.

use std::time::Duration;
use std::{fs, io};

use nix::sys::resource::{UsageWho, getrusage};

/// What a process takes of the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resources {
    /// Resident memory in bytes.
    pub resident: u64,
    /// Threads.
    pub threads: u64,
    /// Open files and sockets.
    pub files: u64,
}

impl Resources {
    /// What the kernel says of a process.
    ///
    /// # Errors
    /// When there is none of this number.
    pub fn of(process: u32) -> io::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let field = |name: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(name))?;
            value.split_whitespace().next()?.parse::<u64>().ok()
        };
        let missing = || io::Error::other("the kernel says nothing of this process");
        let files = fs::read_dir(format!("/proc/{process}/fd"))?.count();
        Ok(Self {
            resident: field("VmRSS:").ok_or_else(missing)? * 1024,
            threads: field("Threads:").ok_or_else(missing)?,
            files: u64::try_from(files).unwrap_or(u64::MAX),
        })
    }
}

/// User and system time of this process, with all its threads.
///
/// # Errors
/// When the kernel does not tell.
pub fn own_cpu() -> io::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let micros = |time: nix::sys::time::TimeVal| {
        u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).unwrap_or(0)
    };
    Ok(Duration::from_micros(
        micros(usage.user_time()) + micros(usage.system_time()),
    ))
}

/// Bytes as people read them.
pub fn megabytes(bytes: u64) -> String {
    let hundredths = ((bytes % (1 << 20)) * 100) >> 20;
    format!("{}.{hundredths:02} MiB", bytes >> 20)
}
