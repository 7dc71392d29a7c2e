//! The probe files, and what they refer to by a name beside them, as a ConfigMap.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::manifest::{ConfigMap, Head, Item};
use super::places::Places;
use super::{Obstacle, Wishes};

/// The files that the pods need.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The probe files.
    pub probe_files: Vec<File>,
    /// What they refer to and is read with them, such as JSON Schemas.
    pub referenced: Vec<File>,
}

/// A file with its text.
#[derive(Debug, Clone)]
pub struct File {
    /// Where it is on this machine.
    pub path: PathBuf,
    /// What it holds.
    pub text: String,
}

/// What Kubernetes lets a ConfigMap hold, keys and values together.
const MOST_BYTES: usize = 1 << 20;

/// The files by the keys of their ConfigMap.
#[derive(Debug)]
pub(super) struct Files {
    keyed: BTreeMap<String, String>,
    items: Vec<Item>,
}

impl Files {
    /// Takes the files in.
    pub fn new(sources: &Sources, places: &Places, obstacles: &mut Vec<Obstacle>) -> Self {
        let mut taken = Self {
            keyed: BTreeMap::new(),
            items: Vec::new(),
        };
        for file in &sources.probe_files {
            let is_found = file
                .path
                .extension()
                .is_some_and(|end| end == "yaml" || end == "yml");
            if !is_found {
                obstacles.push(Obstacle::of_all(format!(
                    "`{}` would be passed over in the pod's folder of probe files: let its name end with `.yaml`",
                    file.path.display()
                )));
            }
        }
        for file in sources.probe_files.iter().chain(&sources.referenced) {
            match places.beneath(&file.path) {
                Ok(path) => taken.take(path, file, obstacles),
                Err(why) => obstacles.push(Obstacle::of_all(format!(
                    "{why}, and a ConfigMap cannot bring it there: move it beside them"
                ))),
            }
        }
        taken.items.sort_by(|one, other| one.path.cmp(&other.path));
        let bytes: usize = taken.keyed.iter().map(|(key, text)| key.len() + text.len()).sum();
        if bytes > MOST_BYTES {
            obstacles.push(Obstacle::of_all(format!(
                "the files have {bytes} bytes together, and a ConfigMap holds {MOST_BYTES}: write some of them apart, \
                 with a `--config-map` of their own, or run them with `freshwatch run`"
            )));
        }
        taken
    }

    fn take(&mut self, path: String, file: &File, obstacles: &mut Vec<Obstacle>) {
        let key = key(&path);
        if self.keyed.insert(key.clone(), file.text.clone()).is_some() {
            obstacles.push(Obstacle::of_all(format!(
                "`{path}` has the key `{key}` in a ConfigMap, as another file has: rename one of the two"
            )));
        }
        self.items.push(Item { key, path });
    }

    /// The ConfigMap.
    pub fn config_map(&self, wishes: &Wishes) -> ConfigMap {
        ConfigMap {
            kind: Head::config_map(wishes),
            data: self.keyed.clone(),
        }
    }

    /// Which key becomes which file.
    pub fn items(&self) -> Vec<Item> {
        self.items.clone()
    }
}

/// A key of a ConfigMap or a Secret for a path: `/` becomes `.`, and what keys may not hold `_`.
pub(super) fn key(path: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let path = path.trim_start_matches('/').replace('/', ".");
    path.chars().map(|c| if allowed(c) { c } else { '_' }).collect()
}
