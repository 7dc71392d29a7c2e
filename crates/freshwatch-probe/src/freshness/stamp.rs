//! Timestamps that are made when the answer is: they follow the clock while the rest of the answer stands still, and say
//! nothing of the data. That changes no verdict; it is worth knowing.
//!
//! It takes many runs to tell. What is kept of them is a checksum and a few numbers, and of most probes nothing at all:
//! only an age that is next to nothing makes anybody look at the rest of the body.

use std::time::Duration;

use jiff::SignedDuration;
use memchr::memmem;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::choice::{At, Choice, Look};
use super::memory::{Memory, Recollection};
use super::timestamp::Moment;
use super::{Bound, Freshness, MAX_SKEW, Signal, Source};
use crate::duration;
use crate::observation::Body;
use crate::run::Run;

/// So many runs in a row make it likely.
const MANY: u32 = 20;

/// They must not follow upon one another faster than this, or they count as one.
const APART: SignedDuration = SignedDuration::from_secs(5);

/// The age of a stamp changes by the way of the answer, and by the second to which it is rounded.
const NEAR: SignedDuration = SignedDuration::from_secs(2);

/// The content must stand still for as long as it may be old, but no less and no more than this.
const SHORTEST: Duration = Duration::from_mins(10);
const LONGEST: Duration = Duration::from_hours(24);

/// A timestamp that has followed the clock in the last runs, while the rest of the answer stood still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stamp {
    /// The checksum of the body without the timestamp.
    rest: u32,
    /// How many runs have seen it so.
    runs: u32,
    /// The first of them, and the last, in milliseconds of Unix time.
    first: i64,
    last: i64,
    /// The lowest age, and the highest, in milliseconds.
    youngest: i32,
    oldest: i32,
    /// Whether the last of them was the one that made it likely.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_news: bool,
}

impl Stamp {
    fn begin(rest: u32, age: i32, now: i64) -> Self {
        Self {
            rest,
            runs: 1,
            first: now,
            last: now,
            youngest: age,
            oldest: age,
            is_news: false,
        }
    }

    /// With one more run; none: it is another answer, or its age has changed.
    fn again(self, rest: u32, age: i32, now: i64, wanted: Duration) -> Option<Self> {
        let next = Self {
            runs: self.runs.saturating_add(1),
            last: now,
            youngest: self.youngest.min(age),
            oldest: self.oldest.max(age),
            ..self
        };
        let spread = i64::from(next.oldest) - i64::from(next.youngest);
        let goes_on = rest == self.rest && i128::from(spread) <= NEAR.as_millis();
        goes_on.then(|| Self {
            is_news: next.is_likely(wanted) && !self.is_likely(wanted),
            ..next
        })
    }

    /// Whether there were enough runs, over a time that is long enough.
    fn is_likely(self, wanted: Duration) -> bool {
        self.runs >= MANY && self.span() >= wanted
    }

    fn span(self) -> Duration {
        Duration::from_millis(self.last.abs_diff(self.first))
    }
}

impl Freshness {
    /// Whether its value may be made when the answer is, and it can be told: the one value of an answer, and no cursor.
    pub(super) const fn may_be_stamped(&self) -> bool {
        match self.signal {
            Signal::At { .. } | Signal::Age { .. } => self.each.is_none(),
            Signal::Period { .. }
            | Signal::Advances { .. }
            | Signal::Changes { .. }
            | Signal::Expires { .. } => false,
        }
    }

    /// How long the content must stand still.
    fn stands_still_for(&self) -> Duration {
        let max_age = match &self.signal {
            Signal::At { bound, .. } | Signal::Period { bound, .. } => match bound {
                Bound::MaxAge(bound) => bound.max_age,
                Bound::Due(_) => LONGEST,
            },
            Signal::Age { bound, .. } | Signal::Advances { bound, .. } | Signal::Changes { bound } => {
                bound.max_age
            }
            Signal::Expires { .. } => LONGEST,
        };
        max_age.clamp(SHORTEST, LONGEST)
    }

    /// That its value looks stamped, if it does.
    fn stamp_note(&self, stamp: Stamp) -> Option<String> {
        let likely = stamp.is_likely(self.stands_still_for());
        likely.then(|| {
            format!(
                "this timestamp looks stamped at answer time: in {} runs over {} {} has followed the clock, while the \
                 rest of the body stood still; use the time at which the data was made, or judge the data with \
                 `changes`",
                stamp.runs,
                duration::show(stamp.span()),
                self.source
            )
        })
    }
}

impl Look<'_, '_> {
    /// What is to be remembered of this value for the next run, if that is something new. What looks stamped is noted.
    pub(super) fn watch_stamp(
        &self,
        choice: &Choice<'_>,
        before: Option<&Recollection>,
        notes: &mut Vec<String>,
    ) -> Option<Recollection> {
        let before = before.filter(|_| self.rule.may_be_stamped())?.stamp;
        let now = self.now.as_millisecond();
        let stamp = match before {
            Some(stamp) if (0..APART.as_millis()).contains(&i128::from(now - stamp.last)) => Some(stamp),
            Some(_) | None => self.stamp(choice, before, now),
        };
        notes.extend(stamp.and_then(|stamp| self.rule.stamp_note(stamp)));
        (stamp != before).then(|| Recollection::of_stamp(stamp))
    }

    fn stamp(&self, choice: &Choice<'_>, before: Option<Stamp>, now: i64) -> Option<Stamp> {
        let age = match choice.at {
            At::Moment(Moment::Instant(at)) => self.now.duration_since(at),
            At::Age(age) => age,
            At::Moment(Moment::Period { .. }) => return None,
        };
        if age.unsigned_abs() > MAX_SKEW {
            return None;
        }
        let age = i32::try_from(age.as_millis()).ok()?;
        let rest = self.rest(choice.value())?;
        let wanted = self.rule.stands_still_for();
        let again = before
            .filter(|before| before.last < now)
            .and_then(|before| before.again(rest, age, now, wanted));
        Some(again.unwrap_or_else(|| Stamp::begin(rest, age, now)))
    }

    /// The checksum of the body without this value; none where there is no rest, or the value is not found in it.
    fn rest(&self, value: &Value) -> Option<u32> {
        let Body::Complete(body) = &self.view.answer.body else {
            return None;
        };
        let spelt = match (&self.rule.source, value) {
            (Source::Header(_), _) => return checksum(body, None),
            (Source::Text(_), Value::String(text)) => text.clone(),
            (_, Value::String(text)) => {
                let quoted = serde_json::to_string(text).ok()?;
                quoted.trim_matches('"').to_owned()
            }
            (_, other) => other.to_string(),
        };
        checksum(body, Some(spelt.as_bytes()))
    }
}

/// The CRC-32 of a body, in which a value may be left out wherever it stands alone.
fn checksum(body: &[u8], value: Option<&[u8]>) -> Option<u32> {
    if body.is_empty() {
        return None;
    }
    let mut hasher = crc32fast::Hasher::new();
    let mut rest = 0;
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        hasher.update(body);
        return Some(hasher.finalize());
    };
    let goes_on =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte));
    for start in memmem::find_iter(body, value) {
        let end = start + value.len();
        let is_part = start
            .checked_sub(1)
            .is_some_and(|before| goes_on(body.get(before)))
            || goes_on(body.get(end));
        if !is_part {
            hasher.update(&body[rest..start]);
            rest = end;
        }
    }
    hasher.update(&body[rest..]);
    (rest > 0).then(|| hasher.finalize())
}

impl Memory {
    /// Whether it holds anything that was seen of a timestamp and its answer.
    pub fn watches_stamps(&self) -> bool {
        self.recollections()
            .any(|recollection| recollection.stamp.is_some())
    }
}

impl Run {
    /// What looks stamped since this run, and did not before it.
    pub fn newly_stamped(&self) -> impl Iterator<Item = String> {
        let memory = self.judgment.memory.as_deref();
        let rules = self.definition.fresh.iter();
        rules.filter_map(move |rule| {
            let stamp = memory?.rule(rule)?.stamp.filter(|stamp| stamp.is_news)?;
            rule.stamp_note(stamp)
        })
    }
}
