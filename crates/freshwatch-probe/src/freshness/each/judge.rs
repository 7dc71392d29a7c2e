//! Judges the items of an answer.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Each;
use super::tally::{Item, Tally};
use crate::explain::Trace;
use crate::freshness::age::Finding;
use crate::freshness::aloud::Followed;
use crate::freshness::assess::Assessment;
use crate::freshness::choice::{Look, invalid, unparsable};
use crate::freshness::memory::{MOST_ITEMS, Recollection};
use crate::show;
use crate::verdict::{Code, Reason, Verdict};

/// The longest name of an item, in characters.
const LONGEST_NAME: usize = 200;

impl Each {
    /// Judges every item on its own, and all of them together.
    pub(in crate::freshness) fn assess(
        &self,
        look: Look<'_, '_>,
        remembered: Option<&Recollection>,
    ) -> Assessment {
        let items = match look.view.select(&self.items).map_err(unparsable) {
            Ok(items) => items,
            Err(reason) => return failed(look, reason),
        };
        let named = match self.named(look, &items) {
            Ok(named) => named,
            Err(reason) => return failed(look, reason),
        };
        let present: BTreeSet<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
        let gone = self.gone(&present, remembered);
        let remembers_too_much = present.len() + gone.len() > MOST_ITEMS;
        if look.rule.needs_memory() && remembers_too_much {
            return failed(look, too_many(self));
        }
        let mut tally = Tally::new(self);
        let mut recollection = Recollection::default();
        let mut followed = Followed::default();
        let trace = look.trace;
        for (index, (name, item)) in named.iter().enumerate() {
            let look = Look {
                item: Some(item),
                trace: Trace::NONE,
                ..look
            };
            let mut notes = Vec::new();
            let finding = if look.rule.needs_memory() {
                look.judge_cursor(remembered, Some(name), &mut notes)
                    .map(|judged| {
                        recollection.tracks.insert(name.clone(), judged.track);
                        judged.finding
                    })
            } else {
                look.choose(&mut notes).map(|choice| look.judge(&choice))
            };
            let finding = finding.unwrap_or_else(|reason| Finding {
                reason: Some(reason),
                data: None,
            });
            followed.see(trace, index, &finding);
            tally.add(Item { name, finding });
        }
        followed.tell(look, &named, remembered);
        tally.miss(&gone);
        let mut assessment = tally.conclude();
        self.tell_quorum(trace, assessment.items.as_ref(), gone.len());
        assessment.remember = self.recollection(look, remembered, recollection, &present, &gone);
        assessment
    }

    /// The items with their names, without those that do not count.
    fn named<'v>(&self, look: Look<'_, '_>, items: &[&'v Value]) -> Result<Vec<(String, &'v Value)>, Reason> {
        if items.is_empty() {
            return Err(invalid(
                Code::NoMatch,
                format!("`{}` matches nothing", self.items),
            ));
        }
        let mut named = Vec::with_capacity(items.len());
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let name = self.name(look, item, index)?;
            if self.ignore.contains(&name) {
                continue;
            }
            if self.key.is_some() && !seen.insert(name.clone()) {
                let message = format!("two items at {self} are called `{name}`, and cannot be told apart");
                return Err(invalid(Code::BadKey, message).contrast(name, "one name for each item"));
            }
            named.push((name, *item));
        }
        if named.is_empty() {
            let count = show::counted(items.len(), "item", "items");
            let message = format!(
                "{count} at `{}`, all of them under `ignore`: nothing is left to judge",
                self.items
            );
            return Err(invalid(Code::NoMatch, message));
        }
        Ok(named)
    }

    fn name(&self, look: Look<'_, '_>, item: &Value, index: usize) -> Result<String, Reason> {
        let Some(key) = &self.key else {
            return Ok(format!("[{index}]"));
        };
        let bad = |what: String| {
            let message = format!("item [{index}] of `{}` has no name: `{key}` {what}", self.items);
            invalid(Code::BadKey, message).contrast(what, "a text or a number")
        };
        let found = look.view.select_in(item, key).unwrap_or_default();
        let name = match found.first() {
            None => return Err(bad("matches nothing".into())),
            Some(Value::String(text)) if !text.trim().is_empty() => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(
                other
                @ (Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_)),
            ) => return Err(bad(format!("is {}", show::value(other, look.view.secrets)))),
        };
        if name.chars().count() > LONGEST_NAME {
            return Err(bad(format!("is a text of more than {LONGEST_NAME} characters")));
        }
        // What names an item is shown, exported and kept: no secret may be in it.
        Ok(show::plain(&look.view.secrets.redact(&name)))
    }

    /// The items that earlier runs saw and this one does not.
    fn gone<'m>(&self, present: &BTreeSet<&str>, remembered: Option<&'m Recollection>) -> Vec<&'m str> {
        if self.key.is_none() {
            return Vec::new();
        }
        let known = remembered.into_iter().flat_map(Recollection::items);
        known
            .filter(|name| !present.contains(name) && !self.ignore.contains(*name))
            .collect()
    }

    /// What to remember: the items that are here and those that are gone, which stay gone until somebody ignores them.
    fn recollection(
        &self,
        look: Look<'_, '_>,
        remembered: Option<&Recollection>,
        mut recollection: Recollection,
        present: &BTreeSet<&str>,
        gone: &[&str],
    ) -> Option<Recollection> {
        let remembered = remembered?;
        self.key.as_ref()?;
        if look.rule.needs_memory() {
            // What could not be read this time is where it was before.
            for name in present.iter().chain(gone) {
                if let (false, Some(track)) = (
                    recollection.tracks.contains_key(*name),
                    remembered.track(Some(name)),
                ) {
                    recollection.tracks.insert((*name).to_owned(), track.clone());
                }
            }
        } else if present.len() + gone.len() <= MOST_ITEMS {
            let names = present.iter().chain(gone);
            recollection.names = names.map(|name| (*name).to_owned()).collect();
        }
        Some(recollection)
    }
}

fn failed(look: Look<'_, '_>, reason: Reason) -> Assessment {
    look.tell_failure(&reason);
    Assessment {
        reasons: vec![reason],
        ..Assessment::default()
    }
}

fn too_many(each: &Each) -> Reason {
    let message = format!("{each} has more than {MOST_ITEMS} items, and so many are remembered at most");
    Reason::new(Verdict::Unknown, Code::State, message)
}
