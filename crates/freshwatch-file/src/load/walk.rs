//! The way over the disk from what the command line names to every probe file, for whoever reads the files or only
//! looks at them.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// Folders deeper than this are a loop of links, or no place for probes.
const DEEPEST_FOLDER: usize = 16;

/// More files than this are not a folder of probes.
pub(super) const MOST_FILES: usize = 20_000;

/// What the way leads to.
pub(super) enum Sight<'p> {
    /// A probe file that was not seen before.
    File {
        path: &'p Path,
        /// Without links; none where that cannot be told.
        canonical: Option<&'p Path>,
        metadata: &'p Metadata,
    },
    /// Something that should have led to probe files, and does not.
    Obstacle { path: &'p Path, obstacle: Obstacle },
}

/// Why something leads to no probe files.
pub(super) enum Obstacle {
    /// Nothing has the name that was named.
    Missing,
    /// A pipe, a socket or a device was named: reading it could wait for ever.
    NoFile,
    /// A folder was named that holds none.
    NoProbeFiles,
    /// A link with the name of a probe file leads nowhere.
    LinkToNothing,
    /// The bound is reached; nothing more is looked at.
    TooMany,
    /// The disk does not show it.
    Unreadable(io::Error),
}

/// Looks at all files and folders: a folder's `*.yaml` and `*.yml` at any depth in the order of their names, hidden
/// ones passed over; a file whatever its name. A file that is named twice, or found again through a link, is one file.
pub(super) fn walk(paths: &[PathBuf], see: &mut dyn FnMut(Sight)) {
    let mut walk = Walk {
        see,
        known: HashSet::new(),
        seen: 0,
    };
    for path in paths {
        if !walk.is_full() {
            walk.named(path);
        }
    }
}

struct Walk<'s> {
    see: &'s mut dyn FnMut(Sight),
    /// Files and folders without links.
    known: HashSet<PathBuf>,
    seen: usize,
}

impl Walk<'_> {
    fn named(&mut self, path: &Path) {
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.obstacle(path, Obstacle::Missing),
            Err(error) => self.obstacle(path, Obstacle::Unreadable(error)),
            Ok(metadata) if metadata.is_dir() => {
                let before = self.seen;
                self.folder_or_link(path, 0);
                if self.seen == before {
                    self.obstacle(path, Obstacle::NoProbeFiles);
                }
            }
            Ok(metadata) if metadata.is_file() => {
                let canonical = fs::canonicalize(path).ok();
                self.file(path, canonical.as_deref(), &metadata);
            }
            Ok(_) => self.obstacle(path, Obstacle::NoFile),
        }
    }

    fn folder_or_link(&mut self, folder: &Path, depth: usize) {
        match fs::canonicalize(folder) {
            Ok(canonical) => self.folder(folder, &canonical, depth),
            Err(error) => self.obstacle(folder, Obstacle::Unreadable(error)),
        }
    }

    fn folder(&mut self, folder: &Path, canonical: &Path, depth: usize) {
        if depth > DEEPEST_FOLDER || self.is_full() || !self.known.insert(canonical.to_owned()) {
            return;
        }
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries: Vec<(_, DirEntry)> = match entries {
            Ok(entries) => entries
                .into_iter()
                .map(|entry| (entry.file_name(), entry))
                .collect(),
            Err(error) => return self.obstacle(folder, Obstacle::Unreadable(error)),
        };
        entries.retain(|(name, _)| !is_hidden(name));
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (name, entry) in entries {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.folder(&path, &canonical.join(name), depth + 1),
                Ok(kind) if kind.is_file() && !is_probe_file(Path::new(&name)) => {}
                // Twenty thousand files must not cost a look at every link on the way to each.
                Ok(kind) if kind.is_file() => match entry.metadata() {
                    Ok(metadata) => self.file(&path, Some(&canonical.join(name)), &metadata),
                    Err(error) => self.obstacle(&path, Obstacle::Unreadable(error)),
                },
                Ok(_) | Err(_) => self.followed(&path, depth),
            }
        }
    }

    /// Links are followed: a Kubernetes `ConfigMap` is a folder of links.
    fn followed(&mut self, path: &Path, depth: usize) {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.folder_or_link(path, depth + 1),
            Ok(metadata) if metadata.is_file() && is_probe_file(path) => {
                let canonical = fs::canonicalize(path).ok();
                self.file(path, canonical.as_deref(), &metadata);
            }
            Err(error) if is_probe_file(path) => {
                let is_nothing = error.kind() == io::ErrorKind::NotFound;
                let unreadable = Obstacle::Unreadable(error);
                self.obstacle(
                    path,
                    if is_nothing {
                        Obstacle::LinkToNothing
                    } else {
                        unreadable
                    },
                );
            }
            // Among them a pipe with the name of a probe file: it would never end.
            Ok(_) | Err(_) => {}
        }
    }

    fn file(&mut self, path: &Path, canonical: Option<&Path>, metadata: &Metadata) {
        if self.is_full() {
            return;
        }
        self.seen += 1;
        if self.is_full() {
            return self.obstacle(path, Obstacle::TooMany);
        }
        if let Some(canonical) = canonical
            && !self.known.insert(canonical.to_owned())
        {
            return;
        }
        (self.see)(Sight::File {
            path,
            canonical,
            metadata,
        });
    }

    const fn is_full(&self) -> bool {
        self.seen > MOST_FILES
    }

    fn obstacle(&mut self, path: &Path, obstacle: Obstacle) {
        (self.see)(Sight::Obstacle { path, obstacle });
    }
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

fn is_probe_file(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml")
}
