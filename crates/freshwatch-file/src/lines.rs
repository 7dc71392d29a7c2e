//! The lines of a text: where a byte stands, as people count.

/// Where the lines of a text start, and the byte that was looked for last with its column: thousands of mistakes may
/// stand in one line of megabytes.
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    last: (usize, usize),
}

impl<'t> Lines<'t> {
    pub fn of(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        Self {
            text,
            starts: starts.collect(),
            last: (0, 1),
        }
    }

    /// Line and column of a byte, both from 1, the column in characters.
    pub fn position(&mut self, byte: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= byte).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let (from, column) = if (start..=byte).contains(&self.last.0) {
            self.last
        } else {
            (start, 1)
        };
        let between = self.text.get(from..byte);
        let column = column + between.map_or(0, |before| before.chars().count());
        self.last = (byte, column);
        (line, column)
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn columns_count_characters() {
        let mut lines = Lines::of("äb: ü\nc: d");
        for (byte, line, column) in [
            (11, 2, 4),
            (5, 1, 5),
            (12, 2, 5),
            (0, 1, 1),
            (8, 2, 1),
            (12, 2, 5),
        ] {
            assert_eq!(lines.position(byte), (line, column), "{byte}");
        }
    }
}
