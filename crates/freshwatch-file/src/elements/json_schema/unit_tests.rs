//! `tests`.

use freshwatch_probe::unit_test::FAILURES;
use freshwatch_probe::verdict::{Code, Verdict};
use serde_json::{Value, json};

use super::build::{
    about, at_most_one_of, block, default, duration, exactly_one_of, filled, free, integer, line, list,
    listed, one_or_list, positive_duration, refer, requiring, sent, text, time, words,
};
use crate::elements::tests::TEST;
use crate::elements::tests::answer::{ANSWER, CERTIFICATE, HEADERS};
use crate::elements::tests::before::BEFORE;

pub(super) fn schema() -> Value {
    let mut name = line();
    name["minLength"] = 1.into();
    name["maxLength"] = 200.into();
    let test = block(
        &TEST,
        [
            (
                "name",
                about(name, "What the test shows.", [json!("month-old data is stale")]),
            ),
            (
                "now",
                about(
                    time(),
                    "When the answer is judged.",
                    [json!("2026-11-21T09:00:00+09:00")],
                ),
            ),
            (
                "before",
                about(
                    one_or_list(refer("earlier_run")),
                    "What earlier runs saw, for `advances`, `changes` and items with a `key`.",
                    [],
                ),
            ),
            (
                "answer",
                about(
                    refer("answer"),
                    "What came.",
                    [json!({"json": {"updatedAt": "2026-10-20T09:00:00+09:00"}})],
                ),
            ),
            (
                "verdict",
                about(
                    words(Verdict::ALL.map(Verdict::as_str)),
                    "What must come of it.",
                    [json!("stale")],
                ),
            ),
            (
                "reason",
                about(
                    words(Code::ALL.iter().map(|code| code.as_str())),
                    "The code of the first reason.",
                    [json!("too_old")],
                ),
            ),
        ],
    );
    about(
        list(requiring(test, &["name", "answer", "verdict"])),
        "Tests of the probe, run by `freshwatch test` without a network.",
        [],
    )
}

pub(super) fn before() -> Value {
    let cursor = || json!({"type": ["string", "number"]});
    let before = block(
        &BEFORE,
        [
            (
                "seen",
                about(time(), "When it was seen.", [json!("2026-11-21T08:00:00+09:00")]),
            ),
            (
                "value",
                about(json!({}), "The value that was seen then.", [json!(41)]),
            ),
            (
                "item",
                about(cursor(), "The item whose value it was.", [json!("A1")]),
            ),
            (
                "follows",
                about(cursor(), "The value of the producer then.", [json!(52)]),
            ),
            (
                "answer",
                about(refer("answer"), "The whole answer that came then.", []),
            ),
        ],
    );
    requiring(exactly_one_of(before, &["value", "answer"]), &["seen"])
}

pub(super) fn answer() -> Value {
    let certificate = block(
        &CERTIFICATE,
        [(
            "valid_for",
            about(positive_duration(), "From now on.", [json!("20d")]),
        )],
    );
    let answer = block(
        &ANSWER,
        [
            (
                "status",
                default(about(integer(200, 599), "The status.", []), 200),
            ),
            (
                "headers",
                about(
                    free(&HEADERS, sent()),
                    "The headers.",
                    [json!({"content-type": "application/json"})],
                ),
            ),
            ("json", about(json!({}), "The body, as JSON.", [])),
            ("text", about(text(), "The body, as it came.", [])),
            (
                "body",
                about(
                    filled(),
                    "The file that holds the body, relative to this file.",
                    [json!("answers/stale.json")],
                ),
            ),
            (
                "latency",
                about(duration(), "How long it took.", [json!("120ms")]),
            ),
            (
                "certificate",
                about(
                    certificate,
                    "The server's certificate.",
                    [json!({"valid_for": "20d"})],
                ),
            ),
            (
                "down",
                about(listed(&FAILURES), "No answer came, and why.", [json!("timeout")]),
            ),
        ],
    );
    at_most_one_of(answer, &["json", "text", "body", "down"])
}
