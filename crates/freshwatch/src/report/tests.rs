//! What came of the probes' own tests.

use std::fmt::Write as _;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use freshwatch_file::Mistakes;
use freshwatch_page::wire::{Data, ReasonEntry};
use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::run::Judgment;
use freshwatch_probe::unit_test::UnitTest;
use freshwatch_probe::verdict::Code;
use freshwatch_probe::{duration, show};
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;

use super::json::pretty;
use super::mistakes::Entry;
use super::text::counted;
use crate::exit_code::ExitCode;

/// Everything that was tested.
#[derive(Default)]
pub struct Tested<'s> {
    /// How many probes were looked at.
    pub probes: usize,
    /// Those that have no test.
    pub untested: Vec<&'s ProbeName>,
    /// One for each test, in the order of the files.
    pub outcomes: Vec<Outcome<'s>>,
}

/// One test, and what came of it.
pub struct Outcome<'s> {
    /// Whose test it is.
    pub probe: &'s ProbeName,
    /// The test.
    pub test: &'s UnitTest,
    /// What the judge says.
    pub judgment: Judgment,
}

impl Outcome<'_> {
    /// Whether what came is what was expected.
    pub fn holds(&self) -> bool {
        self.test.expected.is_met_by(&self.judgment)
    }

    /// `stale (too_old)`: the verdict with the codes of the reasons that speak for it.
    fn came(&self) -> String {
        let mut codes: Vec<&str> = Vec::new();
        for reason in &self.judgment.reasons {
            if reason.verdict == self.judgment.verdict && !codes.contains(&reason.code.as_str()) {
                codes.push(reason.code.as_str());
            }
        }
        let verdict = self.judgment.verdict;
        if codes.is_empty() {
            verdict.to_string()
        } else {
            format!("{verdict} ({})", codes.join(", "))
        }
    }

    /// All that the judge has to say, a line each.
    fn sentences(&self) -> Vec<String> {
        let reasons = self.judgment.reasons.iter();
        let reasons =
            reasons.map(|reason| format!("{} ({}): {}", reason.verdict, reason.code, reason.message));
        let notes = self.judgment.notes.iter().map(|note| format!("note: {note}"));
        let age = self.judgment.reasons.is_empty().then(|| self.age()).flatten();
        age.into_iter().chain(reasons).chain(notes).collect()
    }

    /// What is worth knowing where nothing was found wrong.
    fn age(&self) -> Option<String> {
        let age = self.judgment.data?.age?;
        let shown = duration::show(age.unsigned_abs());
        Some(if age.is_negative() {
            format!("the data is {shown} ahead of `now`")
        } else {
            format!("the data is {shown} old")
        })
    }
}

/// The report for people: each test that does not hold as a diff, then a summary.
pub fn text(tested: &Tested<'_>, took: Duration) -> String {
    let mut text = String::new();
    let failed: Vec<&Outcome> = tested
        .outcomes
        .iter()
        .filter(|outcome| !outcome.holds())
        .collect();
    for outcome in &failed {
        write_failure(&mut text, outcome);
    }
    text.push_str(&summary(tested, failed.len(), took));
    text
}

fn write_failure(text: &mut String, outcome: &Outcome<'_>) {
    let coloured = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    let (bold, faint) = (Style::new().bold(), Style::new().dimmed());
    let (red, green) = (coloured(AnsiColor::Red), coloured(AnsiColor::Green));
    // Writing to a `String` cannot fail.
    let _ = writeln!(
        text,
        "{bold}{}: {}{bold:#}\n  {faint}at {}{faint:#}",
        outcome.probe,
        show::plain(&outcome.test.name),
        outcome.test.place
    );
    let _ = writeln!(text, "  {red}- expected {}{red:#}", outcome.test.expected);
    let _ = writeln!(text, "  {green}+ came     {}{green:#}", outcome.came());
    for sentence in outcome.sentences() {
        let _ = writeln!(text, "      {sentence}");
    }
    text.push('\n');
}

/// `12 tests of 4 probes: 11 hold, 1 does not, in 3ms`, and which probes have none.
fn summary(tested: &Tested<'_>, failed: usize, took: Duration) -> String {
    let count = tested.outcomes.len();
    let tests = counted(count, "test", "tests");
    let probes = counted(tested.probes - tested.untested.len(), "probe", "probes");
    let hold = if count - failed == 1 { "holds" } else { "hold" };
    let result = match failed {
        0 if count <= 1 => hold.to_owned(),
        0 => "all hold".into(),
        1 => format!("{} {hold}, 1 does not", count - failed),
        failed => format!("{} {hold}, {failed} do not", count - failed),
    };
    let mut text = if count == 0 {
        "there are no tests\n".to_owned()
    } else {
        format!("{tests} of {probes}: {result}, in {}\n", duration::show(took))
    };
    if !tested.untested.is_empty() {
        let names = tested.untested.iter().take(10).map(|name| name.as_str());
        let names = names.collect::<Vec<_>>().join(", ");
        let more = if tested.untested.len() > 10 { ", …" } else { "" };
        let untested = counted(tested.untested.len(), "probe has", "probes have");
        let _ = writeln!(
            text,
            "{untested} no tests, which `--require` makes a mistake: {names}{more}"
        );
    }
    text
}

/// `freshwatch.test/v1`. The shape is a promise: members are added, never renamed or removed within v1.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tests: Vec<TestEntry<'a>>,
    untested: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mistakes: Vec<Entry>,
    exit_code: u8,
}

#[derive(Serialize)]
struct TestEntry<'a> {
    probe: &'a str,
    name: &'a str,
    file: &'a str,
    line: usize,
    column: usize,
    holds: bool,
    expected: ExpectedEntry,
    verdict: &'static str,
    reasons: Vec<ReasonEntry<'a>>,
    notes: &'a [String],
    data: Option<Data>,
}

#[derive(Serialize)]
struct ExpectedEntry {
    verdict: &'static str,
    reason: Option<&'static str>,
}

/// The report for machines.
pub fn json(tested: &Tested<'_>, code: ExitCode) -> String {
    pretty(&Document {
        schema: "freshwatch.test/v1",
        tests: tested.outcomes.iter().map(TestEntry::from).collect(),
        untested: tested.untested.iter().map(|name| name.as_str()).collect(),
        mistakes: Vec::new(),
        exit_code: code.number(),
    })
}

/// The report of tests that could not begin.
pub fn json_of_mistakes(mistakes: &Mistakes) -> String {
    pretty(&Document {
        schema: "freshwatch.test/v1",
        tests: Vec::new(),
        untested: Vec::new(),
        mistakes: mistakes.iter().map(Entry::from).collect(),
        exit_code: ExitCode::Mistakes.number(),
    })
}

impl<'a> From<&'a Outcome<'a>> for TestEntry<'a> {
    fn from(outcome: &'a Outcome<'a>) -> Self {
        let Outcome {
            probe,
            test,
            judgment,
        } = outcome;
        Self {
            probe: probe.as_str(),
            name: &test.name,
            file: &test.place.file,
            line: test.place.line,
            column: test.place.column,
            holds: outcome.holds(),
            expected: ExpectedEntry {
                verdict: test.expected.verdict.as_str(),
                reason: test.expected.reason.map(Code::as_str),
            },
            verdict: judgment.verdict.as_str(),
            reasons: judgment.reasons.iter().map(ReasonEntry::from).collect(),
            notes: &judgment.notes,
            data: judgment.data.map(Data::from),
        }
    }
}

/// The report for CI servers: a test that does not hold is a failure.
///
/// # Errors
/// When the XML cannot be written.
pub fn junit(tested: &Tested<'_>, took: Duration) -> Result<String, SerializeError> {
    let mut report = Report::new("freshwatch");
    report.set_time(took);
    let mut suite = TestSuite::new("freshwatch test");
    suite.set_time(took);
    suite.add_test_cases(tested.outcomes.iter().map(case));
    report.add_test_suite(suite);
    report.to_string()
}

fn case(outcome: &Outcome<'_>) -> TestCase {
    let status = if outcome.holds() {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        let (expected, came) = (outcome.test.expected, outcome.came());
        status.set_type(outcome.judgment.verdict.as_str());
        status.set_message(format!("expected {expected}, came {came}"));
        let lines = [
            format!("at {}", outcome.test.place),
            format!("- expected {expected}"),
            format!("+ came     {came}"),
        ];
        let lines: Vec<String> = lines.into_iter().chain(outcome.sentences()).collect();
        status.set_description(lines.join("\n"));
        status
    };
    let mut case = TestCase::new(show::plain(&outcome.test.name), status);
    case.set_classname(outcome.probe.as_str());
    let place = &outcome.test.place;
    case.extra.insert("file".into(), place.file.as_ref().into());
    case.extra.insert("line".into(), place.line.to_string().into());
    case
}
