//! Calendars that end: past `through` nobody knows what is open, and probes are `unknown`.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::{About, Code, Warning};
use crate::calendar::Calendar;

/// So many days before its end a calendar is warned of.
const DAYS_AHEAD: i64 = 60;

/// What is odd about a calendar at `now`.
pub fn calendar(calendar: &Calendar, now: Timestamp) -> Option<Warning> {
    let through = calendar.rules().through?;
    let today = calendar.day_of(now);
    let ahead = today.checked_add(DAYS_AHEAD.days()).unwrap_or(Date::MAX);
    if through > ahead {
        return None;
    }
    let name = calendar.name();
    let message = if through < today {
        format!("the calendar `{name}` has ended on {through}: what needs it is `unknown`")
    } else {
        format!("the calendar `{name}` ends on {through}: what needs it is `unknown` after that")
    };
    Some(Warning {
        code: Code::CalendarEnds,
        about: About::Calendar(name.to_owned()),
        message,
        help: "add the holidays that follow, and move `through` on, here or in what it includes".into(),
    })
}
