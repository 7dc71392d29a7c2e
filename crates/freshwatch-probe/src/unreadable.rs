//! Why a file cannot be read, in plain words: the standard library's own are for programmers.

use std::io::{Error, ErrorKind};

/// A clause for behind a colon: `there is no such file or folder`.
pub fn why(error: &Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".into(),
        ErrorKind::PermissionDenied => "permission is denied".into(),
        ErrorKind::IsADirectory => "it is a folder".into(),
        ErrorKind::NotADirectory => "a part of its path is not a folder".into(),
        ErrorKind::InvalidFilename => "its name is too long or holds characters that no name may hold".into(),
        ErrorKind::TimedOut => "the disk did not answer in time".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::why;

    #[test]
    fn the_usual_reasons_are_told_in_plain_words() {
        for (kind, told) in [
            (ErrorKind::NotFound, "there is no such file or folder"),
            (ErrorKind::PermissionDenied, "permission is denied"),
            (ErrorKind::IsADirectory, "it is a folder"),
            (ErrorKind::NotADirectory, "a part of its path is not a folder"),
        ] {
            assert_eq!(why(&Error::from(kind)), told);
        }
        assert_eq!(why(&Error::other("a loop of links")), "a loop of links");
    }
}
