//! Tells the story as it is seen: a heading for each act, a line for each change of a verdict.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::run::Run;
use freshwatch_probe::verdict::Verdict;
use freshwatch_probe::{duration, show};

use super::story::Act;
use crate::report::text::style;
use crate::report::wrap::wrap;

/// Before the sentence of a line: the time, the verdict, the name, the status, and what stands between them.
const COLUMNS: usize = 5 + 2 + 8 + 2 + 2 + 9 + 2;

/// Folds rounds into text.
#[derive(Debug)]
pub(crate) struct Narrator {
    /// The longest name of a probe.
    names: usize,
    /// The terminal's columns; `None`: lines are not wrapped.
    columns: Option<usize>,
    act: Option<Act>,
    verdicts: BTreeMap<ProbeName, Verdict>,
}

impl Narrator {
    /// A narrator who has told nothing yet.
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a ProbeName>, columns: Option<usize>) -> Self {
        let names = names
            .into_iter()
            .map(|name| name.as_str().len())
            .max()
            .unwrap_or(0);
        Self {
            names,
            columns,
            act: None,
            verdicts: BTreeMap::new(),
        }
    }

    /// The heading of an act that has begun since the last round.
    pub(crate) fn heading(&mut self, elapsed: Duration, act: Act) -> Option<String> {
        (self.act.replace(act) != Some(act)).then(|| heading(elapsed, act))
    }

    /// A line for each verdict that is not what it was.
    pub(crate) fn changes(&mut self, elapsed: Duration, runs: &[Run]) -> Option<String> {
        let mut text = String::new();
        for run in runs {
            let verdict = run.judgment.verdict;
            if self.verdicts.insert(run.probe().clone(), verdict) != Some(verdict) {
                self.write_change(&mut text, elapsed, run);
            }
        }
        (!text.is_empty()).then_some(text)
    }

    fn write_change(&self, text: &mut String, elapsed: Duration, run: &Run) {
        let (verdict, colour) = (run.judgment.verdict, style(run.judgment.verdict));
        let (time, status) = (clock(elapsed), status(run));
        let indent = COLUMNS + self.names;
        let sentence = wrap(&sentence(run), self.columns, indent);
        let name = run.probe().as_str();
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            text,
            "{time}  {colour}{verdict:<8}{colour:#}  {name:<width$}  {status:<9}  {sentence}",
            width = self.names
        );
    }
}

/// What has happened, and what it means: `  8s  The nightly batch stopped`.
pub(crate) fn heading(elapsed: Duration, act: Act) -> String {
    let (bold, faint) = (
        Style::new().bold().fg_color(Some(AnsiColor::Cyan.into())),
        Style::new().dimmed(),
    );
    let (time, headline, meaning) = (clock(elapsed), act.headline(), act.meaning());
    format!("\n{time}  {bold}{headline}{bold:#}\n       {faint}{meaning}{faint:#}\n")
}

/// How all probes stand, in one line for a terminal.
pub(crate) fn standing(elapsed: Duration, runs: &[Run]) -> String {
    let mut text = clock(elapsed);
    for run in runs {
        let verdict = run.judgment.verdict;
        let colour = style(verdict);
        let _ = write!(text, "  {} {colour}{verdict}{colour:#}", run.probe());
        if let Some(age) = run.judgment.data.and_then(|data| data.age) {
            let _ = write!(text, " ({})", duration::show(age.unsigned_abs()));
        }
    }
    text
}

fn clock(elapsed: Duration) -> String {
    format!("{:>4}s", elapsed.as_secs())
}

/// The one thing that a check of status codes sees.
fn status(run: &Run) -> String {
    run.exchange
        .status
        .map_or_else(|| "no answer".to_owned(), |status| format!("HTTP {status}"))
}

fn sentence(run: &Run) -> String {
    if let Some(reason) = run.judgment.reasons.first() {
        return reason.message.clone();
    }
    let data = run.judgment.data.and_then(|data| data.age.zip(data.max_age));
    data.map_or_else(
        || "answers as promised".to_owned(),
        |(age, max_age)| {
            let (age, max_age) = (duration::show(age.unsigned_abs()), duration::show(max_age));
            format!("the data is {age} old, as promised: at most {max_age}")
        },
    )
}

/// `22 rounds`.
pub(crate) fn rounds(count: usize) -> String {
    show::counted(count, "round", "rounds")
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use freshwatch_probe::definition::{Definition, ProbeName};
    use freshwatch_probe::observation::Exchange;
    use freshwatch_probe::request::Request;
    use freshwatch_probe::run::{Judgment, Run};
    use freshwatch_probe::verdict::{Code, Reason, Verdict};
    use insta::assert_snapshot;
    use jiff::Timestamp;

    use super::{Narrator, standing};
    use crate::demo::story::Act;

    /// A run with this verdict and status; 0: no answer.
    pub(crate) fn run(probe: &str, verdict: Verdict, status: u16) -> Run {
        let reason = Reason::new(
            verdict,
            Code::Rule,
            format!("a sentence about the {verdict} {probe}"),
        );
        Run {
            definition: Arc::new(Definition::new(
                ProbeName::parse(probe).unwrap(),
                Request::get("http://a.example/"),
            )),
            started: Timestamp::UNIX_EPOCH,
            took: Duration::ZERO,
            attempts: 1,
            exchange: Exchange {
                status: (status != 0).then_some(status),
                ..Exchange::default()
            },
            judgment: Judgment {
                verdict,
                reasons: if verdict == Verdict::Ok {
                    Vec::new()
                } else {
                    vec![reason]
                },
                notes: Vec::new(),
                data: None,
                items: None,
                memory: None,
                stale_at: None,
            },
            trace: None,
        }
    }

    fn narrator(columns: Option<usize>) -> Narrator {
        let names = ["chat", "real-price"].map(|name| ProbeName::parse(name).unwrap());
        Narrator::new(&names, columns)
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn an_act_is_announced_once() {
        let mut narrator = narrator(None);
        let eight = Duration::from_secs(8);
        assert_snapshot!(plain(&narrator.heading(eight, Act::BatchStopped).unwrap()), @"
        8s  The nightly batch stopped, quietly
            No error, no alert: still 200 OK, with older prices every day.
        ");
        assert_eq!(narrator.heading(eight, Act::BatchStopped), None);
        assert!(narrator.heading(eight, Act::SearchBroken).is_some());
    }

    #[test]
    fn a_verdict_is_told_when_it_changes() {
        let mut narrator = narrator(None);
        let round = |price, chat| [run("real-price", price, 200), run("chat", chat, 0)];
        let mut tell = |seconds, price, chat| {
            let text = narrator.changes(Duration::from_secs(seconds), &round(price, chat));
            text.map(|text| plain(&text)).unwrap_or_default()
        };
        assert_snapshot!(tell(0, Verdict::Ok, Verdict::Ok), @"
        0s  ok        real-price  HTTP 200   answers as promised
        0s  ok        chat        no answer  answers as promised
        ");
        assert_snapshot!(tell(2, Verdict::Ok, Verdict::Ok), @"");
        assert_snapshot!(tell(14, Verdict::Stale, Verdict::Ok), @"
          14s  stale     real-price  HTTP 200   a sentence about the stale real-price
        ");
        assert_snapshot!(tell(16, Verdict::Ok, Verdict::Down), @"
        16s  ok        real-price  HTTP 200   answers as promised
        16s  down      chat        no answer  a sentence about the down chat
        ");
    }

    #[test]
    fn on_a_terminal_sentences_are_wrapped_unless_it_is_too_narrow() {
        let long = [run("a-name-that-makes-the-sentence-long", Verdict::Down, 0)];
        let tell = |columns| plain(&narrator(Some(columns)).changes(Duration::ZERO, &long).unwrap());
        assert_eq!(tell(40 + 30).lines().count(), 2);
        assert_eq!(tell(40 + 29).lines().count(), 1);
    }

    #[test]
    fn how_all_stand() {
        let runs = [
            run("real-price", Verdict::Stale, 200),
            run("chat", Verdict::Ok, 200),
        ];
        assert_snapshot!(plain(&standing(Duration::from_secs(14), &runs)), @"  14s  real-price stale  chat ok");
    }
}
