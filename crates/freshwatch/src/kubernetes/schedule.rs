//! When a CronJob starts.

use std::time::Duration;

use freshwatch_agent::schedule::Schedule;
use freshwatch_probe::definition::{Definition, When};
use freshwatch_probe::duration;
use freshwatch_slo::cadence::Cadence;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The intervals in minutes that a cron line keeps evenly, whatever the day.
const EVEN_MINUTES: [u64; 20] = [
    1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440, 10_080,
];

/// Kubernetes looks at its CronJobs every ten seconds, and one that may not wait for that never starts.
const SHORTEST_WAIT: Duration = Duration::from_secs(20);

/// A run that is an hour late is another one.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// When a CronJob starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Start {
    /// Five fields.
    pub line: String,
    /// By whose clocks: a name of the IANA database.
    pub zone: String,
    /// How late it may start; later is not at all.
    pub latest: Duration,
}

impl Start {
    /// When the CronJob of a probe starts: as the daemon would start it, to the minute.
    ///
    /// # Errors
    /// What Kubernetes has no schedule for, and the remedy.
    pub fn of(definition: &Definition) -> Result<Self, String> {
        let declared = &definition.schedule;
        let (line, zone) = match &declared.when {
            When::Every(interval) => {
                let schedule = Schedule::new(&definition.name, declared);
                (of_interval(*interval, &schedule)?, None)
            }
            When::Cron(line) => (line.for_kubernetes()?, declared.timezone.as_ref()),
        };
        let half = Cadence::of(declared).shortest / 2;
        Ok(Self {
            line,
            zone: zone_name(zone),
            latest: half.clamp(SHORTEST_WAIT, LONGEST_WAIT),
        })
    }
}

/// Without a zone, UTC.
fn zone_name(zone: Option<&TimeZone>) -> String {
    match zone.and_then(TimeZone::iana_name) {
        Some("UTC") | None => "Etc/UTC".to_owned(),
        Some(name) => name.to_owned(),
    }
}

/// The line of an interval, moved to the minute at which the daemon would start the probe: with all lines alike, every
/// CronJob of a cluster would start in the same second.
fn of_interval(interval: Duration, schedule: &Schedule) -> Result<String, String> {
    let minutes = even_minutes(interval)?;
    let first = schedule
        .next(Timestamp::UNIX_EPOCH)
        .map_or(Timestamp::UNIX_EPOCH, |slot| slot.due);
    let first = TimeZone::UTC.to_datetime(first);
    let (minute, hour) = (first.minute(), first.hour());
    Ok(match minutes {
        1 => "* * * * *".to_owned(),
        2..60 => format!("{} * * * *", stepped(minute, minutes, 59)),
        60 => format!("{minute} * * * *"),
        61..1440 => format!("{minute} {} * * *", stepped(hour, minutes / 60, 23)),
        1440 => format!("{minute} {hour} * * *"),
        _ => format!("{minute} {hour} * * {}", first.weekday().to_sunday_zero_offset()),
    })
}

/// Every so many from where a value falls within the first of them.
fn stepped(value: i8, step: u64, last: u64) -> String {
    let first = u64::try_from(value).unwrap_or(0) % step;
    format!("{first}-{last}/{step}")
}

/// The interval in minutes.
fn even_minutes(interval: Duration) -> Result<u64, String> {
    let exact = EVEN_MINUTES
        .into_iter()
        .find(|minutes| Duration::from_mins(*minutes) == interval);
    exact.ok_or_else(|| {
        let minutes = || EVEN_MINUTES.into_iter().map(Duration::from_mins);
        let below = minutes().rev().find(|near| *near < interval);
        let above = minutes().find(|near| *near > interval);
        let near: Vec<String> = below.into_iter().chain(above).map(|near| format!("`every: {}`", duration::spell(near))).collect();
        format!(
            "`every: {}` does not come out even in a CronJob's schedule: write {}, or a `cron` line, or run it with \
             `freshwatch run`",
            duration::spell(interval),
            near.join(" or ")
        )
    })
}
