//! Stretches of time in which the clocks of a zone are not set.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The longest time, in seconds, for which a wall can show again what it has shown: offsets lie within 26 hours of
/// UTC, so two of them are less than 52 hours apart.
pub(super) const LONGEST_ECHO: i64 = 52 * 3600;

/// Time from one change of a zone's clocks to the next, in seconds since 1970-01-01T00:00:00Z. What the wall shows is
/// in seconds since its own 1970-01-01T00:00.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    /// The first second.
    pub start: i64,
    /// The first second after it.
    pub end: i64,
    /// How far the wall is ahead of UTC.
    offset: i64,
    /// What the wall would show at the start, had the clocks not been set.
    pub wall_unset: i64,
    /// The highest that the wall has shown before.
    pub highest_wall: i64,
}

impl Stretch {
    /// The stretches that follow one another; the first one begins at this second, as if nothing had been before it.
    ///
    /// They are cut by [`TimeZone::following`] alone: [`TimeZone::preceding`] of jiff 0.2.43 extends the yearly rule
    /// of a zone to years in which it did not yet hold (Pacific/Norfolk in July 2019).
    pub fn each_from(second: i64, zone: &TimeZone) -> impl Iterator<Item = Self> {
        let begin = timestamp(second);
        let mut changes = zone.following(begin);
        let mut next_end = move || changes.next().map_or(Timestamp::MAX, |change| change.timestamp());
        let offset = offset(begin, zone);
        let first = Self {
            start: begin.as_second(),
            end: next_end().as_second(),
            offset,
            wall_unset: begin.as_second() + offset,
            highest_wall: begin.as_second() + offset - 1,
        };
        std::iter::successors(Some(first), move |stretch| {
            (stretch.end < Timestamp::MAX.as_second()).then(|| stretch.next(next_end().as_second(), zone))
        })
    }

    fn next(&self, end: i64, zone: &TimeZone) -> Self {
        Self {
            start: self.end,
            end,
            offset: offset(timestamp(self.end), zone),
            wall_unset: self.wall(self.end),
            highest_wall: self.highest_wall.max(self.wall(self.end) - 1),
        }
    }

    /// What the wall shows at a second.
    pub const fn wall(&self, second: i64) -> i64 {
        second + self.offset
    }

    /// When the wall shows this; never before the stretch begins, where the clocks may just have skipped it.
    pub fn second(&self, wall: i64) -> i64 {
        (wall - self.offset).max(self.start)
    }
}

fn offset(moment: Timestamp, zone: &TimeZone) -> i64 {
    zone.to_offset(moment).seconds().into()
}

fn timestamp(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(if second < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}
