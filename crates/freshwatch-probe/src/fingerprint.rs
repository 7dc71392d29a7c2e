//! Whether what was loaded again is still the same.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A hash of everything that a probe was read from: definitions with equal ones promise the same.
///
/// It lives within one process only, and is written nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of something that hashes all that matters.
    pub fn of(source: &impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        source.hash(&mut hasher);
        Self(hasher.finish())
    }
}
