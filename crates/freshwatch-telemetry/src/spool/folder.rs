//! The folder of a queue: its files' names, who has it, and why it could not be used.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::lost::Finding;

/// The file that tells up to which parcel all is done with.
pub(super) const CURSOR: &str = "cursor";

/// The file that whoever has the folder holds a lock on.
const LOCK: &str = "lock";

/// How the names of segments end.
const SEGMENT: &str = "batches";

/// How the names of damaged ones end.
const DAMAGED: &str = "damaged";

/// How the names of those end that another version of the program wrote.
const OF_ANOTHER_VERSION: &str = "other-version";

/// So many damaged segments may lie in the folder: a disk that damages all that it is given must not be filled.
const MOST_DAMAGED: usize = 4;

/// Why a queue could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpoolError {
    /// Another process has the folder.
    #[error("`{}` is used by another process: each needs a folder of its own", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The disk has no room, or this process may take no more of it.
    #[error("`{}` cannot be written: the disk is full", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The disk does not answer.
    #[error("the disk does not answer")]
    Hangs,
    /// Somebody has removed the folder, or the files in it.
    #[error("`{}` was removed while it was in use", folder.display())]
    Gone {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be opened, or a file cannot be written.
    #[error("`{}` cannot be {what}: {why}", path.display())]
    Failed {
        /// The folder or the file.
        path: PathBuf,
        /// What could not be done with it.
        what: &'static str,
        /// The system's words.
        why: String,
    },
}

impl SpoolError {
    pub(super) fn opening(folder: &Path, error: &io::Error) -> Self {
        Self::of(folder, "opened", error)
    }

    pub(super) fn writing(path: &Path, error: &io::Error) -> Self {
        Self::of(path, "written", error)
    }

    pub(super) fn reading(path: &Path, error: &io::Error) -> Self {
        Self::of(path, "read", error)
    }

    fn of(path: &Path, what: &'static str, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full { path }
            }
            kind => Self::Failed {
                path,
                what,
                why: kind.to_string(),
            },
        }
    }
}

/// Takes the folder for this process, until the file is closed, which its end does however it comes.
pub(super) fn lock(folder: &Path) -> Result<File, SpoolError> {
    let mut options = OpenOptions::new();
    let file = options
        .write(true)
        .create(true)
        .truncate(false)
        .open(folder.join(LOCK));
    let file = file.map_err(|error| SpoolError::opening(folder, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SpoolError::InUse {
            folder: folder.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(SpoolError::opening(folder, &error)),
    }
}

/// Whether the lock has no name any more: whoever makes one anew would have the folder, too.
pub(super) fn is_gone(lock: &File) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        lock.metadata().is_ok_and(|metadata| metadata.nlink() == 0)
    }
    #[cfg(not(unix))]
    {
        let _ = lock;
        false
    }
}

/// Makes sure that the disk has this folder's names, so that a new file is found again.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        synced(File::open(folder)?.sync_all())
    } else {
        Ok(())
    }
}

/// What came of a sync. There are file systems that know none, of folders above all: they do what they can.
pub(super) fn synced(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        other => other,
    }
}

/// The name of a segment that begins with the parcel of this number.
pub(super) fn segment(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:020}.{SEGMENT}"))
}

/// The segments that are there, the oldest first.
pub(super) fn segments(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = with_end(folder, SEGMENT)?;
    // Their names are numbers of one length.
    paths.sort();
    Ok(paths)
}

/// Gives a damaged segment another name; tells what became of it.
pub(super) fn set_aside(path: &Path) -> Option<Finding> {
    let folder = path.parent()?;
    let told = |to| {
        Some(Finding::SetAside {
            path: path.to_owned(),
            to,
        })
    };
    let is_room = with_end(folder, DAMAGED).is_ok_and(|damaged| damaged.len() < MOST_DAMAGED);
    let to = path.with_extension(DAMAGED);
    if is_room && !to.exists() && fs::rename(path, &to).is_ok() {
        return told(Some(to));
    }
    fs::remove_file(path).ok()?;
    told(None)
}

/// Gives a segment that another version wrote another name, whatever lies there already: that version may come back.
pub(super) fn set_aside_for_another_version(path: &Path) -> io::Result<Finding> {
    let to = path.with_extension(OF_ANOTHER_VERSION);
    fs::rename(path, &to)?;
    Ok(Finding::OfAnotherVersion {
        path: path.to_owned(),
        to,
    })
}

/// The files of such names. What a link leads to is nobody's queue.
fn with_end(folder: &Path, end: &str) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if path.extension().is_some_and(|found| found == end) && entry.file_type()?.is_file() {
            paths.push(path);
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io;

    use super::synced;

    #[test]
    fn a_file_system_that_knows_no_sync_is_no_failure() {
        let unsyncable = File::open("/proc/self").unwrap().sync_all();
        assert_eq!(
            unsyncable.as_ref().unwrap_err().kind(),
            io::ErrorKind::InvalidInput
        );
        assert!(synced(unsyncable).is_ok());
        assert!(synced(Err(io::ErrorKind::StorageFull.into())).is_err());
    }
}
