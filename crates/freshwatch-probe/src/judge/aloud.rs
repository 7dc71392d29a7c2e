//! The judge's own steps in words, told where somebody listens.

use super::Case;
use crate::breach::Breach;
use crate::explain::Stage;
use crate::observation::Body;
use crate::self_report::SelfReport;
use crate::verdict::{Reason, Verdict};
use crate::{show, size};

impl Case<'_> {
    pub(super) fn tell_answer(&self) {
        self.view.trace.tell(Stage::Answer, || {
            let status = self.answer.status;
            match &self.answer.body {
                Body::Complete(bytes) => format!(
                    "{status}, with a body of {} to be read as {}",
                    size::show(bytes.len() as u64),
                    self.view.form().name()
                ),
                Body::TooLarge { .. } => format!("{status}, with a body that is too large"),
                Body::Undecodable { .. } => format!("{status}, with a body that does not decompress"),
            }
        });
    }

    /// Whether a rule under `verdict` fits; no breaches at all: it cannot be told.
    pub(super) fn tell_rule(&self, verdict: Verdict, breaches: Option<&[Breach]>) {
        self.view.trace.tell(Stage::Rule, || match breaches {
            Some([]) => format!("the answer fits the rule for `{verdict}`, which decides"),
            Some([first, ..]) => format!("the rule for `{verdict}` does not fit: {}", first.message),
            None => format!("the rule for `{verdict}` is about a body that never came whole"),
        });
    }

    pub(super) fn tell_report(&self, report: &SelfReport) {
        self.view.trace.tell(Stage::SelfReport, || {
            let word = show::text(&report.word, self.view.secrets);
            let verdict = report.verdict;
            format!("the endpoint says of itself that it is {word}, which means `{verdict}`")
        });
    }

    /// A status that ends the way.
    pub(super) fn tell_status(&self, reason: &Reason) {
        let message = &reason.message;
        self.view.trace.tell(Stage::Expectation, || {
            format!("{message}; so nothing that the answer says is judged")
        });
    }

    pub(super) fn tell_breaches(&self, block: &str, breaches: &[Breach]) {
        self.view.trace.tell(Stage::Expectation, || match breaches {
            [] if block == "expect" => "all that is expected holds, the status included".into(),
            [] => format!("nothing under `{block}` speaks against it"),
            [one] => format!("`{block}` does not hold: {}", one.message),
            [first, ..] => format!(
                "{} things under `{block}` do not hold, first: {}",
                breaches.len(),
                first.message
            ),
        });
    }

    /// Which of several freshness rules comes now.
    pub(super) fn tell_fresh(&self, index: usize) {
        let rules = &self.definition.fresh;
        if let [_, _, ..] = rules[..] {
            let (number, count) = (index + 1, rules.len());
            self.view.trace.tell(Stage::Fresh, || {
                format!("rule {number} of {count}, {}", rules[index].name())
            });
        }
    }

    /// That the verdict has been decided already.
    pub(super) fn tell_quietness(&self) {
        if !self.definition.fresh.is_empty() {
            self.view.trace.tell(Stage::Fresh, || {
                "what follows tells the age alone: the verdict is decided already".into()
            });
        }
    }
}
