//! What a probe is made from, hashed while it is read: whatever reaches a definition passes here.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use freshwatch_probe::fingerprint::Fingerprint;

use crate::yaml::{Key, Node};

/// A key of this process alone: without it, nobody could try values of variables against a hash that got out.
static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// The hash of something that one process compares with itself.
pub(crate) fn hash(something: &impl Hash) -> u64 {
    KEY.hash_one(something)
}

/// What a probe is made from beside its own text, as far as it is read.
pub(crate) struct Provenance {
    hasher: DefaultHasher,
    paths: Vec<PathBuf>,
    names_calendar: bool,
}

impl Default for Provenance {
    fn default() -> Self {
        Self {
            hasher: KEY.build_hasher(),
            paths: Vec::new(),
            names_calendar: false,
        }
    }
}

impl Provenance {
    /// Notes a member of a block; one of `defaults` counts only where it is inherited.
    pub fn member(&mut self, key: &Key, value: &Node, inherited: bool) {
        if inherited {
            (key, value).hash(&mut self.hasher);
        }
        self.names_calendar |= key.text == "calendar";
    }

    /// Notes the value of an environment variable.
    pub fn variable(&mut self, name: &str, value: Option<&str>) {
        (name, value).hash(&mut self.hasher);
    }

    /// Notes a file that a probe names.
    pub fn path(&mut self, path: &Path) {
        self.paths.push(path.to_owned());
    }

    /// All that a probe is made from. `contents` are the hashes of the files that were read by now.
    pub fn end(mut self, key: &Key, own: &Node, contents: &BTreeMap<PathBuf, Option<u64>>) -> MadeFrom {
        key.hash(&mut self.hasher);
        match own.members() {
            Some(members) => {
                // Nothing that runs is made from the tests.
                let counting = members.iter().filter(|member| member.key.text != "tests");
                counting.for_each(|member| member.hash(&mut self.hasher));
            }
            None => own.hash(&mut self.hasher),
        }
        for path in &self.paths {
            (path, contents.get(path)).hash(&mut self.hasher);
        }
        MadeFrom {
            hash: self.hasher.finish(),
            names_calendar: self.names_calendar,
        }
    }
}

/// What a probe is made from, but for the calendars: they may stand in a file that is read later.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MadeFrom {
    hash: u64,
    names_calendar: bool,
}

impl MadeFrom {
    /// The fingerprint of the probe, given the hash of all calendars. Calendars include one another: a probe that
    /// names one depends on all of them.
    pub fn fingerprint(self, calendars: u64) -> Fingerprint {
        Fingerprint::of(&(self.hash, self.names_calendar.then_some(calendars)))
    }
}
