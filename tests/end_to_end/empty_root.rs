//! The static binary where there is nothing else: no libraries, no certificates, no time zones, no name for the user.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

use freshwatch_tests::certificates::Authority;
use freshwatch_tests::receiver::Receiver;
use freshwatch_tests::server::{Server, json};
use freshwatch_tests::unpacked::{Kit, or_skip};
use serde_json::Value;
use tempfile::TempDir;

/// A user without a name: that of deploy/Dockerfile.
const NOBODY: u32 = 65_532;

/// The image of deploy/Dockerfile as a folder, with one probe file in it. None of it but `/var/lib/freshwatch` may be
/// written to by the user.
fn image(binary: &Path, probes: &str) -> TempDir {
    let root = tempfile::tempdir().expect("a folder");
    let inside = |path: &str| root.path().join(path);
    for folder in ["usr/local/bin", "etc/freshwatch", "var/lib/freshwatch"] {
        fs::create_dir_all(inside(folder)).expect("a folder");
    }
    fs::copy(binary, inside("usr/local/bin/freshwatch")).expect("a copy");
    fs::write(inside("etc/freshwatch/probes.yaml"), probes).expect("a file");
    chown(inside("var/lib/freshwatch"), Some(NOBODY), Some(NOBODY)).expect("root may do so");
    fs::set_permissions(root.path(), Permissions::from_mode(0o755)).expect("its owner may do so");
    root
}

/// The program in that root, as that user.
fn inside(root: &TempDir) -> Command {
    let mut command = Command::new("chroot");
    command
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("OTEL_TRACES_EXPORTER", "none")
        .env("OTEL_LOGS_EXPORTER", "none")
        .arg(format!("--userspec={NOBODY}:{NOBODY}"))
        .arg(root.path())
        .arg("/usr/local/bin/freshwatch");
    command
}

/// Only root may change a root.
fn may_change_root() -> bool {
    let made_here = tempfile::tempdir().expect("a folder");
    let is_root = fs::metadata(made_here.path()).expect("it is there").uid() == 0;
    if !is_root {
        // The macros' output of a test that passes is kept back; this is not.
        let _ = writeln!(
            io::stderr(),
            "SKIPPED, nothing was tested in an empty root: only root may enter one"
        );
    }
    is_root
}

#[tokio::test]
async fn the_static_binary_probes_delivers_and_remembers_in_an_empty_root() {
    let Some(binary) = or_skip(Kit::Musl.path_of("freshwatch")).filter(|_| may_change_root()) else {
        return;
    };
    let server = Server::answering(json(r#"{"offset": 7, "day": "2026-11-21"}"#)).await;
    let receiver = Receiver::start([]).await;
    let root = image(
        &binary,
        &format!(
            "probes:\n  offset:\n    get: {0}\n    fresh: {{advances: $.offset, max_age: 1h}}\n  day:\n    get: {0}\n    \
             fresh: {{at: $.day, timezone: Asia/Seoul, max_age: 2d}}\n",
            server.url("/")
        ),
    );
    let verdicts_at = async |now: &str| {
        let mut check = inside(&root);
        check.args(["check", "/etc/freshwatch", "--format", "json", "--now", now]);
        check.args(["--state", "/var/lib/freshwatch/state.db"]);
        check.args(["--queue-dir", "/var/lib/freshwatch/queue"]);
        check.args(["--otlp-endpoint", &receiver.endpoint()]);
        let output = freshwatch_tests::program::run(check).await;
        let told = String::from_utf8_lossy(&output.stderr);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{told}"));
        let runs = report["runs"].as_array().expect("runs").iter();
        let verdict = |run: &Value| format!("{}: {}", run["probe"], run["verdict"]).replace('"', "");
        let mut verdicts: Vec<String> = runs.map(verdict).collect();
        verdicts.sort();
        verdicts
    };
    // A cursor that was seen once has not moved yet. Two hours later that is known, from the file.
    let first = verdicts_at("2026-11-22T00:00:00Z").await;
    assert_eq!(first, ["day: ok", "offset: unknown"]);
    let second = verdicts_at("2026-11-22T02:00:00Z").await;
    assert_eq!(second, ["day: ok", "offset: stale"]);
    assert_eq!(receiver.requests().len(), 2);
}

/// The roots that are built in are in force: a certificate of nobody's is not trusted, and that is no crash.
#[tokio::test]
async fn without_certificates_of_a_system_those_built_in_are_trusted() {
    let Some(binary) = or_skip(Kit::Musl.path_of("freshwatch")).filter(|_| may_change_root()) else {
        return;
    };
    let config = Authority::new().issue(&["localhost"]).serving(&[]);
    let server = Server::answering_over_tls(config, json("{}")).await;
    let url = server.url_of("localhost", "/");
    let (host, address) = ("localhost", "127.0.0.1");
    let port = url.rsplit(':').next().expect("a port").trim_end_matches('/');
    let root = image(
        &binary,
        &format!("probes: {{page: {{get: '{url}', resolve: {{'{host}:{port}': {address}}}}}}}"),
    );
    let mut check = inside(&root);
    check.args(["check", "/etc/freshwatch", "--format", "json"]);
    let output = freshwatch_tests::program::run(check).await;
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["runs"][0]["verdict"], "down", "{report:#}");
    assert_eq!(report["runs"][0]["reasons"][0]["code"], "tls", "{report:#}");
}
