//! The moments at which something is due, after its calendar.

use std::iter;

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::{Covered, Covers, Due, DueMoment, Roll, Undecided, Wanted, Wants, Which, signed};
use crate::calendar::{Calendar, PastThrough};
use crate::cron::CronLine;
use crate::freshness::period::Period;

/// How often a search goes on to another day that the line names: twenty years of weekends.
const MOST_STEPS: usize = 1000;

const TICK: SignedDuration = SignedDuration::from_nanos(1);

/// What is due on one open day.
struct DueDay<'d> {
    due: &'d Due,
    day: Date,
    start: Timestamp,
    end: Timestamp,
    /// The last day before it that is rolled onto it.
    rolled: Option<Date>,
}

impl Due {
    /// The last due moment at `now`, which may be `now` itself.
    ///
    /// # Errors
    /// The calendar does not know the day, or nothing was ever due.
    pub fn last(&self, now: Timestamp) -> Result<DueMoment, Undecided> {
        let until = now.saturating_add(TICK).unwrap_or(now);
        let last = match &self.calendar {
            None => self
                .line
                .previous_before(until, &self.zone)
                .map(|at| (at, self.shown(at))),
            Some((calendar, roll)) => self.last_on_open_days(calendar, *roll, now, until)?,
        };
        let moment = last.map(|(at, named)| self.moment(at, named)).transpose()?;
        moment.flatten().ok_or_else(|| self.never())
    }

    /// The first due moment after a point in time; none where there is none for decades.
    ///
    /// # Errors
    /// It takes days that the calendar does not know.
    pub fn next_after(&self, after: Timestamp) -> Result<Option<DueMoment>, PastThrough> {
        let next = match &self.calendar {
            None => self
                .line
                .next_after(after, &self.zone)
                .map(|at| (at, self.shown(at))),
            Some((calendar, roll)) => self.next_on_open_days(calendar, *roll, after)?,
        };
        let moment = next.map(|(at, named)| self.moment(at, named)).transpose()?;
        Ok(moment.flatten())
    }

    /// The due moments after a point in time; the last one is an error where the calendar ends.
    pub fn upcoming(&self, after: Timestamp) -> impl Iterator<Item = Result<DueMoment, PastThrough>> {
        let mut after = Some(after);
        iter::from_fn(move || {
            let next = self.next_after(after.take()?).transpose()?;
            after = next.as_ref().ok().map(|moment| moment.at);
            Some(next)
        })
    }

    /// A due moment, and the time on the wall that the line means by it.
    fn last_on_open_days(
        &self,
        calendar: &Calendar,
        roll: Roll,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<(Timestamp, DateTime)>, PastThrough> {
        calendar.is_open(calendar.day_of(now))?;
        let mut before = until;
        for _ in 0..MOST_STEPS {
            let Some(named) = self.line.previous_before(before, &self.zone) else {
                break;
            };
            let day = calendar.day_of(named);
            let due_day = match (calendar.is_open(day)?, roll) {
                (true, _) => Some(day),
                // A day that the calendar does not know lies after `now`.
                (false, Roll::Forward) => calendar.open_day(day, 1).unwrap_or_default(),
                (false, Roll::Skip) => None,
            };
            let due_day = due_day.map(|day| self.due_day(calendar, roll, day)).transpose()?;
            if let Some(last) = due_day.flatten().and_then(|day| day.last_before(until)) {
                return Ok(Some(last));
            }
            let Some(open) = calendar.open_day(day, -1)? else {
                break;
            };
            let Some(closed_since) = open.tomorrow().ok().and_then(|day| calendar.start_of(day)) else {
                break;
            };
            before = closed_since;
        }
        Ok(None)
    }

    fn next_on_open_days(
        &self,
        calendar: &Calendar,
        roll: Roll,
        after: Timestamp,
    ) -> Result<Option<(Timestamp, DateTime)>, PastThrough> {
        let mut day = calendar.day_of(after);
        for _ in 0..MOST_STEPS {
            if !calendar.is_open(day)? {
                let Some(open) = calendar.open_day(day, 1)? else {
                    break;
                };
                day = open;
            }
            let Some(due_day) = self.due_day(calendar, roll, day)? else {
                break;
            };
            if let Some(first) = due_day.first_after(after) {
                return Ok(Some(first));
            }
            let Some(named) = self.line.next_after(due_day.end - TICK, &self.zone) else {
                break;
            };
            day = calendar.day_of(named);
        }
        Ok(None)
    }

    fn due_day(&self, calendar: &Calendar, roll: Roll, day: Date) -> Result<Option<DueDay<'_>>, PastThrough> {
        let bounds = (
            calendar.start_of(day),
            day.tomorrow().ok().and_then(|day| calendar.start_of(day)),
        );
        let (Some(start), Some(end)) = bounds else {
            return Ok(None);
        };
        let rolled = match roll {
            Roll::Skip => None,
            Roll::Forward => {
                let named = self.line.previous_before(start, &self.zone);
                let named = named.map(|moment| calendar.day_of(moment));
                let open = calendar.open_day(day, -1)?;
                named.filter(|named| open.is_none_or(|open| *named > open))
            }
        };
        Ok(Some(DueDay {
            due: self,
            day,
            start,
            end,
            rolled,
        }))
    }

    /// A due moment with what is wanted; none outside of the years that can be computed with.
    fn moment(&self, at: Timestamp, named: DateTime) -> Result<Option<DueMoment>, PastThrough> {
        let wanted = match self.wants {
            Wants::Window(window) => at.checked_sub(signed(window)).ok().map(Wanted::Since),
            Wants::Covers(covers) => self.wanted_period(covers, at, named)?,
        };
        Ok(wanted.map(|wanted| DueMoment { at, wanted }))
    }

    fn wanted_period(
        &self,
        covers: Covers,
        at: Timestamp,
        named: DateTime,
    ) -> Result<Option<Wanted>, PastThrough> {
        let period = match (covers.of, covers.which) {
            (Covered::Period(unit), Which::Current) => Period::containing(named, unit),
            (Covered::Period(unit), Which::Previous) => {
                Period::containing(named, unit).and_then(|period| period.previous_in(&self.zone))
            }
            (Covered::BusinessDay, which) => {
                let steps = match which {
                    Which::Current => 0,
                    Which::Previous => -1,
                };
                let day = self.business_days.day_of(at);
                self.business_days.open_day(day, steps)?.and_then(Period::day)
            }
        };
        Ok(period.map(Wanted::Period))
    }

    fn never(&self) -> Undecided {
        Undecided::NeverDue {
            line: self.line.to_string(),
            calendar: self.business_days.name().to_owned(),
        }
    }

    fn shown(&self, moment: Timestamp) -> DateTime {
        self.zone.to_datetime(moment)
    }
}

impl DueDay<'_> {
    fn last_before(&self, until: Timestamp) -> Option<(Timestamp, DateTime)> {
        let at = self
            .line()
            .previous_before(until.min(self.end), &self.due.zone)
            .filter(|at| *at >= self.start)?;
        Some((at, self.named(at)))
    }

    fn first_after(&self, after: Timestamp) -> Option<(Timestamp, DateTime)> {
        let at = self
            .line()
            .next_after(after.max(self.start - TICK), &self.due.zone)
            .filter(|at| *at < self.end)?;
        Some((at, self.named(at)))
    }

    /// Every day that a line names has the same times. So whatever is rolled onto this day has them here.
    const fn line(&self) -> &CronLine {
        match self.rolled {
            Some(_) => &self.due.line_on_every_day,
            None => &self.due.line,
        }
    }

    /// The time that the line itself names, before it is rolled: the last Friday of a month stands for that month, also
    /// when it is moved into the next one.
    fn named(&self, at: Timestamp) -> DateTime {
        let here = self.due.shown(at);
        let names_this_day = || {
            let first = self.due.line.next_after(self.start - TICK, &self.due.zone);
            first.is_some_and(|first| first < self.end)
        };
        match self.rolled {
            Some(rolled) if !names_this_day() => {
                let days = self.day.duration_since(rolled).as_hours() / 24;
                here.checked_sub(days.days()).unwrap_or(here)
            }
            Some(_) | None => here,
        }
    }
}
