//! Holds an answer against a [`Freshness`] rule: how old is the data, and is that too old?

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::Freshness;
use super::choice::{Look, invalid};
use super::memory::{Recall, Recollection};
use crate::explain::Stage;
use crate::run::{DataAge, Items};
use crate::select::View;
use crate::verdict::{Code, Reason, Verdict};
use crate::{duration, show};

/// What a freshness rule says of an answer.
#[derive(Debug, Clone, Default)]
pub struct Assessment {
    /// What speaks against it.
    pub reasons: Vec<Reason>,
    /// What is worth knowing and changes nothing.
    pub notes: Vec<String>,
    /// How old the data is, when that can be told: also when it is too old.
    pub data: Option<DataAge>,
    /// The items that were judged each on its own.
    pub items: Option<Items>,
    /// What the rule is to remember from now on; none: what it did before.
    pub remember: Option<Recollection>,
}

impl Freshness {
    /// Judges the freshness of an answer at `now`.
    pub fn assess(&self, view: &View<'_>, recall: Recall<'_>, now: Timestamp) -> Assessment {
        let look = Look {
            rule: self,
            view,
            item: None,
            now,
            trace: view.trace,
        };
        let remembered = recall.of(self);
        let mut assessment = match &self.each {
            Some(each) => each.assess(look, remembered),
            None if self.needs_memory() => assess_cursor(look, remembered),
            None => assess_value(look, remembered),
        };
        self.judge_cache(view, &mut assessment);
        assessment
    }

    /// The `Age` header (RFC 9111, section 5.1) says how long a cache has kept the answer.
    fn judge_cache(&self, view: &View<'_>, assessment: &mut Assessment) {
        let values = view.header(&http::header::AGE);
        // Of several members the first counts; the rest is to be ignored (RFC 9111, section 5.1).
        let first = values
            .first()
            .and_then(Value::as_str)
            .map(|line| line.split(',').next().unwrap_or_default().trim().to_owned());
        let Some(text) = first else {
            return;
        };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let age = digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))));
        if let Some(age) = age {
            view.trace.tell(Stage::Cache, || {
                format!(
                    "a cache has kept the answer for {} (the header `age`)",
                    duration::show(age)
                )
            });
        }
        match (self.max_cache_age, age) {
            (Some(_), None) => assessment.reasons.push(invalid(
                Code::BadTimestamp,
                format!(
                    "the header `age` is {}, not a number of seconds",
                    show::text(&text, view.secrets)
                ),
            )),
            (Some(bound), Some(age)) if age > bound => {
                let (seen, wanted) = duration::show_apart(age, bound);
                let message = format!(
                    "a cache, not the origin, served an answer that is {seen} old; at most {wanted} is allowed"
                );
                let reason = Reason::new(Verdict::Stale, Code::TooOld, message);
                assessment
                    .reasons
                    .push(reason.contrast(seen, format!("at most {wanted} in a cache")));
            }
            (None, Some(age)) if age > Duration::ZERO && !assessment.reasons.is_empty() => {
                let shown = duration::show(age);
                assessment.notes.push(format!(
                    "a cache has kept this answer for {shown} (the header `age`)"
                ));
            }
            (Some(_) | None, _) => {}
        }
    }
}

fn assess_value(look: Look<'_, '_>, remembered: Option<&Recollection>) -> Assessment {
    let mut assessment = Assessment::default();
    match look.choose(&mut assessment.notes) {
        Ok(choice) => {
            let finding = look.judge(&choice);
            assessment.remember = look.watch_stamp(&choice, remembered, &mut assessment.notes);
            assessment.reasons.extend(finding.reason);
            assessment.data = finding.data;
        }
        Err(reason) => {
            look.tell_failure(&reason);
            assessment.reasons.push(reason);
        }
    }
    assessment
}

fn assess_cursor(look: Look<'_, '_>, remembered: Option<&Recollection>) -> Assessment {
    let mut assessment = Assessment::default();
    match look.judge_cursor(remembered, None, &mut assessment.notes) {
        Ok(judged) => {
            assessment.reasons.extend(judged.finding.reason);
            assessment.data = judged.finding.data;
            assessment.remember = Some(Recollection::of_one(judged.track));
        }
        Err(reason) => {
            look.tell_failure(&reason);
            assessment.reasons.push(reason);
        }
    }
    assessment
}
