//! `generate rules` as its users type it.

use std::fs;
use std::path::Path;
use std::process::Output;

use freshwatch_tests::program::program;

const PROBES: &str = "
probes:
  search: {get: '${env:NOT_SET}/search', every: 5m, slo: {up: 99.9%}}
  prices: {get: http://a.example/, every: 15s, slo: {up: 99.9%}}
";

fn generate(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = program();
    command
        .current_dir(folder)
        .args(["generate", "rules"])
        .args(arguments);
    command.output().expect("the program starts")
}

/// A folder with a file of probes.
fn folder(probes: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("probes.yaml"), probes).expect("it is written");
    folder
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn departures_from_the_book_are_told_on_standard_error_and_in_the_rules() {
    let folder = folder(PROBES);
    let output = generate(folder.path(), &["probes.yaml"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let note = "`up: 99.9%`, page: one failed run of the 12 within 1h would burn the budget at 14.4: it takes 3 of them";
    assert!(
        told(&output).contains(&format!("note: search: {note}\n")),
        "{}",
        told(&output)
    );
    assert!(!told(&output).contains("prices"), "{}", told(&output));
    let rules = String::from_utf8_lossy(&output.stdout);
    assert!(
        rules.contains("#   page: one failed run of the 12 within 1h"),
        "{rules}"
    );
}

#[test]
fn each_probe_can_have_a_file_and_what_is_left_behind_is_named() {
    let folder = folder(PROBES);
    let split = ["probes.yaml", "--split", "rules"];
    assert_eq!(generate(folder.path(), &split).status.code(), Some(0));
    let names = || {
        let entries = fs::read_dir(folder.path().join("rules")).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(), ["freshwatch_prober.yaml", "prices.yaml", "search.yaml"]);
    let one = fs::read_to_string(folder.path().join("rules/search.yaml")).expect("it is there");
    assert!(
        one.contains("groups:\n") && one.contains("\"freshwatch search\"") && !one.contains("prices"),
        "{one}"
    );
    fs::write(folder.path().join("rules/own.yaml"), "groups: []\n").expect("it is written");
    fs::write(
        folder.path().join("probes.yaml"),
        PROBES.replace("prices", "deals"),
    )
    .expect("it is written");
    let again = generate(folder.path(), &split);
    assert!(
        told(&again).contains("`rules/prices.yaml` holds rules that were written earlier"),
        "{}",
        told(&again)
    );
    assert!(
        !told(&again).contains("own.yaml") && names().len() == 5,
        "{}",
        told(&again)
    );
}

#[test]
fn the_same_files_give_the_same_rules() {
    let folder = folder(PROBES);
    let rules = || generate(folder.path(), &["probes.yaml"]).stdout;
    assert_eq!(rules(), rules());
}

#[test]
fn wrong_use_and_mistakes_are_told() {
    let folder = folder("probes: {search: {gett: http://a.example/}}");
    let check = |arguments: &[&str], code: i32, said: &str| {
        let output = generate(folder.path(), arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {}",
            told(&output)
        );
        assert!(told(&output).contains(said), "{arguments:?}: {}", told(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}");
    };
    check(&["probes.yaml"], 78, "a probe has no key `gett`");
    check(&["nowhere.yaml"], 78, "there is no such file or folder");
    check(
        &["probes.yaml", "--team", "dta=x"],
        64,
        "`dta` is not one of on-call, data, developers, prober",
    );
    check(
        &["probes.yaml", "--runbook-url", "https://a.example/{prob}"],
        64,
        "`{prob}` is not one of",
    );
    check(&["probes.yaml", "--mode", "cron"], 64, "'cronjob'");
    check(&["probes.yaml", "--due-soon", "1"], 64, "no unit");
}
