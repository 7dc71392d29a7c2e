//! Where within a time a name belongs: evenly spread, and the same on every machine, in every version.

use std::time::Duration;

use freshwatch_probe::stable_hash;
use jiff::SignedDuration;

/// Places lie so many milliseconds apart. Runs of one place start together, and between the places the machine may
/// sleep: to wake up for each run by itself costs a third of all that a prober does, at a thousand runs a second.
const STEP: u128 = 10;

/// A place from 0 up to, and without, a width, in steps of 10 ms. It grows with the width: twice as wide, twice as far.
pub(super) fn place_within(width: Duration, name: &str) -> SignedDuration {
    let width = u64::try_from(width.as_millis()).unwrap_or(u64::MAX);
    let place = (u128::from(stable_hash::of(name)) * u128::from(width)) >> 64;
    SignedDuration::from_millis(i64::try_from(place / STEP * STEP).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::place_within;

    /// A change here moves every run of every user.
    #[test]
    fn places_never_change() {
        let place = |name| place_within(Duration::from_mins(1), name).as_millis();
        assert_eq!(
            ["real-price", "a", "probe-1", "probe-2"].map(place),
            [28_320, 30_610, 18_170, 21_650]
        );
    }

    #[test]
    fn a_place_lies_within_its_width_and_grows_with_it() {
        for number in 0..1000 {
            let name = format!("probe-{number}");
            let place = |seconds| place_within(Duration::from_secs(seconds), &name).as_millis();
            assert!((0..1000).contains(&place(1)), "{name}");
            assert!((0..100).contains(&(place(10) - 10 * place(1))), "{name}");
            assert_eq!(place(1) % 10, 0, "{name}");
        }
        assert_eq!(place_within(Duration::ZERO, "a").as_nanos(), 0);
    }
}
