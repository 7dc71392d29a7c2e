//! The endpoint's own judgment of its data, in the dialects that are spoken in the field.

use serde_json::Value;

use crate::verdict::Verdict;

/// What an endpoint says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfReport {
    /// The verdict that its word means.
    pub verdict: Verdict,
    /// Its word, as it spells it.
    pub word: String,
    /// The names of the checks that speak for the verdict, when it names them.
    pub checks: Vec<String>,
}

/// Why a body is no report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoReport {
    /// It has no text member `status`.
    Absent,
    /// Its word is not in the lists.
    UnknownWord(String),
}

/// Reads a report: `{"status": "FRESH" | "STALE"}`, `application/health+json` (draft-inadarei-api-health-check),
/// Spring Boot's health endpoint, MicroProfile Health.
///
/// # Errors
/// Why it is none.
pub fn read(document: &Value) -> Result<SelfReport, NoReport> {
    let word = document
        .get("status")
        .and_then(Value::as_str)
        .ok_or(NoReport::Absent)?;
    let upper = word.to_ascii_uppercase();
    let verdict = match upper.as_str() {
        "FRESH" | "PASS" | "UP" => Verdict::Ok,
        "WARN" => Verdict::Degraded,
        "STALE" => Verdict::Stale,
        "FAIL"
            if failing_checks(document)
                .iter()
                .any(|name| is_about_freshness(name)) =>
        {
            Verdict::Stale
        }
        "FAIL" | "DOWN" | "OUT_OF_SERVICE" => Verdict::Down,
        "UNKNOWN" => Verdict::Unknown,
        _ => return Err(NoReport::UnknownWord(word.to_owned())),
    };
    let checks = match verdict {
        Verdict::Ok => Vec::new(),
        Verdict::Degraded => checks_with(document, "warn"),
        Verdict::Stale | Verdict::Invalid | Verdict::Down | Verdict::Unknown => failing_checks(document),
    };
    Ok(SelfReport {
        verdict,
        word: word.to_owned(),
        checks,
    })
}

/// The names of the checks of `application/health+json` that fail, or of MicroProfile's that are down.
fn failing_checks(document: &Value) -> Vec<String> {
    let mut names = checks_with(document, "fail");
    names.extend(checks_with(document, "down"));
    names
}

fn checks_with(document: &Value, status: &str) -> Vec<String> {
    let says = |check: &Value| {
        check
            .get("status")
            .and_then(Value::as_str)
            .is_some_and(|word| word.eq_ignore_ascii_case(status))
    };
    match document.get("checks") {
        // health+json: an object of arrays (some services leave the array out).
        Some(Value::Object(checks)) => checks
            .iter()
            .filter(|(_, check)| match check {
                Value::Array(parts) => parts.iter().any(says),
                other => says(other),
            })
            .map(|(name, _)| name.clone())
            .collect(),
        // MicroProfile: an array of named checks.
        Some(Value::Array(checks)) => checks
            .iter()
            .filter(|check| says(check))
            .filter_map(|check| check.get("name").and_then(Value::as_str).map(str::to_owned))
            .collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => Vec::new(),
    }
}

/// Whether a check's name holds a word of freshness or age: `prices:freshness`, `dataAge`, `prices:age`.
fn is_about_freshness(name: &str) -> bool {
    let mut words = vec![String::new()];
    let mut previous_is_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && previous_is_lower) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        previous_is_lower = c.is_lowercase();
    }
    words.iter().any(|word| {
        matches!(
            word.as_str(),
            "fresh" | "freshness" | "age" | "stale" | "staleness"
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{NoReport, is_about_freshness, read};
    use crate::verdict::Verdict;

    #[test]
    fn every_dialect_and_case() {
        for (word, verdict) in [
            ("FRESH", Verdict::Ok),
            ("stale", Verdict::Stale),
            ("pass", Verdict::Ok),
            ("warn", Verdict::Degraded),
            ("fail", Verdict::Down),
            ("UP", Verdict::Ok),
            ("DOWN", Verdict::Down),
            ("OUT_OF_SERVICE", Verdict::Down),
            ("UNKNOWN", Verdict::Unknown),
            ("Up", Verdict::Ok),
        ] {
            assert_eq!(read(&json!({"status": word})).unwrap().verdict, verdict, "{word}");
        }
    }

    #[test]
    fn a_failing_check_of_freshness_makes_it_stale() {
        let report = read(&json!({"status": "fail", "checks": {
            "prices:age": [{"status": "fail"}], "db:connections": [{"status": "pass"}]}}));
        let report = report.unwrap();
        assert_eq!(
            (report.verdict, report.checks),
            (Verdict::Stale, vec!["prices:age".to_owned()])
        );
        let other = read(&json!({"status": "fail", "checks": {
            "prices:age": [{"status": "pass"}], "db:connections": [{"status": "fail"}]}}));
        assert_eq!(other.unwrap().verdict, Verdict::Down);
    }

    #[test]
    fn what_is_no_report() {
        for document in [
            json!({}),
            json!([]),
            json!({"status": 200}),
            json!({"status": null}),
            json!("UP"),
        ] {
            assert_eq!(read(&document), Err(NoReport::Absent));
        }
        assert_eq!(
            read(&json!({"status": "OK"})),
            Err(NoReport::UnknownWord("OK".into()))
        );
    }

    #[test]
    fn words_of_freshness() {
        for name in [
            "prices:freshness",
            "dataAge",
            "age",
            "AGE",
            "data-staleness",
            "is_stale",
        ] {
            assert!(is_about_freshness(name), "{name}");
        }
        for name in ["storage", "message:count", "page", "refreshToken", ""] {
            assert!(!is_about_freshness(name), "{name}");
        }
    }
}
