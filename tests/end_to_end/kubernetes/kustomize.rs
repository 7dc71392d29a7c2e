//! The Kustomize base and its example, as a real Kustomize builds them.

use freshwatch_tests::unpacked::{or_skip, shipped};

use super::manifests::{of_kind, strictly};
use super::{kubernetes_tool, printed};

#[test]
fn the_example_brings_the_base_its_probes() {
    let folder = shipped("deploy/kustomize/example");
    let Some(output) = or_skip(kubernetes_tool(
        "kubectl",
        &["kustomize".as_ref(), folder.as_os_str()],
    )) else {
        return;
    };
    let documents = strictly(&printed(&output));
    let deployment = of_kind(&documents, "Deployment");
    let config_map = of_kind(&documents, "ConfigMap");
    let pod = &deployment["spec"]["template"];
    assert_eq!(
        pod["spec"]["volumes"][0]["configMap"]["name"],
        config_map["metadata"]["name"]
    );
    assert_eq!(config_map["metadata"]["name"], "freshwatch-probes");
    assert_eq!(
        pod["spec"]["containers"][0]["env"][0]["name"],
        "OTEL_EXPORTER_OTLP_ENDPOINT"
    );
    for document in &documents {
        assert_eq!(document["metadata"]["namespace"], "monitoring");
    }
    let selected = of_kind(&documents, "Service")["spec"]["selector"]
        .as_object()
        .expect("a selector");
    assert!(
        selected
            .iter()
            .all(|(name, value)| pod["metadata"]["labels"][name] == *value)
    );
}

/// The probe that the example ships is one that freshwatch takes.
#[test]
fn the_examples_probe_has_no_mistake() {
    let file = shipped("deploy/kustomize/example/front-page.yaml");
    let mut program = freshwatch_tests::program::program();
    printed(&program.arg("lint").arg(file).output().expect("it starts"));
}
