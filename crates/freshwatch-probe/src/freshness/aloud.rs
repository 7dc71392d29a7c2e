//! The steps of a freshness rule in words, told where somebody listens.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::age::Finding;
use super::choice::{At, Choice, Look};
use super::memory::{Pace, Recollection, Track};
use super::timestamp::{Form, Moment};
use super::{Each, MaxAge, Pick, Reading, Signal};
use crate::explain::{Stage, Trace, shown, zone_name};
use crate::run::Items;
use crate::verdict::{Code, Reason, Verdict};
use crate::{duration, show};

/// So many of the values that were found are shown.
const VALUES: usize = 3;

/// So many items are followed on their way.
const ITEMS: usize = 3;

impl Look<'_, '_> {
    pub(super) fn tell_selected(&self, values: &[Value]) {
        self.trace.tell(Stage::Selected, || {
            let source = &self.rule.source;
            let shown: Vec<String> = values
                .iter()
                .take(VALUES)
                .map(|value| show::value(value, self.view.secrets))
                .collect();
            let more = if values.len() > VALUES { ", …" } else { "" };
            let count = show::counted(values.len(), "value", "values");
            format!("{source} has {count}: {}{more}", shown.join(", "))
        });
    }

    pub(super) fn tell_choice(&self, choice: &Choice<'_>, value: &Value) {
        if let Some(pick) = self.rule.pick {
            let word = match pick {
                Pick::Newest => "newest",
                Pick::Oldest => "oldest",
            };
            self.trace.tell(Stage::Picked, || {
                format!("the {word} counts (`pick: {word}`), which is {}", choice.shown())
            });
        }
        self.trace.tell(Stage::Read, || match choice.at {
            At::Age(age) => format!("{} is an age of {}", choice.shown(), signed_words(age)),
            At::Moment(moment) => self.moment_words(&choice.shown(), value, moment),
        });
    }

    /// A moment with the form in which it was read, and its zone.
    fn moment_words(&self, told: &str, value: &Value, moment: Moment) -> String {
        let (Signal::At { reading, .. } | Signal::Period { reading, .. } | Signal::Expires { reading }) =
            &self.rule.signal
        else {
            return told.to_owned();
        };
        let form = reading.form(value);
        let how = match form {
            Some(Form::Pattern { .. }) => crate::explain::format_words(&reading.format),
            Some(form) => form.to_string(),
            None => "a time".into(),
        };
        let zone = reading.timezone.as_ref();
        let whose = match (form.is_some_and(Form::is_naive), zone) {
            (true, Some(zone)) => format!(" in {} (`timezone`)", zone_name(zone)),
            (true, None) | (false, _) => String::new(),
        };
        let at = |at: Timestamp| match zone {
            Some(zone) => format!("{at} ({})", shown(at, zone)),
            None => at.to_string(),
        };
        let meaning = match moment {
            Moment::Instant(instant) => at(instant),
            Moment::Period { period, end, .. } => format!("{period}, which ends at {}", at(end)),
        };
        format!("{told} is read as {how}{whose}: {meaning}")
    }

    /// Why there is no value that could be judged.
    pub(super) fn tell_failure(&self, why: &Reason) {
        let stage = if why.code == Code::NoMatch {
            Stage::Selected
        } else if why.code == Code::State {
            Stage::Remembered
        } else {
            Stage::Read
        };
        self.trace.tell(stage, || why.message.clone());
    }

    /// Why nobody can tell how old it is, or whether it has landed.
    pub(super) fn tell_undecided(&self, why: &impl fmt::Display) {
        self.trace.tell(Stage::Age, || why.to_string());
    }

    pub(super) fn tell_age(&self, since: Timestamp, age: SignedDuration, bound: &MaxAge) {
        self.trace.tell(Stage::Age, || {
            let passed = self.now.duration_since(since);
            let words = signed_words(passed.max(SignedDuration::ZERO));
            match &bound.calendar {
                _ if passed.is_negative() => {
                    format!("{}, as {since} has not come yet", signed_words(age))
                }
                Some(calendar) => format!(
                    "{}: for so long the calendar `{}` was open in the {words} since {since}",
                    signed_words(age),
                    calendar.name()
                ),
                // As exactly as what it is held against.
                None => {
                    let (words, _) = duration::show_apart(age.unsigned_abs(), bound.max_age);
                    format!("{words}, the time since {since}")
                }
            }
        });
    }

    pub(super) fn tell_bound(&self, age: SignedDuration, bound: &MaxAge) {
        self.trace.tell(Stage::Bound, || {
            let (key, limit) = match (bound.exceeded(age), bound.warn_age) {
                (Some(exceeded), Some(warn_age)) if exceeded.is_warning => ("warn_age", warn_age),
                (Some(_) | None, _) => ("max_age", bound.max_age),
            };
            let (seen, wanted) = duration::show_apart(age.unsigned_abs(), limit);
            if bound.exceeded(age).is_some() {
                format!("{seen} is more than `{key}: {wanted}`")
            } else {
                format!("{seen} is within `{key}: {wanted}`")
            }
        });
    }

    /// The age of what stands still, unless nothing is owed.
    pub(super) fn tell_pace(&self, since: Timestamp, age: SignedDuration, bound: &MaxAge, is_idle: bool) {
        if is_idle {
            self.trace.tell(Stage::Remembered, || {
                "its producer has not moved for as long, so nothing is owed".into()
            });
        } else if since < self.now {
            self.tell_age(since, age, bound);
            self.tell_bound(age, bound);
        }
    }

    pub(super) fn tell_expiry(&self, end: Timestamp) {
        self.trace.tell(Stage::Bound, || {
            let words = signed_words(self.now.duration_since(end));
            if end >= self.now {
                format!("the data is good until {end}, for another {words}")
            } else {
                format!("the data was good until {end}, {words} ago")
            }
        });
    }

    pub(super) fn tell_track(&self, before: Option<&Track>, track: &Track, told: &str) {
        self.trace.tell(Stage::Remembered, || {
            let pace = match (before, track.pace()) {
                (None, _) => "no earlier run is remembered".into(),
                (Some(_), Pace::Unmoved(since)) => {
                    format!("it was first seen at {since} and has not been seen to move since")
                }
                (Some(_), Pace::Since(since)) => format!("it has stood still since {since}"),
                (Some(_), Pace::Idle) => "its producer has not moved since it did".into(),
            };
            format!("it is {told}; {pace}")
        });
    }
}

impl Each {
    /// Whether enough items are fresh.
    pub(super) fn tell_quorum(&self, trace: Trace<'_>, items: Option<&Items>, gone: usize) {
        let Some(items) = items else { return };
        trace.tell(Stage::Quorum, || {
            let judged = show::counted(items.judged, "item", "items");
            let are = if items.fresh == 1 { "is" } else { "are" };
            let gone = match gone {
                0 => String::new(),
                1 => ", and 1 that earlier runs saw is gone".into(),
                many => format!(", and {many} that earlier runs saw are gone"),
            };
            let wanted = match self.quorum {
                Some(quorum) => format!("{} of them", crate::explain::percentage(quorum)),
                None => "all of them".into(),
            };
            format!("{} of {judged} {are} fresh{gone}; {wanted} must be", items.fresh)
        });
    }
}

impl Reading {
    /// The form in which a value was read.
    fn form(&self, value: &Value) -> Option<Form> {
        let read = self.format.read_in_form(value, self.timezone.as_ref());
        read.ok().map(|(_, form)| form)
    }
}

/// The items that are worth following on their way: the worst ones, or the oldest where all is well.
#[derive(Default)]
pub(super) struct Followed(Vec<(Option<Verdict>, Option<SignedDuration>, usize)>);

impl Followed {
    /// Notes what was found of an item, where somebody listens.
    pub fn see(&mut self, trace: Trace<'_>, index: usize, finding: &Finding) {
        if !trace.is_heard() {
            return;
        }
        let verdict = finding.reason.as_ref().map(|reason| reason.verdict);
        let age = finding.data.and_then(|data| data.age);
        let place = self
            .0
            .partition_point(|(worse, older, _)| (*worse, *older) >= (verdict, age));
        if place < ITEMS {
            self.0.insert(place, (verdict, age, index));
            self.0.truncate(ITEMS);
        }
    }

    /// Judges them once more, aloud.
    pub fn tell(self, look: Look<'_, '_>, named: &[(String, &Value)], remembered: Option<&Recollection>) {
        let count = self.0.len();
        for (rank, (_, _, index)) in self.0.into_iter().enumerate() {
            let Some((name, item)) = named.get(index) else {
                continue;
            };
            look.trace.tell(Stage::Item, || match (rank, named.len()) {
                (0, 1) => format!("`{name}`, the only one"),
                (0, all) if all > count => {
                    format!("`{name}`, the worst or else the oldest of {all}, of which {count} are told here")
                }
                (0, all) => format!("`{name}`, the worst or else the oldest of {all}"),
                (_, _) => format!("`{name}`"),
            });
            let look = Look {
                item: Some(item),
                ..look
            };
            // What it finds is counted already, and so are its notes.
            let mut notes = Vec::new();
            let judged = if look.rule.needs_memory() {
                look.judge_cursor(remembered, Some(name), &mut notes).map(drop)
            } else {
                look.choose(&mut notes).map(|choice| drop(look.judge(&choice)))
            };
            if let Err(why) = judged {
                look.tell_failure(&why);
            }
        }
    }
}

fn signed_words(span: SignedDuration) -> String {
    duration::show(span.unsigned_abs())
}
