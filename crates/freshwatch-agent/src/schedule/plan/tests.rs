use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::super::tests::{at, schedule};
use super::{FOR_EVER, Plan, Waking};

const NOON: &str = "2026-11-20T12:00:00Z";

/// A plan of a probe whose slots lie on full intervals.
fn plan(when: &str) -> Plan {
    Plan::new(schedule("a", when, "UTC", Some("0s")), at(NOON))
}

/// The time of day that is waited for.
fn next(plan: &Plan) -> String {
    plan.next().unwrap().due.strftime("%d %H:%M:%S").to_string()
}

/// Wakes at this time of the day.
fn wake(plan: &mut Plan, time: &str) -> Waking {
    plan.wake(at(&format!("2026-11-{}Z", time.replace(' ', "T"))))
}

/// Wakes, and expects the start of the slot of that time.
#[track_caller]
fn start(plan: &mut Plan, time: &str, due: &str, expected: u64) {
    let Waking::Start { slot, missed } = wake(plan, time) else {
        panic!("no start at {time}: {plan:?}");
    };
    assert_eq!(slot.due.strftime("%d %H:%M:%S").to_string(), due);
    assert_eq!(missed, expected);
}

#[test]
fn sleeps_until_the_slot_and_looks_again_on_a_long_way() {
    let plan = plan("10m");
    assert_eq!(plan.sleep(at("2026-11-20T12:00:00Z")), Duration::from_mins(9));
    assert_eq!(plan.sleep(at("2026-11-20T12:09:00Z")), Duration::from_mins(1));
    assert_eq!(
        plan.sleep(at("2026-11-20T12:09:57.5Z")),
        Duration::from_millis(2500)
    );
    assert_eq!(plan.sleep(at("2026-11-20T12:11:00Z")), Duration::ZERO);
    let ended = Plan::new(
        schedule("a", "* * * * *", "UTC", None),
        at("2101-01-01T00:00:00Z"),
    );
    assert_eq!(ended.sleep(at("2101-01-01T00:00:00Z")), FOR_EVER);
}

#[test]
fn a_slot_starts_once_however_early_or_late_it_is_woken() {
    let mut plan = plan("10m");
    assert_eq!(wake(&mut plan, "20 12:09:59.999"), Waking::Sleep);
    start(&mut plan, "20 12:10:00.002", "20 12:10:00", 0);
    assert_eq!(plan.end(at("2026-11-20T12:10:01Z"), None), 0);
    assert_eq!(next(&plan), "20 12:20:00");
    start(&mut plan, "20 12:20:59.999", "20 12:20:00", 0);
    assert_eq!(plan.end(at("2026-11-20T12:21:10Z"), None), 0);
    assert_eq!(next(&plan), "20 12:30:00");
}

#[test]
fn a_run_that_takes_longer_than_the_interval_passes_over_slots() {
    let mut plan = plan("1m");
    start(&mut plan, "20 12:01:00", "20 12:01:00", 0);
    assert_eq!(plan.end(at("2026-11-20T12:03:00Z"), None), 2);
    assert_eq!(next(&plan), "20 12:04:00");
}

#[test]
fn what_a_suspended_machine_missed_is_counted_and_not_made_up_for() {
    let mut daily = plan("0 15 * * *");
    assert_eq!(wake(&mut daily, "20 18:00:00"), Waking::Missed(1));
    assert_eq!(next(&daily), "21 15:00:00");
    assert_eq!(wake(&mut daily, "24 18:00:00"), Waking::Missed(4));
    assert_eq!(next(&daily), "25 15:00:00");
    let mut often = plan("1m");
    start(&mut often, "20 15:00:30", "20 15:00:00", 179);
    assert_eq!(next(&often), "20 15:01:00");
}

#[test]
fn a_clock_that_goes_back_a_little_repeats_nothing() {
    let mut daily = plan("0 15 * * *");
    start(&mut daily, "20 15:00:00", "20 15:00:00", 0);
    assert_eq!(daily.end(at("2026-11-20T13:00:00Z"), None), 0);
    assert_eq!(next(&daily), "21 15:00:00");
    assert_eq!(wake(&mut daily, "20 14:59:59"), Waking::Sleep);
    assert_eq!(next(&daily), "21 15:00:00");
}

#[test]
fn a_clock_that_goes_back_far_does_not_stop_the_probe() {
    let mut plan = plan("1m");
    start(&mut plan, "20 12:01:00", "20 12:01:00", 0);
    assert_eq!(plan.end(at("2026-11-20T12:01:01Z"), None), 0);
    assert_eq!(wake(&mut plan, "20 09:30:30"), Waking::Sleep);
    assert_eq!(next(&plan), "20 09:31:00");
    start(&mut plan, "20 09:31:00", "20 09:31:00", 0);
}

#[test]
fn retry_after_moves_the_next_run_to_the_first_slot_that_is_not_earlier() {
    for (wait, expected) in [
        ("30s", "20 12:11:00"),
        ("1m", "20 12:11:00"),
        ("61s", "20 12:12:00"),
        ("1h", "20 13:10:00"),
        ("9w", "21 12:10:00"),
    ] {
        let mut plan = plan("1m");
        start(&mut plan, "20 12:10:00", "20 12:10:00", 9);
        let wait = freshwatch_probe::duration::parse(wait).unwrap();
        assert_eq!(plan.end(at("2026-11-20T12:10:00Z"), Some(wait)), 0);
        assert_eq!(next(&plan), expected);
        assert_eq!(wake(&mut plan, "20 12:10:30"), Waking::Sleep);
        assert_eq!(next(&plan), expected);
    }
}

#[test]
fn retry_after_holds_for_one_run_and_no_longer_when_the_clock_goes_back() {
    let mut plan = plan("1m");
    start(&mut plan, "20 12:01:00", "20 12:01:00", 0);
    plan.end(at("2026-11-20T12:01:00Z"), Some(Duration::from_mins(10)));
    assert_eq!(wake(&mut plan, "20 06:00:00"), Waking::Sleep);
    assert_eq!(next(&plan), "20 06:10:00");
    start(&mut plan, "20 06:10:00", "20 06:10:00", 0);
    assert_eq!(plan.end(at("2026-11-20T06:10:01Z"), None), 0);
    assert_eq!(next(&plan), "20 06:11:00");
}

/// A machine whose clock is set now and then while a probe runs by its plan.
struct Simulation {
    plan: Plan,
    /// Real time since the beginning.
    elapsed: Duration,
    clock: Timestamp,
    /// When, in real time, the clock is set, and by how many seconds.
    changes: Vec<(Duration, i64)>,
    starts: Vec<Duration>,
    missed: u64,
    overlapped: u64,
}

impl Simulation {
    fn new(when: &str, mut changes: Vec<(u64, i64)>) -> Self {
        changes.sort_unstable();
        let clock = at("2026-11-20T12:34:56.789Z");
        Self {
            plan: Plan::new(schedule("real-price", when, "Europe/Berlin", None), clock),
            elapsed: Duration::ZERO,
            clock,
            changes: changes
                .iter()
                .map(|(second, by)| (Duration::from_secs(*second), *by))
                .collect(),
            starts: Vec::new(),
            missed: 0,
            overlapped: 0,
        }
    }

    fn pass(&mut self, time: Duration) {
        self.elapsed += time;
        self.clock += SignedDuration::try_from(time).unwrap();
        while let Some((_, by)) = self.changes.first().filter(|(when, _)| *when <= self.elapsed) {
            self.clock += SignedDuration::from_secs(*by);
            self.changes.remove(0);
        }
    }

    /// Lives for a while; every run takes so long.
    fn live(&mut self, until: Duration, run: Duration) {
        while self.elapsed < until {
            let sleep = self.plan.sleep(self.clock).clamp(Duration::from_micros(10), LOOK);
            self.pass(sleep);
            match self.plan.wake(self.clock) {
                Waking::Sleep => {}
                Waking::Missed(missed) => self.missed += missed,
                Waking::Start { slot, missed } => {
                    assert!(slot.due <= self.clock && self.clock < slot.start_by);
                    self.missed += missed;
                    self.starts.push(self.elapsed);
                    self.pass(run);
                    self.overlapped += self.plan.end(self.clock, None);
                }
            }
        }
    }
}

#[test]
fn a_slot_that_is_due_survives_a_change_of_the_schedule() {
    let other = || schedule("a", "0 9 * * *", "UTC", None);
    let due = at("2026-11-20T12:10:00Z");
    let mut plan = plan("10m");
    plan.reschedule(other(), due);
    let Waking::Start { slot, missed: 0 } = plan.wake(due) else {
        panic!("no start: {plan:?}");
    };
    assert_eq!(slot.due, due);
    assert_eq!(plan.next().unwrap().due, at("2026-11-21T09:00:00Z"));
    // One that is over is counted; one that is not due yet is the old schedule's matter, and gone.
    let mut late = super::tests::plan("10m");
    late.reschedule(other(), at("2026-11-20T12:13:00Z"));
    assert_eq!(late.wake(at("2026-11-20T12:13:00Z")), Waking::Missed(1));
    let mut early = super::tests::plan("10m");
    early.reschedule(other(), at("2026-11-20T12:09:59Z"));
    assert_eq!(early.next().unwrap().due, at("2026-11-21T09:00:00Z"));
}

const HOUR: u64 = 3600;

/// When the clock is set, somebody looks within this.
const LOOK: Duration = Duration::from_mins(1);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Never twice, never lost: forwards, every slot is started, missed or passed over.
    #[test]
    fn every_slot_is_accounted_for(
        when in prop::sample::select(vec!["7s", "1m", "17m", "*/5 * * * *", "30 * * * *"]),
        changes in prop::collection::vec((0..6 * HOUR, 1..8 * 3600_i64), 0..4),
        run in 0..600_000_u64,
    ) {
        let mut simulation = Simulation::new(when, changes);
        let begin = simulation.clock;
        simulation.live(Duration::from_secs(6 * HOUR), Duration::from_millis(run));
        let handled = simulation.starts.len() as u64 + simulation.missed + simulation.overlapped;
        let schedule = schedule("real-price", when, "Europe/Berlin", None);
        prop_assert_eq!(handled, schedule.missed_between(begin, simulation.clock));
    }

    /// One start more at most, and two intervals without any, for each change.
    #[test]
    fn a_change_of_the_clock_makes_neither_a_burst_nor_a_stall(
        (when, interval) in prop::sample::select(vec![("7s", 7), ("1m", 60), ("17m", 1020), ("*/5 * * * *", 300)]),
        changes in prop::collection::vec((0..6 * HOUR, -90_000..90_000_i64), 0..4),
    ) {
        let mut simulation = Simulation::new(when, changes.clone());
        simulation.live(Duration::from_secs(6 * HOUR), Duration::from_millis(1));
        let end = simulation.elapsed;
        let (changed, interval) = (changes.len() as u64, Duration::from_secs(interval));
        let most = end.as_secs() / interval.as_secs() + 1 + changed;
        prop_assert!(simulation.starts.len() as u64 <= most, "{} starts", simulation.starts.len());
        let mut before = Duration::ZERO;
        for start in simulation.starts.iter().chain([&end]) {
            let within = |second: u64| (before..=*start).contains(&Duration::from_secs(second));
            let changes = u32::try_from(changes.iter().filter(|(second, _)| within(*second)).count()).unwrap();
            let longest = (interval * 2 + LOOK) * changes + interval + Duration::from_millis(1);
            prop_assert!(start.saturating_sub(before) <= longest, "nothing from {before:?} to {start:?}");
            before = *start;
        }
    }
}
