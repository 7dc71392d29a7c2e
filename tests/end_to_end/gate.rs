//! `freshwatch gate`: a real Prometheus, servers that are none, and those who go past it.

mod argo_cd;
mod bypasses;
mod manifests;
mod real_prometheus;
mod scripted;
mod story;

use std::process::Command;

use freshwatch_tests::program::{program, run};
use serde_json::Value;

/// What a gate left behind.
#[derive(Debug)]
struct Gated {
    code: Option<i32>,
    /// What it printed for people or machines.
    said: String,
    /// What it noted.
    noted: String,
}

impl Gated {
    /// The lines of its table, without how wide the columns are.
    fn rows(&self) -> Vec<String> {
        let rows = self.said.lines().take_while(|line| !line.is_empty());
        rows.map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// The document `freshwatch.gate/v1`.
    fn document(&self) -> Value {
        serde_json::from_str(&self.said).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Asks a gate of this file with what `change` adds to the command line and the environment.
async fn gate(text: &str, change: impl FnOnce(&mut Command)) -> Gated {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("prices.yaml");
    std::fs::write(&file, text).expect("a file can be written");
    let mut command = program();
    command.arg("gate").arg(&file);
    change(&mut command);
    let output = run(command).await;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Gated {
        code: output.status.code(),
        said: text(&output.stdout),
        noted: text(&output.stderr),
    }
}

/// The file of a gate with one condition, or several on lines of their own.
fn file(prometheus: &str, conditions: &str) -> String {
    let conditions = conditions.replace('\n', "\n    ");
    format!("gate:\n  prometheus: {prometheus}\n  conditions:\n    {conditions}\n")
}
