//! Why the file could not be used.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the file could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It was written by a newer freshwatch; it stays as it is.
    #[error(
        "`{}` was written by a newer freshwatch (its form is {found}, this one knows {known}): run that version, or \
         give another file",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its form.
        found: i32,
        /// The newest version that is known here.
        known: i32,
    },
    /// It is the database of another program; it stays as it is.
    #[error("`{}` is a database of another program: give another file", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// It is a folder, a device or a pipe.
    #[error("`{}` is not a file: give the name of a file in a folder that can be written", path.display())]
    NotAFile {
        /// What is there.
        path: PathBuf,
    },
    /// It is damaged, and could not be moved out of the way.
    #[error("`{}` is damaged ({damage}) and could not be set aside: {why}", path.display())]
    Stuck {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        damage: String,
        /// Why it is still there.
        why: String,
    },
    /// It may be read, not written.
    #[error("`{}` cannot be written: it, its folder or its disk is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The disk has no room.
    #[error("`{}` cannot be written: the disk is full", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Another process has held it all the time.
    #[error("`{}` is held by another process: nothing was written in {} s", path.display(), crate::connection::PATIENCE.as_secs())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// It can be neither found nor made.
    #[error("`{}` cannot be opened: its folder must exist and be writable", path.display())]
    NotOpened {
        /// The file.
        path: PathBuf,
    },
    /// Anything else that the disk or the database says.
    #[error("`{}` cannot be used: {why}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What was said.
        why: String,
    },
}

impl StoreError {
    /// Whether another file has to be given: trying again is of no use, and what is there belongs to somebody.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Newer { .. } | Self::Foreign { .. } | Self::NotAFile { .. } => true,
            Self::Stuck { .. }
            | Self::ReadOnly { .. }
            | Self::Full { .. }
            | Self::Busy { .. }
            | Self::NotOpened { .. }
            | Self::Failed { .. } => false,
        }
    }
}

/// What stands in the way of one use of the file: its damage, which is set aside, or an error.
#[derive(Debug)]
pub(crate) enum Obstacle {
    /// What is wrong with the file.
    Damage(String),
    /// Anything else.
    Error(StoreError),
}

impl From<StoreError> for Obstacle {
    fn from(error: StoreError) -> Self {
        Self::Error(error)
    }
}

impl Obstacle {
    /// What the database says, in our words.
    pub fn of(error: &rusqlite::Error, path: &Path) -> Self {
        let path = path.to_owned();
        let failed = |path| StoreError::Failed {
            path,
            // The number says more than the words (<https://sqlite.org/rescode.html>).
            why: error.sqlite_error().map_or_else(
                || error.to_string(),
                |code| format!("{error}, code {}", code.extended_code),
            ),
        };
        Self::Error(match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                return Self::Damage(error.to_string());
            }
            Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { path },
            Some(ErrorCode::DiskFull) => StoreError::Full { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { path },
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => StoreError::NotOpened { path },
            Some(_) | None => failed(path),
        })
    }
}
