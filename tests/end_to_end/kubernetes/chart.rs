//! The chart, as a real Helm renders it.

use freshwatch_tests::unpacked::{or_skip, shipped};
use serde_json::Value;

use super::manifests::{of_kind, strictly};
use super::{kubernetes_tool, printed};

/// The manifests for these settings and one probe file; `None` without a Helm.
#[track_caller]
fn rendered(settings: &[&str]) -> Option<Vec<Value>> {
    let output = or_skip(kubernetes_tool("helm", &arguments("template", settings)))?;
    Some(strictly(&printed(&output)))
}

/// What Helm says against these settings.
#[track_caller]
fn refused(settings: &[&str]) -> Option<String> {
    let output = or_skip(kubernetes_tool("helm", &arguments("template", settings)))?;
    assert!(!output.status.success(), "{settings:?} are taken");
    Some(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn arguments(command: &str, settings: &[&str]) -> Vec<String> {
    let chart = shipped("deploy/helm/freshwatch").display().to_string();
    let probes = shipped("probes/front-page.yaml").display().to_string();
    let mut arguments = match command {
        "template" => vec!["template".to_owned(), "prices".to_owned(), chart],
        other => vec![other.to_owned(), "--strict".to_owned(), chart],
    };
    arguments.push("--set-file".to_owned());
    arguments.push(format!("probes.front-page\\.yaml={probes}"));
    for setting in settings {
        arguments.extend(["--set".to_owned(), (*setting).to_owned()]);
    }
    arguments
}

fn container(workload: &Value) -> &Value {
    &workload["spec"]["template"]["spec"]["containers"][0]
}

fn variable<'v>(workload: &'v Value, name: &str) -> Option<&'v Value> {
    let variables = container(workload)["env"].as_array()?;
    variables.iter().find(|variable| variable["name"] == name)
}

#[test]
fn helm_finds_nothing_wrong_with_it() {
    if let Some(output) = or_skip(kubernetes_tool("helm", &arguments("lint", &[]))) {
        printed(&output);
    }
}

#[test]
fn the_daemon_is_one_pod_that_loads_changed_files_by_itself() {
    let Some(documents) = rendered(&["otlp.endpoint=http://collector:4318"]) else {
        return;
    };
    let kinds: Vec<&str> = documents
        .iter()
        .filter_map(|document| document["kind"].as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "NetworkPolicy",
            "PodDisruptionBudget",
            "ConfigMap",
            "Service",
            "Deployment"
        ]
    );
    let deployment = of_kind(&documents, "Deployment");
    assert_eq!(deployment["spec"]["replicas"], 1);
    assert_eq!(deployment["spec"]["strategy"]["type"], "Recreate");
    // A hash of the files would start a new pod at each change.
    assert_eq!(
        deployment["spec"]["template"]["metadata"]["annotations"],
        Value::Null
    );
    assert_eq!(
        variable(deployment, "OTEL_EXPORTER_OTLP_ENDPOINT").expect("set")["value"],
        "http://collector:4318"
    );
    assert_eq!(variable(deployment, "FRESHWATCH_SHARD"), None);
    let file = std::fs::read_to_string(shipped("probes/front-page.yaml")).expect("the file");
    assert_eq!(
        of_kind(&documents, "ConfigMap")["data"]["front-page.yaml"],
        file.as_str()
    );
    for (object, selector) in [
        ("Service", "/spec/selector"),
        ("Deployment", "/spec/selector/matchLabels"),
        ("PodDisruptionBudget", "/spec/selector/matchLabels"),
        ("NetworkPolicy", "/spec/podSelector/matchLabels"),
    ] {
        let wanted = of_kind(&documents, object)
            .pointer(selector)
            .and_then(Value::as_object)
            .expect("a selector");
        let labels = &deployment["spec"]["template"]["metadata"]["labels"];
        assert!(
            wanted.iter().all(|(name, value)| labels[name] == *value),
            "{object}: {wanted:?} {labels}"
        );
    }
}

#[test]
fn shards_are_the_pods_of_a_stateful_set_by_their_numbers() {
    let Some(documents) = rendered(&["daemon.shards=3", "persistence.enabled=true", "location=seoul"]) else {
        return;
    };
    let set = of_kind(&documents, "StatefulSet");
    assert_eq!(set["spec"]["replicas"], 3);
    assert_eq!(
        set["spec"]["serviceName"],
        of_kind(&documents, "Service")["metadata"]["name"]
    );
    assert_eq!(
        variable(set, "FRESHWATCH_SHARD").expect("set")["value"],
        "$(POD_INDEX)/3"
    );
    assert_eq!(
        variable(set, "POD_INDEX").expect("set")["valueFrom"]["fieldRef"]["fieldPath"],
        "metadata.labels['apps.kubernetes.io/pod-index']"
    );
    // What a variable refers to must stand before it.
    let names: Vec<&str> = container(set)["env"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert_eq!(names, ["POD_NAME", "POD_INDEX", "FRESHWATCH_SHARD"]);
    let arguments = container(set)["args"].to_string();
    for argument in [
        "--instance=$(POD_NAME)",
        "--location=seoul",
        "--state=/var/lib/freshwatch/state.db",
    ] {
        assert!(arguments.contains(argument), "{arguments}");
    }
    assert_eq!(
        set["spec"]["volumeClaimTemplates"][0]["metadata"]["name"],
        "state"
    );
}

#[test]
fn cron_jobs_run_what_matches() {
    let settings = [
        "daemon.enabled=false",
        "cronJobs[0].name=nightly",
        "cronJobs[0].schedule=0 6 * * *",
        "cronJobs[0].timeZone=Asia/Seoul",
        "cronJobs[0].probes[0]=front-*",
        "cronJobs[1].name=all",
        "cronJobs[1].schedule=@hourly",
    ];
    let Some(documents) = rendered(&settings) else {
        return;
    };
    let kinds: Vec<&str> = documents
        .iter()
        .filter_map(|document| document["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["NetworkPolicy", "ConfigMap", "CronJob", "CronJob"]);
    let spec = &of_kind(&documents, "CronJob")["spec"];
    let arguments = container(&spec["jobTemplate"])["args"].to_string();
    for argument in [
        "--probe=front-*",
        "--instance=prices-freshwatch-nightly",
        "--fail-on=never",
    ] {
        assert!(arguments.contains(argument), "{arguments}");
    }
    assert_eq!(spec["timeZone"], "Asia/Seoul");
}

#[test]
fn a_service_monitor_takes_the_place_of_otlp() {
    let Some(documents) = rendered(&["serviceMonitor.enabled=true", "location=seoul"]) else {
        return;
    };
    let endpoint = &of_kind(&documents, "ServiceMonitor")["spec"]["endpoints"][0];
    assert_eq!(
        endpoint["port"],
        of_kind(&documents, "Service")["spec"]["ports"][0]["name"]
    );
    assert_eq!(endpoint["relabelings"][0]["replacement"], "seoul");
}

#[test]
fn everything_at_once_is_known_to_kubernetes() {
    let settings = [
        "daemon.shards=2",
        "daemon.extraArgs[0]=--max-per-host=10",
        "persistence.enabled=true",
        "persistence.storageClass=fast",
        "otlp.endpoint=http://collector:4317",
        "otlp.protocol=grpc",
        "otlp.headersSecret.name=otlp",
        "env[0].name=API_TOKEN",
        "env[0].valueFrom.secretKeyRef.name=api",
        "env[0].valueFrom.secretKeyRef.key=token",
        "envFrom[0].secretRef.name=more",
        "extraVolumes[0].name=keys",
        "extraVolumes[0].secret.secretName=keys",
        "extraVolumeMounts[0].name=keys",
        "extraVolumeMounts[0].mountPath=/run/keys",
        "imagePullSecrets[0].name=registry",
        "networkPolicy.from[0].namespaceSelector.matchLabels.team=monitoring",
        "podLabels.team=prices",
        "podAnnotations.note=text",
        "nodeSelector.disk=ssd",
        "tolerations[0].operator=Exists",
        "priorityClassName=high",
        "cronJobs[0].name=nightly",
        "cronJobs[0].schedule=0 6 * * *",
    ];
    let Some(documents) = rendered(&settings) else {
        return;
    };
    assert_eq!(documents.len(), 6);
    let headers = variable(of_kind(&documents, "StatefulSet"), "OTEL_EXPORTER_OTLP_HEADERS").expect("set");
    assert_eq!(headers["valueFrom"]["secretKeyRef"]["name"], "otlp");
}

#[test]
fn wrong_values_are_refused_with_a_reason() {
    for (settings, reason) in [
        (vec!["shards=3"], "shards"),
        (vec!["daemon.shards=0"], "minimum"),
        (vec!["daemon.terminationGracePeriodSeconds=10"], "minimum"),
        (vec!["otlp.protocol=http/json"], "http/protobuf"),
        (
            vec!["existingConfigMap=mine"],
            "`probes` and `existingConfigMap` are both set",
        ),
        (
            vec!["serviceMonitor.enabled=true", "otlp.endpoint=http://a:4318"],
            "every series would be there twice",
        ),
        (vec!["cronJobs[0].name=a"], "schedule"),
    ] {
        let Some(told) = refused(&settings) else {
            return;
        };
        assert!(told.contains(reason), "{settings:?}: {told}");
    }
    let chart = shipped("deploy/helm/freshwatch").display().to_string();
    let bare = ["template".to_owned(), "prices".to_owned(), chart];
    let output = kubernetes_tool("helm", &bare).expect("it was there a moment ago");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        told.contains("there are no probes: give some with --set-file"),
        "{told}"
    );
}
