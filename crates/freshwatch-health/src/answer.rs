//! The answer for whoever asks whether the service is healthy.

use crate::finding::{About, Finding, Status};
use crate::json::Object;

/// The media type of an answer's body: draft-inadarei-api-health-check.
pub const CONTENT_TYPE: &str = "application/health+json";

/// The answer, for any framework: send its code, its two headers and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The worst of all that was found.
    pub status: Status,
    /// The status code of HTTP: 200, or 503 when it fails.
    pub code: u16,
    /// For the header `content-type`: [`CONTENT_TYPE`].
    pub content_type: &'static str,
    /// For the header `cache-control`: `no-store`, as an answer from a cache would itself be stale.
    pub cache_control: &'static str,
    /// The body: JSON in UTF-8, less than 1 MiB.
    pub body: String,
}

/// What is told of the service itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Service {
    pub description: Option<String>,
    pub release: Option<String>,
}

impl Answer {
    pub(crate) fn new(service: &Service, mut findings: Vec<Finding>) -> Self {
        down_goes_before_stale(&mut findings);
        // A service that promises nothing is not healthy: nobody has looked.
        let worst = findings.iter().map(|finding| finding.status).max();
        let status = worst.unwrap_or(Status::Fail);
        let nothing = worst
            .is_none()
            .then_some("the service has declared no dataset and no check");
        let mut checks = Object::new();
        for finding in &findings {
            checks = checks.raw(&finding.key, &format!("[{}]", finding.json()));
        }
        let body = Object::new()
            .text("status", status.as_str())
            .maybe_text("description", service.description.as_deref())
            .maybe_text("releaseId", service.release.as_deref())
            .maybe_text("output", nothing)
            .raw("checks", &checks.end())
            .end();
        Self {
            status,
            code: match status {
                Status::Pass | Status::Warn => 200,
                Status::Fail => 503,
            },
            content_type: CONTENT_TYPE,
            cache_control: "no-store",
            body,
        }
    }
}

/// Readers tell stale from down by the checks that fail: one about freshness means stale. While something else fails,
/// old data is a warning, so that an outage is not taken for a late batch.
fn down_goes_before_stale(findings: &mut [Finding]) {
    let fails = |finding: &&mut Finding| finding.status == Status::Fail;
    let is_age = |finding: &Finding| matches!(finding.about, About::Age { .. });
    if !findings
        .iter_mut()
        .any(|finding| fails(&finding) && !is_age(finding))
    {
        return;
    }
    for finding in findings
        .iter_mut()
        .filter(fails)
        .filter(|finding| is_age(finding))
    {
        finding.status = Status::Warn;
        if let Some(output) = &mut finding.output {
            output.push_str(" (a warning only, as long as a check fails)");
        }
    }
}
