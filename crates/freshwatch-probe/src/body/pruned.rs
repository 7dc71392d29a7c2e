//! JSON, read once from its first byte to its last, of which only that is kept that some paths lead to.
//!
//! What is left is a smaller document in which these paths find what they would find in the whole one: objects without
//! the members that nobody looks for, arrays in which `null` stands for such elements. The whole body is still checked,
//! as strictly as where all of it is kept: what follows what was looked for can be broken as well.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::path::Step;

/// The way of one path through a document, or what is left of it.
#[derive(Debug, Clone, Copy)]
pub struct Trail<'p> {
    /// Empty at the end of the way alone.
    steps: &'p [Step],
    /// The steps that follow: those of a path that starts where another leads.
    then: &'p [Step],
    /// What is kept at its end.
    kept: Kept,
}

/// What is kept of the value that a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// All of it.
    Whole,
    /// How many elements it has, or the names of its members, with `null` for each.
    Shape,
}

impl<'p> Trail<'p> {
    /// The way of `steps`, and of `then` from there.
    pub const fn new(steps: &'p [Step], then: &'p [Step], kept: Kept) -> Self {
        if steps.is_empty() {
            return Self {
                steps: then,
                then: &[],
                kept,
            };
        }
        Self { steps, then, kept }
    }

    fn ends(&self, kept: Kept) -> bool {
        self.steps.is_empty() && self.kept == kept
    }

    /// What is left of it after a step that `fits`.
    fn after(&self, fits: impl FnOnce(&Step) -> bool) -> Option<Self> {
        let (next, rest) = self.steps.split_first()?;
        fits(next).then(|| Self::new(rest, self.then, self.kept))
    }
}

/// Reads a body as JSON for these ways; `None` where it is none: why is for the reader of the whole to tell.
pub fn pruned(bytes: &[u8], trails: &[Trail<'_>]) -> Option<Value> {
    let mut deserializer = serde_json::Deserializer::from_str(std::str::from_utf8(bytes).ok()?);
    let document = Pruning(trails).deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(document)
}

/// Keeps of a value what these ways lead to.
#[derive(Clone, Copy)]
struct Pruning<'t, 'p>(&'t [Trail<'p>]);

impl<'p> Pruning<'_, 'p> {
    fn after(self, fits: impl Fn(&Step) -> bool) -> Vec<Trail<'p>> {
        self.0.iter().filter_map(|trail| trail.after(&fits)).collect()
    }

    fn keeps_shape(self) -> bool {
        self.0.iter().any(|trail| trail.ends(Kept::Shape))
    }

    /// The indices that are looked for.
    fn indices(self) -> impl Iterator<Item = i64> {
        self.0.iter().filter_map(|trail| match trail.steps.first() {
            Some(Step::Index(index)) => Some(*index),
            Some(Step::Name(_) | Step::Every { .. } | Step::Search { .. }) | None => None,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Pruning<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.0.iter().any(|trail| trail.ends(Kept::Whole)) {
            return Value::deserialize(deserializer);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Pruning<'_, '_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let every = self.after(|step| matches!(step, Step::Every { .. }));
        let window = Window::of(self);
        let keeps_all = self.keeps_shape() || !every.is_empty();
        let mut kept = Vec::new();
        for index in 0.. {
            let trails = if window.is_empty() {
                Cow::Borrowed(&every)
            } else {
                Cow::Owned(self.after(|step| may_lead(step, index)))
            };
            let element = if trails.is_empty() {
                elements.next_element::<Passed>()?.map(|Passed| Value::Null)
            } else {
                elements.next_element_seed(Pruning(&trails))?
            };
            let Some(element) = element else { break };
            if keeps_all || window.reaches(index) {
                kept.push(element);
            }
            if !keeps_all {
                window.forget(index, &mut kept);
            }
        }
        Ok(Value::Array(kept))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let keeps_all = self.keeps_shape();
        let mut kept = Map::new();
        while let Some(member) = members.next_key_seed(Looking { at: self, keeps_all })? {
            let Some((name, trails)) = member else {
                members.next_value::<Passed>()?;
                continue;
            };
            // The last of several of one name counts, as it does where all is kept.
            let value = if trails.is_empty() {
                members.next_value::<Passed>().map(|Passed| Value::Null)?
            } else {
                members.next_value_seed(Pruning(&trails))?
            };
            kept.insert(name, value);
        }
        Ok(Value::Object(kept))
    }
}

/// The elements that indices look for: so many at the start, and so many at the end.
#[derive(Clone, Copy)]
struct Window {
    start: usize,
    end: usize,
}

impl Window {
    fn of(at: Pruning<'_, '_>) -> Self {
        let mut window = Self { start: 0, end: 0 };
        for index in at.indices() {
            let distance = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
            if index < 0 {
                window.end = window.end.max(distance);
            } else {
                window.start = window.start.max(distance.saturating_add(1));
            }
        }
        window
    }

    const fn is_empty(self) -> bool {
        self.start == 0 && self.end == 0
    }

    /// Whether an element must have its place in the array.
    const fn reaches(self, index: usize) -> bool {
        index < self.start || self.end > 0
    }

    /// Forgets the element that has become too far from the end.
    fn forget(self, index: usize, kept: &mut [Value]) {
        let passed = index.checked_sub(self.end).filter(|passed| *passed >= self.start);
        if let Some(passed) = passed.filter(|_| self.end > 0)
            && let Some(element) = kept.get_mut(passed)
        {
            *element = Value::Null;
        }
    }
}

/// Whether a step may lead to this element; one that counts from the end may lead to any.
fn may_lead(step: &Step, index: usize) -> bool {
    match step {
        Step::Every { .. } => true,
        Step::Index(wanted) => *wanted < 0 || usize::try_from(*wanted) == Ok(index),
        Step::Name(_) | Step::Search { .. } => false,
    }
}

/// Looks at the name of a member: is anybody looking for it?
struct Looking<'t, 'p> {
    at: Pruning<'t, 'p>,
    keeps_all: bool,
}

impl<'de, 'p> DeserializeSeed<'de> for Looking<'_, 'p> {
    type Value = Option<(String, Vec<Trail<'p>>)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'p> Visitor<'_> for Looking<'_, 'p> {
    type Value = Option<(String, Vec<Trail<'p>>)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        let trails = self.at.after(|step| match step {
            Step::Name(wanted) => **wanted == *name,
            Step::Every { .. } => true,
            Step::Index(_) | Step::Search { .. } => false,
        });
        let is_kept = self.keeps_all || !trails.is_empty();
        Ok(is_kept.then(|| (name.to_owned(), trails)))
    }
}

/// A value that is checked as where it is kept: its texts, its numbers, how deep it is nested. serde's own way to
/// ignore one takes broken texts and numbers for good.
struct Passed;

impl<'de> Deserialize<'de> for Passed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Passed {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        while elements.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        while members.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
