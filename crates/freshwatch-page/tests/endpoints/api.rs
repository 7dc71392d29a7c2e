//! `/api/v1/probes` and `/api/v1/probes/NAME`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use freshwatch_probe::cron::CronLine;
use freshwatch_probe::definition::{Definition, ProbeName, Ratio, Slo, When};
use freshwatch_probe::observation::NotMade;
use freshwatch_probe::request::Request;
use freshwatch_probe::run::{DataAge, Run};
use freshwatch_probe::template::{Part, Secret, Template};
use freshwatch_probe::verdict::{Code, Reason, Verdict};
use insta::assert_snapshot;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

use crate::services::{Served, at, definition};

/// A probe that uses all there is.
fn prices() -> Definition {
    let mut prices = definition("prices");
    prices.description = Some("Are the prices \"fresh\"?".into());
    prices.request = Request::get("");
    prices.request.url = Template::new(vec![
        Part::Literal("https://".into()),
        Part::Hidden(Secret::new("hunter2")),
        Part::Literal("@a.example/".into()),
        Part::Env {
            name: "TENANT".into(),
            value: Secret::new("hunter3"),
        },
        Part::Literal("/prices?key=hunter4&region=11".into()),
    ]);
    prices.schedule.when = When::Cron(CronLine::parse("*/5 * * * *").unwrap());
    prices.schedule.timezone = Some(TimeZone::fixed(jiff::tz::offset(9)));
    prices.schedule.jitter = Some(Duration::from_millis(1500));
    prices.labels = Arc::new(BTreeMap::from([("team".into(), "data".into())]));
    prices.needs = vec![ProbeName::parse("login").unwrap()];
    prices.slo = Some(Slo {
        up: Ratio::parse_percentage("99.9%").ok(),
        valid: None,
        fresh: Ratio::parse_percentage("95%").ok(),
        latency: None,
        window: Duration::from_hours(24),
    });
    prices
}

fn run(definition: &Arc<Definition>, verdict: Verdict, second: i64) -> Run {
    let mut run = Run::not_made(definition, NotMade::Overload, at(second));
    run.attempts = 1;
    run.took = Duration::from_millis(250);
    run.judgment.verdict = verdict;
    run.judgment.reasons.clear();
    run.exchange.status = Some(200);
    run.exchange.phases[0] = Some(Duration::from_millis(2));
    run
}

fn stale(definition: &Arc<Definition>, second: i64) -> Run {
    let mut run = run(definition, Verdict::Stale, second);
    let reason = Reason::new(Verdict::Stale, Code::TooOld, "the data is 2h old, 1h is allowed");
    run.judgment.reasons = vec![reason.contrast("2h", "1h")];
    run.judgment.notes = vec!["no `Date`".into()];
    run.judgment.data = Some(DataAge {
        timestamp: Some(at(100)),
        age: Some(SignedDuration::from_hours(2)),
        max_age: Some(Duration::from_hours(1)),
        due: Some(at(3700)),
        landed: Some(false),
    });
    run
}

/// Four probes: one that is stale, one that is ok, one that has not run and one that is disabled.
async fn served() -> Served {
    let served = Served::start().await;
    let prices = Arc::new(prices());
    let search = Arc::new(definition("search"));
    let mut disabled = definition("login");
    disabled.enabled = false;
    let all = [
        Arc::clone(&prices),
        Arc::clone(&search),
        Arc::new(disabled),
        Arc::new(definition("chat")),
    ];
    {
        let mut board = served.services.board.lock().unwrap();
        board.load(&all, at(0));
        board.absorb(run(&prices, Verdict::Ok, 300), Some(at(600)));
        board.absorb(stale(&prices, 600), Some(at(900)));
        board.absorb(stale(&prices, 900), Some(at(1200)));
        board.absorb(run(&search, Verdict::Ok, 950), None);
    }
    served
}

async fn names(served: &Served, query: &str) -> String {
    let reply = served.get(&format!("/api/v1/probes{query}")).await;
    assert_eq!(reply.status, 200, "{query}");
    let document: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    let probes = document["probes"].as_array().unwrap().iter();
    let names: Vec<&str> = probes.map(|probe| probe["name"].as_str().unwrap()).collect();
    format!("{} next {}", names.join(" "), document["next"])
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "the whole of a document is its promise")]
async fn one_probe_is_told_whole() {
    let served = served().await;
    assert_snapshot!(served.get("/api/v1/probes/prices").await, @r#"
    200
    content-type: application/json

    {
      "schema": "freshwatch.probe/v1",
      "time": "1970-01-01T00:16:40Z",
      "probe": {
        "name": "prices",
        "description": "Are the prices \"fresh\"?",
        "enabled": true,
        "request": {
          "method": "GET",
          "url": "https://a.example/***/prices?key=***&region=***"
        },
        "schedule": {
          "every_seconds": null,
          "cron": "*/5 * * * *",
          "timezone": "+09",
          "jitter_seconds": 1.5
        },
        "timeout_seconds": 10.0,
        "labels": {
          "team": "data"
        },
        "needs": [
          "login"
        ],
        "slo": {
          "up": 0.999,
          "valid": null,
          "fresh": 0.95,
          "latency": null,
          "window_seconds": 86400.0
        },
        "state": {
          "verdict": "stale",
          "since": "1970-01-01T00:10:00Z",
          "reasons": [
            {
              "code": "too_old",
              "verdict": "stale",
              "message": "the data is 2h old, 1h is allowed",
              "seen": "2h",
              "wanted": "1h"
            }
          ],
          "notes": [
            "no `Date`"
          ],
          "stale_at": null
        },
        "data": {
          "timestamp": "1970-01-01T00:01:40Z",
          "age_seconds": 7200.0,
          "max_age_seconds": 3600.0,
          "due": "1970-01-01T01:01:40Z"
        },
        "last_run": {
          "started": "1970-01-01T00:15:00Z",
          "duration_seconds": 0.25,
          "attempts": 1,
          "trace_id": null,
          "http": {
            "status": 200
          },
          "phases": {
            "connect": null,
            "processing": null,
            "resolve": 0.002,
            "tls": null,
            "transfer": null
          }
        },
        "next_run": "1970-01-01T00:20:00Z",
        "counts": {
          "since": "1970-01-01T00:00:00Z",
          "verdicts": {
            "degraded": 0,
            "down": 0,
            "invalid": 0,
            "ok": 1,
            "stale": 2,
            "unknown": 0
          }
        },
        "runs": [
          {
            "started": "1970-01-01T00:15:00Z",
            "duration_seconds": 0.25,
            "verdict": "stale",
            "reason": "too_old",
            "trace_id": null
          },
          {
            "started": "1970-01-01T00:10:00Z",
            "duration_seconds": 0.25,
            "verdict": "stale",
            "reason": "too_old",
            "trace_id": null
          },
          {
            "started": "1970-01-01T00:05:00Z",
            "duration_seconds": 0.25,
            "verdict": "ok",
            "reason": null,
            "trace_id": null
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn a_disabled_probe_and_one_that_has_not_run_are_told_as_such() {
    let served = served().await;
    let told = async |name: &str| {
        let reply = served.get(&format!("/api/v1/probes/{name}")).await;
        let document: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        let probe = &document["probe"];
        let nulls = ["state", "data", "last_run", "next_run", "counts"].map(|key| probe[key].is_null());
        (probe["enabled"].clone(), nulls)
    };
    assert_eq!(told("login").await, (false.into(), [true; 5]));
    assert_eq!(told("chat").await, (true.into(), [true, true, true, true, false]));
}

#[tokio::test]
async fn the_list_is_a_probe_a_line() {
    let served = served().await;
    let list = served.get("/api/v1/probes").await.to_string();
    let lines: Vec<String> = list
        .lines()
        .map(|line| line.chars().take(120).collect())
        .collect();
    assert_snapshot!(lines.join("\n"), @r#"
    200
    content-type: application/json
    vary: Accept-Encoding

    {"schema":"freshwatch.probes/v1","time":"1970-01-01T00:16:40Z","probes":[
    {"name":"chat","description":null,"enabled":true,"request":{"method":"GET","url":"https://a.example/"},"schedule":{"ever
    {"name":"login","description":null,"enabled":false,"request":{"method":"GET","url":"https://a.example/"},"schedule":{"ev
    {"name":"prices","description":"Are the prices \"fresh\"?","enabled":true,"request":{"method":"GET","url":"https://a.exa
    {"name":"search","description":null,"enabled":true,"request":{"method":"GET","url":"https://a.example/"},"schedule":{"ev
    ],"next":null}
    "#);
    for secret in ["hunter", "region=11"] {
        assert!(!list.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn the_list_can_be_had_in_parts() {
    let served = served().await;
    for (query, expected) in [
        ("", "chat login prices search next null"),
        ("?verdict=stale", "prices next null"),
        ("?verdict=down,ok,stale", "prices search next null"),
        ("?verdict=down", " next null"),
        ("?limit=2", "chat login next \"login\""),
        ("?limit=2&after=login", "prices search next null"),
        ("?limit=1&verdict=ok,stale", "prices next \"prices\""),
        ("?limit=1&verdict=ok,stale&after=prices", "search next null"),
        ("?after=m", "prices search next null"),
    ] {
        assert_eq!(names(&served, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_long_list_leaves_nobody_out() {
    let served = Served::start().await;
    served.load(
        (0..1000)
            .map(|number| definition(&format!("p{number}")))
            .collect(),
    );
    let mut seen = 0;
    let mut query = String::from("?limit=300");
    loop {
        let page = names(&served, &query).await;
        let (page, next) = page.split_once(" next ").unwrap();
        seen += page.split(' ').count();
        match next {
            "null" => break,
            next => query = format!("?limit=300&after={}", next.trim_matches('"')),
        }
    }
    assert_eq!(seen, 1000);
    assert_eq!(names(&served, "").await.split(' ').count(), 1002);
}

#[tokio::test]
async fn queries_that_cannot_be_answered_say_why() {
    let served = Served::start().await;
    for (query, told) in [
        ("verdict=red", "`red` is no verdict; there are `ok`, `degraded`"),
        ("verdict=", "`` is no verdict"),
        ("limit=0", "`limit` is `0`; write a whole number above 0"),
        ("limit=-1", "`limit` is `-1`"),
        ("after=A", "`after` is `A`, which is no name of a probe"),
        (
            "state=ok",
            "`state` is not known; there are `verdict`, `limit`, `after`",
        ),
        ("after=%e", "without two hexadecimal digits"),
    ] {
        let reply = served.get(&format!("/api/v1/probes?{query}")).await;
        assert_eq!(reply.status, 400, "{query}");
        assert!(reply.text().contains(told), "{query}: {}", reply.text());
    }
}

#[tokio::test]
async fn an_unknown_name_gets_the_nearest() {
    let served = served().await;
    assert_snapshot!(served.get("/api/v1/probes/price").await, @"
    404
    content-type: text/plain; charset=utf-8

    no probe is named `price`; did you mean `prices`?
    ");
    assert_snapshot!(served.get("/api/v1/probes/weather").await, @"
    404
    content-type: text/plain; charset=utf-8

    no probe is named `weather`; /api/v1/probes lists all
    ");
    assert_snapshot!(served.get("/api/v1/probes/%3Cscript%3E%1b[2J").await, @"
    404
    content-type: text/plain; charset=utf-8

    no probe is named `%3Cscript%3E%1b[2J`; /api/v1/probes lists all
    ");
    let long = served.get(&format!("/api/v1/probes/{}", "a".repeat(8000))).await;
    assert!(long.body.len() < 200, "{}", long.text());
}
