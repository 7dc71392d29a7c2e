//! When a probe runs, in words.

use crate::definition::{Definition, Retry, When};
use crate::duration;

pub(super) fn sentences(definition: &Definition) -> Vec<String> {
    let disabled =
        (!definition.enabled).then_some("not at all while it is disabled (`enabled: false`), else");
    let together = if definition.retry.attempts > 1 {
        ", all attempts together"
    } else {
        ""
    };
    let timeout = duration::show(definition.timeout);
    let sentences = [
        disabled.map(str::to_owned),
        Some(rhythm(definition)),
        Some(format!("a run may take {timeout}{together}")),
        retry(definition.retry),
    ];
    sentences.into_iter().flatten().collect()
}

fn rhythm(definition: &Definition) -> String {
    let schedule = &definition.schedule;
    let jitter = schedule.jitter.map(duration::show);
    match (&schedule.when, jitter) {
        (When::Every(interval), None) => {
            format!(
                "every {}, at a moment that follows from the probe's name",
                duration::show(*interval)
            )
        }
        (When::Every(interval), Some(jitter)) => format!(
            "every {}, at a moment within the first {jitter} of it that follows from the probe's name",
            duration::show(*interval)
        ),
        (When::Cron(line), jitter) => {
            let zone = schedule.timezone.as_ref().and_then(|zone| zone.iana_name());
            let zone = zone.unwrap_or("UTC");
            let within =
                jitter.map(|jitter| format!(", up to {jitter} later, as follows from the probe's name"));
            format!(
                "by the cron line `{line}` in {zone}{}",
                within.unwrap_or_default()
            )
        }
    }
}

fn retry(retry: Retry) -> Option<String> {
    (retry.attempts > 1).then(|| {
        format!(
            "when it is down it is tried again, {} times in all, with pauses that begin at {} and grow",
            retry.attempts,
            duration::show(retry.backoff)
        )
    })
}
