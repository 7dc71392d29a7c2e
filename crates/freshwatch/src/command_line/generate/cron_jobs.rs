//! `generate cronjobs`, as clap reads it.

use clap::Args;

use crate::command_line::Files;
use crate::exit_code::FailOn;

/// What stands below the options.
pub(super) const HELP: &str = "\
Examples:
  freshwatch generate cronjobs prices.yaml | kubectl apply -f -
  freshwatch generate cronjobs probes/ --image registry.example.com/freshwatch:0.1.0 \\
      --otlp-endpoint http://collector:4318 --namespace monitoring > cronjobs.yaml
  freshwatch generate cronjobs offsets.yaml --state-claim freshwatch-state

The files become a ConfigMap, each probe a CronJob of its name with the schedule and the time zone
of the probe; `every` keeps the minute at which `freshwatch run` would start it. The value of a
variable is never written: each ${env:NAME} becomes a reference to the key NAME of a Secret, and
each ${file:PATH} and file of `tls` a file of that Secret, mounted where the probe looks for it.
Standard error lists the keys that the Secret must have. All CronJobs read all the files that are
given together, so each has the variables of all of them.

A Job is never tried again: what `check` has found is the result. It fails by what is wrong with the
prober (not delivered, mistakes), and with --fail-on by verdicts too. A probe with `enabled: false`
becomes a suspended CronJob.

Exit codes: 0 written, 64 wrong use of the command line, 78 probe files with mistakes, or with what
no CronJob can do, such as `every: 90s`; nothing was written.";

/// `generate cronjobs`.
#[derive(Debug, Args)]
pub struct CronJobs {
    /// Where the probes are.
    #[command(flatten)]
    pub files: Files,
    /// The image of the container
    #[arg(long, value_name = "IMAGE", default_value = concat!("freshwatch:", env!("CARGO_PKG_VERSION")))]
    pub image: String,
    /// The namespace of all that is written; without it that of whoever applies it
    #[arg(long, value_name = "NAME", value_parser = read_name)]
    pub namespace: Option<String>,
    /// The name of the ConfigMap with the probe files
    #[arg(long, value_name = "NAME", default_value = "freshwatch-probes", value_parser = read_name)]
    pub config_map: String,
    /// The Secret that holds the variables and files that the probes refer to
    #[arg(long, value_name = "NAME", default_value = "freshwatch", value_parser = read_name)]
    pub secret: String,
    /// A PersistentVolumeClaim that keeps what probes remember, and what could not be delivered
    #[arg(long, value_name = "NAME", value_parser = read_name)]
    pub state_claim: Option<String>,
    /// Push the results here over OTLP; the Secret's key OTEL_EXPORTER_OTLP_HEADERS, if there is one, goes with them
    #[arg(long, value_name = "URL")]
    pub otlp_endpoint: Option<String>,
    /// Where these CronJobs probe from
    #[arg(long, value_name = "NAME")]
    pub location: Option<String>,
    /// The verdicts that make a Job fail: down, invalid, stale, unknown, or `never`
    #[arg(long, value_name = "VERDICT,…", default_value = "never", value_parser = read_fail_on)]
    pub fail_on: String,
}

/// The name of a Kubernetes object (RFC 1123, section 2.1).
fn read_name(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let is_name =
        text.chars().all(allowed) && is_end(text.chars().next()) && is_end(text.chars().next_back());
    if is_name && text.len() <= 63 {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "`{text}` is no name of a Kubernetes object: it has lower-case letters, digits, `-` and `.`, up to 63"
        ))
    }
}

/// Passed on as it stands when `check` would take it.
fn read_fail_on(text: &str) -> Result<String, String> {
    FailOn::parse(text).map(|_| text.to_owned())
}
