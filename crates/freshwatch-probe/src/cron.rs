//! Cron lines as Kubernetes and Unix write them: five fields, Sunday is 0 or 7, names, `@hourly` and the like.
//!
//! The fields are read here, strictly, because the `cron` crate counts the days of the week from another day and
//! would silently take a Unix line for another one. What it gets is spelt out, so that nothing is left to interpret.
//!
//! # Days
//! A line runs on the days of the month **or** of the week that it names; when one of the two fields starts with `*`,
//! both must hold. This is the rule of crontab(5) of Vixie's cron, steps such as `*/2` included.
//!
//! # Where clocks are set
//! A line means what the wall shows in its zone. Where daylight saving time begins the wall skips some of that (a
//! gap), where it ends it repeats some (a fold).
//!
//! - A line whose minute and hour both start with something else than `*` names **times of day**, such as `30 2 * * *`.
//!   It runs at the first moment at which the wall shows its time or a later one: at the end of a gap that skips it,
//!   together with all else that the gap skips, and once in a fold, the first time.
//! - Any other line is a **rhythm**, such as `*/5 * * * *` or `@hourly`. It runs whenever the wall shows its time,
//!   both times in a fold. A gap is passed over when the line runs in every hour: time goes on evenly.
//!   A rhythm of some hours, such as `*/10 2 * * *` or `0 */6 * * *`, runs once at the end of a gap that skips any of
//!   it.
//!
//! This is what cron(8) of Vixie's cron, as Debian ships it, says under "Notes" of clocks that change by less than
//! three hours, with two departures: it would lose the skipped runs of a rhythm of some hours, and it takes larger
//! changes for corrections of the clock. Here the rule is the same for a day that a zone skips (Pacific/Apia,
//! 2011-12-30), for what a zone's rules change is never a correction.

mod field;
mod kubernetes;
mod moments;
mod stretch;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use field::{DAY_OF_MONTH, DAY_OF_WEEK, Field, HOUR, MINUTE, MONTH};
use moments::AtClockChange;

/// A cron line, parsed, checked and compiled. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronLine {
    text: String,
    /// One, or two where the days of the month and of the week are ORed.
    schedules: Arc<[cron::Schedule]>,
    at_clock_change: AtClockChange,
}

/// The five fields.
struct Fields {
    minutes: Field,
    hours: Field,
    days_of_month: Field,
    months: Field,
    days_of_week: Field,
}

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
        let fields: Vec<&str> = spelt(text)?.split_ascii_whitespace().collect();
        let [minute, hour, day_of_month, month, day_of_week] = fields[..] else {
            return Err(format!(
                "`{text}` has {}: a cron line has five (minute, hour, day of the month, month, day of the week)",
                crate::show::counted(fields.len(), "field", "fields")
            ));
        };
        let fields = Fields {
            minutes: Field::parse(minute, &MINUTE)?,
            hours: Field::parse(hour, &HOUR)?,
            days_of_month: Field::parse(day_of_month, &DAY_OF_MONTH)?,
            months: Field::parse(month, &MONTH)?,
            days_of_week: Field::parse(day_of_week, &DAY_OF_WEEK)?.with_one_sunday(),
        };
        if !fields.ever_run() {
            return Err(format!("`{text}` never runs: its months do not have that day"));
        }
        let schedules = fields
            .schedules()
            .map_err(|error| format!("`{text}` cannot be scheduled: {error}"))?;
        Ok(Self {
            text: text.to_owned(),
            schedules: schedules.into(),
            at_clock_change: fields.at_clock_change(),
        })
    }

    /// The line that has the times of this one on every day.
    pub fn on_every_day(&self) -> Self {
        let fields = spelt(&self.text).unwrap_or_default().split_ascii_whitespace();
        let times: Vec<&str> = fields.take(2).collect();
        // The times of a line that was read are read again.
        Self::parse(&format!("{} * * *", times.join(" "))).unwrap_or_else(|_| self.clone())
    }

    /// How often it runs on a day that it names, when no clocks are set on it.
    pub fn runs_a_day(&self) -> u64 {
        let fields = spelt(&self.text).unwrap_or_default().split_ascii_whitespace();
        // The fields of a line that was read are read again.
        let counts = fields
            .zip([&MINUTE, &HOUR])
            .map(|(text, kind)| Field::parse(text, kind).map_or(0, |field| field.values().count()));
        counts.map(|count| u64::try_from(count).unwrap_or(0)).product()
    }
}

/// A line in its five fields, or in as many as it has; a word is spelt out.
fn spelt(text: &str) -> Result<&str, String> {
    match text.trim() {
        word if word.starts_with('@') => WORDS
            .into_iter()
            .find_map(|(known, line)| (known == word.to_ascii_lowercase()).then_some(line))
            .ok_or_else(|| {
                format!("`{word}` is not known: write `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`, or five fields")
            }),
        line => Ok(line),
    }
}

impl Fields {
    /// A line such as `0 0 31 2 *` is well-formed and never runs.
    fn ever_run(&self) -> bool {
        let longest = |month: u8| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let first_day = self.days_of_month.first().unwrap_or(1);
        self.days_are_ored() || self.months.values().any(|month| first_day <= longest(month))
    }

    fn days_are_ored(&self) -> bool {
        !self.days_of_month.star && !self.days_of_week.star
    }

    /// The line in the form of the `cron` crate: seconds first, Sunday is 1. Two of them where the two day fields are
    /// ORed.
    fn schedules(&self) -> Result<Vec<cron::Schedule>, cron::error::Error> {
        let minutes = self.minutes.spell(&MINUTE, 0);
        let hours = self.hours.spell(&HOUR, 0);
        let months = self.months.spell(&MONTH, 0);
        let by_month = self.days_of_month.spell(&DAY_OF_MONTH, 0);
        let by_week = self.days_of_week.spell(&DAY_OF_WEEK, 1);
        let days = if self.days_are_ored() {
            vec![(by_month.as_str(), "*"), ("*", by_week.as_str())]
        } else {
            vec![(by_month.as_str(), by_week.as_str())]
        };
        days.into_iter()
            .map(|(of_month, of_week)| format!("0 {minutes} {hours} {of_month} {months} {of_week}"))
            .map(|line| cron::Schedule::from_str(&line))
            .collect()
    }

    fn at_clock_change(&self) -> AtClockChange {
        let is_rhythm = self.minutes.star || self.hours.star;
        match (is_rhythm, self.hours.is_full(&HOUR)) {
            (false, _) => AtClockChange::RunsOnce,
            (true, false) => AtClockChange::RepeatsAndCatchesUp,
            (true, true) => AtClockChange::Repeats,
        }
    }
}

impl fmt::Display for CronLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
