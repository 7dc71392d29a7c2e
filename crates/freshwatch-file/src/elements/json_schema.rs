//! The JSON Schema of probe files, for editors: keys and closed words are those that the readers go by.
//!
//! It says what can be said of one value at a time, and of a file by itself. What it lets pass, `freshwatch lint` does
//! not: whether a path, a regex or a time zone is one, what keys of `defaults` add, and which names of other probes and
//! calendars there are.

mod build;
mod calendars;
mod expectation;
mod fresh;
mod probe;
mod request;
mod unit_tests;

use serde_json::{Value, json};

use build::{block, free, refer};

use crate::parse::{FILE, PROBES};

/// The schema by draft 7 of JSON Schema (<https://json-schema.org/draft-07>), which the YAML language servers of editors
/// know best.
pub fn schema() -> Value {
    let mut file = block(
        &FILE,
        [
            ("defaults", probe::defaults()),
            ("calendars", calendars::schema()),
            (
                "probes",
                build::about(
                    free(&PROBES, refer("probe")),
                    "The probes by their names: lower-case letters, digits and `-`, 63 at most. A name becomes a label of \
                     the probe's series and the name of its CronJob.",
                    [
                        json!({"real-price": {"get": "https://api.example.com/real-price", "fresh": {"at": "$.updatedAt", "max_age": "1h"}}}),
                    ],
                ),
            ),
        ],
    );
    file["properties"]["probes"]["propertyNames"] = build::probe_name();
    file["properties"]["probes"]["minProperties"] = 1.into();
    let about = [
        ("$schema", json!("http://json-schema.org/draft-07/schema#")),
        ("title", json!("freshwatch probe file")),
        (
            "description",
            json!(
                "Probes that know stale from down: what to ask, what to expect, and how fresh the data must be."
            ),
        ),
        (
            "definitions",
            json!({
                "probe": probe::schema(),
                "expect": expectation::expect(),
                "warn": expectation::warn(),
                "rule": expectation::rule(),
                "matcher": expectation::matcher(),
                "matcher_of_each": expectation::matcher_of_each(),
                "matcher_of_header": expectation::matcher_of_header(),
                "matcher_of_text": expectation::matcher_of_text(),
                "fresh": fresh::rule(),
                "fresh_of_defaults": fresh::rule_of_defaults(),
                "source": fresh::source(),
                "earlier_run": unit_tests::before(),
                "answer": unit_tests::answer(),
            }),
        ),
    ];
    for (key, value) in about {
        file[key] = value;
    }
    file
}
