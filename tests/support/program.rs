//! The real program, as a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

/// The program with nothing of this process's environment: what the machine has set must not change a test.
pub fn program() -> Command {
    let mut command = Command::new(binary());
    command.env_clear();
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

fn build() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "-p", "freshwatch", "--bin", "freshwatch"])
        .arg("--message-format=json")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .expect("cargo starts");
    let told = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "the program does not build:\n{told}");
    let messages = String::from_utf8(built.stdout).expect("cargo's messages are UTF-8");
    let mut executables = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    executables
        .next_back()
        .expect("cargo names the executable that it built")
}
