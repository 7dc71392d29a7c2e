//! What the clocks on a zone's walls show, and when they show it.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// The first moment at which the wall shows this or a later time: in a gap its end, in a fold the first of the two.
/// None outside of the years that can be computed with.
pub(crate) fn first_moment(shown: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(shown).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(shown).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(shown).ok(),
        AmbiguousOffset::Gap { after, .. } => {
            let too_early = after.to_timestamp(shown).ok()?;
            zone.following(too_early).next().map(|change| change.timestamp())
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZoneDatabase;

    use super::first_moment;

    #[track_caller]
    fn check(zone: &str, shown: &str, expected: &str) {
        let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
        let moment = first_moment(shown.parse().unwrap(), &zone).unwrap();
        assert_eq!(moment.to_string(), expected, "{shown}");
    }

    #[test]
    fn a_gap_ends_and_a_fold_begins() {
        check("Asia/Seoul", "2026-11-20T09:00", "2026-11-20T00:00:00Z");
        check("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00:00Z");
        check("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30:00Z");
        check("Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-03T15:30:00Z");
        // A day that begins at 01:00, one that begins at 00:30, and one that never was.
        check("America/Sao_Paulo", "2017-10-15T00:00", "2017-10-15T03:00:00Z");
        check("America/Toronto", "1919-03-31T00:00", "1919-03-31T04:30:00Z");
        check("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00:00Z");
    }
}
