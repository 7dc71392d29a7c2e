//! Due moments that never come: a line of Sundays beside a calendar of Mondays to Fridays.

use jiff::Timestamp;

use super::{Code, Odd};
use crate::freshness::due::{Due, Undecided};
use crate::freshness::{Bound, Freshness, Signal};

/// That a rule is never due, neither before nor after `now`.
pub(super) fn never(rule: &Freshness, now: Timestamp) -> Option<Odd> {
    let due = due(rule)?;
    let (calendar, _) = due.calendar()?;
    if let Ok(Some(_)) = due.next_after(now) {
        return None;
    }
    // Nothing is due until the calendar ends; whether that is odd, the past tells.
    let Err(Undecided::NeverDue { .. }) = due.last(now) else {
        return None;
    };
    Some(Odd {
        code: Code::NeverDue,
        message: format!(
            "`due: \"{}\"` falls on no open day of the calendar `{}`: the probe stays `unknown`",
            due.line(),
            calendar.name()
        ),
        help: "name days that are open, or move what is due to the next open day with `roll: forward`".into(),
    })
}

fn due(rule: &Freshness) -> Option<&Due> {
    match &rule.signal {
        Signal::At { bound, .. } | Signal::Period { bound, .. } => match bound {
            Bound::Due(due) => Some(due),
            Bound::MaxAge(_) => None,
        },
        Signal::Age { .. } | Signal::Advances { .. } | Signal::Changes { .. } | Signal::Expires { .. } => {
            None
        }
    }
}
