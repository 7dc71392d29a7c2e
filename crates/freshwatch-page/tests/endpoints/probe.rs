//! `/probe?target=…&module=NAME`.

use std::time::Duration;

use freshwatch_page::{ProbeAnswer, ProbeAsk, Text};
use insta::assert_snapshot;

use crate::services::{Served, definition};

const ASK: &str = "/probe?target=https%3A%2F%2Fb.example%2Fx%3Fa%3Db&module=prices";

async fn answered(answer: ProbeAnswer) -> String {
    let served = Served::start().await;
    served.load(vec![definition("price"), definition("search")]);
    *served.services.probe.lock().unwrap() = answer;
    served.get(ASK).await.to_string()
}

#[tokio::test]
async fn the_question_is_handed_on() {
    let served = Served::start().await;
    served
        .ask(
            &format!("GET {ASK}&debug=true"),
            &["x-prometheus-scrape-timeout-seconds: 10"],
        )
        .await;
    assert_eq!(
        served.services.asks.lock().unwrap()[..],
        [ProbeAsk {
            target: "https://b.example/x?a=b".into(),
            module: "prices".into(),
            debug: true,
            within: Duration::from_millis(9500),
        }]
    );
}

#[tokio::test]
async fn questions_that_cannot_be_asked_say_why() {
    let served = Served::start().await;
    assert_snapshot!(served.get("/probe").await, @"
    400
    content-type: text/plain; charset=utf-8

    `target` is missing; write /probe?target=https%3A%2F%2Fa.example%2F&module=NAME, where NAME is a loaded probe
    ");
    for (query, told) in [
        ("module=a", "`target` is missing"),
        ("target=a", "`module` is missing"),
        ("target=&module=a", "`target` is missing"),
        ("target=%zz&module=a", "without two hexadecimal digits"),
        ("target=%ff&module=a", "not UTF-8"),
        ("target=a&module=a&module=b", "`module` is given twice"),
        ("target=a&module=a&hostname=x", "`hostname` is not known"),
        ("target=a&module=a&debug=1", "write `true` or `false`"),
    ] {
        let reply = served.get(&format!("/probe?{query}")).await;
        assert_eq!(reply.status, 400, "{query}");
        assert!(reply.text().contains(told), "{query}: {}", reply.text());
    }
    let reply = served
        .ask(
            &format!("GET {ASK}"),
            &["x-prometheus-scrape-timeout-seconds: soon"],
        )
        .await;
    assert_eq!(reply.status, 400);
    assert!(served.services.asks.lock().unwrap().is_empty());
}

#[tokio::test]
async fn every_answer_has_its_status_and_sentence() {
    let measured = ProbeAnswer::Measured(Text {
        content_type: "text/plain; version=0.0.4",
        body: b"probe_success 0\n".to_vec(),
    });
    assert_snapshot!(answered(measured).await, @"
    200
    content-type: text/plain; version=0.0.4

    probe_success 0
    ");
    assert_snapshot!(answered(ProbeAnswer::NotAllowed).await, @"
    403
    content-type: text/plain; charset=utf-8

    this endpoint is off; start with `--allow-probe-endpoint --probe-targets HOST,…` to allow it for these hosts
    ");
    assert_snapshot!(answered(ProbeAnswer::UnknownModule).await, @"
    404
    content-type: text/plain; charset=utf-8

    no probe is named `prices`; did you mean `price`?
    ");
    assert_snapshot!(answered(ProbeAnswer::BadTarget("its scheme is neither http nor https".into())).await, @"
    400
    content-type: text/plain; charset=utf-8

    `https://b.example/x?a=b` cannot be the target: its scheme is neither http nor https
    ");
    assert_snapshot!(answered(ProbeAnswer::ForbiddenTarget).await, @"
    403
    content-type: text/plain; charset=utf-8

    the target's host is none of those that `--probe-targets` allows
    ");
    assert_snapshot!(answered(ProbeAnswer::Busy).await, @"
    503
    content-type: text/plain; charset=utf-8
    retry-after: 1

    there is no room for another run now; try again
    ");
}
