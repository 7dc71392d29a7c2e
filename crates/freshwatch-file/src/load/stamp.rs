//! What the disk shows of probe files without reading them.

use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::walk::{Obstacle, Sight, walk};

/// What the disk showed of probe files, in eight bytes: two that differ mean that something was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp(u64);

/// Looks at the probe files that [`load`](super::load()) would read, and at those that they refer to (`also`), without
/// reading any: their paths, where links lead, sizes, inodes and times. What cannot be seen is a part of the stamp.
///
/// What keeps its path, size, inode and times is taken for unchanged; so is a file that is written twice within one
/// tick of the file system's clock. Take the stamp before you load: what is changed while files are read then shows in
/// the next one.
pub fn stamp(paths: &[PathBuf], also: &[PathBuf]) -> Stamp {
    let mut hasher = DefaultHasher::new();
    walk(paths, &mut |sight| match sight {
        Sight::File {
            path,
            canonical,
            metadata,
        } => {
            (path.as_os_str(), canonical.map(Path::as_os_str)).hash(&mut hasher);
            shown(metadata, &mut hasher);
        }
        Sight::Obstacle { path, obstacle } => {
            path.as_os_str().hash(&mut hasher);
            kind(&obstacle).hash(&mut hasher);
        }
    });
    for path in also {
        (path.as_os_str(), fs::canonicalize(path).ok()).hash(&mut hasher);
        match fs::metadata(path) {
            Ok(metadata) => shown(&metadata, &mut hasher),
            Err(error) => (error.kind(), error.raw_os_error()).hash(&mut hasher),
        }
    }
    Stamp(hasher.finish())
}

fn shown(metadata: &Metadata, hasher: &mut DefaultHasher) {
    (metadata.len(), metadata.modified().ok()).hash(hasher);
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        // The time of the last change tells what leaves the other times alone: new rights, or a copy with the old time.
        let changed = (metadata.ctime(), metadata.ctime_nsec());
        (metadata.dev(), metadata.ino(), changed).hash(hasher);
    }
}

fn kind(obstacle: &Obstacle) -> (u8, Option<i32>) {
    match obstacle {
        Obstacle::Missing => (0, None),
        Obstacle::NoFile => (1, None),
        Obstacle::NoProbeFiles => (2, None),
        Obstacle::LinkToNothing => (3, None),
        Obstacle::TooMany => (4, None),
        Obstacle::Unreadable(error) => (5, error.raw_os_error()),
    }
}
