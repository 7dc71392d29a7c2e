//! One run of `freshwatch check` as a process.

use crate::program::{program, run};

/// What it left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The exit code; `None`: a signal ended it.
    pub code: Option<i32>,
    /// What it printed to both streams, the standard output first.
    pub printed: String,
}

/// Checks one file that holds `probes` and pushes to `otlp_endpoint`.
///
/// # Panics
/// When it cannot be run.
pub async fn check(probes: &str, otlp_endpoint: &str) -> Checked {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("probes.yaml");
    std::fs::write(&file, probes).expect("a file can be written");
    let mut command = program();
    command
        .arg("check")
        .arg(file)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", otlp_endpoint);
    let output = run(command).await;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Checked {
        code: output.status.code(),
        printed: text(&output.stdout) + &text(&output.stderr),
    }
}
