//! Kubernetes manifests from probe files. Pure: what the files hold and what is wanted goes in, manifests come out.

mod cron_job;
mod files;
mod manifest;
mod places;
mod schedule;
mod secrets;

use freshwatch_probe::definition::Definition;

pub use cron_job::CronJobs;
pub use files::{File, Sources};

/// What the manifests are to be like.
#[derive(Debug, Clone)]
pub struct Wishes {
    /// The container's image.
    pub image: String,
    /// The namespace; none: that of whoever applies them.
    pub namespace: Option<String>,
    /// The name of the ConfigMap with the probe files.
    pub config_map: String,
    /// The name of the Secret with the variables and files that the probes refer to.
    pub secret: String,
    /// The PersistentVolumeClaim that keeps what must outlive a run.
    pub state_claim: Option<String>,
    /// Where results go.
    pub otlp_endpoint: Option<String>,
    /// Where is probed from.
    pub location: Option<String>,
    /// The verdicts that make a Job fail, as `check --fail-on` takes them.
    pub fail_on: String,
}

/// Something of a probe that no manifest can say, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The probe; none: all the files together.
    pub probe: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

impl Obstacle {
    fn of(definition: &Definition, message: String) -> Self {
        Self {
            probe: Some(definition.name.to_string()),
            message,
        }
    }

    fn of_all(message: String) -> Self {
        Self { probe: None, message }
    }
}
