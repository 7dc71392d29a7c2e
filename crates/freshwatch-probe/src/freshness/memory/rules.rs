//! What the rules of a probe remember, by their names: one or two nearly always, and a map would make room for eleven.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Recollection;

/// In the order of the names; each once. It travels as a map.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rules(Vec<(String, Recollection)>);

impl Rules {
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    pub fn get(&self, name: &str) -> Option<&Recollection> {
        let index = self.find(name).ok()?;
        self.0.get(index).map(|(_, recollection)| recollection)
    }

    /// What is remembered under this name, to be changed; nothing yet where it is new.
    pub fn entry(&mut self, name: String) -> &mut Recollection {
        let index = self.find(&name).unwrap_or_else(|index| {
            self.0.reserve_exact(1);
            self.0.insert(index, (name, Recollection::default()));
            index
        });
        &mut self.0[index].1
    }

    pub fn remove(&mut self, name: &str) {
        if let Ok(index) = self.find(name) {
            self.0.remove(index);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Recollection)> {
        self.0
            .iter()
            .map(|(name, recollection)| (name.as_str(), recollection))
    }

    /// The same without those that are not wanted.
    pub fn only(&self, is_wanted: impl Fn(&str) -> bool) -> Self {
        Self(
            self.0
                .iter()
                .filter(|(name, _)| is_wanted(name))
                .cloned()
                .collect(),
        )
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_str().cmp(name))
    }
}

impl Serialize for Rules {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Rules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sorted = BTreeMap::<String, Recollection>::deserialize(deserializer)?;
        Ok(Self(sorted.into_iter().collect()))
    }
}
