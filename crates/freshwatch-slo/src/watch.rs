//! When a burning budget is worth an alert: several windows, each with the burn rate that spends a share of the budget
//! within it ("Alerting on SLOs" in Google's SRE Workbook, <https://sre.google/workbook/alerting-on-slos/>).
//!
//! A probe has few runs, and with few samples a burn rate alone is trivial (one failed run pages) or impossible (no
//! number of failed runs does). So every window wants a number of failed runs as well, and windows that cannot hold
//! them give way. Whatever departs from the book is told in a [`note`](Plan::notes).

use std::time::Duration;

use freshwatch_probe::duration;

use crate::cadence::Cadence;
use crate::decimal::Decimal;
use crate::objective::Objective;

/// How urgent an alert is: the value of the label `severity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Somebody gets up.
    Page,
    /// Somebody looks at it within days.
    Ticket,
}

impl Severity {
    /// The value of the label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Ticket => "ticket",
        }
    }
}

/// When to alert about a promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What trips the alert.
    pub form: Form,
    /// Where it departs from the book, and why: fragments for people.
    pub notes: Vec<String>,
}

/// What trips an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Any of these.
    Windows(Vec<Watch>),
    /// So many failed runs in a row: the probe runs too rarely for windows.
    Row {
        /// How many.
        runs: u64,
        /// Within which they are.
        within: Duration,
    },
}

/// Two windows over both of which the budget burns too fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// The window that says how much of the budget is at stake.
    pub long: Duration,
    /// The window that says that it still burns, so that the alert ends soon after the trouble.
    pub short: Duration,
    /// The burn rate.
    pub factor: Decimal,
    /// How many runs there are in the long window.
    pub runs: u64,
    /// How many of them have to fail until it is tripped.
    pub needed: u64,
    /// How many failed runs the rule asks for on top of the burn rate.
    pub least: u64,
}

/// The share of the budget that is spent within a window at the burn rate that trips it.
struct Share {
    severity: Severity,
    /// In hundredths.
    percent: i128,
    window: Duration,
}

/// The book's windows for a budget of 30 days: with these shares their burn rates are 14.4, 6, 3 and 1.
const SHARES: [Share; 4] = [
    Share {
        severity: Severity::Page,
        percent: 2,
        window: Duration::from_hours(1),
    },
    Share {
        severity: Severity::Page,
        percent: 5,
        window: Duration::from_hours(6),
    },
    Share {
        severity: Severity::Ticket,
        percent: 10,
        window: Duration::from_hours(24),
    },
    Share {
        severity: Severity::Ticket,
        percent: 10,
        window: Duration::from_hours(72),
    },
];

/// A burn rate that asks for more than this share of failed runs leaves no room for a good one among them.
const MOST_FAILED: Decimal = Decimal::percent(95);

/// The share of failed runs that is asked for instead.
const NEARLY_ALL_FAILED: Decimal = Decimal::percent(90);

/// The short window is this part of the long one.
const SHORT_PART: i128 = 12;

/// Between runs that are this far apart one that failed stands for long enough to be news.
const RARE: Duration = Duration::from_hours(6);

const MINUTE: Duration = Duration::from_mins(1);

/// Runs may be this late.
const SLACK: Duration = Duration::from_mins(5);

/// When to alert about a promise with this urgency.
pub fn plan(objective: &Objective, cadence: Cadence, severity: Severity) -> Plan {
    let least = least_failed(cadence, severity);
    let (mut watches, mut notes) = (Vec::new(), Vec::new());
    for share in SHARES.iter().filter(|share| share.severity == severity) {
        let scaled = scale(share, objective, &mut notes);
        match watch(scaled, objective, cadence, least) {
            Ok(watch) if watches.contains(&watch) => {}
            Ok(watch) => {
                if watch.needed < least {
                    notes.push(too_few_would_do(&watch));
                }
                watches.push(watch);
            }
            Err(why) => notes.push(why),
        }
    }
    let form = if watches.is_empty() {
        let runs = u32::try_from(least).unwrap_or(u32::MAX);
        let within = cadence.longest.saturating_mul(runs).saturating_add(SLACK);
        notes.push(match least {
            1 => "each failed run counts instead".to_owned(),
            _ => format!("{least} failed runs in a row count instead"),
        });
        Form::Row { runs: least, within }
    } else {
        Form::Windows(watches)
    };
    Plan { form, notes }
}

/// With fewer failed runs than this nobody is called.
fn least_failed(cadence: Cadence, severity: Severity) -> u64 {
    match severity {
        Severity::Page if cadence.shortest >= RARE => 2,
        Severity::Page => 3,
        Severity::Ticket if cadence.shortest >= RARE => 1,
        Severity::Ticket => 2,
    }
}

/// A window, and the burn rate that spends its share of the budget within it.
#[derive(Clone, Copy)]
struct Scaled {
    window: Duration,
    factor: Decimal,
}

/// Fits the window to the budget. It keeps its length and changes its burn rate, unless that makes no sense.
fn scale(share: &Share, objective: &Objective, notes: &mut Vec<String>) -> Scaled {
    let spent = Decimal::new(share.percent, 2) * millis(objective.window);
    let factor = burn_rate(spent, millis(share.window));
    if factor < Decimal::ONE {
        let window = whole_minutes(spent);
        notes.push(format!(
            "{} is too much of the {} of the promise: it is watched over {} at a burn rate of 1",
            duration::spell(share.window),
            duration::spell(objective.window),
            duration::spell(window)
        ));
        return Scaled {
            window,
            factor: Decimal::ONE,
        };
    }
    let allowed = objective.allowed();
    if factor * allowed <= MOST_FAILED {
        return Scaled {
            window: share.window,
            factor,
        };
    }
    let attainable = NEARLY_ALL_FAILED.divided_up(allowed, 1).unwrap_or(Decimal::ONE);
    let window = whole_minutes(burn_rate(spent, attainable));
    notes.push(format!(
        "runs cannot fail often enough to burn the budget at {factor}: it is watched over {} at {attainable} instead of \
         {}",
        duration::spell(window),
        duration::spell(share.window)
    ));
    Scaled {
        window,
        factor: attainable,
    }
}

/// A division by what is not zero.
fn burn_rate(spent: Decimal, by: Decimal) -> Decimal {
    spent.divided_up(by, 6).unwrap_or(Decimal::ONE)
}

/// # Errors
/// Why there is no such watch.
fn watch(scaled: Scaled, objective: &Objective, cadence: Cadence, least: u64) -> Result<Watch, String> {
    let Scaled { window: long, factor } = scaled;
    let part = millis(long).divided_up(Decimal::new(SHORT_PART, 0), 0);
    let two_runs = millis(cadence.shortest) + millis(cadence.shortest);
    let short = whole_minutes(part.unwrap_or(two_runs).max(two_runs));
    let runs = long.as_millis() / cadence.shortest.as_millis().max(1);
    let runs = u64::try_from(runs).unwrap_or(u64::MAX);
    if runs < least || short >= long {
        let held = match runs {
            0 => "no run".to_owned(),
            1 => "one run".to_owned(),
            runs => format!("{runs} runs"),
        };
        return Err(format!(
            "{} holds {held}, which is too little to tell",
            duration::spell(long)
        ));
    }
    let tripping = factor * objective.allowed() * Decimal::new(i128::from(runs), 0);
    let needed = u64::try_from(tripping.floor() + 1).unwrap_or(u64::MAX);
    Ok(Watch {
        long,
        short,
        factor,
        runs,
        needed,
        least,
    })
}

fn too_few_would_do(watch: &Watch) -> String {
    let would_do = match watch.needed {
        1 => "one failed run".to_owned(),
        needed => format!("{needed} failed runs"),
    };
    format!(
        "{would_do} of the {} within {} would burn the budget at {}: it takes {} of them",
        watch.runs,
        duration::spell(watch.long),
        watch.factor,
        watch.least
    )
}

fn millis(time: Duration) -> Decimal {
    Decimal::new(i128::try_from(time.as_millis()).unwrap_or(i128::MAX), 0)
}

/// At least so many milliseconds, in whole minutes.
fn whole_minutes(millis: Decimal) -> Duration {
    let minute = Decimal::new(60_000, 0);
    let minutes = millis.divided_up(minute, 0).map_or(1, Decimal::floor);
    MINUTE.saturating_mul(u32::try_from(minutes.max(1)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
