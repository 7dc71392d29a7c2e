//! Items that are judged each on its own, and what that says of all of them.

mod judge;
mod tally;

use std::collections::BTreeSet;
use std::fmt;

use crate::definition::Ratio;
use crate::path::Path;

/// The items that a rule judges each on its own.
#[derive(Debug, Clone)]
pub struct Each {
    /// Where they are.
    pub items: Path,
    /// What names an item; without it they go by their place. It can match one value at most.
    pub key: Option<Path>,
    /// How many of them must be fresh; all of them without it.
    pub quorum: Option<Ratio>,
    /// The names of items that do not count.
    pub ignore: BTreeSet<String>,
}

impl Each {
    /// The JSONPaths of it.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        [&self.items].into_iter().chain(&self.key)
    }

    /// Whether so many fresh ones are enough.
    fn is_enough(&self, fresh: usize, all: usize) -> bool {
        const WHOLE: u128 = 1_000_000;
        let parts = self
            .quorum
            .map_or(WHOLE, |quorum| u128::from(quorum.parts_per_million()));
        fresh as u128 * WHOLE >= all as u128 * parts
    }
}

impl fmt::Display for Each {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(formatter, "`{}` by `{key}`", self.items),
            None => write!(formatter, "`{}`", self.items),
        }
    }
}
