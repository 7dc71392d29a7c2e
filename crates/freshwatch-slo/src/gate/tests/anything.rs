//! Whatever a backend answers: nothing but a finite number that keeps its bound passes.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Something like a number, as a backend might write it.
fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<f64>().prop_map(|number| json!(number.to_string())),
        (0.0..2.0).prop_map(|number: f64| json!(number.to_string())),
        prop::sample::select(vec![
            "NaN", "+Inf", "-Inf", "", "1e400", "0x1", " 1", "1 ", "½", "0.5"
        ])
        .prop_map(|text| json!(text)),
        any::<u8>().prop_map(|number| json!(number)),
        Just(Value::Null),
    ]
}

fn labels() -> impl Strategy<Value = Value> {
    let value = prop::sample::select(vec!["0.8", "1", "+Inf", "a", "ok", "up", ""]);
    let name = prop::sample::select(vec!["le", "probe", "verdict", "promise", "__name__"]);
    prop::collection::btree_map(name, value, 0..3).prop_map(|labels| json!(labels))
}

fn one_series() -> impl Strategy<Value = Value> {
    (labels(), number()).prop_map(|(labels, number)| json!({"metric": labels, "value": [1, number]}))
}

fn document() -> impl Strategy<Value = Value> {
    let result = prop_oneof![
        prop::collection::vec(one_series(), 0..3).prop_map(|result| json!(result)),
        number().prop_map(|number| json!([1, number])),
        Just(json!({})),
    ];
    let kind = prop::sample::select(vec!["vector", "scalar", "matrix", "string", "?"]);
    let status = prop::sample::select(vec!["success", "success", "success", "error", ""]);
    let warnings = prop::collection::vec(Just("warned".to_owned()), 0..2);
    (result, kind, status, warnings).prop_map(|(result, kind, status, warnings)| {
        json!({"status": status, "data": {"resultType": kind, "result": result}, "warnings": warnings})
    })
}

/// An answer as a whole: a document, one with a part cut off or overwritten, or anything at all.
fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => document().prop_map(|document| document.to_string().into_bytes()),
        1 => (document(), any::<prop::sample::Index>()).prop_map(|(document, at)| {
            let mut bytes = document.to_string().into_bytes();
            bytes.truncate(at.index(bytes.len()));
            bytes
        }),
        1 => (document(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(document, at, byte)| {
            let mut bytes = document.to_string().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes
        }),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

fn rules() -> Vec<Rule> {
    let below = || bound(Operator::Below, share("50%"));
    vec![
        Rule::Value {
            promql: "x".into(),
            each: false,
            bound: below(),
        },
        Rule::Value {
            promql: "x".into(),
            each: true,
            bound: below(),
        },
        Rule::Quantile {
            share: Ratio::parse_percentage("95%").unwrap(),
            buckets: "x".into(),
            floor: 0,
            bound: bound(Operator::Below, millis(800)),
        },
        Rule::Ratio {
            of: "x".into(),
            to: "y".into(),
            floor: 0,
            bound: below(),
        },
        Rule::BurnRate {
            probes: named(&["a"]),
            promise: Promise::Up,
            over: Duration::from_hours(1),
            bound: below(),
        },
        Rule::BudgetLeft {
            probes: named(&["a"]),
            promise: Promise::Up,
            bound: bound(Operator::Above, share("10%")),
        },
        Rule::LastVerdict {
            probes: named(&["a"]),
            allowed: vec![RunVerdict::Ok],
            within: Duration::from_mins(5),
        },
    ]
}

/// Whether a body, read by other means, is an answer without a doubt in which every value is a finite number.
fn is_sound(body: &[u8]) -> bool {
    let Ok(document) = serde_json::from_slice::<Value>(body) else {
        return false;
    };
    let result = &document["data"]["result"];
    let values: Vec<&Value> = match document["data"]["resultType"].as_str() {
        Some("scalar") => vec![&result[1]],
        Some("vector") => match result.as_array() {
            Some(series) => series.iter().map(|series| &series["value"][1]).collect(),
            None => return false,
        },
        _ => return false,
    };
    let is_finite = |value: &&Value| {
        let number = value.as_str().and_then(|text| text.parse::<f64>().ok());
        number.is_some_and(f64::is_finite)
    };
    let is_certain = document["warnings"].as_array().is_none_or(Vec::is_empty);
    document["status"] == "success" && is_certain && values.iter().all(is_finite)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn garbage_never_passes(status in prop::sample::select(vec![200_u16, 204, 302, 400, 404, 429, 500, 503]), bodies in prop::array::uniform2(body())) {
        for rule in rules() {
            let asked = queries(&rule).len();
            let used = &bodies[..asked];
            let answers = used.iter().map(|body| answer::read(status, body, &Redactor::default()));
            let condition = condition(rule);
            let decision = decide([(&condition, answers.collect())]);
            if decision.verdict == Verdict::Pass {
                prop_assert!(status < 300, "{decision:?}");
                prop_assert!(used.iter().all(|body| is_sound(body)), "{decision:?}");
            }
            for finding in decision.judged.iter().flat_map(|judged| &judged.findings) {
                prop_assert!(finding.value.is_none_or(f64::is_finite) && !finding.message.is_empty());
            }
        }
    }
}
