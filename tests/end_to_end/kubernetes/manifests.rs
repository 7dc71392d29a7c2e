//! Manifests, read strictly: what Kubernetes's own types do not know is a mistake.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use freshwatch_tests::unpacked::shipped;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{ConfigMap, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The documents of a YAML stream, each of which Kubernetes would take.
#[track_caller]
pub fn strictly(yaml: &str) -> Vec<Value> {
    let documents = serde_yaml::Deserializer::from_str(yaml);
    let documents: Vec<Value> = documents
        .map(|document| Value::deserialize(document).expect("YAML"))
        .filter(|document| !document.is_null())
        .collect();
    for document in &documents {
        let lost = lost(document);
        assert!(
            lost.is_empty(),
            "Kubernetes does not know {lost:?} of\n{document:#}"
        );
    }
    documents
}

/// The document of a kind.
#[track_caller]
pub fn of_kind<'d>(documents: &'d [Value], kind: &str) -> &'d Value {
    let found = documents.iter().find(|document| document["kind"] == kind);
    found.unwrap_or_else(|| panic!("there is no {kind}"))
}

/// Where a manifest holds what its type does not.
fn lost(manifest: &Value) -> Vec<String> {
    let kind = (manifest["apiVersion"].as_str(), manifest["kind"].as_str());
    let read = match kind {
        (Some("apps/v1"), Some("Deployment")) => read::<Deployment>(manifest),
        (Some("apps/v1"), Some("StatefulSet")) => read::<StatefulSet>(manifest),
        (Some("batch/v1"), Some("CronJob")) => read::<CronJob>(manifest),
        (Some("batch/v1"), Some("Job")) => read::<Job>(manifest),
        (Some("networking.k8s.io/v1"), Some("NetworkPolicy")) => read::<NetworkPolicy>(manifest),
        (Some("policy/v1"), Some("PodDisruptionBudget")) => read::<PodDisruptionBudget>(manifest),
        (Some("v1"), Some("ConfigMap")) => read::<ConfigMap>(manifest),
        (Some("v1"), Some("Service")) => read::<Service>(manifest),
        (Some("monitoring.coreos.com/v1"), Some("ServiceMonitor")) => read::<ServiceMonitor>(manifest),
        other => panic!("{other:?} is a kind that this test does not know"),
    };
    let mut lost = Vec::new();
    compare(manifest, &read, "", &mut lost);
    lost
}

/// What comes back of a manifest that was read into its type.
fn read<T: DeserializeOwned + Serialize>(manifest: &Value) -> Value {
    let read: T = serde_json::from_value(manifest.clone()).expect("the types fit");
    serde_json::to_value(read).expect("it is written again")
}

fn compare(written: &Value, read: &Value, place: &str, lost: &mut Vec<String>) {
    match (written, read) {
        (Value::Object(written), Value::Object(read)) => {
            for (key, value) in written {
                let place = format!("{place}.{key}");
                match read.get(key) {
                    Some(read) => compare(value, read, &place, lost),
                    None => lost.push(place),
                }
            }
        }
        (Value::Array(written), Value::Array(read)) if written.len() == read.len() => {
            for (number, (written, read)) in written.iter().zip(read).enumerate() {
                compare(written, read, &format!("{place}[{number}]"), lost);
            }
        }
        (written, read) if written == read => {}
        _ => lost.push(place.to_owned()),
    }
}

/// The part of the Prometheus Operator's type that the chart writes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ServiceMonitor {
    api_version: String,
    kind: String,
    metadata: k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
    spec: ServiceMonitorSpec,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ServiceMonitorSpec {
    selector: k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector,
    endpoints: Vec<Endpoint>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Endpoint {
    port: String,
    path: String,
    interval: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    relabelings: Vec<Relabeling>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Relabeling {
    target_label: String,
    replacement: String,
}

/// The manifests of `deploy/` that stand there as they are applied, with where they stand: whole files, and examples of
/// the guide. The kinds of others (Kustomize, Argo) are theirs to check.
fn shipped_manifests() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![shipped("deploy")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
            if path.is_dir() && !path.ends_with("helm") {
                folders.push(path);
            } else if ending == "yaml" {
                found.push((path.clone(), fs::read_to_string(path).expect("a file")));
            } else if ending == "md" {
                let guide = fs::read_to_string(&path).expect("a file");
                let blocks = guide
                    .split("```yaml\n")
                    .skip(1)
                    .filter_map(|rest| rest.split("```").next());
                found.extend(blocks.map(|block| (path.clone(), block.to_owned())));
            }
        }
    }
    let is_one = |text: &str| text.lines().any(|line| line.starts_with("apiVersion: "));
    let is_of_others =
        |text: &str| text.contains("apiVersion: kustomize.") || text.contains("apiVersion: argoproj.io");
    found.retain(|(_, text)| is_one(text) && !is_of_others(text));
    found
}

#[test]
fn what_ships_is_known_to_kubernetes() {
    let manifests = shipped_manifests();
    assert!(manifests.len() >= 6, "{manifests:#?}");
    for (path, text) in manifests {
        eprintln!("{}", path.display());
        strictly(&text);
    }
}

#[test]
fn what_kubernetes_does_not_know_is_found() {
    let mut manifest: Value = serde_yaml::from_str(
        "{apiVersion: batch/v1, kind: CronJob, metadata: {name: a}, spec: {schedule: '* * * * *', jobTemplate: {}}}",
    )
    .expect("YAML");
    assert_eq!(lost(&manifest), [""; 0]);
    manifest["spec"]["timezone"] = "UTC".into();
    manifest["spec"]["jobTemplate"]["spec"] =
        serde_json::json!({"template": {"spec": {"containers": [{"name": "a", "imag": "b"}]}}});
    assert_eq!(
        lost(&manifest),
        [
            ".spec.jobTemplate.spec.template.spec.containers[0].imag",
            ".spec.timezone"
        ]
    );
}
