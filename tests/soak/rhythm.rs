//! How fast everything goes.

use std::time::Duration;

use crate::receiver::Mood;

/// A fifth holds a whole number of rounds of outages no longer than this: an outage must fit the daemon's queue.
const LONGEST_ROUND: Duration = Duration::from_mins(6);

/// How fast everything goes.
#[derive(Debug, Clone)]
pub struct Rhythm {
    /// How long the main part lasts.
    pub length: Duration,
    /// From one edit of the files to the next.
    pub edit: Duration,
    /// One round of outages: each kind once, five in all.
    pub round: Duration,
    /// How long an outage lasts.
    pub away: Duration,
    /// How long a server that changes its mind keeps it.
    pub mood: Duration,
    /// From one export to the next.
    pub export: Duration,
    /// How long the daemon waits for the receiver.
    pub patience: Duration,
    /// How often the daemon looks at its files.
    pub watch: Duration,
    /// How often resources are looked at.
    pub look: Duration,
    /// How often a line is printed.
    pub line: Duration,
    /// What the receiver asks for in `Retry-After`, in seconds.
    pub retry_after: u64,
    /// The intervals of probes, in seconds.
    pub intervals: &'static [u64],
    /// Between the rest and SIGTERM.
    pub finale: Duration,
    /// How long threads that wait for work may stay before they count.
    pub settling: Duration,
    /// How many more threads are no leak: those that wait for work come and go.
    pub spare_threads: u64,
    /// How much more memory is no leak, in bytes, besides 5 %.
    pub allowance: u64,
}

impl Rhythm {
    /// The whole soak.
    pub fn long(length: Duration) -> Self {
        let fifth = length / 5;
        let rounds = fifth.as_secs().div_ceil(LONGEST_ROUND.as_secs()).max(1);
        let round = fifth / u32::try_from(rounds).unwrap_or(u32::MAX);
        Self {
            length,
            edit: Duration::from_mins(1),
            round,
            away: round / 9,
            mood: Duration::from_secs(45),
            export: Duration::from_secs(15),
            patience: Duration::from_secs(10),
            watch: Duration::from_secs(5),
            look: Duration::from_secs(1),
            line: Duration::from_mins(1),
            retry_after: 12,
            intervals: &[2, 3, 5, 7, 10, 15, 20, 30],
            finale: Duration::from_secs(20),
            // The runtime's own ten seconds, and a little.
            settling: Duration::from_secs(14),
            spare_threads: 2,
            allowance: 2 << 20,
        }
    }

    /// The form for CI. A development build that has run for seconds is still warming up, hence the allowance.
    pub fn short() -> Self {
        Self {
            length: Duration::from_secs(15),
            edit: Duration::from_millis(2500),
            round: Duration::from_secs(15),
            away: Duration::from_millis(800),
            mood: Duration::from_secs(3),
            export: Duration::from_millis(500),
            patience: Duration::from_secs(1),
            watch: Duration::from_millis(200),
            look: Duration::from_millis(200),
            line: Duration::from_secs(3),
            retry_after: 1,
            intervals: &[2, 3, 4],
            finale: Duration::from_secs(3),
            settling: Duration::from_secs(1),
            spare_threads: 8,
            allowance: 24 << 20,
        }
    }

    /// How the receiver is so long after the beginning: away at the end of each fifth of a round.
    pub fn receiver(&self, since: Duration) -> Mood {
        let part = (self.round / 5).as_nanos();
        let (nth, within) = (since.as_nanos() / part, since.as_nanos() % part);
        if since >= self.length || within + self.away.as_nanos() < part {
            return Mood::Well;
        }
        match nth % 5 {
            0 => Mood::Refusing,
            1 => Mood::Unavailable,
            2 => Mood::Limiting(self.retry_after),
            3 => Mood::Hanging,
            _ => Mood::Cutting,
        }
    }
}
