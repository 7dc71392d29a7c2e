//! Exit codes: stable and documented, so that a CronJob's or a pipeline's policy can rely on them.

use std::collections::BTreeSet;
use std::process;

use freshwatch_probe::verdict::Verdict;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// Every verdict is `ok` or `degraded`, and everything was delivered.
    Ok,
    /// A crash, or a report that could not be printed.
    Crash,
    /// Some verdict is `down`.
    Down,
    /// Some verdict is `unknown`.
    Unknown,
    /// Some verdict is `stale`.
    Stale,
    /// Some verdict is `invalid`.
    Invalid,
    /// Results could not be delivered to the configured OTLP endpoint.
    NotDelivered,
    /// Some test of a probe does not hold.
    TestFailed,
    /// The gate says that some condition is broken.
    Blocked,
    /// The gate cannot tell whether every condition holds.
    Inconclusive,
    /// Wrong use of the command line or of an environment variable (`EX_USAGE` of sysexits.h).
    Usage,
    /// Probe files with mistakes; nothing was probed (`EX_CONFIG` of sysexits.h).
    Mistakes,
}

impl ExitCode {
    /// The number that the system is told. Those of the gate are what pipelines expect of gates: 0, 1 and 2.
    pub const fn number(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Crash | Self::Blocked => 1,
            Self::Down | Self::Inconclusive => 2,
            Self::Unknown => 3,
            Self::Stale => 4,
            Self::Invalid => 5,
            Self::NotDelivered => 6,
            Self::TestFailed => 7,
            Self::Usage => 64,
            Self::Mistakes => 78,
        }
    }

    /// The code of a round: the worst verdict that counts, in the order 2, 5, 4, 3; then delivery.
    pub fn of_round(verdicts: impl IntoIterator<Item = Verdict>, fail_on: &FailOn, delivered: bool) -> Self {
        let seen: BTreeSet<Verdict> = verdicts
            .into_iter()
            .filter(|verdict| fail_on.counts(*verdict))
            .collect();
        let order = [
            (Verdict::Down, Self::Down),
            (Verdict::Invalid, Self::Invalid),
            (Verdict::Stale, Self::Stale),
            (Verdict::Unknown, Self::Unknown),
        ];
        let worst = order.into_iter().find(|(verdict, _)| seen.contains(verdict));
        match worst {
            Some((_, code)) => code,
            None if delivered => Self::Ok,
            None => Self::NotDelivered,
        }
    }
}

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

/// Which verdicts make `check` fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailOn(BTreeSet<Verdict>);

impl Default for FailOn {
    fn default() -> Self {
        Self([Verdict::Down, Verdict::Invalid, Verdict::Stale, Verdict::Unknown].into())
    }
}

impl FailOn {
    /// Reads `down,invalid` or `never`.
    ///
    /// # Errors
    /// The word that is no verdict, and those that are.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self(BTreeSet::new()));
        }
        let verdict = |word: &str| {
            Verdict::from_word(word.trim())
                .filter(|verdict| !matches!(verdict, Verdict::Ok | Verdict::Degraded))
                .ok_or_else(|| {
                    format!("`{word}` is not one of down, invalid, stale, unknown, or `never` alone")
                })
        };
        text.split(',').map(verdict).collect::<Result<_, _>>().map(Self)
    }

    fn counts(&self, verdict: Verdict) -> bool {
        self.0.contains(&verdict)
    }
}

#[cfg(test)]
mod tests {
    use freshwatch_probe::verdict::Verdict::{self, Degraded, Down, Invalid, Ok, Stale, Unknown};

    use super::{ExitCode, FailOn};

    #[track_caller]
    fn check(verdicts: &[Verdict], fail_on: &str, delivered: bool, expected: u8) {
        let fail_on = if fail_on.is_empty() {
            FailOn::default()
        } else {
            FailOn::parse(fail_on).unwrap()
        };
        let code = ExitCode::of_round(verdicts.iter().copied(), &fail_on, delivered);
        assert_eq!(code.number(), expected, "{verdicts:?}");
    }

    #[test]
    fn the_worst_that_counts() {
        check(&[], "", true, 0);
        check(&[Ok, Degraded], "", true, 0);
        check(&[Ok, Degraded], "", false, 6);
        check(&[Unknown], "", false, 3);
        check(&[Unknown, Stale], "", true, 4);
        check(&[Unknown, Stale, Invalid], "", true, 5);
        check(&[Unknown, Stale, Invalid, Down], "", false, 2);
        check(&[Unknown, Stale], "down,invalid", true, 0);
        check(&[Unknown, Stale], "unknown", true, 3);
        check(&[Down], "never", true, 0);
        check(&[Down], "never", false, 6);
    }

    #[test]
    fn words_that_do_not_count() {
        for text in ["", "ok", "dwon", "down,never", "degraded"] {
            assert!(FailOn::parse(text).is_err(), "{text}");
        }
        assert!(FailOn::parse("down, stale").is_ok());
    }
}
