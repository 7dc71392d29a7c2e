//! What the daemon takes of the machine.

use std::{fs, io};

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
    pub fn of(process: u32) -> io::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let field = |name: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(name))?;
            value.split_whitespace().next()?.parse::<u64>().ok()
        };
        let missing = || io::Error::other("the kernel says nothing of the daemon");
        let files = fs::read_dir(format!("/proc/{process}/fd"))?.count();
        Ok(Self {
            resident: field("VmRSS:").ok_or_else(missing)? * 1024,
            threads: field("Threads:").ok_or_else(missing)?,
            files: u64::try_from(files).unwrap_or(u64::MAX),
        })
    }
}

/// Bytes as people read them.
pub fn megabytes(bytes: u64) -> String {
    let hundredths = ((bytes % (1 << 20)) * 100) >> 20;
    format!("{}.{hundredths:02} MiB", bytes >> 20)
}
