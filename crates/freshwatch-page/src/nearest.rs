//! Which probe somebody may have meant.

use std::sync::Mutex;

use crate::board::{Board, locked};

/// A longer word is no typo of a name, and the distance costs the square of its length.
const LONGEST: usize = 80;

/// The known name that is nearest to `word`, if any is near enough to be meant.
///
/// Among 10,000 names this takes a while: it is for a thread that may block, and the board is held for moments only.
pub(crate) fn nearest(board: &Mutex<Board>, word: &str) -> Option<String> {
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let names: Vec<_> = locked(board).names().cloned().collect();
    let wanted = word.to_ascii_lowercase().replace('_', "-");
    let length = wanted.chars().count();
    let near = |name: &str| {
        // The difference of lengths is the least that the distance can be.
        let most = length.max(name.len()) / 3;
        let is_possible = name.len().abs_diff(length) <= most;
        let distance = is_possible.then(|| strsim::osa_distance(&wanted, name))?;
        (distance <= most).then_some(distance)
    };
    let distances = names.iter().filter_map(|name| Some((near(name.as_str())?, name)));
    distances.min().map(|(_, name)| name.to_string())
}
