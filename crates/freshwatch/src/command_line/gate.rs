//! `gate`, as clap reads it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::{Delivery, read_time};

/// `gate`.
#[derive(Debug, Args)]
pub struct Gate {
    /// The gate's file
    #[arg(value_name = "FILE", default_value = "gate.yaml")]
    pub file: PathBuf,
    /// Pass whatever the gate says, for this reason; it is evaluated all the same, and the bypass is told
    #[arg(long, value_name = "REASON", requires = "by")]
    pub bypass: Option<String>,
    /// Who goes past the gate
    #[arg(long, value_name = "WHO")]
    pub by: Option<String>,
    /// The message of the commit that is deployed: [skip-slo-check] in it is a bypass
    #[arg(long, value_name = "TEXT", conflicts_with = "commit_message_file")]
    pub commit_message: Option<String>,
    /// The same from a file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub commit_message_file: Option<PathBuf>,
    /// Where the commit's message is asked for.
    #[command(flatten)]
    pub argo_cd: ArgoCd,
    /// Ask what was so at this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    pub now: Option<Timestamp>,
    /// How to print what the gate says
    #[arg(long, value_enum, default_value_t = GateFormat::Text)]
    pub format: GateFormat,
    /// Where what it says goes.
    #[command(flatten)]
    pub delivery: Delivery,
}

/// An application of Argo CD, whose API tells the message of the commit that is deployed.
#[derive(Debug, Args)]
pub struct ArgoCd {
    /// Ask this Argo CD for the commit's message; its token is read from ARGOCD_AUTH_TOKEN
    #[arg(
        id = "argocd_server",
        long = "argocd-server",
        value_name = "URL",
        requires = "argocd_app",
        conflicts_with_all = ["commit_message", "commit_message_file"]
    )]
    pub server: Option<String>,
    /// The application: `NAME`, or `NAMESPACE/NAME`
    #[arg(
        id = "argocd_app",
        long = "argocd-app",
        value_name = "NAME",
        requires = "argocd_server"
    )]
    pub application: Option<String>,
    /// The revision; without it, the one of the sync that is under way
    #[arg(long = "argocd-revision", value_name = "REVISION", requires = "argocd_server")]
    pub revision: Option<String>,
    /// A PEM file with certificates to trust beside the system's
    #[arg(long = "argocd-ca", value_name = "FILE", requires = "argocd_server")]
    pub ca: Option<PathBuf>,
    /// Do not verify the server's certificate
    #[arg(long = "argocd-insecure", requires = "argocd_server")]
    pub insecure: bool,
}

/// How a gate's answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GateFormat {
    /// For people
    Text,
    /// `freshwatch.gate/v1`
    Json,
}

pub(super) const HELP: &str = "\
Examples:
  freshwatch gate                                  the gate of gate.yaml
  freshwatch gate deploy/gate.yaml --format json
  freshwatch gate --bypass 'roll back to 1.2' --by mina    evaluated all the same, and passed
  freshwatch gate --commit-message \"$(git log -1 --format=%B)\"
  ARGOCD_AUTH_TOKEN=… freshwatch gate --argocd-server argocd.example.com --argocd-app prices

A gate asks a Prometheus:
  gate:
    prometheus: https://prometheus.example.com
    conditions:
      5xx share:
        ratio:
          of: sum(increase(http_requests_total{code=~\"5..\"}[15m]))
          to: sum(increase(http_requests_total[15m]))
        floor: 100
        below: 0.5%
      budget: {budget_left: up, probe: real-price, above: 10%}
      data: {last_verdict: [ok, degraded], probe: real-price}

A commit whose message holds [skip-slo-check] goes past the gate. Whoever goes past it is told to the
OTLP endpoint, as freshwatch_gate_bypass.

Exit codes:
   0  pass, or bypassed
   1  block: some condition is broken
   2  inconclusive: nothing is known to be broken, and not everything is known to hold
  64  wrong use of the command line
  78  the gate's file has mistakes; nothing was asked";
