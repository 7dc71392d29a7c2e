//! Probe files on the disk, as people and as Kubernetes change them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// One probe file in a folder of its own.
#[derive(Debug)]
pub struct Files {
    folder: TempDir,
}

impl Files {
    /// A file that holds these probes, each as [`Target::probe`](super::Target::probe) writes it.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn new(probes: &str) -> Self {
        let files = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        files.write(probes);
        files
    }

    /// Writes other probes into the same file, as an editor does that saves in place.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, probes: &str) {
        fs::write(self.path(), file_of(probes)).expect("the file can be written");
    }

    /// Where the file is.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("probes.yaml")
    }
}

/// A mounted ConfigMap: what is seen are links to `..data`, itself a link to a folder that is replaced as a whole.
#[derive(Debug)]
pub struct ConfigMap {
    folder: TempDir,
}

impl ConfigMap {
    /// One that holds these probes.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn new(probes: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let map = Self { folder };
        map.put("..2026_01", probes);
        symlink("..data/probes.yaml", map.path().join("probes.yaml")).expect("a link");
        map
    }

    /// Puts other probes in the place of those before, as a kubelet does: a new folder, and a link that is renamed over
    /// the one before.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn swap(&self, probes: &str) {
        let before = fs::read_link(self.path().join("..data")).expect("a link");
        self.put("..2026_02", probes);
        fs::remove_dir_all(self.path().join(before)).expect("the folder before is removed");
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn put(&self, version: &str, probes: &str) {
        let folder = self.path().join(version);
        fs::create_dir(&folder).expect("a folder");
        fs::write(folder.join("probes.yaml"), file_of(probes)).expect("the file can be written");
        let next = self.path().join("..data_tmp");
        symlink(version, &next).expect("a link");
        fs::rename(next, self.path().join("..data")).expect("the link is replaced");
    }
}

fn file_of(probes: &str) -> String {
    format!("defaults:\n  timeout: 15s\nprobes:\n{probes}")
}
