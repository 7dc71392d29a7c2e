//! How long to wait before the next attempt.

use std::time::Duration;

use freshwatch_probe::definition::Retry;

/// The wait after so many attempts: it doubles with each, and a random half of it is left out, so that probes that
/// failed together do not come back together. `random` is between 0 and 1.
pub(crate) fn delay(retry: Retry, attempts_made: u32, random: f64) -> Duration {
    let doublings = attempts_made.saturating_sub(1).min(31);
    let longest = retry.backoff.saturating_mul(1 << doublings);
    longest.mul_f64(random.clamp(0.0, 1.0).mul_add(-0.5, 1.0))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use freshwatch_probe::definition::Retry;

    use super::delay;

    #[track_caller]
    fn check(attempts_made: u32, random: f64, millis: u64) {
        let retry = Retry {
            attempts: 9,
            backoff: Duration::from_millis(500),
        };
        assert_eq!(delay(retry, attempts_made, random), Duration::from_millis(millis));
    }

    #[test]
    fn doubles_and_leaves_out_up_to_half() {
        check(1, 0.0, 500);
        check(1, 1.0, 250);
        check(2, 0.0, 1000);
        check(3, 0.5, 1500);
    }

    #[test]
    fn never_overflows() {
        let retry = Retry {
            attempts: u32::MAX,
            backoff: Duration::from_hours(24 * 365),
        };
        assert!(delay(retry, u32::MAX, 0.0) > Duration::from_hours(24 * 365));
    }
}
