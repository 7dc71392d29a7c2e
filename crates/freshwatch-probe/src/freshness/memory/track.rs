//! One cursor over time: when it was first seen, when it last moved, whether it fell back, what it owes its producer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Mark;

/// What is remembered of one cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Track {
    /// The last value.
    mark: Mark,
    /// When the cursor was first seen.
    first_seen: Timestamp,
    /// When it last moved; none: it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    moved: Option<Timestamp>,
    /// That it fell back, as long as it has not caught up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fell: Option<Fall>,
    /// The last value of the producer that it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    producer: Option<Mark>,
    /// Since when the producer is ahead: when it first moved after the cursor last did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owes_since: Option<Timestamp>,
}

/// A number that went back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fall {
    /// The highest number before, in decimal digits.
    pub from: String,
    /// When it was first seen to be lower.
    pub at: Timestamp,
}

/// How a cursor gets on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It has never been seen to move; it was first seen then.
    Unmoved(Timestamp),
    /// It last moved then, or, where it follows a producer, it owes a movement since then.
    Since(Timestamp),
    /// The producer that it follows has not moved since it did.
    Idle,
}

impl Track {
    /// A cursor that is seen for the first time.
    pub fn begin(mark: Mark, producer: Option<Mark>, at: Timestamp) -> Self {
        Self {
            mark,
            first_seen: at,
            moved: None,
            fell: None,
            producer,
            owes_since: None,
        }
    }

    /// The cursor, seen again at a later time.
    pub fn seen(&self, mark: Mark, producer: Option<Mark>, at: Timestamp) -> Self {
        // A clock that was set back must not make a cursor look young for as long as it was ahead.
        let by_now = |time: Timestamp| time.min(at);
        let has_moved = !mark.is_same(&self.mark);
        let producer_moved = match (&producer, &self.producer) {
            (Some(producer), Some(before)) => !producer.is_same(before),
            (Some(_) | None, _) => false,
        };
        let has_caught_up = producer.as_ref().is_some_and(|producer| producer.is_same(&mark));
        let owes_since = match self.owes_since {
            _ if has_moved || has_caught_up => None,
            Some(since) => Some(by_now(since)),
            None => producer_moved.then_some(at),
        };
        Self {
            first_seen: by_now(self.first_seen),
            moved: if has_moved {
                Some(at)
            } else {
                self.moved.map(by_now)
            },
            fell: self.fall(&mark, at),
            mark,
            producer,
            owes_since,
        }
    }

    fn fall(&self, mark: &Mark, at: Timestamp) -> Option<Fall> {
        if let Some(fall) = &self.fell {
            let is_below = mark.is_behind(&Mark::Number(fall.from.clone()));
            return is_below.then(|| Fall {
                at: fall.at.min(at),
                from: fall.from.clone(),
            });
        }
        match &self.mark {
            Mark::Number(from) if mark.is_behind(&self.mark) => Some(Fall {
                from: from.clone(),
                at,
            }),
            Mark::Number(_) | Mark::Digest(_) => None,
        }
    }

    /// That it fell back, as long as it has not caught up.
    pub const fn fell(&self) -> Option<&Fall> {
        self.fell.as_ref()
    }

    /// Takes a fall for a new beginning: what it fell to counts from here.
    pub fn forgive(&mut self) {
        self.fell = None;
    }

    /// How it gets on.
    pub fn pace(&self) -> Pace {
        if self.producer.is_some() {
            return match (self.owes_since, self.moved) {
                (Some(since), _) => Pace::Since(since),
                (None, Some(_)) => Pace::Idle,
                (None, None) => Pace::Unmoved(self.first_seen),
            };
        }
        self.moved.map_or(Pace::Unmoved(self.first_seen), Pace::Since)
    }

    /// Whether it was ever seen to move.
    pub const fn has_moved(&self) -> bool {
        self.moved.is_some()
    }
}
