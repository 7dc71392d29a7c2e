//! The story behind freshwatch on a frozen clock: forty days of a price API in Korea. Its batch lands every business
//! day, over the holidays of Chuseok, twice too late; then it stops, and the API goes on to answer `200 OK`.
//!
//! What is expected of each day stands in the golden file, and was worked out by hand from a Korean calendar.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use freshwatch_tests::program::{program, run};
use freshwatch_tests::server::{Server, json};
use jiff::civil::{Date, DateTime, Weekday, date};
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

/// Before the data is due, within the grace after that, and behind the grace.
const ASKED_AT: [(i8, i8); 3] = [(8, 45), (9, 30), (11, 30)];

const FIRST: Date = date(2026, 9, 14);
const DAYS: i64 = 40;

/// After this day nothing lands any more.
const LAST_BATCH: Date = date(2026, 10, 13);

/// Somebody loads old prices again, which makes none of them newer.
const BACKFILL: DateTime = date(2026, 10, 19).at(8, 0, 0, 0);

/// Chuseok with the days around it, the substitute for National Foundation Day, which is a Saturday, and Hangul Day.
const HOLIDAYS: [(Date, Date); 3] = [
    (date(2026, 9, 24), date(2026, 9, 26)),
    (date(2026, 10, 5), date(2026, 10, 5)),
    (date(2026, 10, 9), date(2026, 10, 9)),
];

const FORTY_DAYS: &str = include_str!("story/forty_days.txt");

const PROBES: &str = r#"
calendars:
  kr-business:
    days: [mon, tue, wed, thu, fri]
    timezone: Asia/Seoul
    holidays:
      - {from: 2026-09-24, to: 2026-09-26, name: Chuseok}
      - 2026-10-05
      - {from: 2026-10-09, to: 2026-10-09, name: Hangul Day}
    through: 2026-12-31
defaults:
  timezone: Asia/Seoul
probes:
  prices-cover-yesterday:
    get: URL
    fresh:
      period: "$.items[*].contractDate"
      pick: newest
      due: "0 9 * * *"
      covers: previous_business_day
      calendar: kr-business
      grace: 2h
  prices-were-loaded:
    get: URL
    fresh:
      at: $.loadedAt
      max_age: 26h
      calendar: kr-business
"#;

fn is_open(day: Date) -> bool {
    let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let is_holiday = HOLIDAYS.iter().any(|(from, to)| (*from..=*to).contains(&day));
    !is_weekend && !is_holiday
}

/// The open day before a day.
fn open_day_before(day: Date) -> Date {
    let mut before = day.yesterday().expect("a day before");
    while !is_open(before) {
        before = before.yesterday().expect("a day before");
    }
    before
}

/// When the batch of an open day lands.
fn lands(day: Date) -> DateTime {
    match (day.month(), day.day()) {
        // Within the grace.
        (9, 17) => day.at(10, 10, 0, 0),
        // Behind it, on the first day after Chuseok.
        (9, 28) => day.at(12, 40, 0, 0),
        _ => day.at(8, 30, 0, 0),
    }
}

/// What the API answers at a time on a wall in Seoul.
fn answer(now: DateTime) -> Value {
    let mut day = now.date().min(LAST_BATCH);
    while !is_open(day) || lands(day) > now {
        day = day.yesterday().expect("a day before");
    }
    let newest = open_day_before(day);
    let contracts = (0..30).map(|back| newest - back.days());
    let items: Vec<Value> = contracts
        .map(|day| json!({"contractDate": day, "price": 52_000}))
        .collect();
    let loaded = if now >= BACKFILL { BACKFILL } else { lands(day) };
    json!({"items": items, "loadedAt": format!("{loaded}+09:00")})
}

fn seoul(wall: DateTime) -> Timestamp {
    wall.in_tz("Asia/Seoul").expect("a zone").timestamp()
}

/// The API, at whatever time it is told.
struct Api {
    server: Server,
    now: Arc<Mutex<DateTime>>,
}

impl Api {
    async fn start() -> Self {
        let now = Arc::new(Mutex::new(FIRST.at(0, 0, 0, 0)));
        let clock = Arc::clone(&now);
        let server = Server::answering(move |_: &_| {
            let now = *clock.lock().unwrap_or_else(PoisonError::into_inner);
            json(&answer(now).to_string())
        })
        .await;
        Self { server, now }
    }

    /// Both probes at this time: verdict and first reason.
    async fn check(&self, probes: &Path, now: DateTime) -> [String; 2] {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
        let mut command = program();
        command.arg("check").arg(probes);
        command.args(["--format", "json", "--now", &seoul(now).to_string()]);
        let output = run(command).await;
        let report: Value = serde_json::from_slice(&output.stdout).expect("a report in JSON");
        [0, 1].map(|index| {
            let run = &report["runs"][index];
            let verdict = run["verdict"].as_str().expect("a verdict");
            let reason = run["reasons"][0]["code"].as_str();
            reason.map_or_else(|| verdict.to_owned(), |code| format!("{verdict} ({code})"))
        })
    }
}

#[tokio::test]
async fn a_batch_lands_late_and_then_stops() {
    let api = Api::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let probes = folder.path().join("prices.yaml");
    let text = PROBES.replace("URL", &api.server.url("/real-price"));
    std::fs::write(&probes, text).expect("a file can be written");

    let mut days = String::new();
    for day in (0..DAYS).map(|later| FIRST + later.days()) {
        let open = if is_open(day) { "open" } else { "closed" };
        let _ = writeln!(days, "{day} {} {open}", day.strftime("%a"));
        for (hour, minute) in ASKED_AT {
            let [covers, loaded] = api.check(&probes, day.at(hour, minute, 0, 0)).await;
            let _ = writeln!(
                days,
                "  {hour:02}:{minute:02} covers yesterday: {covers:<20} loaded: {loaded}"
            );
        }
    }
    assert!(
        days == FORTY_DAYS,
        "the days are not those of forty_days.txt:\n{days}"
    );
}
