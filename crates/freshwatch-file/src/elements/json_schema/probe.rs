//! A probe, and `defaults`.

use freshwatch_probe::request::Method;
use freshwatch_probe::verdict::Verdict;
use serde_json::{Value, json};

use super::build::{
    about, at_most_one_of, block, cron, default, duration, exactly_one_of, flag, free, integer, list,
    percentage, positive_duration, probe_name, refer, text, timezone,
};
use super::{fresh, request, unit_tests};
use crate::elements::body;
use crate::elements::defaults::KNOWN;
use crate::elements::labels::LABELS;
use crate::elements::probe::PROBE;
use crate::elements::retry::RETRY;
use crate::elements::slo::SLO;
use crate::elements::verdict_rules::VERDICT;

pub(super) fn schema() -> Value {
    let own = [
        (
            "description",
            about(text(), "Shown to people, in alerts and on the status page.", []),
        ),
        ("fresh", fresh::of_probe()),
        ("tests", unit_tests::schema()),
    ];
    let keys = own
        .into_iter()
        .chain(request::methods())
        .chain(request::bodies())
        .chain(shared());
    let probe = block(&PROBE, keys);
    let methods = Method::ALL.map(Method::key);
    let probe = exactly_one_of(probe, &methods);
    let probe = at_most_one_of(probe, &body::KEYS);
    at_most_one_of(probe, &["every", "cron"])
}

pub(super) fn defaults() -> Value {
    let defaults = at_most_one_of(
        block(&KNOWN, shared().chain([("fresh", fresh::of_defaults())])),
        &["every", "cron"],
    );
    about(
        defaults,
        "What the probes of this file share. A probe's own keys win, and maps merge by key.",
        [json!({"every": "1m", "timezone": "Asia/Seoul", "labels": {"team": "prices"}})],
    )
}

/// The keys that probes and `defaults` have.
fn shared() -> impl Iterator<Item = (&'static str, Value)> {
    let verdicts = Verdict::ALL.map(|verdict| {
        let description = format!("An answer that looks so is {}.", verdict.as_str());
        (verdict.as_str(), about(refer("rule"), &description, []))
    });
    let own = [
        (
            "every",
            default(
                about(
                    interval(),
                    "How often it runs; once a second at most.",
                    [json!("5m")],
                ),
                "1m",
            ),
        ),
        (
            "cron",
            about(
                cron(),
                "When it runs: a line of five fields as Kubernetes and Unix have it, or a word such as `@hourly`.",
                [json!("0 9 * * mon-fri")],
            ),
        ),
        (
            "timezone",
            about(
                timezone(),
                "The zone of `cron`, and of `fresh` where that names none: a name of the IANA database.",
                [json!("Asia/Seoul")],
            ),
        ),
        (
            "jitter",
            about(duration(), "Over so long the starts are spread.", [json!("30s")]),
        ),
        (
            "timeout",
            default(
                about(
                    positive_duration(),
                    "For the whole run, all attempts together; an hour at most.",
                    [],
                ),
                "10s",
            ),
        ),
        ("retry", retry()),
        (
            "expect",
            about(refer("expect"), "Broken: invalid.", [json!({"status": 200})]),
        ),
        (
            "warn",
            about(
                refer("warn"),
                "Broken: degraded.",
                [json!({"latency": {"at_most": "800ms"}})],
            ),
        ),
        (
            "verdict",
            about(
                block(&VERDICT, verdicts),
                "Rules that are looked at before everything else: the first that an answer matches decides.",
                [json!({"stale": {"body": {"$.status": "STALE"}}})],
            ),
        ),
        (
            "self_report",
            default(
                about(
                    flag(),
                    "Whether the endpoint judges its own data, and the probe goes by that.",
                    [],
                ),
                false,
            ),
        ),
        ("labels", labels()),
        ("slo", slo()),
        (
            "needs",
            about(
                list(probe_name()),
                "Other probes: while one of them is not ok, this one's alerts stay quiet.",
                [json!(["gateway"])],
            ),
        ),
        (
            "enabled",
            default(about(flag(), "`false`: known, not run.", []), true),
        ),
    ];
    own.into_iter().chain(request::shared())
}

/// A second at least.
fn interval() -> Value {
    let mut interval = duration();
    let is_long = json!({"pattern": "[1-9][0-9]*([wdhs]|m(?!s))|[1-9][0-9]{3,}ms"});
    interval["allOf"] = json!([is_long]);
    interval
}

fn retry() -> Value {
    about(
        block(
            &RETRY,
            [
                (
                    "attempts",
                    default(about(integer(1, 10), "How many attempts in all.", []), 1),
                ),
                (
                    "backoff",
                    default(
                        about(
                            duration(),
                            "The wait before the second attempt; it doubles, with jitter.",
                            [],
                        ),
                        "500ms",
                    ),
                ),
            ],
        ),
        "Whether a failure to answer is tried again.",
        [json!({"attempts": 3, "backoff": "500ms"})],
    )
}

fn labels() -> Value {
    let mut labels = free(&LABELS, text());
    labels["propertyNames"] = json!({
        "pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$",
        "not": {"anyOf": [{"pattern": "^__"}, {"enum": reserved()}]},
    });
    about(
        labels,
        "Added to every series of the probe.",
        [json!({"team": "prices"})],
    )
}

fn reserved() -> Vec<&'static str> {
    let mut reserved: Vec<_> = crate::elements::labels::reserved().collect();
    reserved.sort_unstable();
    reserved.dedup();
    reserved
}

fn slo() -> Value {
    let promise = |description: &str, example: &str| about(percentage(), description, [json!(example)]);
    about(
        block(
            &SLO,
            [
                ("up", promise("Of the runs: it answers at all.", "99.9%")),
                (
                    "valid",
                    promise("Of the answers: they are what is expected.", "99.9%"),
                ),
                ("fresh", promise("Of the answers: their data is fresh.", "99%")),
                (
                    "latency",
                    promise("Of the answers: none is slower than `warn.latency`.", "99%"),
                ),
                (
                    "window",
                    default(
                        about(positive_duration(), "Over so long each promise is kept.", []),
                        "30d",
                    ),
                ),
            ],
        ),
        "The promises; each is optional.",
        [json!({"up": "99.9%", "valid": "99.9%", "fresh": "99%", "window": "30d"})],
    )
}
