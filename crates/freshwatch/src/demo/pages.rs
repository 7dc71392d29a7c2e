//! What the pretend service answers: a pure function from its state, the request's path and the time.

use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value, json};

use super::story::{DAY, HEALTHY_AGE, Scene};

/// The paths that answer, for whoever asks for another one.
pub(crate) const PATHS: [&str; 4] = ["/real-price", "/search", "/chat", "/synthetic/health"];

/// What the service does with a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// It answers.
    Page(StatusCode, Value),
    /// It closes the connection without a word.
    HangUp,
}

/// The answer to a request at `now`.
pub(crate) fn answer(scene: Scene, method: &Method, path: &str, now: Timestamp) -> Answer {
    let landed = now.saturating_sub(signed(scene.age_of_prices)).unwrap_or(now);
    let reads = *method == Method::GET || *method == Method::HEAD;
    match path {
        "/real-price" if reads => ok(prices(landed)),
        "/search" if reads && scene.search_works => ok(hits()),
        "/search" if reads => ok(json!({"error": "the index is not available", "hits": []})),
        "/chat" if !reads && *method != Method::POST => refuse_method(),
        "/chat" if scene.chat_works => ok(reply()),
        "/chat" => Answer::HangUp,
        "/synthetic/health" if reads => health(scene, landed),
        "/" if reads => {
            ok(json!({"service": "the pretend property service of `freshwatch demo`", "paths": PATHS}))
        }
        "/real-price" | "/search" | "/synthetic/health" | "/" => refuse_method(),
        _ => Answer::Page(
            StatusCode::NOT_FOUND,
            json!({"error": "there is no such page", "paths": PATHS}),
        ),
    }
}

fn ok(page: Value) -> Answer {
    Answer::Page(StatusCode::OK, page)
}

fn refuse_method() -> Answer {
    Answer::Page(
        StatusCode::METHOD_NOT_ALLOWED,
        json!({"error": "this page takes GET, and /chat POST"}),
    )
}

/// Flats sold lately: district, complex, square metres, price in won.
const SALES: [(&str, &str, f64, u64); 5] = [
    ("마포구", "한강해돋이 2단지", 84.97, 1_485_000_000),
    ("성동구", "서울숲물결", 59.92, 1_320_000_000),
    ("송파구", "석촌호수마을", 84.83, 2_140_000_000),
    ("노원구", "불암산자락", 49.94, 478_000_000),
    ("강서구", "마곡나루뜰", 84.59, 1_190_000_000),
];

/// One sale landed with each of the last batches, the newest first.
fn prices(landed: Timestamp) -> Value {
    let mut updated = landed;
    let mut items = Vec::new();
    for (index, (district, complex, area, price)) in SALES.into_iter().enumerate() {
        items.push(json!({
            "id": format!("sale-{}", 90_417 - index),
            "district": district,
            "complex": complex,
            "areaSquareMetres": area,
            "priceWon": price,
            "updatedAt": to_the_millisecond(updated),
        }));
        updated = updated.saturating_sub(signed(DAY)).unwrap_or(updated);
    }
    json!({"region": "seoul", "count": items.len(), "items": items})
}

fn hits() -> Value {
    let hits: Vec<Value> = SALES
        .iter()
        .map(|(district, complex, ..)| json!({"district": district, "complex": complex}))
        .collect();
    json!({"total": hits.len(), "hits": hits})
}

fn reply() -> Value {
    json!({"reply": "Flats of 84 m² in 마포구 were sold for about 1.49 billion won lately."})
}

/// The service judges its own prices, as it knows best how old they may be.
fn health(scene: Scene, landed: Timestamp) -> Answer {
    let (status, word) = if scene.age_of_prices > HEALTHY_AGE {
        (StatusCode::SERVICE_UNAVAILABLE, "STALE")
    } else {
        (StatusCode::OK, "FRESH")
    };
    let report = json!({
        "status": word,
        "newestPrice": to_the_millisecond(landed),
        "ageSeconds": scene.age_of_prices.as_secs_f64(),
        "maxAgeSeconds": HEALTHY_AGE.as_secs(),
    });
    Answer::Page(status, report)
}

fn to_the_millisecond(time: Timestamp) -> String {
    time.round(Unit::Millisecond).unwrap_or(time).to_string()
}

fn signed(duration: std::time::Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::Method;
    use jiff::Timestamp;

    use super::{Answer, PATHS, answer};
    use crate::demo::story::{Act, Scene};

    fn ask(act: Act, method: &Method, path: &str) -> (u16, String) {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        match answer(Scene::at(act.begins()), method, path, now) {
            Answer::Page(status, page) => (status.as_u16(), page.to_string()),
            Answer::HangUp => (0, String::new()),
        }
    }

    #[track_caller]
    fn check(act: Act, path: &str, status: u16, part: &str) {
        let (seen, page) = ask(act, &Method::GET, path);
        assert!(
            seen == status && page.contains(part),
            "{act:?} {path}: {seen} {page}"
        );
    }

    #[test]
    fn prices_keep_answering_200_whatever_their_age() {
        check(
            Act::AllIsWell,
            "/real-price",
            200,
            r#""updatedAt":"2026-11-21T08:59:56.5Z""#,
        );
        check(
            Act::SearchBroken,
            "/real-price",
            200,
            r#""updatedAt":"2026-11-21T08:59:44.5Z""#,
        );
    }

    #[test]
    fn the_search_hides_its_error_behind_200() {
        check(Act::BatchStopped, "/search", 200, r#""total":5"#);
        check(
            Act::SearchBroken,
            "/search",
            200,
            r#""error":"the index is not available""#,
        );
        check(Act::Repaired, "/search", 200, r#""total":5"#);
    }

    #[test]
    fn the_chat_hangs_up() {
        assert_eq!(ask(Act::SearchBroken, &Method::POST, "/chat").0, 200);
        assert_eq!(ask(Act::ChatDown, &Method::POST, "/chat").0, 0);
        assert_eq!(ask(Act::Repaired, &Method::POST, "/chat").0, 200);
    }

    #[test]
    fn the_health_endpoint_says_stale_with_a_503() {
        check(Act::AllIsWell, "/synthetic/health", 200, r#""status":"FRESH""#);
        check(Act::SearchBroken, "/synthetic/health", 503, r#""status":"STALE""#);
    }

    #[test]
    fn whoever_is_lost_is_told_the_way() {
        for path in PATHS {
            check(Act::AllIsWell, "/nowhere", 404, path);
        }
        check(Act::AllIsWell, "/", 200, "/real-price");
        assert_eq!(ask(Act::AllIsWell, &Method::DELETE, "/chat").0, 405);
        assert_eq!(ask(Act::AllIsWell, &Method::POST, "/search").0, 405);
    }

    #[test]
    fn a_clock_at_the_edge_of_time_is_no_panic() {
        let scene = Scene {
            age_of_prices: Duration::MAX,
            ..Scene::at(Duration::ZERO)
        };
        for now in [Timestamp::MIN, Timestamp::MAX] {
            assert!(matches!(
                answer(scene, &Method::GET, "/real-price", now),
                Answer::Page(..)
            ));
        }
    }
}
