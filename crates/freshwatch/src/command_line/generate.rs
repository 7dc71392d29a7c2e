//! `generate`, as clap reads it.

mod cron_jobs;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use freshwatch_probe::duration;
use freshwatch_slo::rules;
use freshwatch_slo::rules::Link;

use super::Files;

pub use cron_jobs::CronJobs;

/// `generate`.
#[derive(Debug, Args)]
pub struct Generate {
    /// What to write.
    #[command(subcommand)]
    pub what: What,
}

/// What is written from probe files.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Rules for Prometheus: what records how promises are kept, and calls the right people when they are not
    #[command(after_long_help = RULES_HELP)]
    Rules(Rules),
    /// Dashboards for Grafana: of all probes and promises, of one probe, of the requests of a service, of the prober
    #[command(after_long_help = DASHBOARD_HELP)]
    Dashboard(Dashboard),
    /// The JSON Schema of probe files, by which an editor completes and explains their keys
    #[command(after_long_help = SCHEMA_HELP)]
    Schema,
    /// CronJobs for Kubernetes: one for each probe, which runs it with `check`
    #[command(name = "cronjobs", after_long_help = cron_jobs::HELP)]
    CronJobs(CronJobs),
}

const DASHBOARD_HELP: &str = "\
Examples:
  freshwatch generate dashboard overview > overview.json   one, to be imported into Grafana
  freshwatch generate dashboard --out dashboards/          all of them, for its provisioning

overview   all probes and promises, worst first; budgets and burn rates of `generate rules`
probe      one probe: verdicts, reasons, the age of its data, due moments, phases
requests   rate, errors and duration of any service that OpenTelemetry measures
prober     freshwatch itself and its gates

Each asks for its data source, and needs Prometheus or what speaks its language.

Exit codes: 0 written, 64 wrong use of the command line.";

/// `generate dashboard`.
#[derive(Debug, Args)]
pub struct Dashboard {
    /// Which one goes to standard output
    #[arg(value_enum, value_name = "NAME", required_unless_present = "out")]
    pub name: Option<DashboardName>,
    /// Write all of them into this folder, each as NAME.json
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    pub out: Option<PathBuf>,
}

/// Which dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DashboardName {
    /// All probes and promises, worst first
    Overview,
    /// One probe
    Probe,
    /// Rate, errors and duration of a service
    Requests,
    /// Freshwatch itself and its gates
    Prober,
}

impl From<DashboardName> for freshwatch_slo::dashboards::Dashboard {
    fn from(name: DashboardName) -> Self {
        match name {
            DashboardName::Overview => Self::Overview,
            DashboardName::Probe => Self::Probe,
            DashboardName::Requests => Self::Requests,
            DashboardName::Prober => Self::Prober,
        }
    }
}

const SCHEMA_HELP: &str = "\
Examples:
  freshwatch generate schema > probes/.schema.json         beside the probe files

An editor with a YAML language server uses it where the first line of a probe file names it:
  # yaml-language-server: $schema=.schema.json

It says what can be said of one value at a time; `freshwatch lint` finds every mistake.

Exit code: 0.";

const RULES_HELP: &str = "\
Examples:
  freshwatch generate rules > rules.yaml                   of every probe under probes/
  freshwatch generate rules prices.yaml --mode cronjob     for runs by `freshwatch check`
  freshwatch generate rules --split rules/                 a file for each probe
  freshwatch generate rules --team data=lake --team on-call=sre
  freshwatch generate rules --runbook-url 'https://wiki.example.com/{alert}?probe={probe}'

A promise of a probe's `slo` is watched by its burn rate: the share of runs that broke it, in parts
of the share that may. Where a probe has too few runs for that, the rules ask for a number of failed
runs as well, or look at more of them; comments in the rules and standard error say so.

Who is called, by the label `team`: on-call when a service is down, data when its data is stale,
developers when it answers wrongly or slowly (the probe's own label `team`, if it has one), prober
when freshwatch itself needs help. The label `severity` is page or ticket.

Nothing is sent, so variables of the environment need not be set.

Exit codes: 0 written, 64 wrong use of the command line, 78 probe files with mistakes.";

/// `generate rules`.
#[derive(Debug, Args)]
pub struct Rules {
    /// Where the probes are.
    #[command(flatten)]
    pub files: Files,
    /// How the runs come to Prometheus
    #[arg(long, value_enum, default_value_t = Mode::Daemon)]
    pub mode: Mode,
    /// Write a file for each probe into this folder, and one for the prober; otherwise all go to standard output
    #[arg(long, value_name = "DIR")]
    pub split: Option<PathBuf>,
    /// Call somebody else: on-call, data, developers or prober; may be repeated
    #[arg(long = "team", value_name = "WHO=TEAM")]
    pub teams: Vec<String>,
    /// Where an alert's runbook is, with the places {alert}, {probe} and {promise}
    #[arg(long, value_name = "URL", value_parser = Link::parse)]
    pub runbook_url: Option<Link>,
    /// Where a probe's dashboard is, with the places {alert}, {probe} and {promise}
    #[arg(long, value_name = "URL", value_parser = Link::parse)]
    pub dashboard_url: Option<Link>,
    /// How long before a due moment it is said that its data has not landed
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration::parse)]
    pub due_soon: Duration,
}

/// How the runs come to Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// From `freshwatch run`
    Daemon,
    /// From `freshwatch check`
    Cronjob,
}

impl From<Mode> for rules::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Daemon => Self::Daemon,
            Mode::Cronjob => Self::CronJob,
        }
    }
}
