//! Business calendars: which days are open, and when.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

/// A calendar of a probe file, checked. Its rules are applied once `calendar` and `due` are.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// Its name.
    pub name: String,
    /// The days that are open by rule.
    pub days: Vec<Weekday>,
    /// From when to when a day is open; all day without it.
    pub open: Option<(Time, Time)>,
    /// Whose days they are.
    pub timezone: TimeZone,
    /// Closed although the rule says open: first and last day, and a name.
    pub holidays: Vec<Holiday>,
    /// Open although the rules say closed.
    pub extra_days: Vec<Date>,
    /// Another calendar whose holidays and extra days count too.
    pub include: Option<String>,
    /// Not known beyond.
    pub through: Option<Date>,
}

/// Days that are closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// What it is called.
    pub name: Option<String>,
}
