//! The alerts: what they are called, how urgent they are and whom they concern.

use std::time::Duration;

use super::group::Rule;
use super::teams::Audience;
use super::words::Words;
use super::{Options, Subject};
use crate::promise::Promise;
use crate::watch::Severity;

/// What calls somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alert {
    /// The budget of a promise burns.
    Burns(Promise, Severity),
    /// The probe has too few runs for what it promises.
    Unattainable(Promise),
    /// Nothing comes from a probe.
    NoData,
    /// The prober cannot tell.
    Unknown,
    /// A certificate ends soon.
    CertificateEnds,
    /// What is due soon has not landed.
    DueSoon,
    /// Nothing comes from any probe.
    ProberDead,
    /// There are more runs than the prober manages.
    Overloaded,
    /// The receiver does not take the results.
    ExportFails,
    /// Results wait, and they become more.
    QueueGrows,
    /// Probe files with mistakes are not in use.
    ReloadFailed,
    /// Somebody deployed past the gate.
    GateBypassed,
}

impl Alert {
    /// Its name.
    pub(super) fn name(self) -> String {
        let promised = |promise: Promise, what: &str| {
            let word = match promise {
                Promise::Up => "Up",
                Promise::Valid => "Valid",
                Promise::Fresh => "Fresh",
                Promise::Latency => "Latency",
            };
            format!("Probe{word}{what}")
        };
        match self {
            Self::Burns(promise, Severity::Page) => promised(promise, "BudgetBurnsFast"),
            Self::Burns(promise, Severity::Ticket) => promised(promise, "BudgetBurns"),
            Self::Unattainable(promise) => promised(promise, "Unattainable"),
            Self::NoData => "ProbeNoData".to_owned(),
            Self::Unknown => "ProbeUnknown".to_owned(),
            Self::CertificateEnds => "ProbeCertificateEnds".to_owned(),
            Self::DueSoon => "ProbeDataDueSoon".to_owned(),
            Self::ProberDead => "FreshwatchDead".to_owned(),
            Self::Overloaded => "FreshwatchOverloaded".to_owned(),
            Self::ExportFails => "FreshwatchExportFails".to_owned(),
            Self::QueueGrows => "FreshwatchQueueGrows".to_owned(),
            Self::ReloadFailed => "FreshwatchReloadFailed".to_owned(),
            Self::GateBypassed => "FreshwatchGateBypassed".to_owned(),
        }
    }

    /// How urgent it is.
    const fn severity(self) -> Severity {
        match self {
            Self::Burns(_, severity) => severity,
            Self::ProberDead => Severity::Page,
            Self::Unattainable(_)
            | Self::NoData
            | Self::Unknown
            | Self::CertificateEnds
            | Self::DueSoon
            | Self::Overloaded
            | Self::ExportFails
            | Self::QueueGrows
            | Self::ReloadFailed
            | Self::GateBypassed => Severity::Ticket,
        }
    }

    /// Whom it concerns.
    const fn audience(self) -> Audience {
        match self {
            Self::Burns(Promise::Up, _) | Self::GateBypassed => Audience::OnCall,
            Self::Burns(Promise::Fresh, _) | Self::DueSoon => Audience::Data,
            Self::Burns(Promise::Valid | Promise::Latency, _)
            | Self::Unattainable(_)
            | Self::CertificateEnds => Audience::Developers,
            Self::NoData
            | Self::Unknown
            | Self::ProberDead
            | Self::Overloaded
            | Self::ExportFails
            | Self::QueueGrows
            | Self::ReloadFailed => Audience::Prober,
        }
    }

    /// The promise that it is about.
    const fn promise(self) -> Option<Promise> {
        match self {
            Self::Burns(promise, _) | Self::Unattainable(promise) => Some(promise),
            Self::DueSoon => Some(Promise::Fresh),
            Self::NoData
            | Self::Unknown
            | Self::CertificateEnds
            | Self::ProberDead
            | Self::Overloaded
            | Self::ExportFails
            | Self::QueueGrows
            | Self::ReloadFailed
            | Self::GateBypassed => None,
        }
    }
}

impl Subject<'_> {
    /// An alert about this probe.
    pub(super) fn alert(&self, alert: Alert, expr: String, hold: Duration, mut words: Words) -> Rule {
        let probe = self.definition.name.as_str();
        if let Some(description) = &self.definition.description {
            words.description = format!("{} {probe}: {}", words.description, escaped(description));
        }
        let labels = &self.definition.labels;
        let mut rule = rule(alert, expr, hold, words, probe, self.options);
        for (name, value) in labels.iter() {
            rule = rule.label(name, escaped(value));
        }
        if let Some(promise) = alert.promise() {
            rule = rule.label("promise", promise.as_str());
        }
        let own = labels.get("team").map(String::as_str);
        let team = self.options.teams.team(alert.audience(), own);
        rule.label("probe", probe)
            .label("severity", alert.severity().as_str())
            .label("team", escaped(team))
    }
}

/// An alert about the prober itself.
pub(super) fn of_prober(alert: Alert, expr: &str, hold: Duration, words: Words, options: &Options) -> Rule {
    let team = options.teams.team(alert.audience(), None);
    rule(alert, expr.to_owned(), hold, words, "freshwatch", options)
        .label("severity", alert.severity().as_str())
        .label("team", escaped(team))
}

fn rule(alert: Alert, expr: String, hold: Duration, words: Words, probe: &str, options: &Options) -> Rule {
    let name = alert.name();
    let mut annotations = vec![
        ("summary", words.summary),
        ("description", words.description),
        ("first_steps", words.first_steps),
    ];
    let promise = alert.promise().map_or("prober", Promise::as_str);
    let links = [
        ("runbook_url", &options.runbook_url),
        ("dashboard_url", &options.dashboard_url),
    ];
    for (annotation, link) in links {
        annotations.extend(
            link.as_ref()
                .map(|link| (annotation, link.fill(probe, promise, &name))),
        );
    }
    Rule::alert(name, expr, hold, annotations)
}

/// Text that is not ours in what Prometheus takes for a template
/// (<https://prometheus.io/docs/prometheus/latest/configuration/template_reference/>).
fn escaped(text: &str) -> String {
    text.replace("{{", "{{\"{{\"}}")
}
