//! The real program, as a process of its own.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

/// Variables by which the program sends metrics and nothing else: they are what most receivers of the tests count, and
/// what the benchmarks compare. A test about traces or logs says so.
pub const METRICS_ALONE: [(&str, &str); 2] =
    [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none")];

/// The program with nothing of this process's environment: what the machine has set must not change a test.
pub fn program() -> Command {
    let mut command = Command::new(binary());
    command.env_clear();
    command.envs(METRICS_ALONE);
    command
}

/// Runs it to its end on a thread of its own, so that servers of the test can answer meanwhile.
///
/// # Panics
/// When it cannot be started.
pub async fn run(mut command: Command) -> Output {
    let running = tokio::task::spawn_blocking(move || command.output());
    running
        .await
        .expect("it is waited for")
        .expect("the program starts")
}

/// The binary, built when somebody first asks.
///
/// # Panics
/// When it does not build.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(build)
}

/// The release binary, built where cargo builds everything else: what measures needs it as it is shipped.
///
/// # Errors
/// When cargo cannot be started, or its own words when the program does not build.
pub fn released() -> io::Result<PathBuf> {
    built(&["--release"])
}

fn build() -> PathBuf {
    built(&[]).expect("the program builds")
}

fn built(profile: &[&str]) -> io::Result<PathBuf> {
    let mut command = Command::new(env!("CARGO"));
    // What cargo tells this process of the package under test; ring's build script takes it for news, and then half of
    // the dependencies are built anew, here and in the build after.
    let of_this_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_this_package)) {
        command.env_remove(name);
    }
    let built = command
        .args(["build", "--quiet", "-p", "freshwatch", "--bin", "freshwatch"])
        .args(profile)
        .arg("--message-format=json")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()?;
    if !built.status.success() {
        let told = String::from_utf8_lossy(&built.stderr);
        return Err(io::Error::other(format!("the program does not build:\n{told}")));
    }
    let executable = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    };
    let messages = String::from_utf8_lossy(&built.stdout);
    let mut executables = messages.lines().filter_map(executable);
    executables
        .next_back()
        .ok_or_else(|| io::Error::other("cargo names no executable that it built"))
}
