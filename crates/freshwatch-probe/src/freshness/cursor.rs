//! Whether what must move has moved: cursors that advance, contents that change.

use jiff::SignedDuration;
use serde_json::Value;

use super::age::{Finding, past_through};
use super::choice::{Look, invalid};
use super::memory::{Mark, Pace, Recollection, Track};
use super::{MaxAge, Pick, Signal, Source};
use crate::run::DataAge;
use crate::verdict::{Code, Reason, Verdict};
use crate::{duration, show};

/// What a run saw of a cursor.
struct Cursor {
    mark: Mark,
    producer: Option<Mark>,
    /// As people may see it.
    shown: String,
}

/// What there is to know of a cursor, and what to remember of it.
pub(super) struct Judged {
    pub finding: Finding,
    pub track: Track,
}

impl Look<'_, '_> {
    /// Judges a cursor by what earlier runs left of it. Without a place to remember it nothing can be told.
    pub fn judge_cursor(
        &self,
        remembered: Option<&Recollection>,
        item: Option<&str>,
        notes: &mut Vec<String>,
    ) -> Result<Judged, Reason> {
        let cursor = self.cursor(notes)?;
        let Some(remembered) = remembered else {
            return Err(no_state(&self.rule.source));
        };
        let (mark, producer) = (cursor.mark.clone(), cursor.producer.clone());
        let mut track = match remembered.track(item) {
            Some(before) => before.seen(mark, producer, self.now),
            None => Track::begin(mark, producer, self.now),
        };
        self.tell_track(remembered.track(item), &track, &cursor.shown);
        let bound = self.bound();
        let finding = match self.judge_fall(&cursor, bound, &mut track) {
            Some(reason) => Finding {
                reason: Some(reason),
                data: None,
            },
            None => self.judge_pace(&cursor, bound, &track),
        };
        Ok(Judged { finding, track })
    }

    fn bound(&self) -> Option<&MaxAge> {
        match &self.rule.signal {
            Signal::Advances { bound, .. } | Signal::Changes { bound } => Some(bound),
            Signal::At { .. } | Signal::Age { .. } | Signal::Period { .. } | Signal::Expires { .. } => None,
        }
    }

    fn cursor(&self, notes: &mut Vec<String>) -> Result<Cursor, Reason> {
        if let Signal::Changes { .. } = &self.rule.signal {
            return self.content();
        }
        let (mark, value) = self.newest_mark(notes)?;
        let producer = self
            .rule
            .follows()
            .map(|source| self.lone_mark(source))
            .transpose()?;
        Ok(Cursor {
            mark,
            producer,
            shown: show::value(&value, self.view.secrets),
        })
    }

    /// All that the source finds, as one content.
    fn content(&self) -> Result<Cursor, Reason> {
        let source = &self.rule.source;
        let mut values = self.values(source)?;
        self.tell_selected(&values);
        let content = if values.len() == 1 {
            values.remove(0)
        } else {
            Value::Array(values)
        };
        let shown = show::value(&content, self.view.secrets);
        let is_nothing = match &content {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            Value::Array(elements) => elements.iter().all(Value::is_null),
            Value::Object(members) => members.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if is_nothing {
            let message = format!("{source} is {shown}: there is no content that could change");
            return Err(invalid(Code::NoMatch, message).contrast(shown, "some content"));
        }
        Ok(Cursor {
            mark: Mark::of_content(&content),
            producer: None,
            shown,
        })
    }

    /// Of many numbers the highest or the lowest; texts have no order.
    fn newest_mark(&self, notes: &mut Vec<String>) -> Result<(Mark, Value), Reason> {
        let source = &self.rule.source;
        let mut chosen: Option<(Mark, Value)> = None;
        let values = self.candidates(notes)?;
        let is_many = values.len() > 1;
        for value in values {
            let mark = self.mark(source, &value)?;
            if is_many && matches!(mark, Mark::Digest(_)) {
                let shown = show::value(&value, self.view.secrets);
                let message =
                    format!("{source} has several values, and {shown} is no number: which is the newest?");
                return Err(invalid(Code::BadTimestamp, message).contrast(shown, "a number"));
            }
            let counts = |(other, _): &(Mark, Value)| match self.rule.pick {
                Some(Pick::Newest) | None => other.is_behind(&mark),
                Some(Pick::Oldest) => mark.is_behind(other),
            };
            if chosen.as_ref().is_none_or(counts) {
                chosen = Some((mark, value));
            }
        }
        chosen.ok_or_else(|| invalid(Code::NoMatch, super::choice::nothing(source)))
    }

    fn lone_mark(&self, source: &Source) -> Result<Mark, Reason> {
        let values = self.values(source)?;
        match values.as_slice() {
            [value] => self.mark(source, value),
            many => {
                let message = format!("{source} has {} values, and a producer has one", many.len());
                Err(invalid(Code::BadTimestamp, message))
            }
        }
    }

    fn mark(&self, source: &Source, value: &Value) -> Result<Mark, Reason> {
        Mark::of_cursor(value, self.is_text(source)).map_err(|why| {
            let shown = show::value(value, self.view.secrets);
            let message = format!("{source} is {shown}: {why}");
            invalid(Code::NoTimestamp, message).contrast(shown, "a number or a text")
        })
    }

    /// A number that went back is wrong until it has caught up, or for as long as it may stand still: by then it was
    /// told, and the lower number is where it begins anew.
    fn judge_fall(&self, cursor: &Cursor, bound: Option<&MaxAge>, track: &mut Track) -> Option<Reason> {
        let fall = track.fell()?;
        let age = bound.and_then(|bound| bound.age_since(fall.at, self.now).ok());
        if age
            .zip(bound)
            .is_some_and(|(age, bound)| age > super::choice::signed(bound.max_age))
        {
            track.forgive();
            return None;
        }
        let (source, shown, from) = (&self.rule.source, &cursor.shown, &fall.from);
        let when = match duration::show(self.now.duration_since(fall.at).unsigned_abs()) {
            _ if fall.at >= self.now => String::new(),
            ago => format!(" {ago} ago"),
        };
        let message = format!("{source} is {shown} and was {from}: it went back{when}, and may only advance");
        Some(invalid(Code::WentBackwards, message).contrast(shown, format!("at least {from}")))
    }

    fn judge_pace(&self, cursor: &Cursor, bound: Option<&MaxAge>, track: &Track) -> Finding {
        let Some(bound) = bound else {
            return Finding::default();
        };
        let since = match track.pace() {
            Pace::Unmoved(since) | Pace::Since(since) => since,
            Pace::Idle => self.now,
        };
        let age = match bound.age_since(since, self.now) {
            Ok(age) => age,
            Err(past) => {
                self.tell_undecided(&past);
                return Finding {
                    reason: Some(past_through(&past)),
                    data: None,
                };
            }
        };
        let is_warming = !track.has_moved();
        let mut exceeded = bound
            .exceeded(age)
            .filter(|exceeded| !(is_warming && exceeded.is_warning));
        // A whole watch long the producer gave it nothing to do: so it owes nothing.
        let is_idle =
            exceeded.is_some() && cursor.producer.is_some() && matches!(track.pace(), Pace::Unmoved(_));
        self.tell_pace(since, age, bound, is_idle);
        let (since, age, is_warming) = if is_idle {
            exceeded = None;
            (self.now, SignedDuration::ZERO, false)
        } else {
            (since, age, is_warming)
        };
        let reason = match exceeded {
            Some(exceeded) => {
                let message = format!(
                    "{} for {}{}; {}: it is {}",
                    self.standstill(),
                    exceeded.seen,
                    bound.clock(),
                    exceeded.promise(),
                    cursor.shown
                );
                let code = match (&self.rule.signal, exceeded.is_warning) {
                    (_, true) => Code::Aging,
                    (Signal::Changes { .. }, false) => Code::NotChanged,
                    (_, false) => Code::NotAdvanced,
                };
                let (seen, wanted) = (
                    format!("for {}", exceeded.seen),
                    format!("at most {}", exceeded.wanted),
                );
                Some(Reason::new(exceeded.verdict(), code, message).contrast(seen, wanted))
            }
            None if is_warming => Some(self.warming(cursor, bound)),
            None => None,
        };
        let is_known = !is_warming || reason.as_ref().is_none_or(|reason| reason.code != Code::Warming);
        Finding {
            reason,
            data: Some(DataAge {
                timestamp: is_known.then_some(since),
                age: is_known.then_some(age),
                max_age: Some(bound.max_age),
                due: None,
                landed: None,
            }),
        }
    }

    fn standstill(&self) -> String {
        let source = &self.rule.source;
        match (self.rule.follows(), &self.rule.signal) {
            (Some(producer), _) => format!("{source} has not followed {producer}"),
            (None, Signal::Changes { .. }) => format!("{source} has not changed"),
            (None, _) => format!("{source} has not advanced"),
        }
    }

    fn warming(&self, cursor: &Cursor, bound: &MaxAge) -> Reason {
        let limit = duration::show(bound.max_age);
        let message = format!(
            "{} since it was first seen, and {limit} is given for that: it is {}",
            self.standstill(),
            cursor.shown
        );
        Reason::new(Verdict::Unknown, Code::Warming, message)
    }
}

fn no_state(source: &Source) -> Reason {
    let message = format!(
        "{source} must be held against what earlier runs saw, and nothing keeps that: name a file with `--state FILE`"
    );
    Reason::new(Verdict::Unknown, Code::State, message)
}
