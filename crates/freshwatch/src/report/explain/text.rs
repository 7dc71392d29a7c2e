//! A probe explained for people.

use std::fmt::Write as _;

use anstyle::Style;
use freshwatch_probe::explain::{Ahead, Upcoming};
use freshwatch_probe::{duration, show};
use jiff::Timestamp;

use super::{Asked, Explained, Way};
use crate::report::text::{counted, style};
use crate::report::wrap::wrap;

/// The column of the words before sentences.
const WORDS: usize = 12;

/// What the probe promises, what lies ahead of it, and how its verdict comes about, for a terminal of so many columns.
pub fn text(explained: &Explained<'_>, columns: Option<usize>) -> String {
    let mut page = Page {
        text: String::new(),
        columns,
    };
    page.title(explained.definition.name.as_str());
    if let Some(description) = &explained.definition.description {
        page.line("", &show::plain(description));
    }
    for clause in &explained.promises {
        page.lines(clause.topic.as_str(), &clause.sentences);
    }
    page.runs(explained);
    for due in &explained.due {
        page.due(due);
    }
    if let Some(way) = &explained.way {
        page.way(way);
    }
    page.text
}

struct Page {
    text: String,
    columns: Option<usize>,
}

// Writing to a `String` cannot fail.
impl Page {
    fn title(&mut self, title: &str) {
        let bold = Style::new().bold();
        let _ = writeln!(self.text, "{bold}{title}{bold:#}");
    }

    fn section(&mut self, title: &str) {
        self.text.push('\n');
        self.title(title);
    }

    fn lines(&mut self, word: &str, sentences: &[String]) {
        for (index, sentence) in sentences.iter().enumerate() {
            self.line(if index == 0 { word } else { "" }, sentence);
        }
    }

    fn line(&mut self, word: &str, sentence: &str) {
        let faint = Style::new().dimmed();
        let indent = 2 + WORDS;
        let sentence = wrap(sentence, self.columns, indent);
        let _ = writeln!(self.text, "  {faint}{word:<WORDS$}{faint:#}{sentence}");
    }

    fn runs(&mut self, explained: &Explained<'_>) {
        let zone = &explained.zone;
        self.section(&format!("next runs after {}, in {zone}", seconds(explained.now)));
        if explained.runs.is_empty() {
            let why = if explained.definition.enabled {
                "none: its cron line has come to its end"
            } else {
                "none: it is disabled"
            };
            self.line("", why);
        }
        for run in &explained.runs {
            self.line("", &format!("{}{}", run.shown, clock_change(run)));
        }
    }

    fn due(&mut self, due: &Upcoming) {
        self.section(&format!("next due moments of {}, in {}", due.rule, due.zone));
        for landing in &due.moments {
            let (wanted, from) = (&landing.wanted, &landing.stale_from_shown);
            let grace = if landing.stale_from > landing.at.at {
                format!(", stale from {from} on")
            } else {
                String::new()
            };
            let (shown, change) = (&landing.at.shown, clock_change(&landing.at));
            self.line("", &format!("{shown}: {wanted} must have landed{grace}{change}"));
        }
        if let Some(end) = &due.end {
            self.line("", end);
        }
    }

    fn way(&mut self, way: &Way) {
        let from = match &way.asked {
            Asked::Endpoint { answered: true } => {
                format!("the endpoint's answer after {}", duration::show(way.took))
            }
            Asked::Endpoint { answered: false } => {
                format!("no answer of the endpoint after {}", duration::show(way.took))
            }
            Asked::File(path) => format!("the answer in {}", path.display()),
        };
        self.section(&format!("{from}, judged at {}", seconds(way.now)));
        for step in &way.steps {
            self.line(step.stage.as_str(), &step.message);
        }
        if way.omitted > 0 {
            self.line("", &format!("and {} more", counted(way.omitted, "step", "steps")));
        }
        let judgment = &way.judgment;
        let style = style(judgment.verdict);
        let _ = write!(self.text, "  {style}{:<WORDS$}{style:#}", judgment.verdict);
        let indent = 2 + WORDS;
        if judgment.reasons.is_empty() {
            self.text.push_str("nothing speaks against it\n");
        }
        for (index, reason) in judgment.reasons.iter().enumerate() {
            let before = if index == 0 { 0 } else { indent };
            let sentence = if reason.verdict == judgment.verdict {
                format!("({}) {}", reason.code, reason.message)
            } else {
                format!("{} ({}) {}", reason.verdict, reason.code, reason.message)
            };
            let _ = writeln!(
                self.text,
                "{:before$}{}",
                "",
                wrap(&sentence, self.columns, indent)
            );
        }
        for note in &judgment.notes {
            self.line("note", note);
        }
    }
}

/// That clocks were set before a moment, for the end of a sentence.
fn clock_change(ahead: &Ahead) -> String {
    let change = ahead.clock_change.as_ref();
    change.map(|change| format!("; {change}")).unwrap_or_default()
}

/// What people read needs no fractions of a second.
fn seconds(at: Timestamp) -> String {
    at.strftime("%FT%TZ").to_string()
}
