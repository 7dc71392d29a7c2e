//! Going past the gate: evaluated all the same, with a reason and a name, and never quietly.

/// What a commit message holds whose change may pass.
pub const MARKER: &str = "[skip-slo-check]";

/// The longest reason and name in characters: they become labels.
const LONGEST: usize = 120;

/// Somebody goes past the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bypass {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// Where it was said.
    pub said: Said,
}

/// Where a bypass was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// On the command line.
    CommandLine,
    /// In a commit message.
    CommitMessage,
}

impl Said {
    /// The word that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CommandLine => "command_line",
            Self::CommitMessage => "commit_message",
        }
    }
}

/// Why a bypass does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nameless {
    /// It has no reason.
    NoReason,
    /// It has no name.
    NoName,
}

impl Bypass {
    /// A bypass for a reason by somebody.
    ///
    /// # Errors
    /// What of it is missing.
    pub fn new(reason: &str, by: &str) -> Result<Self, Nameless> {
        let (reason, by) = (one_line(reason), one_line(by));
        if reason.is_empty() {
            return Err(Nameless::NoReason);
        }
        if by.is_empty() {
            return Err(Nameless::NoName);
        }
        Ok(Self {
            reason,
            by,
            said: Said::CommandLine,
        })
    }

    /// The bypass that a commit message asks for: its reason is the subject, without the marker.
    pub fn of_commit(message: &str, author: Option<&str>) -> Option<Self> {
        message.contains(MARKER).then(|| {
            let subject = message.lines().map(|line| one_line(&line.replace(MARKER, "")));
            let reason = subject.into_iter().find(|line| !line.is_empty());
            let by = author.map(one_line).filter(|author| !author.is_empty());
            Self {
                reason: reason
                    .unwrap_or_else(|| format!("the commit message says {MARKER} and nothing else")),
                by: by.unwrap_or_else(|| "the author of the commit".into()),
                said: Said::CommitMessage,
            }
        })
    }
}

/// A text on one line, bounded, without what a terminal would obey.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let kept: String = words.join(" ").chars().take(LONGEST).collect();
    freshwatch_probe::show::plain(&kept)
}

#[cfg(test)]
mod tests {
    use super::{Bypass, Nameless};

    #[test]
    fn a_bypass_has_a_reason_and_a_name() {
        assert_eq!(Bypass::new(" \n", "mina"), Err(Nameless::NoReason));
        assert_eq!(Bypass::new("rollback", "\t"), Err(Nameless::NoName));
        let bypass = Bypass::new(" roll\n back ", "mina\u{1b}[31m").unwrap();
        assert_eq!(bypass.reason, "roll back");
        assert_eq!(bypass.by, r"mina\u{1b}[31m");
        let long = Bypass::new(&"x".repeat(1000), "mina").unwrap();
        assert_eq!(long.reason.len(), 120);
    }

    #[track_caller]
    fn check(message: &str, reason: Option<&str>) {
        let bypass = Bypass::of_commit(message, None);
        assert_eq!(
            bypass.map(|bypass| bypass.reason).as_deref(),
            reason,
            "{message:?}"
        );
    }

    #[test]
    fn a_commit_message_may_ask_for_it() {
        check("Fix the cache [skip-slo-check]\n\nbody", Some("Fix the cache"));
        check("[skip-slo-check]\n\nRoll back to 1.2", Some("Roll back to 1.2"));
        check("Fix the cache\n\n[skip-slo-check]", Some("Fix the cache"));
        check(
            "[skip-slo-check]",
            Some("the commit message says [skip-slo-check] and nothing else"),
        );
        for message in [
            "",
            "skip-slo-check",
            "[skip slo check]",
            "[SKIP-SLO-CHECK]",
            "[skip-slo-check",
        ] {
            check(message, None);
        }
    }
}
