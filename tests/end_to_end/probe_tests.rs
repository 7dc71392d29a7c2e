//! `freshwatch test`: the probes' own tests, those of the shipped probes among them.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use freshwatch_file::{ProbeSet, Purpose};
use freshwatch_probe::definition::Definition;
use freshwatch_probe::unit_test::UnitTest;
use freshwatch_probe::verdict::Verdict;
use freshwatch_tests::program::{program, run};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::cookbook;

/// What the program printed, and its exit code.
#[derive(Debug)]
struct Printed {
    code: i32,
    output: String,
    errors: String,
}

/// `freshwatch test` in a folder whose `probes/` holds this file, with these words behind it.
async fn test(text: &str, words: &[&str]) -> Printed {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("probes")).expect("a folder");
    fs::write(folder.path().join("probes/prices.yaml"), text).expect("the file is written");
    fs::write(
        folder.path().join("probes/old.json"),
        r#"{"updatedAt": "2026-10-21T09:00:00Z"}"#,
    )
    .expect("the recorded answer is written");
    test_in(folder.path(), words).await
}

async fn test_in(folder: &Path, words: &[&str]) -> Printed {
    let mut command = program();
    command.arg("test").args(words).current_dir(folder);
    let output = run(command).await;
    Printed {
        code: output.status.code().expect("no signal ends it"),
        output: String::from_utf8(output.stdout).expect("UTF-8"),
        errors: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// A probe of an hour with these tests, a line each.
fn probe(tests: &[&str]) -> String {
    let mut text = String::from(
        "probes:\n  prices:\n    get: ${env:NOT_SET}/prices\n    auth: {bearer: \"${env:NOT_SET_EITHER}\"}\n    fresh: {at: $.updatedAt, max_age: 1h}\n",
    );
    if !tests.is_empty() {
        text.push_str("    tests:\n");
    }
    for test in tests {
        let _ = writeln!(text, "      - {{now: 2026-11-21T09:00:00Z, {test}}}");
    }
    text
}

const FRESH: &str = "name: fresh, answer: {json: {updatedAt: 2026-11-21T08:30:00Z}}, verdict: ok";
const OLD: &str = "name: old, answer: {body: old.json}, verdict: stale, reason: too_old";
const DOWN: &str = "name: nothing came, answer: {down: connect}, verdict: down, reason: connect";
const WRONG: &str = "name: wrong, answer: {body: old.json}, verdict: ok";
const OTHER: &str = "name: another reason, answer: {json: {}}, verdict: invalid, reason: future";

/// The exit code of these tests with these words.
async fn exits(tests: &[&str], words: &[&str], code: i32) {
    let printed = test(&probe(tests), words).await;
    assert_eq!(printed.code, code, "{tests:?} {words:?}: {printed:?}");
}

#[tokio::test]
async fn the_exit_code_says_whether_every_test_holds() {
    exits(&[FRESH, OLD, DOWN], &[], 0).await;
    exits(&[FRESH, OLD, DOWN], &["--require"], 0).await;
    exits(&[FRESH, WRONG], &[], 7).await;
    exits(&[OTHER], &["--format", "json"], 7).await;
    exits(&[WRONG], &["--format", "junit"], 7).await;
    exits(&[], &[], 0).await;
    exits(&[], &["--require"], 78).await;
    exits(
        &[FRESH, "name: typo, answer: {status: 200}, verdict: stael"],
        &[],
        78,
    )
    .await;
    exits(&[FRESH], &["--probe", "prices"], 0).await;
    exits(&[FRESH], &["--probe", "other-*"], 64).await;
    exits(&[FRESH], &["nowhere/"], 78).await;
    exits(&[FRESH], &["--no-such-flag"], 64).await;
}

#[tokio::test]
async fn a_failure_reads_like_a_diff() {
    let printed = test(&probe(&[FRESH, WRONG, OTHER]), &[]).await;
    let (told, took) = printed.output.rsplit_once(", in ").expect("a summary");
    assert!(took.ends_with("s\n"), "{took}");
    let expected = [
        "prices: wrong",
        "  at probes/prices.yaml:8:9",
        "  - expected ok",
        "  + came     stale (too_old)",
        "      stale (too_old): the data is 31 days old; at most 1h is promised: `$.updatedAt` is \"2026-10-21T09:00:00Z\"",
        "",
        "prices: another reason",
        "  at probes/prices.yaml:9:9",
        "  - expected invalid (future)",
        "  + came     invalid (no_match)",
        "      invalid (no_match): `$.updatedAt` matches nothing",
        "",
        "3 tests of 1 probe: 1 holds, 2 do not",
    ];
    assert_eq!(told.lines().collect::<Vec<_>>(), expected);
    assert_eq!(printed.errors, "");
}

#[tokio::test]
async fn what_came_instead_of_a_failure_is_told_with_the_age() {
    let test_of_fresh = FRESH.replace("verdict: ok", "verdict: stale");
    let printed = test(&probe(&[&test_of_fresh]), &[]).await;
    assert!(
        printed
            .output
            .contains("  - expected stale\n  + came     ok\n      the data is 30m old\n"),
        "{}",
        printed.output
    );
}

#[tokio::test]
async fn probes_without_tests_are_named() {
    let printed = test(&probe(&[]), &[]).await;
    assert_eq!(
        printed.output,
        "there are no tests\n1 probe has no tests, which `--require` makes a mistake: prices\n"
    );
    let printed = test(&probe(&[]), &["--require"]).await;
    assert!(
        printed
            .errors
            .contains("error[missing_key]: the probe `prices` has no tests"),
        "{}",
        printed.errors
    );
    assert!(
        printed.errors.contains("= help: add `tests`"),
        "{}",
        printed.errors
    );
    assert!(
        printed.errors.ends_with("1 mistake; nothing was tested\n"),
        "{}",
        printed.errors
    );
}

#[tokio::test]
async fn a_typo_is_a_mistake_with_its_place_and_its_remedy() {
    let text = probe(&[&FRESH.replace("verdict: ok", "verdict: fresh")]);
    let printed = test(&text, &[]).await;
    assert_eq!(printed.code, 78);
    for part in [
        "error[unknown_word]: `fresh` is not one of the words for this key",
        "--> probes/prices.yaml:7:",
        "= help: write one of `ok`, `degraded`, `stale`, `invalid`, `down` and `unknown`",
    ] {
        assert!(printed.errors.contains(part), "{part}: {}", printed.errors);
    }
    let printed = test(&text, &["--format", "json"]).await;
    let document: Value = serde_json::from_str(&printed.output).expect("JSON");
    assert_eq!(document["schema"], "freshwatch.test/v1");
    assert_eq!(document["mistakes"][0]["code"], "unknown_word");
    assert_eq!(document["exit_code"], 78);
    let printed = test(&text, &["--format", "junit"]).await;
    assert!(
        printed.output.contains("type=\"unknown_word\""),
        "{}",
        printed.output
    );
}

#[tokio::test]
async fn lint_looks_at_the_tests_and_check_does_not_read_their_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("prices.yaml");
    let text = "probes:\n  prices:\n    get: http://127.0.0.1:1/\n    enabled: false\n    tests:\n      - {name: x, answer: {body: missing.json}, verdict: ok}\n";
    fs::write(&file, text).expect("the file is written");
    for (word, code) in [("lint", 78), ("test", 78), ("check", 0)] {
        let mut command = program();
        command.arg(word).arg(&file);
        let output = run(command).await;
        assert_eq!(output.status.code(), Some(code), "{word}: {output:?}");
    }
}

#[tokio::test]
async fn the_report_for_machines_has_everything() {
    let printed = test(&probe(&[OLD, WRONG]), &["--format", "json"]).await;
    let document: Value = serde_json::from_str(&printed.output).expect("JSON");
    assert_eq!(document["exit_code"], 7);
    assert_eq!(document["untested"], json!([]));
    let [old, wrong] = document["tests"].as_array().expect("tests").as_slice() else {
        panic!("two tests: {document}");
    };
    assert_eq!(
        (old["holds"].as_bool(), wrong["holds"].as_bool()),
        (Some(true), Some(false))
    );
    assert_eq!(old["expected"], json!({"verdict": "stale", "reason": "too_old"}));
    assert_eq!(wrong["expected"], json!({"verdict": "ok", "reason": null}));
    for (member, value) in [
        ("probe", json!("prices")),
        ("name", json!("wrong")),
        ("file", json!("probes/prices.yaml")),
        ("line", json!(8)),
        ("column", json!(9)),
        ("verdict", json!("stale")),
        ("notes", json!([])),
    ] {
        assert_eq!(wrong[member], value, "{member}");
    }
    assert_eq!(wrong["reasons"][0]["code"], "too_old");
    assert_eq!(wrong["data"]["max_age_seconds"], json!(3600.0));
}

#[tokio::test]
async fn a_ci_server_sees_a_case_for_each_test() {
    let printed = test(&probe(&[OLD, WRONG]), &["--format", "junit"]).await;
    for part in [
        r#"tests="2" skipped="0" failures="1" errors="0""#,
        r#"<testcase name="old" classname="prices" file="probes/prices.yaml" line="7"/>"#,
        r#"<failure message="expected ok, came stale (too_old)" type="stale">at probes/prices.yaml:8:9"#,
    ] {
        assert!(printed.output.contains(part), "{part}: {}", printed.output);
    }
}

#[tokio::test]
async fn a_test_says_what_earlier_runs_saw() {
    let text = "\
probes:
  loader:
    get: https://h/
    fresh: {advances: $.offset, max_age: 1h}
    tests:
      - {name: the first run, now: 2026-11-21T09:00:00Z, answer: {json: {offset: 42}}, verdict: unknown, reason: warming}
      - name: standing still
        now: 2026-11-21T09:00:00Z
        before:
          - {seen: 2026-11-21T06:00:00Z, value: 41}
          - {seen: 2026-11-21T07:00:00Z, answer: {json: {offset: 42}}}
        answer: {json: {offset: 42}}
        verdict: stale
        reason: not_advanced
      - name: going back
        now: 2026-11-21T09:00:00Z
        before: {seen: 2026-11-21T08:30:00Z, value: 43}
        answer: {json: {offset: 42}}
        verdict: invalid
        reason: went_backwards
  districts:
    get: https://h/
    fresh: {at: $.updatedAt, each: \"$.districts[*]\", key: $.code, max_age: 1d}
    tests:
      - name: a vanished district is found
        now: 2026-11-21T09:00:00Z
        before:
          seen: 2026-11-21T08:00:00Z
          answer: {json: {districts: [{code: A, updatedAt: 2026-11-21T07:00:00Z}, {code: B, updatedAt: 2026-11-21T07:00:00Z}]}}
        answer: {json: {districts: [{code: A, updatedAt: 2026-11-21T07:00:00Z}]}}
        verdict: invalid
";
    let printed = test(text, &[]).await;
    assert_eq!(printed.code, 0, "{printed:?}");
    let forgotten = text.replace(
        "{seen: 2026-11-21T08:30:00Z, value: 43}",
        "{seen: 2026-11-21T08:30:00Z, value: 41}",
    );
    let printed = test(&forgotten, &[]).await;
    assert_eq!(printed.code, 7, "{printed:?}");
    assert!(
        printed.output.contains("\n  + came     ok\n"),
        "{}",
        printed.output
    );
}

#[tokio::test]
async fn secrets_that_a_recorded_answer_tells_back_are_starred_out() {
    let text = "probes:\n  echo:\n    get: https://user:s3cret-password@api.example.com/\n    headers: {x-token: \"${env:TOKEN}\"}\n    expect: {body: {$.echo: nothing}}\n    tests:\n      - {name: a, answer: {body: echo.json}, verdict: ok}\n";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("echo.yaml");
    fs::write(&file, text).expect("the file is written");
    let echo = r#"{"echo": "s3cret-password and s3cret-token"}"#;
    fs::write(folder.path().join("echo.json"), echo).expect("the answer is written");
    for format in ["text", "json", "junit"] {
        let mut command = program();
        command.arg("test").arg(&file).args(["--format", format]);
        command.env("TOKEN", "s3cret-token");
        let output = run(command).await;
        let told = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(7), "{output:?}");
        assert!(told.contains("*** and ***"), "{format}: {told}");
        assert!(!told.contains("s3cret"), "{format}: {told}");
    }
}

#[tokio::test]
async fn a_schema_with_too_many_ways_does_not_hang() {
    let folder = tempfile::tempdir().expect("a folder");
    // Twenty ways at each of nine levels, all of which end in nothing.
    let ways = (0..20).map(
        |more| json!({"type": "array", "minItems": 1, "maxItems": 9 + more, "items": {"$ref": "#/$defs/n"}}),
    );
    let schema = json!({"$ref": "#/$defs/n", "$defs": {"n": {"anyOf": ways.collect::<Vec<_>>()}}});
    fs::write(folder.path().join("s.json"), schema.to_string()).expect("the schema is written");
    let deep = format!("{}{}", "[".repeat(9), "]".repeat(9));
    fs::write(folder.path().join("deep.json"), deep).expect("the answer is written");
    let text = "probes:\n  deep:\n    get: http://h/\n    expect: {schema: s.json}\n    tests:\n      - {name: a, answer: {body: deep.json}, verdict: unknown, reason: overload}\n";
    fs::write(folder.path().join("deep.yaml"), text).expect("the file is written");
    let running = test_in(folder.path(), &["deep.yaml"]);
    let printed = timeout(Duration::from_mins(2), running).await;
    let printed = printed.expect("it gives up by itself");
    assert_eq!(printed.code, 0, "{printed:?}");
}

#[tokio::test]
async fn ten_thousand_tests_are_one_round() {
    let mut text = String::from("probes:\n");
    for number in 0..1000 {
        let _ = writeln!(
            text,
            "  p{number}:\n    get: https://h/\n    fresh: {{at: $.updatedAt, max_age: 1h}}\n    tests:"
        );
        for test in 0..10 {
            let _ = writeln!(
                text,
                "      - {{name: t{test}, now: 2026-11-21T09:00:00Z, answer: {{json: {{updatedAt: 2026-11-21T08:30:00Z}}}}, verdict: ok}}"
            );
        }
    }
    let printed = test(&text, &[]).await;
    assert!(
        printed
            .output
            .starts_with("10000 tests of 1000 probes: all hold, in "),
        "{printed:?}"
    );
}

/// Where the shipped probes are.
fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../probes")
}

fn load_shipped() -> ProbeSet {
    let purpose = Purpose::Testing { require: true };
    match freshwatch_file::load_for(&[shipped()], purpose, &|_| None) {
        Ok(set) => set,
        Err(mistakes) => panic!("{}", mistakes.render(false)),
    }
}

#[tokio::test]
async fn the_tests_of_the_shipped_probes_hold() {
    let printed = test_in(&shipped().join(".."), &["--require"]).await;
    assert_eq!(printed.code, 0, "{printed:?}");
}

/// Whether anything about a probe can find its data stale.
fn tells_stale(definition: &Definition, text: &str) -> bool {
    definition.self_report || text.contains("    fresh:")
}

#[test]
fn every_shipped_probe_is_tested_ok_stale_and_failing() {
    let set = load_shipped();
    let mut lacking = Vec::new();
    for (definition, tests) in set.definitions.iter().zip(&set.tests) {
        let has = |verdicts: &[Verdict]| {
            let is_one = |test: &UnitTest| verdicts.contains(&test.expected.verdict);
            tests.iter().any(is_one)
        };
        let file = fs::read_to_string(&*tests[0].place.file).expect("a probe file");
        let own = file.split(&format!("\n  {}:\n", definition.name)).nth(1);
        let own = own.expect("the probe").split("\n\n  ").next().unwrap_or_default();
        if !has(&[Verdict::Ok]) {
            lacking.push(format!("{}: ok", definition.name));
        }
        if !has(&[Verdict::Invalid, Verdict::Down, Verdict::Unknown]) {
            lacking.push(format!("{}: a failure", definition.name));
        }
        if tells_stale(definition, own) && !has(&[Verdict::Stale]) {
            lacking.push(format!("{}: stale", definition.name));
        }
    }
    assert!(lacking.is_empty(), "{lacking:?}");
    assert_eq!(set.definitions.len(), 23);
}

#[test]
fn every_recipe_ships_as_a_file_with_tests_and_runs_only_once_enabled() {
    let set = load_shipped();
    let enabled: HashMap<&str, bool> = set
        .definitions
        .iter()
        .map(|definition| (definition.name.as_str(), definition.enabled))
        .collect();
    for recipe in cookbook::recipes() {
        let name = recipe.name();
        let file = fs::read_to_string(shipped().join(format!("{name}.yaml"))).expect("the recipe's file");
        assert!(
            file.contains(&recipe.yaml),
            "{name}.yaml is not what README.md has:\n{file}"
        );
        assert_eq!(enabled.get(name.as_str()), Some(&false), "{name}");
    }
}
