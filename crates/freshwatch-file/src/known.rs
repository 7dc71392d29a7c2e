//! Things that are made once: ten thousand probes share a few zones, expressions and schemas.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;

use crate::context::Context;
use crate::found::Found;
use crate::yaml::Place;

/// What was made of a key, or the mistake in it.
pub(crate) struct Known<K, T>(RefCell<HashMap<K, Result<T, Box<Found>>>>);

impl<K, T> Default for Known<K, T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<K: Eq + Hash, T: Clone> Known<K, T> {
    /// What `make` makes of the key. A mistake is made once as well, and reported at every place that names it.
    pub fn get(
        &self,
        key: K,
        place: Place,
        context: &Context,
        make: impl FnOnce() -> Result<T, Box<Found>>,
    ) -> Option<T> {
        let known = self.0.borrow().get(&key).cloned();
        let made = known.unwrap_or_else(|| {
            let made = make();
            self.0.borrow_mut().insert(key, made.clone());
            made
        });
        match made {
            Ok(made) => Some(made),
            Err(found) => context.refuse((*found).at(place)),
        }
    }
}
