//! A damaged file gets another name, so that nothing of it is lost.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// So many damaged files may lie beside the one in use: a disk that damages all that it is given must not be filled.
const MOST: u32 = 10;

/// What belongs to a database besides its file, by the end of its name. A journal that stayed behind would be taken for
/// the new file's.
const COMPANIONS: [&str; 3] = ["-journal", "-wal", "-shm"];

/// A damaged file that got another name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is damaged ({why}); it was set aside as `{}`", from.display(), to.display())]
pub struct SetAside {
    /// Its name before.
    pub from: PathBuf,
    /// Its name now.
    pub to: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

/// Which file was behind a name when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity(Option<(u64, u64)>);

impl Identity {
    /// The file behind this name; it is not opened, for closing it would undo locks of this process on it.
    #[cfg(unix)]
    pub fn of(path: &Path) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self(fs::metadata(path).ok().map(|file| (file.dev(), file.ino())))
    }

    /// Elsewhere a file that is open cannot be renamed, so that there is nothing to tell apart.
    #[cfg(not(unix))]
    pub fn of(path: &Path) -> Self {
        Self(fs::metadata(path).ok().map(|_| (0, 0)))
    }
}

/// Gives a damaged file another name, unless another process has done so already: then none is told.
pub(crate) fn set_aside(
    path: &Path,
    examined: Identity,
    damage: &str,
) -> Result<Option<SetAside>, StoreError> {
    let stuck = |error: &io::Error| StoreError::Stuck {
        path: path.to_owned(),
        damage: damage.to_owned(),
        why: error.to_string(),
    };
    let _one_at_a_time = path.parent().and_then(lock);
    let now = Identity::of(path);
    if now != examined || now == Identity(None) {
        return Ok(None);
    }
    let to = free_name(path).map_err(|error| stuck(&error))?;
    // The journal first: alone it is of no use to the new file, and would be removed by it.
    for companion in COMPANIONS {
        match fs::rename(with_end(path, companion), with_end(&to, companion)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(stuck(&error)),
            Ok(()) | Err(_) => {}
        }
    }
    fs::rename(path, &to).map_err(|error| stuck(&error))?;
    Ok(Some(SetAside {
        from: path.to_owned(),
        to,
        why: damage.to_owned(),
    }))
}

/// Locks the folder against others who set aside. Where a folder cannot be locked there is no second process either, or
/// the worst is that a new file is set aside as well.
fn lock(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    folder.lock().ok().map(|()| folder)
}

/// A name that nothing has; an empty file keeps it until the damaged one takes its place.
fn free_name(path: &Path) -> io::Result<PathBuf> {
    for number in 1..=MOST {
        let name = with_end(path, &format!(".damaged-{number}"));
        let is_free = COMPANIONS
            .iter()
            .all(|companion| !with_end(&name, companion).exists());
        if !is_free {
            continue;
        }
        match OpenOptions::new().write(true).create_new(true).open(&name) {
            Ok(_) => return Ok(name),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    let why = format!("{MOST} damaged files lie beside it already: look at them, then remove them");
    Err(io::Error::other(why))
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    PathBuf::from(name)
}
