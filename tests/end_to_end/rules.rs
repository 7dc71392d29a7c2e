//! The rules of `generate rules`, judged by promtool on simulated histories.

mod alerts;
mod burning;
mod command;
mod ratio;
mod simulation;
mod story;

use std::fs;
use std::path::PathBuf;

use freshwatch_tests::program::program;
use freshwatch_tests::prometheus::promtool;
use freshwatch_tests::unpacked::or_skip;
use tempfile::TempDir;

use simulation::Mode;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// A file of generated rules.
struct Generated {
    path: PathBuf,
    /// What was said on standard error.
    told: String,
    _folder: TempDir,
}

/// The rules of a probe file.
fn generated(probes: &str, mode: Mode, arguments: &[&str]) -> Generated {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, path) = (
        folder.path().join("probes.yaml"),
        folder.path().join("rules.yaml"),
    );
    fs::write(&file, probes).expect("it is written");
    let mut command = program();
    command
        .args(["generate", "rules", "--mode", mode.word()])
        .args(arguments)
        .arg(&file);
    let output = command.output().expect("the program starts");
    let told = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(0), "{told}");
    fs::write(&path, output.stdout).expect("it is written");
    Generated {
        path,
        told,
        _folder: folder,
    }
}

/// The rules, when promtool is there and finds nothing wrong with them.
fn promtool_or_skip(rules: &Generated) -> Option<&Generated> {
    let arguments = ["check", "rules", "--lint=all", "--lint-fatal"].map(std::ffi::OsStr::new);
    let output = or_skip(promtool(&[&arguments[..], &[rules.path.as_os_str()]].concat()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("SUCCESS"),
        "{said}{told}"
    );
    Some(rules)
}
