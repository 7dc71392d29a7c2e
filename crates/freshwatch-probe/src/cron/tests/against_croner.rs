//! Every line against another implementation of the same rule, over all zones.

use croner::Cron;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, civil};

use super::CronLine;

/// Lines of which `croner` thinks as we do wherever clocks are set: one time of day, and rhythms of every hour.
const EVERYWHERE: [&str; 10] = [
    "* * * * *",
    "*/5 * * * *",
    "0 * * * *",
    "41 * * * *",
    "30 2 * * *",
    "0 0 * * *",
    "45 1 * * sun,sat",
    "59 23 * * *",
    "0 9 1,15 * mon",
    "0 0 29 2 *",
];

/// Lists of times of day, which `croner` takes for rhythms, and rhythms of some hours, of which it loses what a gap
/// skips: they are compared on quiet days.
const ON_QUIET_DAYS: [&str; 5] = [
    "0 1-4 * * mon-fri",
    "15,45 2-3 * * sun,sat",
    "*/20 2 * * *",
    "30 */6 * * *",
    "10-50/20 0,23 * * 1-5",
];

/// Where the two rules agree: `croner` gives up on a gap of more than two hours, and drops a skipped time when the gap
/// ends on another day.
fn comparable(change: Timestamp, zone: &TimeZone) -> bool {
    let before = zone.to_datetime(change - SignedDuration::from_secs(1)) + SignedDuration::from_secs(1);
    let after = zone.to_datetime(change);
    let skipped = before.duration_until(after);
    let is_small = skipped <= SignedDuration::from_hours(2);
    let on_one_day = skipped <= SignedDuration::ZERO || before.date() == after.date();
    is_small && on_one_day && wall_is_known(change, zone)
}

/// `croner` looks up what the wall shows, and jiff 0.2.43 does not always find what it told itself: America/Nuuk set no
/// clocks in October 2023, but a yearly rule that holds from 2024 on is asked.
fn wall_is_known(change: Timestamp, zone: &TimeZone) -> bool {
    (-6..6).all(|half_hour| {
        let wall = zone.to_datetime(change + SignedDuration::from_mins(30 * half_hour));
        let found = zone.to_ambiguous_timestamp(wall);
        let moments = [found.earlier(), found.later()];
        moments
            .into_iter()
            .all(|found| found.is_ok_and(|found| zone.to_datetime(found) == wall))
    })
}

/// Follows a line in both for some runs.
fn check((line, croner): &(CronLine, Cron), from: Timestamp, runs: usize, zone: &TimeZone) {
    let mut ours = from;
    for _ in 0..runs {
        let next = line.next_after(ours, zone).unwrap();
        let theirs = croner
            .find_next_occurrence(&ours.to_zoned(zone.clone()), false)
            .unwrap();
        assert!(next > ours, "{line} stands still at {next} in {zone:?}");
        assert_eq!(next, theirs.timestamp(), "{line} after {ours} in {zone:?}");
        let back = line.previous_before(next + SignedDuration::from_nanos(1), zone);
        assert_eq!(back, Some(next), "{line} in {zone:?}");
        ours = next;
    }
}

/// Every so manieth change of all zones over twenty years, each with every so manieth line; gives the number of
/// zones compared.
fn check_all(every_change: usize, every_line: usize) -> usize {
    let parse = |line: &str| (CronLine::parse(line).unwrap(), line.parse::<Cron>().unwrap());
    let (everywhere, on_quiet_days) = (EVERYWHERE.map(parse), ON_QUIET_DAYS.map(parse));
    let year = |year: i16| {
        civil::date(year, 1, 1)
            .to_zoned(TimeZone::UTC)
            .unwrap()
            .timestamp()
    };
    let (start, end) = (year(2015), year(2035));
    let database = TimeZoneDatabase::bundled();
    let (mut zones, mut turn) = (0, 0);
    for (index, name) in database.available().enumerate() {
        let zone = database.get(name.as_str()).unwrap();
        let changes = zone.following(start).map(|change| change.timestamp());
        let changes = changes.take_while(|change| *change < end);
        let from_here = turn;
        for change in std::iter::once(start)
            .chain(changes)
            .skip(index % every_change)
            .step_by(every_change)
            .filter(|change| comparable(*change, &zone))
        {
            turn += 1;
            for case in everywhere.iter().skip(turn % every_line).step_by(every_line) {
                check(case, change - SignedDuration::from_mins(61), 3, &zone);
                check(case, change + SignedDuration::from_mins(29), 2, &zone);
            }
            for case in on_quiet_days.iter().skip(turn % every_line).step_by(every_line) {
                check(case, change + SignedDuration::from_hours(49), 3, &zone);
            }
        }
        zones += usize::from(turn > from_here);
    }
    zones
}

#[test]
fn a_sample_of_lines_and_changes_in_all_zones() {
    assert!(check_all(5, 10) > 200);
}

#[test]
#[ignore = "minutes without optimisation: every line for every change of every zone"]
fn every_line_for_every_change_of_every_zone() {
    assert!(check_all(1, 1) > 500);
}
