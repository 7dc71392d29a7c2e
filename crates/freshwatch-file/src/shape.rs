//! What a block of the grammar may hold.

/// The keys of a block, and what becomes of those of `defaults` beneath it.
pub(crate) struct Shape {
    /// The block in words: `a probe`, `` `tls` ``.
    pub name: &'static str,
    /// Its keys; none: the keys are the writer's own.
    pub keys: &'static [&'static str],
    /// Keys of the grammar that are not built yet.
    pub later: &'static [&'static str],
    /// Keys that belong elsewhere.
    pub elsewhere: &'static [Elsewhere],
    /// A line of a block whose keys are the writer's own.
    pub example: &'static str,
    /// Keys whose maps merge with those of `defaults`.
    pub merging: &'static [&'static str],
    /// Keys of which an own one puts the others of `defaults` out of force.
    pub exclusive: &'static [&'static [&'static str]],
}

/// Keys that belong elsewhere, and what to do about them.
pub(crate) struct Elsewhere {
    /// The keys; `$` stands for every JSONPath.
    pub keys: &'static [&'static str],
    /// Where they belong.
    pub remedy: &'static str,
    /// Whether they would work there.
    pub is_built: bool,
}

impl Shape {
    /// A block with these keys, all of them built, that merges no further.
    pub const fn closed(name: &'static str, keys: &'static [&'static str]) -> Self {
        Self {
            name,
            keys,
            later: &[],
            elsewhere: &[],
            example: "",
            merging: &[],
            exclusive: &[],
        }
    }

    /// A block whose keys are the writer's own, with an example of a line.
    pub const fn free(name: &'static str, example: &'static str) -> Self {
        Self {
            example,
            ..Self::closed(name, &[])
        }
    }

    /// Whether the keys are the writer's own.
    pub const fn is_free(&self) -> bool {
        self.keys.is_empty() && self.later.is_empty()
    }

    /// Whether the maps under this key merge with those of `defaults`.
    pub fn merges(&self, key: &str) -> bool {
        self.merging.contains(&key)
    }

    /// Whether an own key puts one of `defaults` out of force.
    pub fn replaces(&self, own: &str, default: &str) -> bool {
        own == default
            || self
                .exclusive
                .iter()
                .any(|keys| keys.contains(&own) && keys.contains(&default))
    }

    /// Where a key belongs that does not belong here.
    pub fn elsewhere(&self, key: &str) -> Option<&'static Elsewhere> {
        let is_path = key.starts_with('$');
        self.elsewhere
            .iter()
            .find(|elsewhere| elsewhere.keys.contains(if is_path { &"$" } else { &key }))
    }

    /// Whether the grammar has no such key, here or elsewhere.
    pub fn is_unknown(&self, key: &str) -> bool {
        !self.keys.contains(&key) && !self.later.contains(&key) && self.elsewhere(key).is_none()
    }
}

impl Elsewhere {
    /// Keys that would work there.
    pub const fn built(keys: &'static [&'static str], remedy: &'static str) -> Self {
        Self {
            keys,
            remedy,
            is_built: true,
        }
    }

    /// Keys that would not work there either.
    pub const fn later(keys: &'static [&'static str], remedy: &'static str) -> Self {
        Self {
            is_built: false,
            ..Self::built(keys, remedy)
        }
    }
}
