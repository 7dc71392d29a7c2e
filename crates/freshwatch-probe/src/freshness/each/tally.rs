//! Counts items by what was found of them, and says what that means for all.

use jiff::SignedDuration;

use super::Each;
use crate::freshness::age::Finding;
use crate::freshness::assess::Assessment;
use crate::freshness::choice::invalid;
use crate::run::{DataAge, ItemAge, Items};
use crate::show;
use crate::verdict::{Code, Reason, Verdict};

/// So many items a sentence names.
const NAMED: usize = 3;

/// An item, judged.
pub(super) struct Item<'t> {
    pub name: &'t str,
    pub finding: Finding,
}

/// Items by what was found of them.
pub(super) struct Tally<'t> {
    each: &'t Each,
    judged: usize,
    /// Those of which nothing can be told yet do not count.
    warming: Group<'t>,
    unknown: Group<'t>,
    invalid: Group<'t>,
    stale: Group<'t>,
    degraded: Group<'t>,
    gone: Vec<String>,
    ages: Vec<(SignedDuration, &'t str)>,
    oldest: Option<DataAge>,
}

/// Items of which the same is to be said.
#[derive(Default)]
struct Group<'t> {
    count: usize,
    /// The worst ones, the worst first, at most [`NAMED`].
    worst: Vec<(Option<SignedDuration>, &'t str)>,
    reason: Option<Reason>,
}

impl<'t> Group<'t> {
    fn add(&mut self, name: &'t str, age: Option<SignedDuration>, reason: Reason) {
        self.count += 1;
        // Of equals the first stays the first.
        let place = self.worst.partition_point(|(other, _)| *other >= age);
        if place < NAMED {
            self.worst.insert(place, (age, name));
            self.worst.truncate(NAMED);
        }
        if place == 0 {
            self.reason = Some(reason);
        }
    }

    /// A reason that shows what the worst one showed.
    fn shown_in(&self, reason: Reason) -> Reason {
        let worst = self.reason.as_ref();
        Reason {
            seen: worst.and_then(|worst| worst.seen.clone()),
            wanted: worst.and_then(|worst| worst.wanted.clone()),
            ..reason
        }
    }

    /// "the worst is `A1`: …; then `B2`, `C3` and 4 more", for the end of a sentence.
    fn told(&self) -> String {
        let names: Vec<String> = self.worst.iter().map(|(_, name)| format!("`{name}`")).collect();
        let message = self.reason.as_ref().map_or("", |reason| &reason.message);
        let Some((worst, others)) = names.split_first() else {
            return String::new();
        };
        let which = if self.count == 1 { "it is" } else { "the worst is" };
        let more = self.count.saturating_sub(names.len());
        let then = match (others.is_empty(), more) {
            (true, _) => String::new(),
            (false, 0) => format!("; then {}", others.join(", ")),
            (false, more) => format!("; then {} and {more} more", others.join(", ")),
        };
        format!("{which} {worst}: {message}{then}")
    }
}

impl<'t> Tally<'t> {
    pub fn new(each: &'t Each) -> Self {
        Self {
            each,
            judged: 0,
            warming: Group::default(),
            unknown: Group::default(),
            invalid: Group::default(),
            stale: Group::default(),
            degraded: Group::default(),
            gone: Vec::new(),
            ages: Vec::new(),
            oldest: None,
        }
    }

    /// Counts an item.
    pub fn add(&mut self, item: Item<'t>) {
        self.judged += 1;
        let age = item.finding.data.and_then(|data| data.age);
        if let Some(age) = age {
            self.ages.push((age, item.name));
        }
        if let Some(data) = item.finding.data
            && self.oldest.is_none_or(|oldest| data.is_older_than(&oldest))
        {
            self.oldest = Some(data);
        }
        let Some(reason) = item.finding.reason else { return };
        let group = match (reason.verdict, reason.code) {
            (Verdict::Unknown, Code::Warming) => &mut self.warming,
            (Verdict::Unknown, _) => &mut self.unknown,
            (Verdict::Invalid | Verdict::Down, _) => &mut self.invalid,
            (Verdict::Stale, _) => &mut self.stale,
            (Verdict::Degraded | Verdict::Ok, _) => &mut self.degraded,
        };
        group.add(item.name, age, reason);
    }

    /// Counts items that earlier runs saw and this one does not.
    pub fn miss(&mut self, gone: &[&str]) {
        self.gone = gone.iter().map(|name| (*name).to_owned()).collect();
    }

    /// What that means for all of them.
    pub fn conclude(self) -> Assessment {
        let mut assessment = Assessment::default();
        let fresh =
            self.judged - self.warming.count - self.unknown.count - self.invalid.count - self.stale.count;
        let counted = self.judged - self.warming.count + self.gone.len();
        let is_enough = self.each.is_enough(fresh, counted);
        assessment.reasons.extend(self.unknown.reason.clone());
        self.judge_warming(&mut assessment);
        if self.invalid.count > 0 {
            let code = self
                .invalid
                .reason
                .as_ref()
                .map_or(Code::NoMatch, |reason| reason.code);
            let message = format!(
                "{} wrong; {}",
                self.share(self.invalid.count),
                self.invalid.told()
            );
            assessment
                .reasons
                .push(self.invalid.shown_in(invalid(code, message)));
        }
        if !self.gone.is_empty() {
            let message = self.told_gone();
            if is_enough {
                assessment.notes.push(message);
            } else {
                assessment.reasons.push(invalid(Code::NoMatch, message));
            }
        }
        if self.stale.count > 0 {
            self.judge_quorum(fresh, counted, is_enough, &mut assessment);
        }
        if let Some(worst) = &self.degraded.reason {
            let message = format!(
                "{} degraded; {}",
                self.share(self.degraded.count),
                self.degraded.told()
            );
            let reason = Reason::new(Verdict::Degraded, worst.code, message);
            assessment.reasons.push(self.degraded.shown_in(reason));
        }
        assessment.data = self.oldest;
        assessment.items = Some(self.items(fresh));
        assessment
    }

    /// Items that have never been seen to move say nothing as long as others do.
    fn judge_warming(&self, assessment: &mut Assessment) {
        let Some(reason) = &self.warming.reason else {
            return;
        };
        if self.warming.count == self.judged {
            let message = format!(
                "{} not seen to move yet; {}",
                self.share(self.warming.count),
                self.warming.told()
            );
            assessment
                .reasons
                .push(Reason::new(reason.verdict, reason.code, message));
        } else {
            let names: Vec<String> = self
                .warming
                .worst
                .iter()
                .map(|(_, name)| format!("`{name}`"))
                .collect();
            assessment.notes.push(format!(
                "{} not seen to move yet and do not count: {}{}",
                self.share(self.warming.count),
                names.join(", "),
                if self.warming.count > names.len() {
                    " and more"
                } else {
                    ""
                }
            ));
        }
    }

    fn judge_quorum(&self, fresh: usize, counted: usize, is_enough: bool, assessment: &mut Assessment) {
        let told = self.stale.told();
        let share = self.share(self.stale.count);
        let wanted = match self.each.quorum {
            Some(quorum) => format!("{quorum} of them fresh"),
            None => "all of them fresh".into(),
        };
        if is_enough {
            let message = format!("{share} stale, and {wanted} are enough; {told}");
            return assessment.notes.push(message);
        }
        let promised = match self.each.quorum {
            Some(quorum) => format!("{quorum} must be fresh"),
            None => "all must be fresh".into(),
        };
        let message = format!("{share} stale, and {promised}; {told}");
        let reason = Reason::new(Verdict::Stale, Code::Quorum, message);
        assessment
            .reasons
            .push(reason.contrast(format!("{fresh} of {counted} fresh"), wanted));
    }

    /// "2 of 25 items at `$.districts[*]` are", for the beginning of a sentence.
    fn share(&self, count: usize) -> String {
        let verb = if count == 1 { "is" } else { "are" };
        let items = show::counted(self.judged, "item", "items");
        format!("{count} of {items} at `{}` {verb}", self.each.items)
    }

    fn told_gone(&self) -> String {
        let count = show::counted(self.gone.len(), "item", "items");
        let named: Vec<String> = self
            .gone
            .iter()
            .take(NAMED)
            .map(|name| format!("`{name}`"))
            .collect();
        let more = self.gone.len().saturating_sub(named.len());
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let are = if self.gone.len() == 1 { "is" } else { "are" };
        format!(
            "{count} that earlier runs saw at `{}` {are} gone: {}{more}; what is gone for good goes under `ignore`",
            self.each.items,
            named.join(", ")
        )
    }

    fn items(self, fresh: usize) -> Items {
        let mut ages = self.ages;
        // The oldest first; of equals the one that comes first in the answer.
        ages.sort_by_key(|(age, _)| std::cmp::Reverse(*age));
        let oldest = ages.into_iter().take(Items::SHOWN).map(|(age, name)| ItemAge {
            name: name.to_owned(),
            age,
        });
        Items {
            judged: self.judged,
            fresh,
            oldest: oldest.collect(),
        }
    }
}
