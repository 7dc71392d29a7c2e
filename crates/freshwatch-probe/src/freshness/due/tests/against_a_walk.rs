//! Rolled due moments against every moment of the line, rolled one by one.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

use super::{due, zone};
use crate::calendar::{Calendar, Holiday, Rules};
use crate::cron::CronLine;
use crate::freshness::due::Roll;
use crate::wall;

const LINES: [&str; 9] = [
    "0 9 * * *",
    "0 9,17 * * sat,sun",
    "30 3 * * *",
    "0 9 1 * *",
    "0 0 31 * *",
    "59 23 * * fri",
    "15 1,4 13 * fri",
    "0 12 */5 * *",
    "0 */6 * * mon",
];
const ZONES: [&str; 4] = [
    "Asia/Seoul",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
];

/// Where each moment of a line goes, without any search: to the same time on the first open day.
fn walk(line: &CronLine, calendar: &Calendar, roll: Roll, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
    let zone = &calendar.rules().timezone;
    let moments = std::iter::successors(line.next_after(from, zone), |at| line.next_after(*at, zone));
    let mut due: Vec<Timestamp> = moments
        .take_while(|at| *at < to)
        .filter_map(|at| {
            let shown = zone.to_datetime(at);
            let is_open = |day: &Date| calendar.is_open(*day).unwrap();
            if is_open(&shown.date()) {
                return Some(at);
            }
            let open = shown.date().series(1.day()).take(200).find(is_open)?;
            (roll == Roll::Forward).then(|| wall::first_moment(open.to_datetime(shown.time()), zone).unwrap())
        })
        .collect();
    due.sort_unstable();
    due.dedup();
    due
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_search_finds_what_a_walk_finds(
        line in prop::sample::select(LINES.to_vec()),
        zone_name in prop::sample::select(ZONES.to_vec()),
        roll in prop::sample::select(vec![Roll::Skip, Roll::Forward]),
        closed in prop::collection::vec((0..400_i32, 0..12_i32), 0..25),
        points in prop::collection::vec(0..300_i64 * 24 * 60, 10),
    ) {
        let base = jiff::civil::date(2026, 1, 1);
        let rules = Rules {
            holidays: closed
                .into_iter()
                .map(|(from, days)| Holiday { from: base + from.days(), to: base + (from + days).days(), name: None })
                .collect(),
            ..Calendar::monday_to_friday(zone(zone_name)).rules().clone()
        };
        let calendar = Arc::new(Calendar::new("c", rules));
        let due = due(line, zone_name, "current_day").on_open_days(Arc::clone(&calendar), roll);
        let start = base.to_zoned(zone(zone_name)).unwrap().timestamp();
        let end = start + SignedDuration::from_hours(24 * 400);
        // What is rolled onto the first days comes from before them.
        let walked = walk(&due.line, &calendar, roll, start - SignedDuration::from_hours(24 * 40), end);
        for point in points {
            let now = start + SignedDuration::from_mins(point) + SignedDuration::from_hours(24 * 50);
            let next = walked.iter().find(|at| **at > now).copied();
            if let Some(next) = next {
                prop_assert_eq!(due.next_after(now).unwrap().map(|next| next.at), Some(next), "after {}", now);
            }
            let last = walked.iter().rfind(|at| **at <= now).copied();
            if let Some(last) = last {
                prop_assert_eq!(due.last(now).map(|last| last.at).ok(), Some(last), "at {}", now);
            }
        }
    }
}
