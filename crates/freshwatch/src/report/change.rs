//! That a verdict is not the one before, in plain words: a line of the log, and the body of a log record.

use std::time::Duration;

use freshwatch_probe::run::Run;
use freshwatch_probe::standing::Change;
use freshwatch_probe::verdict::Verdict;
use freshwatch_probe::{duration, show};

/// Whether people have to know. A probe that is well from the start is no news.
pub fn is_news(run: &Run, from: Option<Verdict>) -> bool {
    from.is_some() || run.judgment.verdict != Verdict::Ok
}

/// The sentence about a change.
pub fn sentence(change: &Change) -> String {
    about(&change.run, change.from.zip(change.after))
}

/// The sentence about the first run of a probe.
pub fn first(run: &Run) -> String {
    about(run, None)
}

fn about(run: &Run, before: Option<(Verdict, Duration)>) -> String {
    let before = before.map(|(from, after)| {
        // A verdict that lasted for less than a second lasted for one run.
        let after = Duration::from_secs(after.as_secs().max(1));
        format!(", after {} of {from}", duration::show(after))
    });
    let why = run.judgment.reasons.first();
    let why = why.map(|reason| format!(": {}", show::plain(&reason.message)));
    format!(
        "{} is {}{}{}",
        run.probe(),
        run.judgment.verdict,
        before.unwrap_or_default(),
        why.unwrap_or_default()
    )
}
