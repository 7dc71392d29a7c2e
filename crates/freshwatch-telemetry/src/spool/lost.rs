//! What did not get through the queue, and what was found in its folder.

use std::fmt;
use std::ops::AddAssign;
use std::path::PathBuf;

use freshwatch_probe::size;

/// How many parcels were given up, by cause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lost {
    /// The bound was reached: the oldest went.
    pub full: u64,
    /// They were too old to be sent.
    pub age: u64,
    /// They could not be read any more; at least so many.
    pub damaged: u64,
    /// They were being written when the process ended.
    pub torn: u64,
}

impl AddAssign for Lost {
    fn add_assign(&mut self, more: Self) {
        self.full += more.full;
        self.age += more.age;
        self.damaged += more.damaged;
        self.torn += more.torn;
    }
}

/// What people have to know of what was found in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The last parcel of a segment was not written to its end.
    Torn {
        /// The segment.
        path: PathBuf,
        /// How many bytes of the parcel there were.
        bytes: u64,
    },
    /// Something in a segment cannot be read.
    Damaged {
        /// The segment.
        path: PathBuf,
        /// From which byte on.
        at: u64,
    },
    /// A damaged segment, of which everything that could be read is done with, got another name.
    SetAside {
        /// The segment.
        path: PathBuf,
        /// Its name now; none: enough of them lie there, it was removed.
        to: Option<PathBuf>,
    },
    /// Another version of the program wrote a segment, and this one does not read it.
    OfAnotherVersion {
        /// The segment.
        path: PathBuf,
        /// Its name now.
        to: PathBuf,
    },
    /// The cursor cannot be read.
    Cursor {
        /// Its file.
        path: PathBuf,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Torn { path, bytes } => write!(
                formatter,
                "`{}` ended in {} of a batch that was never written to its end; they were cut off",
                path.display(),
                size::show(*bytes)
            ),
            Self::Damaged { path, at } => write!(
                formatter,
                "`{}` is damaged at byte {at}: what can be read of it is sent, then it is set aside",
                path.display()
            ),
            Self::SetAside { path, to: Some(to) } => write!(
                formatter,
                "`{}` is damaged; it was set aside as `{}`",
                path.display(),
                to.display()
            ),
            Self::SetAside { path, to: None } => write!(
                formatter,
                "`{}` is damaged; it was removed, since enough damaged files lie beside it: look at them, then remove \
                 them",
                path.display()
            ),
            Self::OfAnotherVersion { path, to } => write!(
                formatter,
                "`{}` was written by another version; it was set aside as `{}`: that version sends it when it gets its \
                 name back",
                path.display(),
                to.display()
            ),
            Self::Cursor { path } => write!(
                formatter,
                "`{}` is damaged: some batches may be sent twice",
                path.display()
            ),
        }
    }
}
