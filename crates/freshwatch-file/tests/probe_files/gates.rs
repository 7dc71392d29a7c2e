//! Every file of `test_data/gates/ok` gives the gate beside it, every one of `test_data/gates/err` the mistakes beside
//! it. A new case is a new file; its name says the case.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use freshwatch_file::{Mistakes, Source, parse_gate};
use freshwatch_probe::gate::Gate;
use proptest::prelude::*;

use crate::golden::{check, env, pictures};

fn folder(name: &str) -> PathBuf {
    Path::new("test_data/gates").join(name)
}

fn cases(name: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder(name)).unwrap();
    let paths = paths.map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    paths
}

fn load(path: &Path) -> Result<Gate, Mistakes> {
    freshwatch_file::load_gate(path, &env)
}

/// What a gate asks, where, and what of it is a credential.
fn dump(gate: &Gate) -> String {
    let mut text = String::new();
    let Gate {
        name,
        backend,
        query_timeout,
        timeout,
        conditions,
    } = gate;
    writeln!(text, "name: {name:?}").unwrap();
    writeln!(
        text,
        "asks: {} {} {:?}",
        backend.method.key(),
        backend.url,
        backend.auth
    )
    .unwrap();
    writeln!(text, "headers: {:?}", backend.headers).unwrap();
    writeln!(text, "query: {:?}", backend.query).unwrap();
    writeln!(text, "tls: {:?}", backend.tls).unwrap();
    writeln!(text, "timeouts: {query_timeout:?} {timeout:?}").unwrap();
    for condition in conditions {
        writeln!(
            text,
            "{} (no data: {:?})\n  {:?}",
            condition.name, condition.no_data, condition.rule
        )
        .unwrap();
    }
    text
}

#[test]
fn gates_that_are_right() {
    for case in cases("ok") {
        let gate = load(&case).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
        let dumped = dump(&gate);
        assert!(!dumped.contains("s3cret"), "{dumped}");
        check(&case, &dumped);
    }
}

#[test]
fn gates_with_mistakes() {
    for case in cases("err") {
        let mistakes = load(&case).expect_err(&case.display().to_string());
        let shown = pictures(&mistakes);
        assert!(!shown.contains("s3cret"), "{shown}");
        check(&case, &shown);
        for mistake in mistakes.iter() {
            assert!(mistake.help.is_some(), "{}: {}", case.display(), mistake.message);
        }
    }
}

#[test]
fn a_gate_is_a_file() {
    let told = |path: &Path| {
        let mistakes = load(path).unwrap_err();
        let first = mistakes.iter().next().unwrap();
        format!("{}: {}", first.message, first.help.as_deref().unwrap())
    };
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        told(folder.path()),
        "this is a folder: a gate is one file: name it"
    );
    insta::assert_snapshot!(
        told(&folder.path().join("gate.yaml")),
        @"there is no such file or folder: check the path; it is relative to the folder in which freshwatch was started"
    );
}

proptest! {
    #[test]
    fn whatever_stands_there_is_a_gate_or_a_mistake(
        text in prop::sample::select(golden()),
        at in any::<prop::sample::Index>(),
        snippet in prop::sample::select(vec!["", ":", "\n", " ", "{", "}", "[", "\"", "gate:", "~", "- ", "0.5%", "é"]),
    ) {
        let at = text.floor_char_boundary(at.index(text.len() + 1));
        let text = format!("{}{snippet}{}", &text[..at], &text[text.ceil_char_boundary(at + 1).min(text.len())..]);
        let source = Source { name: "gate.yaml".into(), text };
        match parse_gate(source, &env) {
            Ok(gate) => prop_assert!(!gate.conditions.is_empty()),
            Err(mistakes) => prop_assert!(mistakes.count() > 0 && !mistakes.render(false).is_empty()),
        }
    }
}

fn golden() -> Vec<String> {
    let paths = ["ok", "err"].into_iter().flat_map(cases);
    paths.map(|path| fs::read_to_string(path).unwrap()).collect()
}
