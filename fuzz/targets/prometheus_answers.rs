//! What a Prometheus answers to a gate: the first byte says with which status, the rest are bodies, a line each; the last
//! one is the answer to every further query. Whatever they are, there is a decision, and garbage never passes.
#![no_main]

use std::sync::LazyLock;

use freshwatch_file::{Source, parse_gate};
use freshwatch_probe::gate::Gate;
use freshwatch_probe::redact::Redactor;
use freshwatch_slo::gate::{Verdict, answer, decide, queries};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const STATUS: [u16; 8] = [200, 200, 200, 204, 302, 400, 429, 503];

/// A condition of each kind, so that each is a gate of its own.
static GATE: LazyLock<Gate> = LazyLock::new(|| {
    let text = "gate:
  prometheus: http://localhost:9090
  conditions:
    value: {promql: x, below: 1}
    each: {promql: x, each: true, at_least: 0.5}
    ratio: {ratio: {of: x, to: y}, below: 50%}
    quantile: {quantile: {share: 95%, buckets: x}, below: 800ms}
    budget: {budget_left: up, probe: a, above: 10%}
    burn: {burn_rate: up, over: 1h, labels: {team: b}, below: 6}
    verdict: {last_verdict: ok, probe: a}
";
    let source = Source {
        name: "gate.yaml".into(),
        text: text.into(),
    };
    parse_gate(source, &|_| None).expect("a gate without mistakes")
});

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else {
        return;
    };
    let status = STATUS[usize::from(choice % 8)];
    let bodies: Vec<&[u8]> = rest.split(|byte| *byte == b'\n').collect();
    for condition in &GATE.conditions {
        let asked = 0..queries(&condition.rule).len();
        let used: Vec<&[u8]> = asked.map(|nth| bodies[nth.min(bodies.len() - 1)]).collect();
        let answers = used
            .iter()
            .map(|body| answer::read(status, body, &Redactor::default()));
        let decision = decide([(condition, answers.collect())]);
        if decision.verdict == Verdict::Pass {
            let is_sound = status < 300 && used.iter().all(|body| is_sound(body));
            assert!(is_sound, "{decision:?}");
        }
        for finding in decision.judged.iter().flat_map(|judged| &judged.findings) {
            assert!(!finding.message.is_empty() && finding.value.is_none_or(f64::is_finite));
        }
    }
});

/// Whether a body, read by other means, is an answer without a doubt in which every value is a finite number.
fn is_sound(body: &[u8]) -> bool {
    let Ok(document) = serde_json::from_slice::<Value>(body) else {
        return false;
    };
    let result = &document["data"]["result"];
    let values: Vec<&Value> = match (document["data"]["resultType"].as_str(), result.as_array()) {
        (Some("scalar"), Some(pair)) => pair.get(1).into_iter().collect(),
        (Some("vector"), Some(series)) => series.iter().map(|series| &series["value"][1]).collect(),
        _ => return false,
    };
    let is_finite = |value: &&Value| {
        let number = value.as_str().and_then(|text| text.parse::<f64>().ok());
        number.is_some_and(f64::is_finite)
    };
    let is_certain = document["warnings"].as_array().is_none_or(Vec::is_empty);
    document["status"] == "success" && is_certain && values.iter().all(is_finite)
}
