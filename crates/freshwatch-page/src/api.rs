//! `/api/v1/probes` and `/api/v1/probes/NAME`: where probes stand, as JSON.
//!
//! | | schema | |
//! |---|---|---|
//! | `/api/v1/probes` | `freshwatch.probes/v1` | `probes`: every probe in the order of their names, one a line; `next` |
//! | `/api/v1/probes/NAME` | `freshwatch.probe/v1` | `probe`: one |
//!
//! Both carry `time`, as of which they were written. The list takes `verdict` (such as `stale,down`: only probes whose
//! last run ended so), `limit` (at most so many) and `after` (only those behind this name): `next` is the name to ask
//! `after` for the rest, and null at the end. [`entry`] says what is told of a probe.
//!
//! The shape is a promise: members are added, never renamed or removed within v1. Durations are seconds, times are
//! RFC 3339, and what is not known is null. What `freshwatch check --format json` tells too has the same name here.

mod entry;
mod list;
mod url;

use std::sync::Arc;

use freshwatch_probe::definition::ProbeName;
use http::StatusCode;
use http::request::Parts;
use serde::Serialize;

use crate::answer::{Answer, json, plain, sent};
use crate::board::{Known, locked};
use crate::endpoints::Endpoints;
use crate::nearest::nearest;
use crate::query;
use entry::Entry;
use list::Filter;

#[derive(Serialize)]
struct OneProbe<'a> {
    schema: &'static str,
    time: String,
    probe: Entry<'a>,
}

/// All probes that the query asks for.
pub(crate) async fn probes(endpoints: &Endpoints, head: &Parts) -> Answer {
    let filter = query::read(head.uri.query(), ["verdict", "limit", "after"]).and_then(Filter::read);
    match filter {
        Ok(filter) => {
            let services = Arc::clone(&endpoints.services);
            let write = move || list::write(services.board(), &filter, services.now());
            endpoints.bulk.answer(head, write).await
        }
        Err(sentence) => plain(StatusCode::BAD_REQUEST, sentence),
    }
}

/// The one of this name.
pub(crate) async fn one_probe(endpoints: &Endpoints, name: &str) -> Answer {
    let services = &endpoints.services;
    match known(endpoints, name) {
        Some(known) => json(&OneProbe {
            schema: "freshwatch.probe/v1",
            time: services.now().to_string(),
            probe: Entry::from(&known),
        }),
        None => no_probe(endpoints, name).await,
    }
}

/// Says that no probe has this name, and which one may be meant.
pub(crate) async fn no_probe(endpoints: &Endpoints, name: &str) -> Answer {
    let services = Arc::clone(&endpoints.services);
    let wanted = name.to_owned();
    let meant = endpoints
        .search
        .compute(move || nearest(services.board(), &wanted))
        .await;
    let hint = match meant {
        Ok((Some(near), _)) => format!("did you mean `{near}`?"),
        Ok((None, _)) | Err(_) => "/api/v1/probes lists all".into(),
    };
    plain(
        StatusCode::NOT_FOUND,
        format!("no probe is named {}; {hint}", sent(name)),
    )
}

fn known(endpoints: &Endpoints, name: &str) -> Option<Known> {
    let name = ProbeName::parse(name).ok()?;
    locked(endpoints.services.board()).known(&name)
}
