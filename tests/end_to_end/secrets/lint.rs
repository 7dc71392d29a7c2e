//! Mistakes beside secrets: neither their pictures nor their sentences show them.

use std::fs;

use freshwatch_tests::leaks::Leaks;
use freshwatch_tests::program::{program, run};
use serde_json::Value;

/// Written out in a probe file as `LITERAL`.
const LITERAL: &str = "LITERKx93Vm47";

/// Variables that placeholders name.
const VARIABLES: [(&str, &str); 4] = [
    ("SPACES", "SPACEKx93 \"SPACEVm47'&SPACEPj58"),
    ("LINES", "LINESKx93\nLINESVm47"),
    ("COLON", "COLONKx93:COLONVm47"),
    ("SCHEME", "SCHEMKx93:SCHEMVm47@SCHEMPj58"),
];

/// Keys of a probe, or a whole file, and the codes of its mistakes.
type Case<'c> = (&'c str, &'c [&'c str]);

/// Lints each text in every format, and has `check` refuse it: all that is wrong is told at once.
async fn check(shape: &str, cases: &[Case<'_>]) {
    let mut wrong = Vec::new();
    for (keys, codes) in cases {
        let indented = keys.replace('\n', "\n    ");
        wrong.extend(complaints(&shape.replace("KEYS", &indented), codes).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A probe with these keys.
const PROBE: &str = "probes:\n  x:\n    KEYS\n";

/// A probe with this value of `auth`.
const AUTH: &str = "probes:\n  x:\n    get: http://host/\n    auth: KEYS\n";

async fn complaints(text: &str, codes: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("probes.yaml");
    fs::write(&file, text.replace("LITERAL", LITERAL)).expect("the probe file is written");
    let mut leaks = Leaks::default();
    leaks.add("literal", LITERAL);
    for (name, secret) in VARIABLES {
        leaks.add(name, secret);
    }
    let mut wrong = Vec::new();
    for [command, format] in [
        ["lint", "text"],
        ["lint", "json"],
        ["check", "text"],
        ["check", "json"],
        ["check", "junit"],
    ] {
        let mut lint = program();
        lint.arg(command).arg(&file).args(["--format", format]);
        lint.envs(VARIABLES)
            .envs([("RUST_BACKTRACE", "1"), ("RUST_LOG", "trace")]);
        let output = run(lint).await;
        let printed = [output.stdout.as_slice(), &output.stderr].concat();
        let found = leaks
            .find(&printed)
            .into_iter()
            .map(|leak| format!("{command} {format} of {text:?} leaks {leak}"));
        wrong.extend(found);
        if output.status.code() != Some(78) {
            wrong.push(format!(
                "{command} of {text:?}: {}",
                String::from_utf8_lossy(&printed)
            ));
        }
        if (command, format) == ("lint", "json") {
            let document: Value = serde_json::from_slice(&output.stdout).expect("a document");
            let mistakes = document["mistakes"].as_array().expect("mistakes");
            let found: Vec<&str> = mistakes
                .iter()
                .filter_map(|mistake| mistake["code"].as_str())
                .collect();
            if found != codes {
                wrong.push(format!("{text:?} has the mistakes {found:?}"));
            }
        }
    }
    wrong
}

#[tokio::test]
async fn what_variables_hold_is_not_told() {
    check(
        PROBE,
        &[
            ("get: http://${env:SPACES}/", &["bad_url"]),
            ("get: ${env:SPACES}", &["bad_url"]),
            ("get: ${env:SCHEME}", &["bad_url"]),
            ("get: http://${env:COLON}/", &["bad_url"]),
            ("get: http://host/\ntimeout: ${env:SPACES}", &["placeholder"]),
            (
                "get: http://host/\nheaders: {X-Key: \"${env:LINES}\"}",
                &["bad_header"],
            ),
            (
                "get: http://host/\nauth: {bearer: \"${env:LINES}\"}",
                &["bad_header"],
            ),
            (
                "get: http://host/\nauth: {basic: {username: \"${env:COLON}\", password: x}}",
                &["bad_header"],
            ),
            (
                "get: http://host/\nlabels: {team: \"${env:SPACES}\"}",
                &["placeholder"],
            ),
            (
                "get: http://host/\nexpect: {schema: \"${env:SPACES}\"}",
                &["placeholder"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn mistakes_in_auth_show_no_credential() {
    check(
        AUTH,
        &[
            ("{bearer: LITERAL, realm: x}", &["unknown_key"]),
            ("{baerer: LITERAL}", &["unknown_key"]),
            ("{basic: {username: me, pasword: LITERAL}}", &["unknown_key"]),
            ("{basic: {username: LITERAL}}", &["missing_key"]),
            ("{basic: LITERAL}", &["wrong_type"]),
            ("{basic: [me, LITERAL]}", &["wrong_type"]),
            ("{bearer: {value: LITERAL}}", &["wrong_type"]),
            ("{oauth2: {client_secret: LITERAL}}", &["not_supported_yet"]),
            ("LITERAL", &["wrong_type"]),
            ("[LITERAL]", &["wrong_type"]),
            ("{bearer:LITERAL}", &["unknown_key"]),
            ("{bearer: \"LITERAL${env:MISSING}\"}", &["env_missing"]),
            ("{bearer: \"LITERAL${open\"}", &["placeholder"]),
            ("{bearer: \"${LITERAL\"}", &["placeholder"]),
            ("{bearer: \"LITERAL\\n\"}", &["bad_header"]),
            ("{bearer: \"\\x4cITERKx93Vm47\", realm: x}", &["unknown_key"]),
            ("{bearer: LITERAL, bearer: LITERAL}", &["duplicate_key"]),
            (
                "{bearer: LITERAL, basic: {username: LITERAL, password: LITERAL}}",
                &["conflict"],
            ),
            ("{bearer: LITERAL}\nauth: {bearer: LITERAL}", &["duplicate_key"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn mistakes_in_yaml_show_no_credential() {
    check(
        AUTH,
        &[
            ("{bearer: \"LITERAL}", &["syntax"]),
            ("{bearer: LITERAL", &["syntax"]),
            ("{bearer: LITERAL}}", &["syntax"]),
            ("{bearer: LITERAL} realm: x", &["syntax"]),
            ("{bearer: @LITERAL}", &["syntax"]),
            ("{bearer: *LITERAL}", &["syntax"]),
            ("{bearer: !secret LITERAL}", &["yaml"]),
            ("!secret {bearer: LITERAL}", &["yaml"]),
            ("{<<: {bearer: LITERAL}}", &["yaml"]),
            ("\n\tbearer: LITERAL", &["syntax"]),
            ("{bearer: pass: LITERAL}", &["syntax"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn mistakes_above_credentials_show_none() {
    check(
        PROBE,
        &[
            ("get: http://host/\nauht: {bearer: LITERAL}", &["unknown_key"]),
            (
                "get: http://host/\nheaders: {Authorization: Bearer LITERAL, authorization: LITERAL}",
                &["duplicate_key"],
            ),
            (
                "get: http://host/\nheaders: {Cookie: sid=LITERAL, cookie: sid=LITERAL}",
                &["duplicate_key"],
            ),
            (
                "get: http://host/\nheaders: {Authorization: [LITERAL]}",
                &["wrong_type"],
            ),
            (
                "get: http://host/\nheaders: {a b: x, Authorization: Bearer LITERAL}",
                &["bad_name"],
            ),
            (
                "get: http://host/\nheders: {Authorization: Basic LITERAL}",
                &["unknown_key"],
            ),
            (
                "get: http://host/\nAuthorization: Bearer LITERAL",
                &["unknown_key"],
            ),
            (
                "get: http://host/\nsteps: [{get: http://host/, auth: {bearer: LITERAL}}]",
                &["not_supported_yet"],
            ),
        ],
    )
    .await;
    check(
        "KEYS",
        &[
            ("{default: {auth: {bearer: LITERAL}}, probes: {x: {get: http://host/}}}", &["unknown_key"]),
            ("probes: [{x: {get: http://host/, auth: {bearer: LITERAL}}}]", &["wrong_type"]),
            ("probes: {x: {get: http://h/, auth: {bearer: LITERAL}}, x: {get: http://h/, auth: {bearer: LITERAL}}}", &["duplicate_key"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn mistakes_in_urls_show_no_password() {
    check(
        PROBE,
        &[
            ("get: https://me:LITERAL@/", &["bad_url"]),
            ("get: https://me:LITERAL@host:port/", &["bad_url"]),
            ("get: https://me:LITERAL@a host/", &["bad_url"]),
            ("get: ftp://me:LITERAL@host/", &["bad_url"]),
            ("get: https://LITERAL@host:port/", &["bad_url"]),
            ("get: https://me:LITERAL${env:MISSING}@host/", &["env_missing"]),
            ("gte: https://me:LITERAL@host/", &["unknown_key"]),
            ("url: https://me:LITERAL@host/", &["unknown_key"]),
            ("get: {url: \"https://me:LITERAL@host/\"}", &["wrong_type"]),
            ("get: [\"https://me:LITERAL@host/\"]", &["wrong_type"]),
            (
                "get: https://me:LITERAL@host/\npost: https://me:LITERAL@host/",
                &["conflict"],
            ),
            (
                "get: https://me:LITERAL@host/\nauth: {bearer: LITERAL}",
                &["conflict"],
            ),
            (
                "get: https://host/\nproxy: http://me:LITERAL@proxy/",
                &["not_supported_yet"],
            ),
            (
                "get: https://host/\ndescription: [\"see https://me:LITERAL@host/\"]",
                &["wrong_type"],
            ),
        ],
    )
    .await;
}
