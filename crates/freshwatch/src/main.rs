//! freshwatch: synthetic probes that know stale from down.

use std::process::ExitCode;

/// Gives back to the system what an outage of the receiver or a reload has needed: glibc's heap keeps it for good. Huge
/// pages are off, as they would round a small program up by 16 MiB.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    freshwatch::run(std::env::args_os()).into()
}
