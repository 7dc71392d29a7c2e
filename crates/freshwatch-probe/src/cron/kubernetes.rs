//! A cron line as Kubernetes reads it.

use super::field::{DAY_OF_MONTH, DAY_OF_WEEK, Field, Kind};
use super::{CronLine, spelt};

impl CronLine {
    /// The line for a CronJob's `schedule`, with the same moments wherever no clocks are set.
    ///
    /// Kubernetes counts the days of the week from 0 to 6, and takes a day field for a restricted one unless it holds a
    /// star without a step; Unix goes by the star that the field starts with.
    ///
    /// # Errors
    /// A fragment that names what Kubernetes has no line for, and the remedy.
    pub fn for_kubernetes(&self) -> Result<String, String> {
        let fields: Vec<&str> = spelt(&self.text)
            .unwrap_or_default()
            .split_ascii_whitespace()
            .collect();
        let [minute, hour, of_month, month, of_week] = fields[..] else {
            // A line that was read has five.
            return Ok(self.text.clone());
        };
        let (of_month, of_week) = (
            Day::read(of_month, &DAY_OF_MONTH)?,
            Day::read(of_week, &DAY_OF_WEEK)?,
        );
        let both_must_hold = of_month.field.star || of_week.field.star;
        if both_must_hold && of_month.restricts() && of_week.restricts() {
            return Err(format!(
                "`{}` runs on days that `{}` and `{}` both name, and Kubernetes would run it on those that either \
                 names: leave one of the two fields `*`",
                self.text, of_month.text, of_week.text
            ));
        }
        let (of_month, of_week) = (of_month.spell(both_must_hold), of_week.spell(both_must_hold));
        Ok(format!("{minute} {hour} {of_month} {month} {of_week}"))
    }
}

/// A field of days.
struct Day<'a> {
    text: &'a str,
    kind: &'a Kind,
    field: Field,
}

impl<'a> Day<'a> {
    fn read(text: &'a str, kind: &'a Kind) -> Result<Self, String> {
        let field = Field::parse(text, kind)?.with_one_sunday();
        Ok(Self { text, kind, field })
    }

    /// Whether it leaves any day out.
    fn restricts(&self) -> bool {
        !self.field.is_full(self.kind)
    }

    /// The field as Kubernetes wants it. Of two fields that must both hold, one that restricts nothing is a star; of two
    /// that are ORed it is not.
    fn spell(&self, both_must_hold: bool) -> String {
        match (self.restricts(), both_must_hold) {
            (false, true) => "*".to_owned(),
            (false, false) => self.kind.whole_range(),
            (true, _) if self.text.contains('7') && self.kind.has_a_second_sunday() => {
                self.field.spell(self.kind, 0)
            }
            (true, _) => self.text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CronLine;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let line = CronLine::parse(line).unwrap();
        assert_eq!(line.for_kubernetes().as_deref(), Ok(expected), "{line}");
    }

    #[test]
    fn most_lines_stay_as_they_are() {
        for line in [
            "*/5 * * * *",
            "0 9 1-7/2 jan,feb mon-fri",
            "0 9 1 * mon",
            "7 7 17 7 *",
        ] {
            check(line, line);
        }
        check("@Daily", "0 0 * * *");
    }

    #[test]
    fn kubernetes_knows_one_sunday() {
        check("0 9 * * 7", "0 9 * * 0");
        check("0 9 * * 5-7", "0 9 * * 0,5,6");
        check("0 9 * * 0-7", "0 9 * * *");
    }

    #[test]
    fn a_list_of_all_days_is_no_star() {
        check("0 9 1-31 * mon", "0 9 1-31 * mon");
        check("0 9 5,* * mon", "0 9 1-31 * mon");
        check("0 9 */1 * mon", "0 9 * * mon");
        check("0 9 1-31 * */2", "0 9 * * */2");
    }

    #[test]
    fn days_that_both_fields_must_name_cannot_be_said() {
        let line = CronLine::parse("0 9 */2 * mon").unwrap();
        insta::assert_snapshot!(line.for_kubernetes().unwrap_err(), @"`0 9 */2 * mon` runs on days that `*/2` and `mon` both name, and Kubernetes would run it on those that either names: leave one of the two fields `*`");
        assert!(CronLine::parse("0 9 1 * */2").unwrap().for_kubernetes().is_err());
    }
}
