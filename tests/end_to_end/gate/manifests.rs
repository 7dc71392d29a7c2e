//! The gates that ship: their files have no mistakes, and the program takes the arguments that manifests give it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use freshwatch::command_line::{Command, CommandLine};
use freshwatch_file::{Source, load_gate, parse_gate};
use serde::Deserialize as _;
use serde_yaml::Value;

fn deploy(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(path)
}

fn documents(path: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(deploy(path)).expect("it is there");
    let documents = serde_yaml::Deserializer::from_str(&text);
    documents
        .map(|document| Value::deserialize(document).expect("YAML"))
        .collect()
}

/// The arguments of the one container of a template of pods, read as the program reads them.
fn options(template: &Value) -> freshwatch::command_line::gate::Gate {
    let container = &template["spec"]["containers"][0];
    let words = ["command", "args"]
        .into_iter()
        .flat_map(|key| container[key].as_sequence().expect("a list"));
    let words: Vec<OsString> = words.map(|word| word.as_str().expect("a text").into()).collect();
    match CommandLine::try_parse_from(words)
        .expect("arguments that are taken")
        .command
    {
        Command::Gate(options) => options,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_gate_that_ships_has_no_mistakes() {
    let gate = load_gate(&deploy("gate.yaml"), &|_| None);
    let gate = gate.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    assert_eq!(gate.conditions.len(), 5);
}

#[test]
fn the_hook_of_argo_cd_holds_a_gate_and_asks_for_the_commit() {
    let [map, job] = &documents("argo-cd/gate.yaml")[..] else {
        panic!("a ConfigMap and a Job");
    };
    let source = Source {
        name: "gate.yaml".into(),
        text: map["data"]["gate.yaml"].as_str().unwrap().into(),
    };
    let gate = parse_gate(source, &|_| None);
    gate.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    for hook in [map, job] {
        assert_eq!(
            hook["metadata"]["annotations"]["argocd.argoproj.io/hook"],
            "PreSync"
        );
    }
    assert!(job["metadata"]["generateName"].is_string() && job["metadata"]["name"].is_null());
    assert_eq!(job["spec"]["backoffLimit"], 0);
    let options = options(&job["spec"]["template"]);
    assert_eq!(options.file, Path::new("/etc/freshwatch/gate.yaml"));
    assert_eq!(options.argo_cd.application.as_deref(), Some("prices"));
}

#[test]
fn the_analysis_of_argo_rollouts_asks_the_gate() {
    let documents = documents("argo-rollouts/analysis-template.yaml");
    let metric = &documents[0]["spec"]["metrics"][0];
    assert_eq!(metric["failureLimit"], 0);
    let job = &metric["provider"]["job"]["spec"];
    assert_eq!(job["backoffLimit"], 0);
    assert_eq!(
        options(&job["template"]).file,
        Path::new("/etc/freshwatch/gate.yaml")
    );
}
