//! The moments at which a cron line runs in a time zone.

use chrono::{DateTime, Utc};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::CronLine;
use super::stretch::{LONGEST_ECHO, Stretch};

/// What a line does where the clocks of its zone are set; see the rule in [`crate::cron`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtClockChange {
    /// A time of day: what is skipped runs at the end of the gap, what is repeated runs the first time alone.
    RunsOnce,
    /// A rhythm in some hours: what is skipped runs at the end of the gap, what is repeated runs again.
    RepeatsAndCatchesUp,
    /// A rhythm through every hour: it goes by what the wall shows.
    Repeats,
}

impl CronLine {
    /// The first moment after a point in time, not that point itself; none after the year 2100.
    pub fn next_after(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let after = floor(after);
        for stretch in Stretch::each_from(after - LONGEST_ECHO, zone) {
            if stretch.end <= after {
                continue;
            }
            let mut done = self.done_before(&stretch);
            if stretch.start <= after {
                done = done.max(stretch.wall(after));
            }
            let second = stretch.second(self.first_on_the_wall_after(done)?);
            if second < stretch.end {
                return Timestamp::from_second(second).ok();
            }
        }
        None
    }

    /// The last moment before a point in time, not that point itself; none before the year 1970.
    pub fn previous_before(&self, before: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let is_whole = before.subsec_nanosecond() == 0;
        let last = floor(before) - i64::from(is_whole);
        let mut reach = 2 * LONGEST_ECHO;
        loop {
            let begin = last - reach;
            let stretches: Vec<Stretch> = Stretch::each_from(begin, zone)
                .take_while(|stretch| stretch.start <= last)
                .collect();
            let second = self.last_of(&stretches, last)?;
            // What comes right after the beginning may be an echo of what was before it.
            if second >= begin + LONGEST_ECHO {
                return Timestamp::from_second(second).ok();
            }
            reach *= 4;
        }
    }

    /// The last moment up to a second; one before all stretches when they hold none, and none before the year 1970.
    fn last_of(&self, stretches: &[Stretch], last: i64) -> Option<i64> {
        for stretch in stretches.iter().rev() {
            let ceiling = stretch.wall(stretch.end.min(last + 1));
            let wall = self.last_on_the_wall_before(ceiling)?;
            if wall > self.done_before(stretch) {
                return Some(stretch.second(wall));
            }
        }
        Some(i64::MIN)
    }

    /// What the wall showed last of all that a stretch need not run, because it has been run or is passed over.
    fn done_before(&self, stretch: &Stretch) -> i64 {
        let start = stretch.wall(stretch.start);
        match self.at_clock_change {
            AtClockChange::Repeats => start - 1,
            AtClockChange::RepeatsAndCatchesUp => start.min(stretch.wall_unset) - 1,
            AtClockChange::RunsOnce => stretch.highest_wall,
        }
    }

    /// The `cron` crate is asked on a wall that is never set; UTC stands for it.
    fn first_on_the_wall_after(&self, wall: i64) -> Option<i64> {
        let wall = DateTime::<Utc>::from_timestamp(wall, 0)?;
        let firsts = self.schedules.iter().filter_map(|days| days.after(&wall).next());
        firsts.min().map(|moment| moment.timestamp())
    }

    fn last_on_the_wall_before(&self, wall: i64) -> Option<i64> {
        let wall = DateTime::<Utc>::from_timestamp(wall, 0)?;
        let lasts = self
            .schedules
            .iter()
            .filter_map(|days| days.after(&wall).next_back());
        lasts.max().map(|moment| moment.timestamp())
    }
}

/// The last whole second at or before a point in time.
fn floor(moment: Timestamp) -> i64 {
    moment.as_second() - i64::from(moment.subsec_nanosecond() < 0)
}
