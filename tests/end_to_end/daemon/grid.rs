//! The grid that the starts of a probe lie on, as the server sees them.

use freshwatch_tests::daemon::Arrival;

const SECOND: i128 = 1_000_000_000;

/// A start is never early; what a server sees is a little late, and seldom much later than the most punctual one.
fn phase(arrivals: &[Arrival], interval: i128) -> i128 {
    let first = arrivals[0].at.as_nanosecond();
    let offset = |arrival: &Arrival| {
        // Between half an interval early and half an interval late against the first one.
        let apart = arrival.at.as_nanosecond() - first;
        (apart + interval / 2).rem_euclid(interval) - interval / 2
    };
    first + arrivals.iter().map(offset).min().expect("something has arrived")
}

/// Checks that there was one start in each slot of so many seconds, from the first one to the last.
#[track_caller]
pub(super) fn check_every_slot(arrivals: &[Arrival], seconds: i128) {
    let interval = seconds * SECOND;
    let phase = phase(arrivals, interval);
    // The most punctual one may itself be a little late, so that another may be a little early against it.
    let slot = |arrival: &Arrival| (arrival.at.as_nanosecond() - phase + interval / 10).div_euclid(interval);
    for pair in arrivals.windows(2) {
        assert_eq!(slot(&pair[1]) - slot(&pair[0]), 1, "{pair:#?}");
    }
}

/// How far apart the grids of two rows of starts lie, in milliseconds.
pub(super) fn apart(one: &[Arrival], other: &[Arrival], seconds: i128) -> i128 {
    let interval = seconds * SECOND;
    let apart = (phase(one, interval) - phase(other, interval)).rem_euclid(interval);
    apart.min(interval - apart) / 1_000_000
}
