//! `POST /-/reload`: loads the probe files again.

use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::show::counted;
use http::StatusCode;
use serde::Serialize;

use crate::answer::{Answer, json, plain};
use crate::board::Reloaded;
use crate::services::{Refused, Services};

/// `freshwatch.reload/v1`: members are added, never renamed or removed within v1.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    message: String,
    added: Vec<&'a str>,
    changed: Vec<&'a str>,
    removed: Vec<&'a str>,
    unchanged: usize,
}

/// Reloads, and tells what that changed.
pub(crate) async fn answer(services: &dyn Services) -> Answer {
    match services.reload().await {
        Ok(reloaded) => json(&Document::of(&reloaded)),
        Err(Refused::Mistakes(mistakes)) => {
            let told = format!(
                "{}\n\nnothing was reloaded: the probes from before go on",
                mistakes.trim_end()
            );
            plain(StatusCode::UNPROCESSABLE_ENTITY, told)
        }
        Err(Refused::Ending) => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "freshwatch is shutting down: nothing is reloaded any more",
        ),
    }
}

impl<'a> Document<'a> {
    fn of(reloaded: &'a Reloaded) -> Self {
        let names = |names: &'a [ProbeName]| names.iter().map(ProbeName::as_str).collect();
        Self {
            schema: "freshwatch.reload/v1",
            message: sentence(reloaded),
            added: names(&reloaded.added),
            changed: names(&reloaded.changed),
            removed: names(&reloaded.removed),
            unchanged: reloaded.unchanged,
        }
    }
}

/// Such as `2 probes added, 1 changed, 0 removed, 7 unchanged`.
fn sentence(reloaded: &Reloaded) -> String {
    format!(
        "{} added, {} changed, {} removed, {} unchanged",
        counted(reloaded.added.len(), "probe", "probes"),
        reloaded.changed.len(),
        reloaded.removed.len(),
        reloaded.unchanged
    )
}
