//! Calls the dead-man's switch while probing goes on.
//!
//! A daemon has no rounds, as every probe has a schedule of its own. What stands for one: every probe that was due has
//! run, and its result was taken in. A probe that hangs in our own hands, a schedule that has died or a ledger that
//! takes in nothing keeps the heartbeat back; verdicts and receivers do not, since others tell of those.

use std::sync::Arc;
use std::time::Duration;

use freshwatch_agent::clock;
use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::standing::Standing;
use freshwatch_telemetry::heartbeat::Heartbeat;
use freshwatch_telemetry::state::State;
use jiff::Timestamp;
use tokio::task;
use tokio::time::{MissedTickBehavior, interval};

use super::logs;

/// How long one call may take.
const LONGEST_CALL: Duration = Duration::from_secs(10);

/// A run may start late and be judged for a while: only what takes so much longer than its `timeout` is overdue.
const SLACK: Duration = Duration::from_secs(30);

/// So many probes are looked at at a time.
const MOST_AT_ONCE: usize = 100;

/// How the last call went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pulse {
    Beats,
    Fails,
    Withheld,
}

/// Calls the switch so often, until `stop`. People are told when something changes.
pub(super) async fn keep(
    heartbeat: Heartbeat,
    every: Duration,
    state: Arc<dyn State>,
    stop: impl Future<Output = ()>,
) {
    let beating = async {
        let mut before = Pulse::Beats;
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // The first comes at once, when no round can be complete.
        ticks.tick().await;
        loop {
            ticks.tick().await;
            before = beat(&heartbeat, &*state, before).await;
        }
    };
    tokio::select! {
        () = stop => (),
        never = beating => never,
    }
}

async fn beat(heartbeat: &Heartbeat, state: &dyn State, before: Pulse) -> Pulse {
    if let Some(overdue) = first_overdue(state, clock::now()).await {
        if before != Pulse::Withheld {
            logs::heartbeat_withheld(&overdue);
        }
        return Pulse::Withheld;
    }
    match (heartbeat.beat(LONGEST_CALL).await, before) {
        (Ok(()), Pulse::Beats) => Pulse::Beats,
        (Ok(()), Pulse::Fails | Pulse::Withheld) => {
            logs::heartbeat_again(heartbeat.place());
            Pulse::Beats
        }
        (Err(_), Pulse::Fails) => Pulse::Fails,
        (Err(why), Pulse::Beats | Pulse::Withheld) => {
            logs::heartbeat_failing(heartbeat.place(), &why);
            Pulse::Fails
        }
    }
}

/// The first probe in the order of names that should have run by now.
async fn first_overdue(state: &dyn State, now: Timestamp) -> Option<ProbeName> {
    let mut last = None;
    loop {
        let standings = state.after(last.as_ref(), MOST_AT_ONCE);
        last = Some(standings.last()?.definition.name.clone());
        if let Some(overdue) = standings.iter().find(|standing| is_overdue(standing, now)) {
            return Some(overdue.definition.name.clone());
        }
        drop(standings);
        task::yield_now().await;
    }
}

fn is_overdue(standing: &Standing, now: Timestamp) -> bool {
    let latest = standing
        .next_run
        .and_then(|next| next.checked_add(standing.definition.timeout + SLACK).ok());
    latest.is_some_and(|latest| latest < now)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use freshwatch_probe::definition::{Definition, ProbeName};
    use freshwatch_probe::prober::Prober;
    use freshwatch_probe::request::Request;
    use freshwatch_probe::standing::Standing;
    use freshwatch_telemetry::state::State;
    use jiff::{SignedDuration, Timestamp};

    use super::first_overdue;

    const NOON: Timestamp = Timestamp::constant(1_795_262_400, 0);

    /// Probes in the order of their names.
    struct Probes(Vec<Arc<Standing>>);

    impl State for Probes {
        fn after(&self, last: Option<&ProbeName>, most: usize) -> Vec<Arc<Standing>> {
            let is_after =
                |standing: &&Arc<Standing>| last.is_none_or(|last| standing.definition.name > *last);
            self.0.iter().filter(is_after).take(most).cloned().collect()
        }

        fn prober(&self) -> Prober {
            Prober::new(NOON)
        }
    }

    /// Of 300 probes with a timeout of ten seconds all run within a minute, but the last, which was due so many seconds
    /// ago.
    async fn overdue(seconds: i64) -> Option<String> {
        let standing = |nth: i64| {
            let name = ProbeName::parse(&format!("p-{nth:03}")).unwrap();
            let mut definition = Definition::new(name, Request::get("http://a.example/"));
            definition.timeout = Duration::from_secs(10);
            let mut standing = Standing::new(Arc::new(definition), NOON);
            let next = if nth == 299 { -seconds } else { nth % 60 };
            standing.next_run = Some(NOON + SignedDuration::from_secs(next));
            Arc::new(standing)
        };
        let probes = Probes((0..300).map(standing).collect());
        first_overdue(&probes, NOON).await.map(|name| name.to_string())
    }

    #[tokio::test]
    async fn a_probe_is_overdue_when_its_timeout_and_more_is_over() {
        assert_eq!(overdue(40).await, None);
        assert_eq!(overdue(41).await.as_deref(), Some("p-299"));
        assert_eq!(overdue(-3600).await, None);
        assert_eq!(first_overdue(&Probes(Vec::new()), NOON).await, None);
    }
}
