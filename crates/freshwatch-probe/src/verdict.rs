//! The six verdicts and the reasons that speak for them.

use std::fmt;

/// How a run ends, from the best to the worst: a worse one takes precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Everything that the probe promises holds.
    Ok,
    /// The promise is kept, with a warning.
    Degraded,
    /// A right answer whose data is older than promised.
    Stale,
    /// A complete answer that is wrong.
    Invalid,
    /// No complete answer, or the service says that it failed.
    Down,
    /// The prober could not make or trust the observation.
    Unknown,
}

impl Verdict {
    /// All six, from the best to the worst.
    pub const ALL: [Self; 6] = [
        Self::Ok,
        Self::Degraded,
        Self::Stale,
        Self::Invalid,
        Self::Down,
        Self::Unknown,
    ];

    /// The word that files, reports and metric labels use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Stale => "stale",
            Self::Invalid => "invalid",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word of a verdict.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == word)
    }

    /// The value of `probe_success`: absent when nobody can tell.
    pub const fn success(self) -> Option<bool> {
        match self {
            Self::Ok | Self::Degraded => Some(true),
            Self::Stale | Self::Invalid | Self::Down => Some(false),
            Self::Unknown => None,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal),+ $(,)?) => {
        /// Why, in one word that machines compare: stable, documented, a label of `probe_reason_info`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])+ $name),+ }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word of the code.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

codes! {
    /// The service asked us to come back later (429).
    RateLimited = "rate_limited",
    /// Our credentials were refused (401, 403, 407).
    Credential = "credential",
    /// A secret of the probe could not be read.
    Secret = "secret",
    /// The run was cut off by shutdown or a reload.
    Aborted = "aborted",
    /// The probe must be held against earlier runs, and nothing keeps what they saw.
    State = "state",
    /// A business calendar does not know the day.
    Calendar = "calendar",
    /// A cursor or a content has not been seen to move yet.
    Warming = "warming",
    /// The slot could not start for lack of capacity.
    Overload = "overload",
    /// The prober failed inside.
    Internal = "internal",
    /// The name of the host did not resolve.
    Dns = "dns",
    /// No connection could be made.
    Connect = "connect",
    /// The TLS handshake failed.
    Tls = "tls",
    /// Time ran out.
    Timeout = "timeout",
    /// The connection was closed before an answer came.
    Reset = "reset",
    /// The body ended before its announced length.
    Truncated = "truncated",
    /// What came was not HTTP, or beyond its bounds.
    Protocol = "protocol",
    /// A status that was not expected.
    Status = "status",
    /// More redirects than allowed, or one that cannot be followed.
    Redirects = "redirects",
    /// The body does not parse where JSON is needed.
    NotJson = "not_json",
    /// The body is not valid UTF-8 where text is needed.
    NotText = "not_text",
    /// The body does not decompress.
    Encoding = "encoding",
    /// The body is larger than `max_body`.
    TooLarge = "too_large",
    /// Something under `expect` does not hold.
    Expectation = "expectation",
    /// The body breaks the JSON Schema.
    Schema = "schema",
    /// Nothing is where a value should be.
    NoMatch = "no_match",
    /// The value is null, empty or of a type that holds no time.
    NoTimestamp = "no_timestamp",
    /// The value cannot be read as a time.
    BadTimestamp = "bad_timestamp",
    /// The time has no zone and none is configured.
    NaiveTimestamp = "naive_timestamp",
    /// The time lies further ahead than `max_skew`.
    Future = "future",
    /// A number that may only advance went back.
    WentBackwards = "went_backwards",
    /// Items cannot be told apart: one has no key, or two have the same.
    BadKey = "bad_key",
    /// The data is older than promised.
    TooOld = "too_old",
    /// What was due has not landed.
    NotLanded = "not_landed",
    /// A cursor has stood still for longer than promised.
    NotAdvanced = "not_advanced",
    /// A content has stayed the same for longer than promised.
    NotChanged = "not_changed",
    /// Too few items are fresh.
    Quorum = "quorum",
    /// The point in time up to which the data is good has passed.
    Expired = "expired",
    /// The endpoint's own judgment.
    SelfReport = "self_report",
    /// A rule under `verdict` decided.
    Rule = "rule",
    /// The answer took longer than `warn.latency`.
    Slow = "slow",
    /// The data is older than `warn_age`.
    Aging = "aging",
    /// What was due has not landed, and its grace is not over.
    Late = "late",
    /// The certificate ends soon, or there is none.
    Certificate = "certificate",
    /// Something under `warn` does not hold.
    Warning = "warning",
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// One reason for a verdict: a code, a plain sentence, and what was seen against what was wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The verdict that this reason alone would give.
    pub verdict: Verdict,
    /// Its code.
    pub code: Code,
    /// A plain sentence without a full stop, secrets removed.
    pub message: String,
    /// What was seen, shortened, secrets removed.
    pub seen: Option<String>,
    /// What was wanted.
    pub wanted: Option<String>,
}

impl Reason {
    /// A reason that is told by its sentence alone.
    pub fn new(verdict: Verdict, code: Code, message: impl Into<String>) -> Self {
        Self {
            verdict,
            code,
            message: message.into(),
            seen: None,
            wanted: None,
        }
    }

    /// Adds what was seen against what was wanted.
    pub fn contrast(mut self, seen: impl Into<String>, wanted: impl Into<String>) -> Self {
        self.seen = Some(seen.into());
        self.wanted = Some(wanted.into());
        self
    }
}
