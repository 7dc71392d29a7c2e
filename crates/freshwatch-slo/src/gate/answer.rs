//! Answers of Prometheus's HTTP API to instant queries
//! (<https://prometheus.io/docs/prometheus/latest/querying/api/>): numbers, or what is wrong with them. Whatever is not
//! understood to the last part is trouble, never a number.

use std::collections::BTreeMap;

use freshwatch_probe::redact::Redactor;
use freshwatch_probe::show;
use serde::Deserialize;
use serde_json::Value;

/// What a query gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// One for each series; that of a scalar has no labels.
    pub samples: Vec<Sample>,
    /// Why the backend itself does not trust the result in full.
    pub warnings: Vec<String>,
}

/// The value of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The labels of the series, its name among them.
    pub labels: BTreeMap<String, String>,
    /// May be infinite or not a number.
    pub value: f64,
}

/// Why a query gave nothing that can be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What kind of trouble it is.
    pub kind: Kind,
    /// A fragment about the backend: "cannot be reached: connection refused".
    pub message: String,
}

/// Kinds of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No complete answer, or one that says that the backend is not well.
    Unavailable,
    /// No answer in time.
    Slow,
    /// It does not take the query.
    Refused,
    /// What came is not an answer to an instant query.
    Unreadable,
}

impl Kind {
    /// Whether asking again may help.
    pub const fn may_pass(self) -> bool {
        match self {
            Self::Unavailable => true,
            Self::Slow | Self::Refused | Self::Unreadable => false,
        }
    }
}

impl Trouble {
    /// Trouble of a kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}

/// Reads the answer to an instant query. `secrets` are not repeated, wherever the backend repeats them.
///
/// # Errors
/// What is wrong with it.
pub fn read(status: u16, body: &[u8], secrets: &Redactor) -> Result<Reading, Trouble> {
    let document = serde_json::from_slice::<Document>(body);
    match (status, document) {
        (200..300, Ok(document)) => document.reading(secrets),
        (_, Ok(document)) if document.error.is_some() => Err(document.refused(status, secrets)),
        (200..300, Err(_)) => Err(Trouble::new(
            Kind::Unreadable,
            "answered with something that is not an answer to a query: is it the address of a Prometheus?",
        )),
        (status, _) => Err(of_status(status)),
    }
}

/// The time that the answer to the query `time()` tells, in seconds since the epoch.
pub fn time(reading: &Reading) -> Option<f64> {
    match reading.samples.as_slice() {
        [sample] if sample.value.is_finite() && sample.value > 0.0 => Some(sample.value),
        _ => None,
    }
}

/// What a status says that comes without the words of the API.
fn of_status(status: u16) -> Trouble {
    let (kind, why) = match status {
        401 | 403 => (Kind::Refused, ": check the credentials under `prometheus.auth`"),
        404 | 405 => (
            Kind::Refused,
            ": check the address under `prometheus`; `/api/v1/query` is appended to it",
        ),
        300..=399 => (
            Kind::Refused,
            ", a redirect that cannot be followed: name the final address",
        ),
        429 | 500.. => (Kind::Unavailable, ""),
        _ => (Kind::Refused, ""),
    };
    Trouble::new(kind, format!("answered {status}{why}"))
}

/// An answer of the API, as far as it is used.
#[derive(Deserialize)]
struct Document {
    status: String,
    #[serde(default)]
    data: Value,
    #[serde(default, rename = "errorType")]
    error_type: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
}

impl Document {
    fn reading(self, secrets: &Redactor) -> Result<Reading, Trouble> {
        if self.status != "success" || self.error.is_some() {
            return Err(self.refused(200, secrets));
        }
        let warnings = self.warnings.iter().map(|words| told(words, secrets)).collect();
        let samples = samples(&self.data)?;
        Ok(Reading { samples, warnings })
    }

    /// The backend's own words about why it gives no result.
    fn refused(&self, status: u16, secrets: &Redactor) -> Trouble {
        let error_type = self.error_type.as_deref().unwrap_or_default();
        let kind = match (error_type, status) {
            ("timeout" | "canceled", _) => Kind::Slow,
            ("unavailable" | "internal", _) | (_, 429 | 500..) => Kind::Unavailable,
            _ => Kind::Refused,
        };
        let words = self.error.as_deref().unwrap_or("it does not say why");
        let message = format!("gives no result: {}", told(words, secrets));
        Trouble::new(kind, message)
    }
}

/// Words of the backend as they may be shown.
fn told(words: &str, secrets: &Redactor) -> String {
    const LONGEST: usize = 300;
    let within: String = words.chars().take(2 * LONGEST).collect();
    let shown = secrets.redact(&within);
    let mut kept: String = shown.chars().take(LONGEST).collect();
    if kept.len() < shown.len() || within.len() < words.len() {
        kept.push('…');
    }
    show::plain(kept.trim())
}

fn unreadable(why: &str) -> Trouble {
    Trouble::new(Kind::Unreadable, format!("gives a result that {why}"))
}

/// The values of a result.
fn samples(data: &Value) -> Result<Vec<Sample>, Trouble> {
    let result = &data["result"];
    match data["resultType"].as_str() {
        Some("scalar") => Ok(vec![Sample {
            labels: BTreeMap::new(),
            value: value(result)?,
        }]),
        Some("vector") => {
            let series = result
                .as_array()
                .ok_or_else(|| unreadable("is said to be a vector, and is none"))?;
            series.iter().map(sample).collect()
        }
        Some("matrix") => Err(Trouble::new(
            Kind::Refused,
            "gives a value for each of many points in time: take the range `[…]` out of the query, or a function over it",
        )),
        Some("string") => Err(Trouble::new(
            Kind::Refused,
            "gives a text, and a number is wanted",
        )),
        Some(_) | None => Err(unreadable("is of no known type")),
    }
}

fn sample(series: &Value) -> Result<Sample, Trouble> {
    let Some(metric) = series["metric"].as_object() else {
        return Err(unreadable("has a series without labels"));
    };
    if series.get("histogram").is_some() {
        return Err(Trouble::new(
            Kind::Refused,
            "gives a native histogram, and a number is wanted: use `histogram_quantile` or `histogram_fraction`",
        ));
    }
    let label = |(name, value): (&String, &Value)| {
        let value = value.as_str();
        let value = value.ok_or_else(|| unreadable("has a label that is no text"))?;
        Ok((name.clone(), value.to_owned()))
    };
    Ok(Sample {
        labels: metric.iter().map(label).collect::<Result<_, _>>()?,
        value: value(&series["value"])?,
    })
}

/// A pair of a time and a number, which is written as a text: `[1795262400, "0.5"]`.
fn value(pair: &Value) -> Result<f64, Trouble> {
    let number = match pair.as_array().map(Vec::as_slice) {
        Some([Value::Number(_), Value::String(text)]) => number(text),
        _ => None,
    };
    number.ok_or_else(|| unreadable("has a value that is no number"))
}

/// A number as Prometheus writes it.
fn number(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        // Rust reads `inf` and `infinity` too, in which case no backend writes them.
        _ => text.parse().ok().filter(|number: &f64| number.is_finite()),
    }
}

#[cfg(test)]
mod tests {
    use freshwatch_probe::redact::Redactor;

    use super::{Kind, read};

    /// The values of an answer with this `data`, or the trouble with it.
    #[track_caller]
    fn check(data: &str, told: &str) {
        let body = format!(r#"{{"status":"success","data":{data}}}"#);
        check_whole(200, &body, told);
    }

    #[track_caller]
    fn check_whole(status: u16, body: &str, told: &str) {
        let seen = match read(status, body.as_bytes(), &Redactor::new(["s3cret-token"])) {
            Ok(reading) => {
                let values = reading.samples.iter().map(|sample| sample.value.to_string());
                values.chain(reading.warnings).collect::<Vec<_>>().join(" ")
            }
            Err(trouble) => format!("{:?}: {}", trouble.kind, trouble.message),
        };
        assert_eq!(seen, told);
    }

    #[test]
    fn numbers_are_read_as_prometheus_writes_them() {
        check(r#"{"resultType":"scalar","result":[1795262400,"0.5"]}"#, "0.5");
        check(r#"{"resultType":"vector","result":[]}"#, "");
        for (text, value) in [
            ("NaN", "NaN"),
            ("+Inf", "inf"),
            ("-Inf", "-inf"),
            ("1e-05", "0.00001"),
        ] {
            let data = format!(
                r#"{{"resultType":"vector","result":[{{"metric":{{"a":"b"}},"value":[1.5,"{text}"]}}]}}"#
            );
            check(&data, value);
        }
    }

    #[test]
    fn what_is_not_understood_to_the_last_part_is_no_number() {
        let vector = |series: &str| format!(r#"{{"resultType":"vector","result":[{series}]}}"#);
        let no_number = "Unreadable: gives a result that has a value that is no number";
        for pair in [
            "[1,0.5]",
            r#"[1,"inf"]"#,
            r#"[1,""]"#,
            r#"[1,"0x10"]"#,
            r#"["1","0.5"]"#,
            r#"[1,"0.5",2]"#,
            r#"[1,"1e999"]"#,
            "null",
        ] {
            check(
                &vector(&format!(r#"{{"metric":{{}},"value":{pair}}}"#)),
                no_number,
            );
        }
        check(
            &vector(r#"{"value":[1,"0.5"]}"#),
            "Unreadable: gives a result that has a series without labels",
        );
        check(
            &vector(r#"{"metric":{"a":1},"value":[1,"0.5"]}"#),
            "Unreadable: gives a result that has a label that is no text",
        );
        check(
            r#"{"resultType":"vector","result":{}}"#,
            "Unreadable: gives a result that is said to be a vector, and is none",
        );
        check("{}", "Unreadable: gives a result that is of no known type");
    }

    #[test]
    fn results_of_other_types_tell_what_to_write_instead() {
        check(
            r#"{"resultType":"matrix","result":[]}"#,
            "Refused: gives a value for each of many points in time: take the range `[…]` out of the query, or a \
             function over it",
        );
        check(
            r#"{"resultType":"string","result":[1,"a"]}"#,
            "Refused: gives a text, and a number is wanted",
        );
        check(
            r#"{"resultType":"vector","result":[{"metric":{},"histogram":[1,{}]}]}"#,
            "Refused: gives a native histogram, and a number is wanted: use `histogram_quantile` or \
             `histogram_fraction`",
        );
    }

    #[test]
    fn the_words_of_the_backend_are_told_without_secrets() {
        let error = |kind: &str, words: &str| {
            format!(r#"{{"status":"error","errorType":"{kind}","error":"{words}"}}"#)
        };
        check_whole(
            400,
            &error("bad_data", "1:4: parse error: s3cret-token \\u001b[31m"),
            r"Refused: gives no result: 1:4: parse error: *** \u{1b}[31m",
        );
        check_whole(
            503,
            &error("timeout", "too long"),
            "Slow: gives no result: too long",
        );
        check_whole(
            503,
            &error("unavailable", "starting"),
            "Unavailable: gives no result: starting",
        );
        check_whole(200, &error("execution", "no"), "Refused: gives no result: no");
        let warned =
            r#"{"status":"success","data":{"resultType":"scalar","result":[1,"2"]},"warnings":["partial"]}"#;
        check_whole(200, warned, "2 partial");
        let both = r#"{"status":"success","error":"no","data":{"resultType":"scalar","result":[1,"2"]}}"#;
        check_whole(200, both, "Refused: gives no result: no");
    }

    #[test]
    fn a_status_without_words_tells_what_to_check() {
        let page = "<html>";
        check_whole(
            200,
            page,
            "Unreadable: answered with something that is not an answer to a query: is it the address of a Prometheus?",
        );
        check_whole(502, page, "Unavailable: answered 502");
        check_whole(
            401,
            page,
            "Refused: answered 401: check the credentials under `prometheus.auth`",
        );
        check_whole(
            404,
            page,
            "Refused: answered 404: check the address under `prometheus`; `/api/v1/query` is appended to it",
        );
        assert!(Kind::Unavailable.may_pass() && !Kind::Refused.may_pass());
    }
}
