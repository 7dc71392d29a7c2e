//! What is written and shipped for Kubernetes, read as strictly as its own types are.

mod chart;
mod cron_jobs;
mod kustomize;
mod manifests;
mod routes;
mod shards;

use std::ffi::OsStr;
use std::process::{Command, Output};

use freshwatch_tests::unpacked::{Kit, Missing};

/// Runs Helm, kubectl or amtool to its end. They read nothing of this machine's own clusters.
fn kubernetes_tool(program: &'static str, arguments: &[impl AsRef<OsStr>]) -> Result<Output, Missing> {
    let path = Kit::Kubernetes.path_of(program)?;
    let empty = tempfile::tempdir().expect("a folder");
    let output = Command::new(path)
        .args(arguments)
        .env_clear()
        .env("HOME", empty.path())
        .output();
    Ok(output.expect("it starts"))
}

/// What a program printed that ended well.
#[track_caller]
fn printed(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}
