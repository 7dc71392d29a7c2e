//! The bounds of everything that a client can ask for.

use std::time::Duration;

/// The bounds of everything that a client can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Connections that are open at a time; more wait in the system's queue.
    pub connections: usize,
    /// Until a request's head is complete; an idle connection is closed after as long.
    pub head: Duration,
    /// The largest head of a request, in bytes.
    pub head_size: usize,
    /// Until a request's body is complete.
    pub body: Duration,
    /// The largest body of a request, in bytes.
    pub body_size: u64,
    /// Until the answer to a request begins.
    pub handling: Duration,
    /// Large answers that are computed or sent at a time.
    pub bulk: usize,
    /// How long others wait for their turn.
    pub bulk_wait: Duration,
    /// Until the client has taken its answer.
    pub taking: Duration,
    /// At the end, for the requests that are under way.
    pub farewell: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 128,
            // Scrapers come back every 10 or 15 seconds: a connection that ends at the very moment costs them a scrape.
            head: Duration::from_secs(12),
            head_size: 16 << 10,
            body: Duration::from_secs(10),
            body_size: 64 << 10,
            handling: Duration::from_mins(2),
            bulk: 2,
            bulk_wait: Duration::from_secs(8),
            taking: Duration::from_mins(1),
            farewell: Duration::from_secs(5),
        }
    }
}
