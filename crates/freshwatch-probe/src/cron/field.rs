//! One field of a cron line.

use std::collections::BTreeSet;

/// The values of one field.
pub(super) struct Field {
    values: BTreeSet<u8>,
    /// Whether it is written with a star first, alone or with a step.
    pub star: bool,
}

/// What a field may hold.
pub(super) struct Kind {
    name: &'static str,
    first: u8,
    last: u8,
    words: &'static [&'static str],
}

pub(super) const MINUTE: Kind = Kind {
    name: "minute",
    first: 0,
    last: 59,
    words: &[],
};
pub(super) const HOUR: Kind = Kind {
    name: "hour",
    first: 0,
    last: 23,
    words: &[],
};
pub(super) const DAY_OF_MONTH: Kind = Kind {
    name: "day of the month",
    first: 1,
    last: 31,
    words: &[],
};
pub(super) const MONTH: Kind = Kind {
    name: "month",
    first: 1,
    last: 12,
    words: &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ],
};
pub(super) const DAY_OF_WEEK: Kind = Kind {
    name: "day of the week",
    first: 0,
    last: 7,
    words: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
};

impl Field {
    /// Reads a field.
    ///
    /// # Errors
    /// A fragment that names the field and what is wrong with it.
    pub fn parse(text: &str, kind: &Kind) -> Result<Self, String> {
        let mut values = BTreeSet::new();
        for item in text.split(',') {
            values.extend(kind.item(item)?);
        }
        Ok(Self {
            values,
            star: text.starts_with('*'),
        })
    }

    /// Sunday is 0 and 7.
    pub fn with_one_sunday(mut self) -> Self {
        if self.values.remove(&7) {
            self.values.insert(0);
        }
        self
    }

    /// The smallest value.
    pub fn first(&self) -> Option<u8> {
        self.values.first().copied()
    }

    /// Every value, in order.
    pub fn values(&self) -> impl Iterator<Item = u8> {
        self.values.iter().copied()
    }

    /// Whether it restricts nothing.
    pub fn is_full(&self, kind: &Kind) -> bool {
        self.values.len() == usize::from(kind.last_of_star() - kind.first) + 1
    }

    /// The values as a list, each moved by an offset; a star where nothing is restricted, which the `cron` crate
    /// keeps without a set of its own.
    pub fn spell(&self, kind: &Kind, offset: u8) -> String {
        if self.is_full(kind) {
            return "*".to_owned();
        }
        let values: Vec<String> = self.values().map(|value| (value + offset).to_string()).collect();
        values.join(",")
    }
}

impl Kind {
    /// `*`, `5`, `1-5`, `*/10`, `1-30/2`, `mon-fri`.
    fn item(&self, item: &str) -> Result<Vec<u8>, String> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(self.step(item, step)?)),
            None => (item, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (self.first, self.last_of_star()),
            Some((first, last)) => (self.value(item, first)?, self.value(item, last)?),
            None => {
                let value = self.value(item, range)?;
                // `5/15` means "from 5 on" to some crons and is an error to others.
                if step.is_some() {
                    return Err(format!(
                        "`{item}` has a step without a range ({}): write `{range}-{}/…`",
                        self.name, self.last
                    ));
                }
                (value, value)
            }
        };
        if first > last {
            return Err(format!(
                "`{item}` runs backwards ({}): write it as a list",
                self.name
            ));
        }
        Ok((first..=last).step_by(step.unwrap_or(1)).collect())
    }

    /// Every value of it, written as a range.
    pub fn whole_range(&self) -> String {
        format!("{}-{}", self.first, self.last_of_star())
    }

    /// Whether a 7 is another word for 0.
    pub const fn has_a_second_sunday(&self) -> bool {
        self.last != self.last_of_star()
    }

    /// A star of the days of the week is seven days, not eight.
    const fn last_of_star(&self) -> u8 {
        if self.first == 0 && self.last == 7 {
            6
        } else {
            self.last
        }
    }

    fn step(&self, item: &str, step: &str) -> Result<usize, String> {
        step.parse::<usize>()
            .ok()
            .filter(|step| (1..=usize::from(self.last)).contains(step))
            .ok_or_else(|| format!("`{item}` has no step from 1 to {} ({})", self.last, self.name))
    }

    fn value(&self, item: &str, text: &str) -> Result<u8, String> {
        let lower = text.to_ascii_lowercase();
        let word = self.words.iter().position(|word| *word == lower);
        let word = word
            .and_then(|index| u8::try_from(index).ok())
            .map(|index| index + self.first);
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        word.or_else(|| text.parse().ok().filter(|_| digits))
            .filter(|value| (self.first..=self.last).contains(value))
            .ok_or_else(|| {
                let names = match self.words {
                    [] => String::new(),
                    words => format!(" or {} to {}", words[0], words[words.len() - 1]),
                };
                format!(
                    "`{item}` is not a {}: it goes from {} to {}{names}",
                    self.name, self.first, self.last
                )
            })
    }
}
