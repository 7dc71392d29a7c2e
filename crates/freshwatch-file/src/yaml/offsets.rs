//! From characters to bytes.

/// From characters, in which the parser counts, to bytes.
pub(super) struct Offsets {
    /// Where every character starts; empty when all characters are one byte long.
    starts: Vec<usize>,
    length: usize,
}

impl Offsets {
    /// The offsets of a text.
    pub fn new(text: &str) -> Self {
        let starts = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(start, _)| start).collect()
        };
        Self {
            starts,
            length: text.len(),
        }
    }

    /// The byte at which a character starts; the end of the text when there is none.
    pub fn byte(&self, character: usize) -> usize {
        if self.starts.is_empty() {
            return character.min(self.length);
        }
        self.starts.get(character).copied().unwrap_or(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::Offsets;

    #[test]
    fn characters_to_bytes() {
        for (text, bytes) in [("ab", [0, 1, 2, 2]), ("äb", [0, 2, 3, 3])] {
            let offsets = Offsets::new(text);
            assert_eq!(
                [0, 1, 2, 9].map(|character| offsets.byte(character)),
                bytes,
                "{text}"
            );
        }
    }
}
