//! The list of mistakes while it grows.

use std::collections::HashSet;

use crate::found::Found;
use crate::mistake::Code;
use crate::yaml::Place;

/// More mistakes than anybody reads; the rest are counted.
const MOST: usize = 2000;

/// Suggestions compare a word with every known one; after so many mistakes they are left out.
const MOST_SUGGESTIONS: usize = 200;

/// Every mistake, once.
#[derive(Default)]
pub(crate) struct Ledger {
    found: Vec<Found>,
    /// What stands in `defaults` is read for every probe, and reported once.
    known: HashSet<(Place, Code, String)>,
    reported: usize,
    omitted: usize,
}

impl Ledger {
    /// Notes a mistake, unless it is noted already.
    pub fn report(&mut self, found: Found) {
        self.reported += 1;
        if self
            .known
            .contains(&(found.place, found.code, found.message.clone()))
        {
            return;
        }
        if self.found.len() == MOST {
            self.omitted += 1;
            return;
        }
        self.known
            .insert((found.place, found.code, found.message.clone()));
        self.found.push(found);
    }

    /// How often something was reported, repetitions included.
    pub const fn reported(&self) -> usize {
        self.reported
    }

    /// Whether there is still time to look for what somebody may have meant.
    pub const fn has_time_to_suggest(&self) -> bool {
        self.reported < MOST_SUGGESTIONS
    }

    /// The mistakes, and how many more there were.
    pub fn finish(self) -> (Vec<Found>, usize) {
        (self.found, self.omitted)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ledger, MOST};
    use crate::found::Found;
    use crate::mistake::Code;
    use crate::yaml::Place;

    fn found(start: usize) -> Found {
        let place = Place {
            file: 0,
            start,
            end: start,
        };
        Found::new(place, Code::Syntax, "wrong")
    }

    #[test]
    fn a_mistake_is_noted_once_and_counted_always() {
        let mut ledger = Ledger::default();
        (0..3).for_each(|_| ledger.report(found(7)));
        assert_eq!(ledger.reported(), 3);
        assert_eq!(ledger.finish().0.len(), 1);
    }

    #[test]
    fn the_list_is_bounded() {
        let mut ledger = Ledger::default();
        (0..MOST + 5).for_each(|start| ledger.report(found(start)));
        let (found, omitted) = ledger.finish();
        assert_eq!((found.len(), omitted), (MOST, 5));
    }
}
