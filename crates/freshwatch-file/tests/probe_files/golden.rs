//! Every file of `test_data/ok` gives the definitions beside it, every one of `test_data/err` the mistakes beside it.
//! A new case is a new file; its name says the case.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use freshwatch_file::{Code, Mistakes, ProbeSet, Purpose};

use crate::dump;

/// What `${env:…}` gives in the golden files. No picture may show a value.
pub fn env(name: &str) -> Option<String> {
    match name {
        "TOKEN" => Some("s3cret-token".into()),
        "PASSWORD" => Some("s3cret\"password".into()),
        "BASE_URL" => Some("https://s3cret-user:s3cret-pw@base.example.com".into()),
        "BAD_URL" => Some("s3cret url".into()),
        "TWO_LINES" => Some("s3cret\nline".into()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new("test_data").join(name)
}

fn load(path: &Path) -> Result<ProbeSet, Mistakes> {
    freshwatch_file::load_for(&[path.to_owned()], Purpose::Linting, &env)
}

fn cases(name: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    paths
}

pub fn check(case: &Path, text: &str) {
    let stem = case.file_stem().unwrap().to_str().unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(std::env::current_dir().unwrap().join(case.parent().unwrap()));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(stem, text));
}

#[test]
fn files_that_are_right() {
    for case in cases("ok") {
        let set = load(&case).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
        check(&case, &dump::set(&set));
    }
}

#[test]
fn files_with_mistakes() {
    let mut count = 0;
    for case in cases("err") {
        let mistakes = load(&case).expect_err(&case.display().to_string());
        count += mistakes.count();
        check(&case, &pictures(&mistakes));
    }
    assert!(count >= 100, "{count} mistakes are few for so large a grammar");
}

/// A line for every mistake with the text that it underlines, then the pictures.
pub fn pictures(mistakes: &Mistakes) -> String {
    let mut text = String::new();
    for mistake in mistakes.iter() {
        let (line, column, code) = (mistake.line, mistake.column, mistake.code.as_str());
        let underlined = mistakes.underlined(mistake).replace('\0', "\\0");
        writeln!(text, "{line}:{column} {code} «{underlined}»").unwrap();
    }
    text + "\n" + &mistakes.render(false)
}

#[test]
fn no_snapshot_is_left_behind() {
    for name in ["ok", "err"] {
        let stems: Vec<_> = cases(name)
            .iter()
            .map(|case| case.file_stem().unwrap().to_owned())
            .collect();
        for entry in fs::read_dir(folder(name)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "snap") {
                assert!(
                    stems.contains(&path.file_stem().unwrap().to_owned()),
                    "{}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn every_code_has_a_case() {
    let seen: Vec<Code> = cases("err")
        .iter()
        .flat_map(|case| {
            load(case)
                .unwrap_err()
                .iter()
                .map(|mistake| mistake.code)
                .collect::<Vec<_>>()
        })
        .collect();
    let missing: Vec<&str> = Code::ALL
        .iter()
        .filter(|code| !seen.contains(code))
        .map(|code| code.as_str())
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_mistake_has_a_remedy() {
    for case in cases("err") {
        for mistake in load(&case).unwrap_err().iter() {
            assert!(mistake.help.is_some(), "{}: {}", case.display(), mistake.message);
        }
    }
}

#[test]
fn no_value_of_a_variable_is_ever_shown() {
    for case in cases("err") {
        let mistakes = load(&case).unwrap_err();
        let shown = [
            mistakes.render(false),
            mistakes.render(true),
            format!("{mistakes:?}"),
        ]
        .concat();
        assert!(!shown.contains("s3cret"), "{shown}");
    }
    for case in cases("ok") {
        let shown = format!("{:?}", load(&case).unwrap());
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
