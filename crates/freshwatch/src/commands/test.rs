//! `freshwatch test`: the probes' own unit tests, judged as a run is, without a network and with a frozen clock.

use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use freshwatch_agent::clock;
use freshwatch_file::{Mistakes, ProbeSet, Purpose};
use freshwatch_probe::definition::Definition;
use freshwatch_probe::observation::NotMade;
use freshwatch_probe::run::{Judgment, Run};
use freshwatch_probe::unit_test::UnitTest;
use globset::GlobSet;

use crate::command_line::{ReportFormat, Test};
use crate::exit_code::ExitCode;
use crate::report;
use crate::report::tests::{Outcome, Tested};

/// How long judging one answer may take, as in a run.
const LONGEST_JUDGING: Duration = Duration::from_secs(10);

/// Runs every test.
///
/// # Errors
/// Wrong use: a glob, a selection that leaves nothing.
pub fn run(options: &Test) -> Result<ExitCode> {
    let purpose = Purpose::Testing {
        require: options.require,
    };
    let set = match freshwatch_file::load_for(&options.files.paths, purpose, &super::environment) {
        Ok(set) => set,
        Err(mistakes) => return refuse(&mistakes, options.format),
    };
    let chosen = super::check::chosen(&set, &options.probes)?;
    let start = clock::monotonic();
    let tested = test(&set, chosen.as_ref());
    let took = start.elapsed();
    let code = if tested.outcomes.iter().all(Outcome::holds) {
        ExitCode::Ok
    } else {
        ExitCode::TestFailed
    };
    let text = match options.format {
        ReportFormat::Text => report::tests::text(&tested, took),
        ReportFormat::Json => report::tests::json(&tested, code),
        ReportFormat::Junit => report::tests::junit(&tested, took)?,
    };
    report::conclude(&text)?;
    Ok(code)
}

fn test<'s>(set: &'s ProbeSet, chosen: Option<&GlobSet>) -> Tested<'s> {
    let mut tested = Tested::default();
    for (definition, tests) in set.definitions.iter().zip(&set.tests) {
        if chosen.is_some_and(|globs| !globs.is_match(definition.name.as_str())) {
            continue;
        }
        tested.probes += 1;
        if tests.is_empty() {
            tested.untested.push(&definition.name);
        }
        tested.outcomes.extend(tests.iter().map(|test| Outcome {
            probe: &definition.name,
            test,
            judgment: judge(definition, test),
        }));
    }
    tested
}

/// Judges here, or on a thread of its own when that may take long, and not for ever. That thread is left behind then:
/// the program ends soon.
fn judge(definition: &Arc<Definition>, test: &UnitTest) -> Judgment {
    if definition.is_plain() {
        return test.judge(definition);
    }
    let (sender, receiver) = mpsc::channel();
    let (owned, owned_test) = (Arc::clone(definition), test.clone());
    thread::spawn(move || {
        // Nobody listens any more when it took too long.
        let _ = sender.send(owned_test.judge(&owned));
    });
    receiver.recv_timeout(LONGEST_JUDGING).unwrap_or_else(|why| {
        let why = match why {
            mpsc::RecvTimeoutError::Timeout => NotMade::Unjudged(LONGEST_JUDGING),
            mpsc::RecvTimeoutError::Disconnected => NotMade::Internal,
        };
        Run::not_made(definition, why, test.now).judgment
    })
}

/// Probe files with mistakes: nothing is tested.
fn refuse(mistakes: &Mistakes, format: ReportFormat) -> Result<ExitCode> {
    let count = report::text::counted(mistakes.count(), "mistake", "mistakes");
    report::note(&format!(
        "{}\n{count}; nothing was tested\n",
        mistakes.render(true)
    ));
    let document = match format {
        ReportFormat::Text => String::new(),
        ReportFormat::Json => report::tests::json_of_mistakes(mistakes),
        ReportFormat::Junit => report::junit::no_round(mistakes.iter())?,
    };
    report::conclude(&document)?;
    Ok(ExitCode::Mistakes)
}
