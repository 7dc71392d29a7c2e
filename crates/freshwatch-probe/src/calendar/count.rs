//! Counts open days.

use jiff::civil::{Date, Weekday, date};
use jiff::{SignedDuration, ToSpan};

use super::Rules;

/// Days are counted from this Monday on.
const MONDAY: Date = date(1970, 1, 5);

/// A day by its number: 0 is [`MONDAY`].
pub(super) type DayNumber = i32;

/// The rules of a calendar, arranged for counting.
#[derive(Debug, Clone)]
pub(super) struct OpenDays {
    /// How many days of the week are open before each of them, Monday first, and in all of it.
    week: [i32; 8],
    /// Runs of closed days, disjoint, in their order.
    closed: Vec<Closed>,
    /// The extra days that nothing else opens, in their order.
    extra: Vec<DayNumber>,
}

#[derive(Debug, Clone, Copy)]
struct Closed {
    first: DayNumber,
    last: DayNumber,
    /// How many days of the runs before this one are open by the days of the week.
    open_before: i32,
}

/// The number of a day.
pub(super) fn number(day: Date) -> DayNumber {
    let days = day.duration_since(MONDAY).as_hours() / 24;
    i32::try_from(days).unwrap_or(DayNumber::MAX)
}

fn day(number: DayNumber) -> Option<Date> {
    MONDAY.checked_add(number.days()).ok()
}

impl OpenDays {
    pub fn new(rules: &Rules) -> Self {
        let mut open_days = Self {
            week: week(&rules.days),
            closed: Vec::new(),
            extra: Vec::new(),
        };
        let mut runs: Vec<(DayNumber, DayNumber)> = rules
            .holidays
            .iter()
            .filter(|holiday| holiday.from <= holiday.to)
            .map(|holiday| (number(holiday.from), number(holiday.to)))
            .collect();
        runs.sort_unstable();
        for (first, last) in runs {
            open_days.close(first, last);
        }
        let mut extra: Vec<DayNumber> = rules.extra_days.iter().map(|day| number(*day)).collect();
        extra.sort_unstable();
        extra.dedup();
        extra.retain(|day| !open_days.is_open(*day));
        open_days.extra = extra;
        open_days
    }

    /// Adds a run that begins no earlier than the last one does.
    fn close(&mut self, first: DayNumber, last: DayNumber) {
        let Some(before) = self.closed.last_mut() else {
            self.closed.push(Closed {
                first,
                last,
                open_before: 0,
            });
            return;
        };
        if first <= before.last + 1 {
            before.last = before.last.max(last);
            return;
        }
        let before = *before;
        let open_before = before.open_before + self.by_week(before.first, before.last + 1);
        self.closed.push(Closed {
            first,
            last,
            open_before,
        });
    }

    pub fn is_open(&self, day: DayNumber) -> bool {
        self.before(day + 1) > self.before(day)
    }

    pub fn is_holiday(&self, day: DayNumber) -> bool {
        let runs = self.closed.partition_point(|run| run.first <= day);
        self.closed[..runs].last().is_some_and(|run| day <= run.last)
    }

    /// How many days before this one are open; only differences of two such counts mean something.
    pub fn before(&self, day: DayNumber) -> i32 {
        self.by_week(0, day) - self.closed_before(day) + self.extra_before(day)
    }

    /// The day until which, itself included, `count` days are open: where [`Self::before`] gets that far.
    pub fn reaching(&self, count: i32) -> Option<Date> {
        let (mut low, mut high) = (number(Date::MIN), number(Date::MAX));
        if self.before(low) >= count || self.before(high + 1) < count {
            return None;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if self.before(middle + 1) >= count {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        day(low)
    }

    /// How many days from `from` up to, but not with, `to` are open by the days of the week; negative backwards.
    fn by_week(&self, from: DayNumber, to: DayNumber) -> i32 {
        let weeks_and_days = |day: DayNumber| {
            let days = usize::try_from(day.rem_euclid(7)).unwrap_or_default();
            day.div_euclid(7) * self.week[7] + self.week[days]
        };
        weeks_and_days(to) - weeks_and_days(from)
    }

    fn closed_before(&self, day: DayNumber) -> i32 {
        let runs = self.closed.partition_point(|run| run.first < day);
        self.closed[..runs].last().map_or(0, |run| {
            run.open_before + self.by_week(run.first, day.min(run.last + 1))
        })
    }

    fn extra_before(&self, day: DayNumber) -> i32 {
        let days = self.extra.partition_point(|extra| *extra < day);
        i32::try_from(days).unwrap_or(i32::MAX)
    }
}

fn week(open: &[Weekday]) -> [i32; 8] {
    let mut week = [0; 8];
    for (index, day) in Weekday::Monday.cycle_forward().take(7).enumerate() {
        week[index + 1] = week[index] + i32::from(open.contains(&day));
    }
    week
}

/// So many days of this length.
pub(super) fn times(length: SignedDuration, days: i32) -> SignedDuration {
    length.checked_mul(days).unwrap_or(SignedDuration::MAX)
}
