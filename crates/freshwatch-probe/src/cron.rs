//! Cron lines as Kubernetes and Unix write them: five fields, Sunday is 0 or 7, names, `@hourly` and the like.
//!
//! The fields are read here, strictly, because the `cron` crate counts the days of the week from another day and
//! would silently take a Unix line for another one. What it gets is spelt out, so that nothing is left to interpret.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A cron line, parsed and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronLine {
    text: String,
    minutes: Field,
    hours: Field,
    days_of_month: Field,
    months: Field,
    days_of_week: Field,
}

/// The values of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    values: BTreeSet<u8>,
    /// Whether it is written with a star first: Unix ORs the two day fields only when neither is.
    star: bool,
}

/// What a field may hold.
struct Kind {
    name: &'static str,
    first: u8,
    last: u8,
    words: &'static [&'static str],
}

const MINUTE: Kind = Kind {
    name: "minute",
    first: 0,
    last: 59,
    words: &[],
};
const HOUR: Kind = Kind {
    name: "hour",
    first: 0,
    last: 23,
    words: &[],
};
const DAY_OF_MONTH: Kind = Kind {
    name: "day of the month",
    first: 1,
    last: 31,
    words: &[],
};
const MONTH: Kind = Kind {
    name: "month",
    first: 1,
    last: 12,
    words: &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ],
};
const DAY_OF_WEEK: Kind = Kind {
    name: "day of the week",
    first: 0,
    last: 7,
    words: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
};

const WORDS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl CronLine {
    /// Reads a line.
    ///
    /// # Errors
    /// A fragment that names the field that is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let spelt = match text.trim() {
            word if word.starts_with('@') => WORDS
                .into_iter()
                .find_map(|(known, line)| (known == word.to_ascii_lowercase()).then_some(line))
                .ok_or_else(|| {
                    format!("`{word}` is not known: write `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`, or five fields")
                })?,
            line => line,
        };
        let fields: Vec<&str> = spelt.split_ascii_whitespace().collect();
        let [minute, hour, day_of_month, month, day_of_week] = fields[..] else {
            return Err(format!(
                "`{text}` has {}: a cron line has five (minute, hour, day of the month, month, day of the week)",
                crate::show::counted(fields.len(), "field", "fields")
            ));
        };
        let line = Self {
            text: text.to_owned(),
            minutes: Field::parse(minute, &MINUTE)?,
            hours: Field::parse(hour, &HOUR)?,
            days_of_month: Field::parse(day_of_month, &DAY_OF_MONTH)?,
            months: Field::parse(month, &MONTH)?,
            days_of_week: Field::parse(day_of_week, &DAY_OF_WEEK)?.with_one_sunday(),
        };
        line.check_that_it_runs()?;
        Ok(line)
    }

    /// The line in the form of the `cron` crate: seconds first, Sunday is 1. Two of them where Unix ORs the two day
    /// fields.
    ///
    /// # Errors
    /// What the crate says against it.
    pub fn schedules(&self) -> Result<Vec<cron::Schedule>, String> {
        let both_restricted = !self.days_of_month.star && !self.days_of_week.star;
        let any = "*".to_owned();
        let (by_month, by_week) = (self.days_of_month.spell(0), self.days_of_week.spell(1));
        let days = match (self.days_of_month.star, self.days_of_week.star) {
            (false, false) => vec![(by_month, any.clone()), (any, by_week)],
            (true, _) | (false, true) => vec![(by_month, by_week)],
        };
        debug_assert_eq!(days.len() == 2, both_restricted);
        let line = |(day_of_month, day_of_week): (String, String)| {
            let (minutes, hours, months) = (self.minutes.spell(0), self.hours.spell(0), self.months.spell(0));
            let line = format!("0 {minutes} {hours} {day_of_month} {months} {day_of_week}");
            cron::Schedule::from_str(&line)
                .map_err(|error| format!("`{}` cannot be scheduled: {error}", self.text))
        };
        days.into_iter().map(line).collect()
    }

    /// A line such as `0 0 31 2 *` is well-formed and never runs.
    fn check_that_it_runs(&self) -> Result<(), String> {
        let longest = |month: u8| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let first_day = self.days_of_month.values.first().copied().unwrap_or(1);
        let runs = self
            .months
            .values
            .iter()
            .any(|month| first_day <= longest(*month));
        if runs || (!self.days_of_week.star && !self.days_of_month.star) {
            return Ok(());
        }
        Err(format!(
            "`{}` never runs: its months do not have that day",
            self.text
        ))
    }
}

impl Field {
    fn parse(text: &str, kind: &Kind) -> Result<Self, String> {
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
    fn with_one_sunday(mut self) -> Self {
        if self.values.remove(&7) {
            self.values.insert(0);
        }
        self
    }

    fn spell(&self, offset: u8) -> String {
        let values: Vec<String> = self
            .values
            .iter()
            .map(|value| (value + offset).to_string())
            .collect();
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

impl fmt::Display for CronLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    use super::CronLine;

    /// The first `count` moments after 2026-11-20T12:00:00Z (a Friday) at which the line runs.
    #[track_caller]
    fn check(line: &str, expected: &[&str]) {
        let from: DateTime<Utc> = "2026-11-20T12:00:00Z".parse().unwrap();
        let schedules = CronLine::parse(line).unwrap().schedules().unwrap();
        let mut moments: Vec<_> = schedules
            .iter()
            .flat_map(|s| s.after(&from).take(expected.len()))
            .collect();
        moments.sort();
        moments.dedup();
        let moments: Vec<String> = moments
            .iter()
            .map(|at| at.format("%a %m-%d %H:%M").to_string())
            .collect();
        assert_eq!(moments[..expected.len()], *expected, "{line}");
    }

    #[test]
    fn days_of_the_week_are_unix_days() {
        check("0 9 * * 1", &["Mon 11-23 09:00", "Mon 11-30 09:00"]);
        check("0 9 * * mon-fri", &["Mon 11-23 09:00", "Tue 11-24 09:00"]);
        check("0 9 * * 0", &["Sun 11-22 09:00", "Sun 11-29 09:00"]);
        check("0 9 * * 7", &["Sun 11-22 09:00", "Sun 11-29 09:00"]);
        check(
            "0 9 * * 5-7",
            &["Sat 11-21 09:00", "Sun 11-22 09:00", "Fri 11-27 09:00"],
        );
    }

    #[test]
    fn both_day_fields_are_ored_when_both_are_restricted() {
        check(
            "0 0 25 * mon",
            &["Mon 11-23 00:00", "Wed 11-25 00:00", "Mon 11-30 00:00"],
        );
        check("0 0 */10 * mon", &["Mon 12-21 00:00"]);
    }

    #[test]
    fn steps_lists_and_words() {
        check(
            "*/20 * * * *",
            &["Fri 11-20 12:20", "Fri 11-20 12:40", "Fri 11-20 13:00"],
        );
        check(
            "5,10-12/2 13 * * *",
            &["Fri 11-20 13:05", "Fri 11-20 13:10", "Fri 11-20 13:12"],
        );
        check("@hourly", &["Fri 11-20 13:00", "Fri 11-20 14:00"]);
        check("@weekly", &["Sun 11-22 00:00"]);
        check("0 0 1 JAN *", &["Fri 01-01 00:00"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, word) in [
            ("* * * *", "4 fields"),
            ("0 * * * * *", "6 fields"),
            ("", "0 fields"),
            ("60 * * * *", "minute"),
            ("* 24 * * *", "hour"),
            ("* * 0 * *", "day of the month"),
            ("* * * 13 *", "month"),
            ("* * * * 8", "day of the week"),
            ("* * * * fun", "day of the week"),
            ("30-10 * * * *", "backwards"),
            ("*/0 * * * *", "step"),
            ("5/15 * * * *", "range"),
            ("+5 * * * *", "minute"),
            ("1,, * * * *", "minute"),
            ("@reboot", "@hourly"),
            ("0 0 31 2 *", "never runs"),
            ("0 0 31 4,6 *", "never runs"),
        ] {
            let why = CronLine::parse(line).unwrap_err();
            assert!(why.contains(word), "{line}: {why}");
        }
        assert!(CronLine::parse("0 0 29 2 *").is_ok());
        assert!(CronLine::parse("0 0 31 2 mon").is_ok());
    }

    proptest! {
        #[test]
        fn what_is_parsed_can_be_scheduled(line in "[0-9*,/-]{1,5}( [0-9*,/a-z-]{1,5}){4}") {
            if let Ok(line) = CronLine::parse(&line) {
                prop_assert!(line.schedules().is_ok());
            }
        }
    }
}
