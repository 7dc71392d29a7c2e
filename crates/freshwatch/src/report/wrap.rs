//! Breaks sentences at the width of the terminal, with a hanging indent.

use std::io::{self, IsTerminal as _};

use textwrap::{Options, WordSplitter};

/// A sentence is not wrapped into a column narrower than this.
const NARROWEST: usize = 30;

/// The terminal's columns; `None` where standard output is no terminal.
pub fn columns() -> Option<usize> {
    let size = io::stdout()
        .is_terminal()
        .then(terminal_size::terminal_size)
        .flatten();
    size.map(|(width, _)| usize::from(width.0))
}

/// The sentence as it stands behind `indent` columns: broken between its words where the terminal has so many
/// columns, whole where there is no terminal or hardly any room.
pub fn wrap(sentence: &str, columns: Option<usize>, indent: usize) -> String {
    let room = columns.map_or(0, |columns| columns.saturating_sub(indent));
    if room < NARROWEST {
        return sentence.to_owned();
    }
    // What is quoted, a path or a value, is not to be taken apart.
    let options = Options::new(room)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::wrap(sentence, options).join(&format!("\n{:indent$}", ""))
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn a_sentence_is_broken_between_its_words() {
        let sentence = "the data is 31 days old; at most 2d is promised";
        let broken = "the data is 31 days old; at\n  most 2d is promised";
        assert_eq!(wrap(sentence, Some(32), 2), broken);
        assert_eq!(wrap(sentence, Some(31), 2), sentence);
        assert_eq!(wrap(sentence, None, 2), sentence);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(
            wrap("가나다라마바사 가나다라마바사 가", Some(30), 0),
            "가나다라마바사 가나다라마바사\n가"
        );
    }
}
