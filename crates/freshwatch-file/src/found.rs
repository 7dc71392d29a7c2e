//! A mistake while the files are still being read, and its message kept tame.

use crate::mistake::Code;
use crate::yaml::Place;

/// A mistake while the files are still being read.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub place: Place,
    pub code: Code,
    pub message: String,
    pub help: Option<String>,
    pub label: Option<String>,
    pub also: Option<(Place, String)>,
}

impl Found {
    /// A mistake at a place.
    pub fn new(place: Place, code: Code, message: impl AsRef<str>) -> Self {
        Self {
            place,
            code,
            message: tame(message.as_ref()),
            help: None,
            label: None,
            also: None,
        }
    }

    /// The mistake as the rare other side of a result.
    pub fn boxed(self) -> Box<Self> {
        Box::new(self)
    }

    /// The same mistake at another place.
    pub fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// What to do.
    pub fn help(mut self, help: impl AsRef<str>) -> Self {
        self.help = Some(tame(help.as_ref()));
        self
    }

    /// A word beside the underlined text.
    pub fn label(mut self, label: impl AsRef<str>) -> Self {
        self.label = Some(tame(label.as_ref()));
        self
    }

    /// A second place.
    pub fn also(mut self, place: Place, label: impl AsRef<str>) -> Self {
        self.also = Some((place, tame(label.as_ref())));
        self
    }
}

/// The longest message in characters: a value of a megabyte is not repeated in full.
const LONGEST_MESSAGE: usize = 400;

/// Keeps a message short, on one line, and free of what a terminal would obey.
fn tame(message: &str) -> String {
    let mut tamed = String::new();
    for (index, character) in message.chars().enumerate() {
        match character {
            _ if index == LONGEST_MESSAGE => {
                tamed.push('…');
                break;
            }
            '\n' | '\r' | '\t' => tamed.push(' '),
            control if control.is_control() => tamed.extend(control.escape_default()),
            other => tamed.push(other),
        }
    }
    tamed
}

#[cfg(test)]
mod tests {
    use super::tame;

    #[test]
    fn messages_are_tame() {
        assert_eq!(tame("a\nb\u{1b}[31m"), "a b\\u{1b}[31m");
        assert_eq!(tame(&"x".repeat(1000)).chars().count(), 401);
    }
}
