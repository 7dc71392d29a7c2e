//! The store against what happens to files: damage, kills, other processes, disks that take nothing.

mod child;
mod damage;
mod disk;
mod kill;
mod others;
mod remembering;

use std::path::PathBuf;
use std::sync::Arc;

use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::freshness::memory::Memory;
use freshwatch_store::{Observed, Store};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

/// A folder for one test's file.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn state(&self) -> PathBuf {
        self.path("state.db")
    }

    /// Opens the file, which is sound.
    fn open(&self) -> Store {
        let (store, aside) = Store::open(&self.state()).expect("it opens");
        assert_eq!(aside, None);
        store
    }

    /// The names of all that lies in it.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).expect("a folder");
        let names = entries.map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        });
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

fn name(text: &str) -> ProbeName {
    ProbeName::parse(text).expect("a valid name")
}

/// A memory that is told apart by its mark.
fn memory(mark: &str) -> Memory {
    let json = format!(r#"{{"version":1,"rules":{{"rule":{{"names":["{mark}"]}}}}}}"#);
    serde_json::from_str(&json).expect("a memory")
}

/// So many seconds after the tests' beginning of time.
fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000) + SignedDuration::from_secs(seconds)
}

fn observed(probe: &str, seconds: i64, mark: &str) -> Observed {
    Observed {
        probe: name(probe),
        at: at(seconds),
        memory: Arc::new(memory(mark)),
    }
}

/// Writes one memory at a time when its observation is new.
fn remember(store: &Store, probe: &str, seconds: i64, mark: &str) {
    let told = store.remember(&[observed(probe, seconds, mark)], at(seconds));
    assert_eq!(told, Ok(freshwatch_store::Written::default()));
}

/// What is remembered of one probe, by its mark.
#[track_caller]
fn check(store: &Store, probe: &str, mark: Option<&str>) {
    let recalled = store.recall(&[name(probe)]).expect("it can be read");
    let found: Vec<&Memory> = recalled.memories.iter().map(|found| &*found.memory).collect();
    let wanted = mark.map(memory);
    assert_eq!(found, Vec::from_iter(&wanted));
    assert_eq!((recalled.unreadable, recalled.set_aside), (Vec::new(), None));
}
