//! What a probe remembers between its runs: where a cursor stood, what content hashed to, which items there were.
//!
//! Of contents and texts only digests are kept: they may hold secrets.

mod mark;
mod rules;
mod track;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use super::stamp::Stamp;
use super::{Freshness, Signal, Source};
pub use mark::Mark;
use rules::Rules;
pub use track::{Fall, Pace, Track};

/// So many items one rule remembers at most.
pub const MOST_ITEMS: usize = 10_000;

/// What a probe remembers between its runs, by its rules. It travels as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    version: Version,
    /// By what [`Freshness::name`] says, so that a list under `fresh` may change its order.
    rules: Rules,
}

/// Where the judge finds what earlier runs saw.
#[derive(Debug, Clone, Copy)]
pub enum Recall<'m> {
    /// There is no place to remember anything.
    Nowhere,
    /// What earlier runs left; empty before the first one.
    From(&'m Memory),
}

/// What one rule remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recollection {
    /// Each cursor by the name of its item; the empty name where the rule has no `each`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) tracks: BTreeMap<String, Track>,
    /// The items that were seen where nothing else is remembered of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) names: BTreeSet<String>,
    /// What was seen of a timestamp that may be made when the answer is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stamp: Option<Stamp>,
}

impl<'m> Recall<'m> {
    /// What a rule remembers; none: there is no place to remember anything.
    pub(super) fn of(self, rule: &Freshness) -> Option<&'m Recollection> {
        static NOTHING: Recollection = Recollection {
            tracks: BTreeMap::new(),
            names: BTreeSet::new(),
            stamp: None,
        };
        match self {
            Self::Nowhere => None,
            // Most probes have nothing to remember.
            Self::From(memory) if memory.is_empty() => Some(&NOTHING),
            Self::From(memory) if rule.remembers() => Some(memory.rule(rule).unwrap_or(&NOTHING)),
            Self::From(_) => Some(&NOTHING),
        }
    }
}

impl Memory {
    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.rules.len() == 0
    }

    /// What a rule remembers.
    pub fn rule(&self, rule: &Freshness) -> Option<&Recollection> {
        self.rules.get(&rule.name())
    }

    /// What its rules remember.
    pub(super) fn recollections(&self) -> impl Iterator<Item = &Recollection> {
        self.rules.iter().map(|(_, recollection)| recollection)
    }

    /// Whether the same is remembered of all that verdicts are made of.
    pub fn decides_as(&self, other: &Self) -> bool {
        self.decisive().eq(other.decisive())
    }

    /// What verdicts are made of.
    fn decisive(&self) -> impl Iterator<Item = (&str, &BTreeMap<String, Track>, &BTreeSet<String>)> {
        let rules = self.rules.iter();
        let decisive = rules.filter(|(_, recollection)| recollection.items().next().is_some());
        decisive.map(|(name, recollection)| (name, &recollection.tracks, &recollection.names))
    }

    /// Remembers for a rule.
    pub(crate) fn put(&mut self, rule: &Freshness, recollection: Recollection) {
        if recollection == Recollection::default() {
            self.rules.remove(&rule.name());
        } else {
            *self.rules.entry(rule.name()) = recollection;
        }
    }

    /// The same without what rules remember that the probe no longer has.
    pub fn of_rules(&self, rules: &[Freshness]) -> Self {
        if self.is_empty() {
            return Self::default();
        }
        let names: BTreeSet<String> = rules.iter().map(Freshness::name).collect();
        Self {
            version: Version,
            rules: self.rules.only(|name| names.contains(name)),
        }
    }

    /// For how many rules something is remembered.
    pub(crate) const fn len(&self) -> usize {
        self.rules.len()
    }

    /// Notes that a rule saw a value at a time, and its producer's where it follows one, as a run would have noted it:
    /// `item` names the item of `each`.
    ///
    /// # Errors
    /// A fragment that says why the value can be no cursor.
    pub fn note(
        &mut self,
        rule: &Freshness,
        item: Option<&str>,
        value: &Value,
        producer: Option<&Value>,
        at: Timestamp,
    ) -> Result<(), String> {
        let mark = rule.mark(value)?;
        let producer = producer.map(|value| rule.producer_mark(value)).transpose()?;
        let tracks = &mut self.rules.entry(rule.name()).tracks;
        let name = item.unwrap_or_default();
        let track = match tracks.get(name) {
            Some(track) => track.seen(mark, producer, at),
            None => Track::begin(mark, producer, at),
        };
        tracks.insert(name.to_owned(), track);
        Ok(())
    }
}

impl Recollection {
    /// What a rule without `each` remembers.
    pub(super) fn of_one(track: Track) -> Self {
        Self {
            tracks: BTreeMap::from([(String::new(), track)]),
            ..Self::default()
        }
    }

    /// What a rule remembers of a timestamp that may be made when the answer is.
    pub(super) fn of_stamp(stamp: Option<Stamp>) -> Self {
        Self {
            stamp,
            ..Self::default()
        }
    }

    /// The names of the items that were seen.
    pub fn items(&self) -> impl Iterator<Item = &str> {
        self.tracks.keys().chain(&self.names).map(String::as_str)
    }

    /// What is remembered of a cursor.
    pub fn track(&self, item: Option<&str>) -> Option<&Track> {
        self.tracks.get(item.unwrap_or_default())
    }
}

impl Freshness {
    fn mark(&self, value: &Value) -> Result<Mark, String> {
        match &self.signal {
            Signal::Changes { .. } => Ok(Mark::of_content(value)),
            Signal::At { .. }
            | Signal::Age { .. }
            | Signal::Period { .. }
            | Signal::Advances { .. }
            | Signal::Expires { .. } => Mark::of_cursor(value, self.source.is_text()),
        }
    }

    fn producer_mark(&self, value: &Value) -> Result<Mark, String> {
        Mark::of_cursor(value, self.follows().is_some_and(Source::is_text))
    }
}

/// The version of the shape in which memories travel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Version;

impl Version {
    const NUMBER: u32 = 1;
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(Self::NUMBER)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u32::deserialize(deserializer)?;
        if number == Self::NUMBER {
            return Ok(Self);
        }
        let message = format!("a memory of version {number}, and this program knows version 1");
        Err(de::Error::custom(message))
    }
}
