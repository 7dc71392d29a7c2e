//! The CronJob of a probe.

use std::sync::Arc;
use std::time::Duration;

use freshwatch_probe::definition::Definition;
use freshwatch_probe::stable_hash;
use serde::Serialize;

use super::files::Files;
use super::manifest::{
    Capabilities, Container, CronJob, CronJobSpec, ExitCodes, FailureRule, Head, Item, JobSpec, PodCondition,
    PodFailurePolicy, PodSecurity, PodSpec, Projection, Resources, SeccompProfile, Security, Template,
    Variable, Volume, VolumeMount, VolumeSource,
};
use super::places::{FOLDER, Places};
use super::schedule::Start;
use super::secrets::Secrets;
use super::{Obstacle, Sources, Wishes};
use crate::exit_code::ExitCode;

/// The container of a pod.
const CONTAINER: &str = "freshwatch";

/// The user and the group, of no name in any image.
const NOBODY: u32 = 65_532;

/// Files of a Secret: for the user and the group to read.
const READABLE: u32 = 0o440;

/// Where what outlives a run is mounted.
const STATE: &str = "/var/lib/freshwatch";

/// What a Job may take beside the probe's own `timeout`: half a minute for the delivery, and a minute until the pod has
/// its node, its volumes and its image.
const SECONDS_BESIDE: u64 = 30 + 60;

/// CronJobs append eleven characters to their names for their Jobs, which have 63.
const LONGEST_NAME: usize = 52;

/// With each of these the run has ended: another one would find the same, or push a second result.
const ENDINGS: [ExitCode; 8] = [
    ExitCode::Crash,
    ExitCode::Down,
    ExitCode::Unknown,
    ExitCode::Stale,
    ExitCode::Invalid,
    ExitCode::NotDelivered,
    ExitCode::Usage,
    ExitCode::Mistakes,
];

/// A CronJob for each probe, and the ConfigMap with their files.
pub struct CronJobs<'a> {
    wishes: &'a Wishes,
    files: Files,
    secrets: Secrets,
    probes: Vec<(&'a Definition, Start)>,
}

impl<'a> CronJobs<'a> {
    /// Plans the CronJobs of probes that were read from these files.
    ///
    /// # Errors
    /// All that Kubernetes cannot do for them.
    pub fn new(
        definitions: &'a [Arc<Definition>],
        sources: &Sources,
        wishes: &'a Wishes,
    ) -> Result<Self, Vec<Obstacle>> {
        let mut obstacles = Vec::new();
        let places = Places::around(sources.probe_files.iter().map(|file| file.path.as_path()));
        let files = Files::new(sources, &places, &mut obstacles);
        let secrets = Secrets::of(definitions.iter().map(AsRef::as_ref), &places, &mut obstacles);
        let mut probes = Vec::new();
        for definition in definitions {
            if definition.remembers() && wishes.state_claim.is_none() {
                obstacles.push(Obstacle::of(
                    definition,
                    "it remembers from run to run what must move on, and nothing of a pod outlives it: name a \
                     PersistentVolumeClaim with `--state-claim`"
                        .to_owned(),
                ));
            }
            match Start::of(definition) {
                Ok(start) => probes.push((definition.as_ref(), start)),
                Err(message) => obstacles.push(Obstacle::of(definition, message)),
            }
        }
        if !obstacles.is_empty() {
            return Err(obstacles);
        }
        Ok(Self {
            wishes,
            files,
            secrets,
            probes,
        })
    }

    /// The documents of the YAML stream, one by one: the ConfigMap, and the CronJobs in the order of the probes.
    pub fn documents(&self) -> impl Iterator<Item = Result<String, serde_yaml::Error>> {
        let config_map = document(&self.files.config_map(self.wishes));
        let cron_jobs = self
            .probes
            .iter()
            .map(|(definition, start)| document(&self.cron_job(definition, start)));
        std::iter::once(config_map).chain(cron_jobs)
    }

    /// The keys that the Secret must have, in their order.
    pub fn keys_of_secret(&self) -> impl Iterator<Item = &str> {
        let files = self
            .secrets
            .folders
            .values()
            .flatten()
            .map(|item| item.key.as_str());
        self.secrets.variables.iter().map(String::as_str).chain(files)
    }

    fn cron_job(&self, definition: &Definition, start: &Start) -> CronJob {
        let probe = definition.name.as_str();
        let description = definition.description.as_deref();
        let job = JobSpec {
            active_deadline_seconds: whole_seconds(definition.timeout) + SECONDS_BESIDE,
            backoff_limit: 0,
            pod_failure_policy: never_again(),
            template: Template::new(probe, self.pod(definition)),
        };
        CronJob {
            kind: Head::cron_job(name_of(probe), probe, description, self.wishes),
            spec: CronJobSpec {
                schedule: start.line.clone(),
                time_zone: start.zone.clone(),
                concurrency_policy: "Forbid",
                starting_deadline_seconds: start.latest.as_secs(),
                successful_jobs_history_limit: 1,
                failed_jobs_history_limit: 3,
                suspend: !definition.enabled,
                job_template: Template::new(probe, job),
            },
        }
    }

    fn pod(&self, definition: &Definition) -> PodSpec {
        let (volumes, volume_mounts) = self.volumes();
        PodSpec {
            restart_policy: "Never",
            automount_service_account_token: false,
            enable_service_links: false,
            security_context: PodSecurity {
                run_as_non_root: true,
                run_as_user: NOBODY,
                run_as_group: NOBODY,
                fs_group: NOBODY,
                seccomp_profile: SeccompProfile {
                    r#type: "RuntimeDefault",
                },
            },
            containers: [Container {
                name: CONTAINER,
                image: self.wishes.image.clone(),
                args: self.arguments(definition.name.as_str()),
                env: self.environment(),
                resources: Resources {
                    requests: [("cpu", "10m"), ("memory", "16Mi")].into(),
                    limits: [("memory", "128Mi")].into(),
                },
                security_context: Security {
                    allow_privilege_escalation: false,
                    read_only_root_filesystem: true,
                    capabilities: Capabilities { drop: ["ALL"] },
                },
                volume_mounts,
            }],
            volumes,
        }
    }

    /// The instance is the same in every run, and no other pod's at any time: two that push as one would be refused for
    /// points out of order.
    fn arguments(&self, probe: &str) -> Vec<String> {
        let wishes = self.wishes;
        let instance = match &wishes.location {
            Some(location) => format!("{location}/{probe}"),
            None => probe.to_owned(),
        };
        let given = [
            "check",
            FOLDER,
            "--probe",
            probe,
            "--fail-on",
            &wishes.fail_on,
            "--instance",
            &instance,
        ];
        let mut arguments: Vec<String> = given.map(str::to_owned).into();
        if let Some(location) = &wishes.location {
            arguments.extend(["--location".to_owned(), location.clone()]);
        }
        if wishes.state_claim.is_some() {
            arguments.extend(["--state".to_owned(), format!("{STATE}/{probe}.db")]);
            arguments.extend(["--queue-dir".to_owned(), format!("{STATE}/queue/{probe}")]);
        }
        arguments
    }

    fn environment(&self) -> Vec<Variable> {
        let secret = &self.wishes.secret;
        let endpoint = self.wishes.otlp_endpoint.as_deref();
        let open = endpoint.map(|endpoint| Variable::open("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint));
        let headers = endpoint.map(|_| Variable::optional("OTEL_EXPORTER_OTLP_HEADERS", secret));
        let referred = self
            .secrets
            .variables
            .iter()
            .map(|name| Variable::secret(name, secret));
        open.into_iter().chain(headers).chain(referred).collect()
    }

    fn volumes(&self) -> (Vec<Volume>, Vec<VolumeMount>) {
        let mut mounts = vec![mount("probes", FOLDER)];
        let mut sources = vec![Projection::of_config_map(
            &self.wishes.config_map,
            self.files.items(),
        )];
        let mut volumes = Vec::new();
        let elsewhere = self
            .secrets
            .folders
            .iter()
            .filter(|(folder, _)| folder.as_str() != FOLDER);
        for (number, (folder, items)) in elsewhere.enumerate() {
            let name = format!("secret-{number}");
            mounts.push(mount(&name, folder));
            let source = self.secret(items.clone());
            volumes.push(projected(name, vec![source]));
        }
        if let Some(items) = self.secrets.folders.get(FOLDER) {
            sources.push(self.secret(items.clone()));
        }
        volumes.insert(0, projected("probes".to_owned(), sources));
        if let Some(claim) = &self.wishes.state_claim {
            mounts.push(VolumeMount {
                read_only: false,
                ..mount("state", STATE)
            });
            volumes.push(Volume {
                name: "state".to_owned(),
                source: VolumeSource::PersistentVolumeClaim {
                    claim_name: claim.clone(),
                },
            });
        }
        (volumes, mounts)
    }

    fn secret(&self, items: Vec<Item>) -> Projection {
        Projection::of_secret(&self.wishes.secret, items)
    }
}

fn document(manifest: &impl Serialize) -> Result<String, serde_yaml::Error> {
    serde_yaml::to_string(manifest).map(|text| format!("---\n{text}"))
}

/// The probe's name, which may be longer than a CronJob's: a hash of it then tells it from its like.
fn name_of(probe: &str) -> String {
    if probe.len() <= LONGEST_NAME {
        return probe.to_owned();
    }
    let hash = format!("{:016x}", stable_hash::of(probe));
    let (start, _) = probe.split_at(LONGEST_NAME - hash.len() - 1);
    format!("{}-{hash}", start.trim_end_matches('-'))
}

/// Rounded up.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// No verdict is asked for again: a stale probe is stale. A pod that its node gave up was no run at all.
fn never_again() -> PodFailurePolicy {
    PodFailurePolicy {
        rules: vec![
            FailureRule::Ignore {
                on_pod_conditions: vec![PodCondition {
                    r#type: "DisruptionTarget",
                }],
            },
            FailureRule::FailJob {
                on_exit_codes: ExitCodes {
                    container_name: CONTAINER,
                    operator: "In",
                    values: ENDINGS.map(ExitCode::number).into(),
                },
            },
        ],
    }
}

fn mount(name: &str, path: &str) -> VolumeMount {
    VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        read_only: true,
    }
}

fn projected(name: String, sources: Vec<Projection>) -> Volume {
    let default_mode = READABLE;
    Volume {
        name,
        source: VolumeSource::Projected {
            default_mode,
            sources,
        },
    }
}
