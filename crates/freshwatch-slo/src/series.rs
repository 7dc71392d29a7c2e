//! The names of what the generated rules record, as `level:metric:operations`
//! (<https://prometheus.io/docs/practices/rules/>). Dashboards and the gate read them under these names.
//!
//! Every one of them carries `probe`, `promise` and the probe's own labels; those over the promise's whole window carry
//! `window` too, such as `30d`.

use std::time::Duration;

use freshwatch_probe::duration;
pub use freshwatch_probe::promise::BURN_RATE_WINDOWS;

/// The share of good runs over the promise's window, between 0 and 1.
pub const KEPT: &str = "probe_promise:good_runs:ratio";

/// What is left of the budget of the promise's window: 1 untouched, 0 spent, negative overspent.
pub const BUDGET_LEFT: &str = "probe_promise:budget_left:ratio";

/// The share of good runs that is promised, between 0 and 1.
pub const OBJECTIVE: &str = "probe_promise:objective:ratio";

/// How many runs broke the promise within its window: a whole number, so that what is exactly at a bound can be told.
pub const BAD_RUNS: &str = "probe_promise:bad_runs:sum";

/// How many runs count for the promise within its window: a whole number.
pub const COUNTED_RUNS: &str = "probe_promise:counted_runs:sum";

/// The burn rate over a window: 1 spends exactly the budget, if it goes on like that.
pub fn burn_rate(window: Duration) -> String {
    format!("probe_promise:burn_rate:ratio_{}", duration::spell(window))
}

#[cfg(test)]
mod tests {
    use super::{BURN_RATE_WINDOWS, burn_rate};

    #[test]
    fn windows_are_spelt_as_people_do() {
        let names = BURN_RATE_WINDOWS.map(burn_rate);
        assert_eq!(names[0], "probe_promise:burn_rate:ratio_5m");
        assert_eq!(names[7], "probe_promise:burn_rate:ratio_30d");
    }
}
