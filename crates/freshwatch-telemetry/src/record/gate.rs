//! What one gate has said.

use std::collections::BTreeMap;

use freshwatch_probe::metric;
use jiff::Timestamp;

use super::{Bearer, Measurement, Recorder, truth};

/// What a gate has said, and who went past it.
#[derive(Debug, Clone)]
pub struct Gate {
    name: String,
    words: &'static [&'static str],
    said: &'static str,
    /// It has none: who went past it is told by the bypass alone.
    labels: BTreeMap<String, String>,
    bypass: Option<BTreeMap<String, String>>,
}

impl Gate {
    /// The gate of this name has said one of these words.
    pub fn new(name: &str, words: &'static [&'static str], said: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            words,
            said,
            labels: BTreeMap::new(),
            bypass: None,
        }
    }

    /// Somebody went past it for this reason.
    #[must_use]
    pub fn bypassed(self, by: &str, reason: &str) -> Self {
        let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Self {
            bypass: Some([label("by", by), label("reason", reason)].into()),
            ..self
        }
    }

    /// What the series of its verdict carry.
    pub fn bearer(&self) -> Bearer<'_> {
        Bearer::gate(&self.name, &self.labels)
    }

    /// What the series of a bypass carries; none: nobody went past it.
    pub fn bearer_of_bypass(&self) -> Option<Bearer<'_>> {
        let labels = self.bypass.as_ref()?;
        Some(Bearer::gate(&self.name, labels))
    }
}

/// What the gate has said, as it was at `time`.
pub fn of_gate<'a>(gate: &'a Gate, time: Timestamp, visit: &mut dyn FnMut(Measurement<'a>)) {
    let bearer = Some(gate.bearer());
    let mut recorder = Recorder { bearer, time, visit };
    for word in gate.words {
        let is_this = truth(*word == gate.said);
        recorder.labelled(metric::FRESHWATCH_GATE_VERDICT, Some(word), Some(is_this));
    }
}

/// That somebody went past the gate, if somebody did.
pub fn of_bypass<'a>(gate: &'a Gate, time: Timestamp, visit: &mut dyn FnMut(Measurement<'a>)) {
    let bearer = gate.bearer_of_bypass();
    let is_bypassed = bearer.is_some();
    let mut recorder = Recorder { bearer, time, visit };
    let value = is_bypassed.then_some(1.0);
    recorder.labelled(metric::FRESHWATCH_GATE_BYPASS, Some(gate.said), value);
}

#[cfg(test)]
mod tests {
    use super::{Gate, of_bypass, of_gate};
    use crate::record::tests::shown;
    use crate::sample::{NOON, time};

    fn shown_of(gate: &Gate) -> String {
        let mut measurements = Vec::new();
        of_gate(gate, time(NOON), &mut |measurement| {
            measurements.push(measurement);
        });
        of_bypass(gate, time(NOON), &mut |measurement| {
            measurements.push(measurement);
        });
        shown(&measurements)
    }

    #[test]
    fn a_bypass_tells_who_and_why_and_over_what() {
        let gate = Gate::new("prices", &["pass", "inconclusive", "block"], "block");
        insta::assert_snapshot!(shown_of(&gate), @r"
        freshwatch_gate_verdict{gate=prices,verdict=pass} 0
        freshwatch_gate_verdict{gate=prices,verdict=inconclusive} 0
        freshwatch_gate_verdict{gate=prices,verdict=block} 1
        ");
        insta::assert_snapshot!(shown_of(&gate.bypassed("mina", "roll back")), @r"
        freshwatch_gate_verdict{gate=prices,verdict=pass} 0
        freshwatch_gate_verdict{gate=prices,verdict=inconclusive} 0
        freshwatch_gate_verdict{gate=prices,verdict=block} 1
        freshwatch_gate_bypass{gate=prices,by=mina,reason=roll back,verdict=block} 1
        ");
    }
}
