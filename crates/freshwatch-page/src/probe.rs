//! `GET /probe?target=…&module=NAME`: one run of a loaded probe against another target, as users of blackbox_exporter
//! know it.

use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, StatusCode, header};

use crate::answer::{Answer, answer as whole, plain, sent, with_header};
use crate::api::no_probe;
use crate::endpoints::Endpoints;
use crate::query;
use crate::services::{ProbeAnswer, ProbeAsk};

const EXAMPLE: &str = "/probe?target=https%3A%2F%2Fa.example%2F&module=NAME, where NAME is a loaded probe";

/// The header field in which Prometheus says how long it waits, in seconds.
const SCRAPE_TIMEOUT: &str = "x-prometheus-scrape-timeout-seconds";

/// What the way back may take of that, as blackbox_exporter has it.
const WAY_BACK: Duration = Duration::from_millis(500);

/// What is left of our own bound for telling the result.
const TELLING: Duration = Duration::from_secs(5);

/// Reads the question and hands it on.
pub(crate) async fn answer(endpoints: &Endpoints, head: &Parts) -> Answer {
    let longest = endpoints.bounds.handling.saturating_sub(TELLING);
    let ask = match read(head, longest) {
        Ok(ask) => ask,
        Err(sentence) => return plain(StatusCode::BAD_REQUEST, sentence),
    };
    let (target, module) = (ask.target.clone(), ask.module.clone());
    match endpoints.services.probe(ask).await {
        ProbeAnswer::Measured(text) => whole(StatusCode::OK, text.content_type, text.body.into()),
        ProbeAnswer::NotAllowed => plain(
            StatusCode::FORBIDDEN,
            "this endpoint is off; start with `--allow-probe-endpoint --probe-targets HOST,…` to allow it for these hosts",
        ),
        ProbeAnswer::UnknownModule => no_probe(endpoints, &module).await,
        ProbeAnswer::BadTarget(why) => plain(
            StatusCode::BAD_REQUEST,
            format!("{} cannot be the target: {why}", sent(&target)),
        ),
        ProbeAnswer::ForbiddenTarget => plain(
            StatusCode::FORBIDDEN,
            "the target's host is none of those that `--probe-targets` allows",
        ),
        ProbeAnswer::Busy => with_header(
            plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "there is no room for another run now; try again",
            ),
            header::RETRY_AFTER,
            "1",
        ),
    }
}

fn read(head: &Parts, longest: Duration) -> Result<ProbeAsk, String> {
    let [target, module, debug] = query::read(head.uri.query(), ["target", "module", "debug"])?;
    let missing = |name: &str| format!("`{name}` is missing; write {EXAMPLE}");
    let given = |value: Option<String>| value.filter(|value| !value.is_empty());
    Ok(ProbeAsk {
        target: given(target).ok_or_else(|| missing("target"))?,
        module: given(module).ok_or_else(|| missing("module"))?,
        debug: match debug.as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => return Err(format!("`debug` is {}; write `true` or `false`", sent(other))),
        },
        within: within(&head.headers)?.map_or(longest, |within| within.min(longest)),
    })
}

/// How long the scraper leaves us: less than it waits, and never nothing.
fn within(headers: &HeaderMap) -> Result<Option<Duration>, String> {
    let Some(value) = headers.get(SCRAPE_TIMEOUT) else {
        return Ok(None);
    };
    let seconds = value
        .to_str()
        .ok()
        .and_then(|value| value.trim().parse::<f64>().ok());
    let timeout = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match timeout.filter(|timeout| !timeout.is_zero()) {
        None => Err(format!("`{SCRAPE_TIMEOUT}` is not a number of seconds above 0")),
        Some(timeout) => Ok(Some(timeout.saturating_sub(WAY_BACK).max(timeout / 2))),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::Request;

    use super::read;

    #[track_caller]
    fn within(header: &str, expected: Option<u64>) {
        let request = Request::builder()
            .uri("/probe?target=a&module=b")
            .header(super::SCRAPE_TIMEOUT, header);
        let head = request.body(()).unwrap().into_parts().0;
        let ask = read(&head, Duration::from_secs(100)).ok();
        let millis = ask.map(|ask| u64::try_from(ask.within.as_millis()).unwrap());
        assert_eq!(millis, expected, "{header}");
    }

    #[test]
    fn a_scrape_leaves_half_a_second_for_the_way_back() {
        within("10", Some(9500));
        within("1.5", Some(1000));
        within("0.6", Some(300));
        within("3600", Some(100_000));
        for wrong in ["", "x", "-1", "0", "NaN", "inf", "1e300"] {
            within(wrong, None);
        }
    }
}
