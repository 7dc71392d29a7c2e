//! The only file that reads the clock.

use std::time::Instant;

use jiff::Timestamp;

/// What time it is, for judging and for people.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A clock that never goes backwards, for measuring. It stands still with tokio's while a test pauses that.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn monotonic() -> Instant {
    tokio::time::Instant::now().into_std()
}
