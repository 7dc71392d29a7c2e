//! What probe files are loaded for: what is kept of the tests, and what is forgiven.

use std::io;
use std::path::Path;

use freshwatch_file::{Code, Mistakes, ProbeSet, Purpose, Source, parse_for};

const TESTING: Purpose = Purpose::Testing { require: false };

/// Reads a text; the variable `EMPTY` is empty, `SET` is `value`, and no other is set. There are no files.
fn read(text: &str, purpose: Purpose) -> Result<ProbeSet, Mistakes> {
    let source = Source {
        name: "f/a.yaml".into(),
        text: text.into(),
    };
    let env = |name: &str| match name {
        "EMPTY" => Some(String::new()),
        "SET" => Some("value".into()),
        _ => None,
    };
    let no_file = |_: &Path| Err(io::ErrorKind::NotFound.into());
    parse_for(&[source], purpose, &env, &no_file)
}

/// The codes of the mistakes of a probe with these keys.
#[track_caller]
fn check(keys: &str, purpose: Purpose, codes: &[Code]) {
    let text = format!("probes: {{a: {{{keys}}}}}");
    let found = read(&text, purpose).err();
    let found: Vec<Code> = found
        .iter()
        .flat_map(Mistakes::iter)
        .map(|mistake| mistake.code)
        .collect();
    assert_eq!(found, codes, "{keys}");
}

#[test]
fn a_variable_may_be_missing_where_nothing_is_sent() {
    for keys in [
        "get: '${env:MISSING}'",
        "get: '${env:MISSING}/health'",
        "get: 'https://${env:MISSING}:${env:EMPTY}/'",
        "get: 'https://user:${env:MISSING}@h/'",
        "get: http://h/, auth: {bearer: '${env:MISSING}'}",
        "get: http://h/, auth: {basic: {username: '${env:MISSING}', password: '${env:EMPTY}'}}",
        "get: http://h/, headers: {x: '${env:EMPTY}'}, query: {q: '${env:MISSING}'}",
        "post: http://h/, json: {a: '${env:MISSING}'}",
    ] {
        check(keys, TESTING, &[]);
        for purpose in [Purpose::Running, Purpose::Linting] {
            let found = read(&format!("probes: {{a: {{{keys}}}}}"), purpose).unwrap_err();
            assert!(
                found.iter().all(|mistake| mistake.code == Code::EnvMissing),
                "{keys}"
            );
        }
    }
}

#[test]
fn all_other_mistakes_are_told_to_those_who_test() {
    check("get: 'ftp://${env:SET}/'", TESTING, &[Code::BadUrl]);
    check("get: 'https://h/${env:1}'", TESTING, &[Code::Placeholder]);
    check("get: http://h/, every: often", TESTING, &[Code::BadDuration]);
}

const TEST: &str = "tests: [{name: x, answer: {body: recorded.json}, verdict: ok}]";

#[test]
fn recorded_answers_need_not_be_where_probes_run() {
    let keys = format!("get: http://h/, {TEST}");
    check(&keys, Purpose::Running, &[]);
    check(&keys, Purpose::Linting, &[Code::Unreadable]);
    check(&keys, TESTING, &[Code::Unreadable]);
}

#[test]
fn mistakes_in_tests_are_told_whatever_for() {
    let keys = "get: http://h/, tests: [{name: x, answer: {status: 200}, verdict: okay}]";
    for purpose in [Purpose::Running, Purpose::Linting, TESTING] {
        check(keys, purpose, &[Code::UnknownWord]);
    }
}

#[test]
fn tests_stay_beside_their_probes_and_not_where_probes_run() {
    let test = "tests: [{name: x, answer: {status: 200}, verdict: ok}]";
    let text =
        format!("probes: {{a: {{get: http://h/}}, b: {{get: http://h/, {test}}}, c: {{get: http://h/}}}}");
    let counts = |purpose| -> Vec<usize> {
        let set = read(&text, purpose).unwrap();
        assert_eq!(set.definitions.len(), 3);
        set.tests.iter().map(Vec::len).collect()
    };
    assert_eq!(counts(TESTING), [0, 1, 0]);
    assert_eq!(counts(Purpose::Linting), [0, 1, 0]);
    assert_eq!(counts(Purpose::Running), [0, 0, 0]);
}

#[test]
fn a_probe_without_tests_is_a_mistake_on_demand() {
    let require = Purpose::Testing { require: true };
    check("get: http://h/", TESTING, &[]);
    check("get: http://h/, enabled: false", require, &[Code::MissingKey]);
    let found = read("probes:\n  real-price:\n    get: http://h/\n", require).unwrap_err();
    insta::assert_snapshot!(found.render(false), @r"
    error[missing_key]: the probe `real-price` has no tests
     --> f/a.yaml:2:3
      |
    2 |   real-price:
      |   ^^^^^^^^^^
      |
      = help: add `tests` with a recorded answer, `now`, and the verdict that must come of it
    ");
}

#[test]
fn a_test_knows_its_place() {
    let text = "# ü\nprobes:\n  a:\n    get: http://h/\n    tests:\n      - name: x\n        answer: {text: ü}\n        verdict: ok\n      - {name: y, answer: {status: 200}, verdict: ok}\n";
    let set = read(text, TESTING).unwrap();
    let places: Vec<String> = set.tests[0].iter().map(|test| test.place.to_string()).collect();
    assert_eq!(places, ["f/a.yaml:6:9", "f/a.yaml:9:9"]);
}
