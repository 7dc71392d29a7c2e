//! The parts of Kubernetes's types that are written here.
//!
//! They are checked against the whole types by a test; see the [reference](https://kubernetes.io/docs/reference/kubernetes-api/).

use std::collections::BTreeMap;

use serde::Serialize;

use super::Wishes;

/// Names and values of labels.
pub(super) type Labels = BTreeMap<&'static str, String>;

/// What every manifest begins with.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata,
}

#[derive(Debug, Clone, Serialize)]
struct Metadata {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    labels: Labels,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'static str, String>,
}

impl Head {
    /// Of the ConfigMap with the probe files.
    pub fn config_map(wishes: &Wishes) -> Self {
        Self {
            api_version: "v1",
            kind: "ConfigMap",
            metadata: Metadata {
                name: wishes.config_map.clone(),
                namespace: wishes.namespace.clone(),
                labels: labels(None),
                annotations: BTreeMap::new(),
            },
        }
    }

    /// Of a probe's CronJob.
    pub fn cron_job(name: String, probe: &str, description: Option<&str>, wishes: &Wishes) -> Self {
        let description = description.map(|text| ("kubernetes.io/description", text.to_owned()));
        Self {
            api_version: "batch/v1",
            kind: "CronJob",
            metadata: Metadata {
                name,
                namespace: wishes.namespace.clone(),
                labels: labels(Some(probe)),
                annotations: description.into_iter().collect(),
            },
        }
    }
}

/// The labels of everything that is written; those of a probe's CronJob and pods tell which probe's they are.
pub(super) fn labels(probe: Option<&str>) -> Labels {
    let mut labels: Labels = [
        ("app.kubernetes.io/name", "freshwatch".to_owned()),
        ("app.kubernetes.io/version", env!("CARGO_PKG_VERSION").to_owned()),
        ("app.kubernetes.io/managed-by", "freshwatch-generate".to_owned()),
    ]
    .into();
    if let Some(probe) = probe {
        labels.insert("app.kubernetes.io/component", "probe".to_owned());
        labels.insert("app.kubernetes.io/instance", probe.to_owned());
    }
    labels
}

/// A ConfigMap of texts.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ConfigMap {
    #[serde(flatten)]
    pub kind: Head,
    pub data: BTreeMap<String, String>,
}

/// A CronJob.
#[derive(Debug, Clone, Serialize)]
pub(super) struct CronJob {
    #[serde(flatten)]
    pub kind: Head,
    pub spec: CronJobSpec,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CronJobSpec {
    pub schedule: String,
    pub time_zone: String,
    pub concurrency_policy: &'static str,
    pub starting_deadline_seconds: u64,
    pub successful_jobs_history_limit: u32,
    pub failed_jobs_history_limit: u32,
    pub suspend: bool,
    pub job_template: Template<JobSpec>,
}

/// What is made again and again, with its labels.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Template<T> {
    metadata: TemplateMetadata,
    spec: T,
}

#[derive(Debug, Clone, Serialize)]
struct TemplateMetadata {
    labels: Labels,
}

impl<T> Template<T> {
    pub fn new(probe: &str, spec: T) -> Self {
        let labels = labels(Some(probe));
        Self {
            metadata: TemplateMetadata { labels },
            spec,
        }
    }
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobSpec {
    pub active_deadline_seconds: u64,
    pub backoff_limit: u32,
    pub pod_failure_policy: PodFailurePolicy,
    pub template: Template<PodSpec>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct PodFailurePolicy {
    pub rules: Vec<FailureRule>,
}

/// What follows from a pod that has failed.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "action")]
pub(super) enum FailureRule {
    /// The pod is made again, and does not count.
    #[serde(rename_all = "camelCase")]
    Ignore { on_pod_conditions: Vec<PodCondition> },
    /// The Job has failed.
    #[serde(rename_all = "camelCase")]
    FailJob { on_exit_codes: ExitCodes },
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct PodCondition {
    pub r#type: &'static str,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExitCodes {
    pub container_name: &'static str,
    pub operator: &'static str,
    pub values: Vec<u8>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PodSpec {
    pub restart_policy: &'static str,
    pub automount_service_account_token: bool,
    pub enable_service_links: bool,
    pub security_context: PodSecurity,
    pub containers: [Container; 1],
    pub volumes: Vec<Volume>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PodSecurity {
    pub run_as_non_root: bool,
    pub run_as_user: u32,
    pub run_as_group: u32,
    pub fs_group: u32,
    pub seccomp_profile: SeccompProfile,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct SeccompProfile {
    pub r#type: &'static str,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Container {
    pub name: &'static str,
    pub image: String,
    pub args: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<Variable>,
    pub resources: Resources,
    pub security_context: Security,
    pub volume_mounts: Vec<VolumeMount>,
}

/// A variable of the environment, by its value or from a Secret.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Variable {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_from: Option<ValueFrom>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct ValueFrom {
    secret_key_ref: SecretKey,
}

#[derive(Debug, Clone, Serialize)]
struct SecretKey {
    name: String,
    key: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    optional: bool,
}

impl Variable {
    /// One that everybody may read.
    pub fn open(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: Some(value.to_owned()),
            value_from: None,
        }
    }

    /// One that is the key of the same name in a Secret.
    pub fn secret(name: &str, secret: &str) -> Self {
        Self::of_secret(name, secret, false)
    }

    /// As [`secret`](Self::secret), and unset where there is no such key.
    pub fn optional(name: &str, secret: &str) -> Self {
        Self::of_secret(name, secret, true)
    }

    fn of_secret(name: &str, secret: &str, optional: bool) -> Self {
        let secret_key_ref = SecretKey {
            name: secret.to_owned(),
            key: name.to_owned(),
            optional,
        };
        Self {
            name: name.to_owned(),
            value: None,
            value_from: Some(ValueFrom { secret_key_ref }),
        }
    }
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Resources {
    pub requests: BTreeMap<&'static str, &'static str>,
    pub limits: BTreeMap<&'static str, &'static str>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Security {
    pub allow_privilege_escalation: bool,
    pub read_only_root_filesystem: bool,
    pub capabilities: Capabilities,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Capabilities {
    pub drop: [&'static str; 1],
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VolumeMount {
    pub name: String,
    pub mount_path: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Volume {
    pub name: String,
    #[serde(flatten)]
    pub source: VolumeSource,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum VolumeSource {
    #[serde(rename_all = "camelCase")]
    Projected {
        /// Decimal: YAML 1.2 and Kubernetes's JSON know no octal numbers.
        default_mode: u32,
        sources: Vec<Projection>,
    },
    #[serde(rename_all = "camelCase")]
    PersistentVolumeClaim { claim_name: String },
}

/// A source of files: one of the two. (An enum would become a tag of YAML, which Kubernetes does not know.)
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Projection {
    #[serde(skip_serializing_if = "Option::is_none")]
    config_map: Option<Keys>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<Keys>,
}

#[derive(Debug, Clone, Serialize)]
struct Keys {
    name: String,
    items: Vec<Item>,
}

impl Projection {
    /// Keys of a ConfigMap.
    pub fn of_config_map(name: &str, items: Vec<Item>) -> Self {
        let name = name.to_owned();
        Self {
            config_map: Some(Keys { name, items }),
            secret: None,
        }
    }

    /// Keys of a Secret.
    pub fn of_secret(name: &str, items: Vec<Item>) -> Self {
        let name = name.to_owned();
        Self {
            config_map: None,
            secret: Some(Keys { name, items }),
        }
    }
}

/// A key that becomes a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Item {
    pub key: String,
    pub path: String,
}
