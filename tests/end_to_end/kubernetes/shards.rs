//! `--shard`: several freshwatches that share the probes.

use std::collections::BTreeSet;

use freshwatch_tests::daemon::{Daemon, Files, Target};
use freshwatch_tests::program::program;
use serde_json::Value;

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// The six probes, all of which need the last.
fn probes(target: &Target) -> String {
    let probe = |name: &str| {
        target.probe(
            name,
            if name == "f" {
                "every: 1s"
            } else {
                "every: 1s\nneeds: [f]"
            },
        )
    };
    NAMES.map(probe).concat()
}

/// The probes that a daemon shows.
async fn shown(daemon: &Daemon) -> BTreeSet<String> {
    let board = daemon.get("/api/v1/probes").await.json();
    let probes = board["probes"].as_array().expect("a list");
    let name = |probe: &Value| {
        probe["name"]
            .as_str()
            .or(probe["probe"].as_str())
            .expect("a name")
            .to_owned()
    };
    probes.iter().map(name).collect()
}

#[tokio::test]
async fn each_probe_runs_in_one_of_two_daemons_and_both_say_how_many_are_theirs() {
    let target = Target::start().await;
    let files = Files::new(&probes(&target));
    let first = Daemon::of(&files).with("--shard", "0/2").start().await;
    // As a StatefulSet's pod gets it.
    let second = Daemon::of(&files)
        .with_variable("FRESHWATCH_SHARD", "1/2")
        .start()
        .await;
    let (of_first, of_second) = (shown(&first).await, shown(&second).await);
    assert!(of_first.is_disjoint(&of_second));
    let all: BTreeSet<String> = of_first.union(&of_second).cloned().collect();
    assert_eq!(all, NAMES.map(str::to_owned).into());

    for (index, daemon, mine) in [(0.0, &first, &of_first), (1.0, &second, &of_second)] {
        let series = daemon.series().await;
        let value = |name| series.value(name, &[]);
        assert_eq!(value("freshwatch_shard"), Some(index));
        assert_eq!(value("freshwatch_shards"), Some(2.0));
        #[expect(clippy::cast_precision_loss, reason = "there are six")]
        let probes = mine.len() as f64;
        assert_eq!(value("freshwatch_probes"), Some(probes));
        let line = daemon.log.line(" watches ").await;
        assert!(line.contains(&format!("watches {} probe", mine.len())), "{line}");
        assert!(line.contains(&format!("as shard {index}/2")), "{line}");
    }
}

#[tokio::test]
async fn a_reload_keeps_to_the_shard_and_to_the_mistakes_of_all() {
    let target = Target::start().await;
    let files = Files::new(&target.probe("a", "every: 1s"));
    let daemon = Daemon::of(&files).with("--shard", "1/2").start().await;
    files.write(&probes(&target));
    daemon.ask("POST", "/-/reload", &[]).await;
    let of_second = shown(&daemon).await;
    assert!(
        !of_second.is_empty() && of_second.len() < NAMES.len(),
        "{of_second:?}"
    );
    let elsewhere = NAMES
        .into_iter()
        .find(|name| !of_second.contains(*name))
        .expect("another shard's");
    files.write(&(probes(&target) + &target.probe(elsewhere, "every: 1s")));
    let refused = daemon.ask("POST", "/-/reload", &[]).await;
    assert!(refused.body.contains("duplicate_key"), "{}", refused.body);
}

#[tokio::test]
async fn check_takes_a_shard_as_well() {
    let target = Target::start().await;
    let files = Files::new(&probes(&target));
    let mut names = Vec::new();
    for shard in ["0/2", "1/2"] {
        let mut check = program();
        check
            .arg("check")
            .arg(files.path())
            .args(["--shard", shard, "--format", "json"]);
        let output = freshwatch_tests::program::run(check).await;
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let runs = report["runs"].as_array().expect("a list");
        names.extend(
            runs.iter()
                .map(|run| run["probe"].as_str().expect("a name").to_owned()),
        );
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            told.starts_with(&format!("shard {shard}: {} probe", runs.len())),
            "{told}"
        );
        assert!(told.ends_with("of 6\n"), "{told}");
    }
    names.sort();
    assert_eq!(names, NAMES);
}

#[test]
fn a_shard_that_is_none_is_wrong_use() {
    for shard in ["2/2", "x", "1"] {
        let mut run = program();
        let output = run.args(["check", "--shard", shard]).output().expect("it starts");
        assert_eq!(output.status.code(), Some(64), "{shard}");
    }
}
