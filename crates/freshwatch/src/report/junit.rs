//! JUnit XML, for CI servers: one test case for each probe.

use std::time::Duration;

use freshwatch_file::Mistake;
use freshwatch_probe::run::Run;
use freshwatch_probe::verdict::Verdict;
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

/// The report of a round. `stale`, `invalid` and `down` are failures, `unknown` is an error: it is the prober's.
///
/// # Errors
/// When the XML cannot be written.
pub fn round(runs: &[Run], took: Duration) -> Result<String, SerializeError> {
    let mut report = Report::new("freshwatch");
    report.set_time(took);
    let mut suite = TestSuite::new("freshwatch check");
    suite.set_time(took);
    suite.add_test_cases(runs.iter().map(case));
    report.add_test_suite(suite);
    report.to_string()
}

/// The report of a round that did not begin: each mistake is an error.
///
/// # Errors
/// When the XML cannot be written.
pub fn no_round<'a>(mistakes: impl Iterator<Item = &'a Mistake>) -> Result<String, SerializeError> {
    let mut report = Report::new("freshwatch");
    let mut suite = TestSuite::new("probe files");
    suite.add_test_cases(mistakes.map(|mistake| {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type(mistake.code.as_str());
        status.set_message(mistake.message.as_str());
        status.set_description(mistake.help.as_deref().unwrap_or_default());
        let (file, line, column) = (&mistake.file, mistake.line, mistake.column);
        let mut case = TestCase::new(format!("{file}:{line}:{column}"), status);
        case.set_classname("freshwatch");
        case
    }));
    report.add_test_suite(suite);
    report.to_string()
}

fn case(run: &Run) -> TestCase {
    let status = match run.judgment.verdict {
        Verdict::Ok | Verdict::Degraded => TestCaseStatus::success(),
        Verdict::Stale | Verdict::Invalid | Verdict::Down => broken(run, NonSuccessKind::Failure),
        Verdict::Unknown => broken(run, NonSuccessKind::Error),
    };
    let mut case = TestCase::new(run.probe().as_str(), status);
    case.set_classname("freshwatch");
    case.set_time(run.took);
    case.extra
        .insert("verdict".into(), run.judgment.verdict.as_str().into());
    if run.judgment.verdict == Verdict::Degraded {
        case.set_system_out(sentences(run));
    }
    case
}

fn broken(run: &Run, kind: NonSuccessKind) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    let first = run.judgment.reasons.first();
    status.set_type(format!(
        "{} {}",
        run.judgment.verdict,
        first.map_or("", |reason| reason.code.as_str())
    ));
    status.set_message(first.map_or("", |reason| reason.message.as_str()));
    status.set_description(sentences(run));
    status
}

fn sentences(run: &Run) -> String {
    let lines = run.judgment.reasons.iter();
    let lines: Vec<String> = lines
        .map(|reason| format!("{}: {}", reason.code, reason.message))
        .collect();
    lines.join("\n")
}
