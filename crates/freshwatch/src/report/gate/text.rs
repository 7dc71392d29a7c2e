//! What a gate says, for people: a table with each value against its bound and why, the worst last, where the eye is,
//! then a summary.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use freshwatch_probe::duration;
use freshwatch_slo::gate::finding::{Finding, Outcome};
use freshwatch_slo::gate::{Judged, Verdict};

use super::Said;
use crate::report::text::counted;
use crate::report::wrap::wrap;

/// So many probes or series of one condition that have the same outcome are shown, the worst of them; the others are
/// counted.
const fn most_alike(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Pass | Outcome::Skipped => 3,
        Outcome::Inconclusive | Outcome::Block => 10,
    }
}

/// The table and the summary, for a terminal of so many columns.
pub fn text(said: &Said<'_>, columns: Option<usize>) -> String {
    let mut rows: Vec<Row> = said.decision.judged.iter().flat_map(rows).collect();
    rows.sort_by_key(|row| row.outcome);
    let width = |of: fn(&Row) -> &str| rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0);
    let widths = Widths {
        outcome: width(|row| row.outcome.as_str()),
        name: width(|row| &row.name),
        value: width(|row| &row.value),
        bound: width(|row| &row.bound),
    };
    let mut text = String::new();
    for row in &rows {
        row.write(&mut text, &widths, columns);
    }
    text.push('\n');
    text.push_str(&summary(said));
    text
}

/// A line of the table.
struct Row {
    outcome: Outcome,
    name: String,
    value: String,
    bound: String,
    message: String,
}

struct Widths {
    outcome: usize,
    name: usize,
    value: usize,
    bound: usize,
}

impl Row {
    fn of(judged: &Judged<'_>, finding: &Finding) -> Self {
        let condition = &judged.condition.name;
        Self {
            outcome: finding.outcome,
            name: match &finding.subject {
                Some(subject) => format!("{condition}: {subject}"),
                None => condition.clone(),
            },
            value: finding.shown.clone().unwrap_or_else(|| "-".into()),
            bound: judged.bound(),
            message: finding.message.clone(),
        }
    }

    fn write(&self, text: &mut String, widths: &Widths, columns: Option<usize>) {
        let style = style(self.outcome);
        let indent = widths.outcome + widths.name + widths.value + widths.bound + 4 * 2;
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            text,
            "{style}{:<outcome$}{style:#}  {:<name$}  {:>value$}  {:<bound$}  {}",
            self.outcome,
            self.name,
            self.value,
            self.bound,
            wrap(&self.message, columns, indent),
            outcome = widths.outcome,
            name = widths.name,
            value = widths.value,
            bound = widths.bound,
        );
    }
}

/// The lines of a condition: of many findings with one outcome the first, and how many more there are.
fn rows(judged: &Judged<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for alike in judged
        .findings
        .chunk_by(|one, other| one.outcome == other.outcome)
    {
        let most = alike.first().map_or(0, |first| most_alike(first.outcome));
        rows.extend(alike.iter().take(most).map(|finding| Row::of(judged, finding)));
        if let Some(next) = alike.get(most) {
            rows.push(Row {
                name: judged.condition.name.clone(),
                value: String::new(),
                message: format!("and {} more", alike.len() - most),
                ..Row::of(judged, next)
            });
        }
    }
    rows
}

/// `BLOCK prices: of 3 conditions, 2 hold, 1 is broken, in 41ms`.
fn summary(said: &Said<'_>) -> String {
    let all = said.decision.judged.len();
    let with = |outcome: Outcome| {
        let judged = said.decision.judged.iter();
        judged.filter(|judged| judged.outcome() == outcome).count()
    };
    let part = |count: usize, one: &str, many: &str| {
        (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { many }))
    };
    let parts = [
        part(with(Outcome::Pass), "holds", "hold"),
        part(with(Outcome::Skipped), "does not apply", "do not apply"),
        part(with(Outcome::Inconclusive), "is not known", "are not known"),
        part(with(Outcome::Block), "is broken", "are broken"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let verdict = said.decision.verdict;
    let bold = style_of_verdict(verdict);
    let mut text = format!(
        "{bold}{}{bold:#} {}: of {}, {}, in {}\n",
        verdict.as_str().to_uppercase(),
        said.name,
        counted(all, "condition", "conditions"),
        parts.join(", "),
        duration::show(said.took)
    );
    if let Some(bypass) = said.bypass {
        let style = Style::new().bold().fg_color(Some(AnsiColor::Magenta.into()));
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            text,
            "{style}BYPASSED{style:#} by {}: {}",
            bypass.by, bypass.reason
        );
    }
    text
}

fn style(outcome: Outcome) -> Style {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    match outcome {
        Outcome::Pass => colour(AnsiColor::Green),
        Outcome::Skipped => Style::new().dimmed(),
        Outcome::Inconclusive => colour(AnsiColor::Yellow).bold(),
        Outcome::Block => colour(AnsiColor::Red).bold(),
    }
}

fn style_of_verdict(verdict: Verdict) -> Style {
    let outcome = match verdict {
        Verdict::Pass => Outcome::Pass,
        Verdict::Inconclusive => Outcome::Inconclusive,
        Verdict::Block => Outcome::Block,
    };
    style(outcome).bold()
}
