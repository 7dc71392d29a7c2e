//! The names of datasets and checks.

use std::fmt;

/// The longest name, in characters.
pub(crate) const LONGEST: usize = 63;

/// The most datasets and checks of one service, so that its answer stays small: readers stop after 1 MiB.
pub(crate) const MOST: usize = 500;

/// Why something could not be declared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotDeclared {
    /// The name is empty, longer than 63 characters, or holds control characters.
    BadName(String),
    /// The name of a dataset holds a colon, or that of a check more than one: a colon parts a component from what is
    /// measured of it.
    Colon(String),
    /// Something of this name is declared already.
    Twice(String),
    /// The name of a check holds a word such as `age` or `fresh`: readers would take its failure for stale data.
    ReadsAsFreshness(String),
    /// The bound has no room: `max_age` is zero, or `warn_age` is not shorter.
    BadBound(String),
    /// There are 500 already.
    TooMany,
}

impl fmt::Display for NotDeclared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadName(name) => write!(
                formatter,
                "the name `{}` is not 1 to {LONGEST} characters of one line",
                name.escape_debug()
            ),
            Self::Colon(name) => write!(
                formatter,
                "the name `{name}` has a colon too many: a dataset is called like `prices`, a check like `database` or `database:connections`"
            ),
            Self::Twice(name) => write!(formatter, "`{name}` is declared twice: give one another name"),
            Self::ReadsAsFreshness(name) => write!(
                formatter,
                "the name `{name}` reads as if it were about freshness, so its failure would be taken for stale data: name it otherwise, or declare a dataset"
            ),
            Self::BadBound(name) => write!(
                formatter,
                "the bound of `{name}` has no room: `max_age` must be longer than zero, and `warn_age` shorter than it"
            ),
            Self::TooMany => write!(
                formatter,
                "more than {MOST} datasets and checks: readers stop reading after 1 MiB, so judge some of them together"
            ),
        }
    }
}

impl std::error::Error for NotDeclared {}

/// Checks the name of a dataset.
pub(crate) fn of_dataset(name: &str) -> Result<(), NotDeclared> {
    check(name, 0)
}

/// Checks the name of something that is no dataset.
pub(crate) fn of_check(name: &str) -> Result<(), NotDeclared> {
    check(name, 1)?;
    if is_about_freshness(name) {
        return Err(NotDeclared::ReadsAsFreshness(name.to_owned()));
    }
    Ok(())
}

fn check(name: &str, colons: usize) -> Result<(), NotDeclared> {
    let length = name.chars().count();
    if !(1..=LONGEST).contains(&length) || name.trim() != name || name.chars().any(char::is_control) {
        return Err(NotDeclared::BadName(name.to_owned()));
    }
    let empty_part = name.split(':').any(str::is_empty);
    if name.matches(':').count() > colons || empty_part {
        return Err(NotDeclared::Colon(name.to_owned()));
    }
    Ok(())
}

/// Whether a reader that goes by words takes a failing check of this name for stale data: `dataAge`, `cache:age`.
fn is_about_freshness(name: &str) -> bool {
    let mut word = String::new();
    let mut previous_is_lower = false;
    let mut found = false;
    for c in name.chars().chain([' ']) {
        if !c.is_alphanumeric() || (c.is_uppercase() && previous_is_lower) {
            found |= matches!(
                word.as_str(),
                "fresh" | "freshness" | "age" | "stale" | "staleness"
            );
            word.clear();
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        previous_is_lower = c.is_lowercase();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{NotDeclared, of_check, of_dataset};

    #[test]
    fn good_names() {
        for name in ["prices", "p", "가격", "price index", "page", &"x".repeat(63)] {
            assert_eq!((of_dataset(name), of_check(name)), (Ok(()), Ok(())), "{name}");
        }
        assert_eq!(of_dataset("age"), Ok(()));
        assert_eq!(of_check("database:connections"), Ok(()));
    }

    #[test]
    fn bad_names() {
        for name in ["", " prices", "a\nb", &"x".repeat(64)] {
            assert!(matches!(of_check(name), Err(NotDeclared::BadName(_))), "{name}");
        }
        for name in ["a:b:c", ":a", "a:", ":"] {
            assert!(matches!(of_check(name), Err(NotDeclared::Colon(_))), "{name}");
        }
        assert_eq!(of_dataset("a:b"), Err(NotDeclared::Colon("a:b".into())));
    }

    #[test]
    fn a_check_does_not_read_as_freshness() {
        for name in [
            "age",
            "cache:age",
            "dataAge",
            "is_stale",
            "FRESH",
            "index-staleness",
        ] {
            assert_eq!(of_check(name), Err(NotDeclared::ReadsAsFreshness(name.into())));
        }
        for name in ["storage", "message:count", "page", "refreshToken"] {
            assert_eq!(of_check(name), Ok(()), "{name}");
        }
    }
}
