//! What a probe promises. A `Definition` that exists is valid.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::cron::CronLine;
use crate::expectation::{Expectation, VerdictRule};
use crate::fingerprint::Fingerprint;
use crate::freshness::Freshness;
use crate::request::Request;

/// A probe as its file declares it.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Unique among all probes that are loaded together.
    pub name: ProbeName,
    /// For people.
    pub description: Option<String>,
    /// What is sent.
    pub request: Request,
    /// When it runs.
    pub schedule: Schedule,
    /// For the whole run, all attempts together.
    pub timeout: Duration,
    /// Whether a failure to answer is tried again.
    pub retry: Retry,
    /// Rules that are looked at before everything else.
    pub verdict_rules: Vec<VerdictRule>,
    /// Broken: `invalid`.
    pub expect: Expectation,
    /// Broken: `degraded`.
    pub warn: Option<Box<Expectation>>,
    /// Whether the endpoint judges its own data.
    pub self_report: bool,
    /// The freshness rules: all must hold.
    pub fresh: Box<[Freshness]>,
    /// Added to every series of the probe; those of many probes are the same, and shared.
    pub labels: Arc<BTreeMap<String, String>>,
    /// The promises.
    pub slo: Option<Slo>,
    /// While one of these is not ok, this one's alerts stay quiet.
    pub needs: Vec<ProbeName>,
    /// `false`: known, not run.
    pub enabled: bool,
    /// What it was read from, in short: whether a reload changes it.
    pub fingerprint: Fingerprint,
}

impl Definition {
    /// A probe of a request with every default of the grammar.
    pub fn new(name: ProbeName, request: Request) -> Self {
        Self {
            name,
            description: None,
            request,
            schedule: Schedule {
                when: When::Every(Duration::from_mins(1)),
                timezone: None,
                jitter: None,
            },
            timeout: Duration::from_secs(10),
            retry: Retry::default(),
            verdict_rules: Vec::new(),
            expect: Expectation::default(),
            warn: None,
            self_report: false,
            fresh: Box::default(),
            labels: Arc::default(),
            slo: None,
            needs: Vec::new(),
            enabled: true,
            fingerprint: Fingerprint::default(),
        }
    }
}

impl Definition {
    /// Whether a memory of earlier runs is of use to the probe.
    pub fn remembers(&self) -> bool {
        self.fresh.iter().any(Freshness::remembers)
    }

    /// Whether the probe says what is slow.
    pub fn bounds_latency(&self) -> bool {
        self.warn.as_ref().is_some_and(|warn| !warn.latency.is_empty())
    }

    /// Whether judging an answer takes no longer than reading it: no JSON Schema, and no path that searches.
    pub fn is_plain(&self) -> bool {
        let rules = self.verdict_rules.iter().map(|rule| &rule.when);
        let mut blocks = rules.chain([&self.expect]).chain(self.warn.as_deref());
        let plain = |block: &Expectation| {
            block.schema.is_none() && block.body.iter().all(|(path, _)| path.is_plain())
        };
        blocks.all(plain) && self.fresh.iter().all(Freshness::is_plain)
    }
}

/// A probe's name: `[a-z0-9-]`, 1 to 63 characters, a letter or digit at both ends, so that it can be a label's
/// value and the name of a Kubernetes object (RFC 1123). Clones share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProbeName(Arc<str>);

impl ProbeName {
    /// Checks a name.
    ///
    /// # Errors
    /// A fragment that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > 63 {
            return Err(format!(
                "`{text}` has {} characters: a probe's name has 1 to 63",
                text.len()
            ));
        }
        if !text.chars().all(allowed) {
            return Err(format!(
                "`{text}` holds more than lower-case letters, digits and `-`"
            ));
        }
        if text.starts_with('-') || text.ends_with('-') {
            return Err(format!("`{text}` must start and end with a letter or a digit"));
        }
        Ok(Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProbeName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// When a probe runs.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// The rhythm.
    pub when: When,
    /// The zone of a cron line; UTC without it.
    pub timezone: Option<TimeZone>,
    /// The spread of the start.
    pub jitter: Option<Duration>,
}

/// The rhythm of a schedule.
#[derive(Debug, Clone)]
pub enum When {
    /// A fixed interval.
    Every(Duration),
    /// A cron line.
    Cron(CronLine),
}

/// Whether a failure to answer is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// In total; at least 1.
    pub attempts: u32,
    /// Before the second attempt; doubles for each further one.
    pub backoff: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 1,
            backoff: Duration::from_millis(500),
        }
    }
}

/// The promises of a probe; each is optional. Ratios are exact: parts of a million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slo {
    /// Of all runs that are not unknown, those not down.
    pub up: Option<Ratio>,
    /// Of the runs that got an answer, those not invalid.
    pub valid: Option<Ratio>,
    /// Of the runs with a valid answer, those not stale.
    pub fresh: Option<Ratio>,
    /// Of the runs with a valid answer, those that took no longer than `warn.latency` allows.
    pub latency: Option<Ratio>,
    /// Over how long.
    pub window: Duration,
}

/// A ratio between 0 and 1 in parts of a million, so that `99.9%` is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(u32);

impl Ratio {
    /// Reads a percentage such as `99.9%`, with at most four decimals.
    ///
    /// # Errors
    /// A fragment that says what is wrong and how to write it.
    pub fn parse_percentage(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a percentage: write it like `99.9%`");
        let number = text.strip_suffix('%').ok_or_else(wrong)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || whole.len() > 3 {
            return Err(wrong());
        }
        if fraction.len() > 4 {
            return Err(format!("`{text}` has more than four decimals"));
        }
        let parts = |part: &str| part.parse::<u32>().map_err(|_| wrong());
        let ratio = parts(whole)? * 10_000 + parts(&format!("{fraction:0<4}"))?;
        if ratio > 1_000_000 {
            return Err(format!("`{text}` is more than 100%"));
        }
        Ok(Self(ratio))
    }

    /// The ratio in parts of a million.
    pub const fn parts_per_million(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Ratio {
    /// As files write it: `99.9%`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 10_000, self.0 % 10_000);
        let decimals = format!("{rest:04}");
        match decimals.trim_end_matches('0') {
            "" => write!(formatter, "{whole}%"),
            decimals => write!(formatter, "{whole}.{decimals}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ProbeName, Ratio};

    #[test]
    fn names_fit_a_label_and_a_kubernetes_object() {
        for name in ["a", "real-price", "2xx", &"x".repeat(63)] {
            assert!(ProbeName::parse(name).is_ok(), "{name}");
        }
        for name in ["", "Real", "a_b", "-a", "a-", "a.b", "é", &"x".repeat(64)] {
            assert!(ProbeName::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn percentages_are_exact() {
        for (text, parts) in [
            ("99.9%", 999_000),
            ("100%", 1_000_000),
            ("0.0001%", 1),
            ("99.95%", 999_500),
        ] {
            let ratio = Ratio::parse_percentage(text).unwrap();
            assert_eq!(ratio.parts_per_million(), parts);
            assert_eq!(ratio.to_string(), text);
        }
        for text in ["99.9", "%", "100.1%", "-1%", "99.99999%", "9 9%", ".5%", "1.%"] {
            assert!(Ratio::parse_percentage(text).is_err(), "{text}");
        }
    }
}
