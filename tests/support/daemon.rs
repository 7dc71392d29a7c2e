//! `freshwatch run` as its users use it: a process, its log, its endpoints and its signals.
//!
//! ```no_run
//! # async fn example() {
//! use freshwatch_tests::daemon::{Daemon, Files, Target};
//!
//! let target = Target::start().await;
//! let files = Files::new(&target.probe("price", "every: 1s"));
//! let daemon = Daemon::of(&files).with("--grace", "0s").start().await;
//! target.asked("/price", 2).await;
//! assert_eq!(daemon.series().await.value("probe_success", &[("probe", "price")]), Some(1.0));
//! # }
//! ```

mod client;
mod files;
mod log;
mod process;
mod series;
mod target;

use std::time::Duration;

use tokio::time;

pub use client::Reply;
pub use files::{ConfigMap, Files};
pub use log::Log;
pub use nix::sys::signal::Signal;
pub use process::{Daemon, Settings};
pub use series::Series;
pub use target::{Arrival, Behaviour, Target};

/// So long a broken test waits for what does not come.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Waits for something that has to come.
///
/// # Panics
/// When it does not come; `else_told` then says what came instead.
pub async fn within<T>(awaited: impl Future<Output = T>, else_told: impl FnOnce() -> String) -> T {
    let came = time::timeout(LONGEST_WAIT, awaited).await;
    came.unwrap_or_else(|_| panic!("it did not come within {LONGEST_WAIT:?}; {}", else_told()))
}
