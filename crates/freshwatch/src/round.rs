//! One round: every probe once, a bounded number at a time, exactly one result for each.

mod memories;

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use freshwatch_agent::{Agent, clock};
use freshwatch_probe::definition::Definition;
use freshwatch_probe::observation::NotMade;
use freshwatch_probe::run::Run;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::{Id, JoinError, JoinSet};

use crate::report;
use crate::stop;

pub use memories::Memories;

/// After this long people want to know what is going on.
const PROGRESS_AFTER: Duration = Duration::from_secs(2);

/// The results of a round, in the order of the probes.
#[derive(Debug)]
pub struct Round {
    /// One for each probe.
    pub runs: Vec<Run>,
    /// How long it took.
    pub took: Duration,
    /// Whether a request to stop cut it short.
    pub was_stopped: bool,
}

/// Runs every probe once, at most `limit` at a time. `judged_at` freezes the judge's clock.
///
/// An interrupt ends the round: what is not done is `unknown` (`aborted`), and what is done is still reported.
pub async fn run(
    agent: &Agent,
    definitions: &[Arc<Definition>],
    limit: usize,
    judged_at: Option<Timestamp>,
) -> Round {
    let start = clock::monotonic();
    let mut tasks = Tasks::spawn(agent, definitions, limit, judged_at);
    let mut runs: Vec<Option<Run>> = vec![None; definitions.len()];
    let mut stopped = std::pin::pin!(stop::requested());
    let mut progress = tokio::time::interval(PROGRESS_AFTER);
    progress.tick().await;
    let was_stopped = loop {
        tokio::select! {
            done = tasks.next() => match done {
                Some((index, run)) => {
                    runs[index] = Some(run.unwrap_or_else(|_| Run::not_made(&definitions[index], NotMade::Internal, clock::now())));
                }
                None => break false,
            },
            _ = progress.tick() => tell(definitions, &runs),
            () = &mut stopped => break true,
        }
    };
    tasks.abort().await;
    let results = definitions.iter().zip(runs);
    Round {
        runs: results
            .map(|(definition, run)| {
                run.unwrap_or_else(|| Run::not_made(definition, NotMade::Aborted, clock::now()))
            })
            .collect(),
        took: start.elapsed(),
        was_stopped,
    }
}

/// One owned task for each probe: one that panics or blocks harms no other.
struct Tasks {
    set: JoinSet<Run>,
    indices: HashMap<Id, usize>,
}

impl Tasks {
    fn spawn(
        agent: &Agent,
        definitions: &[Arc<Definition>],
        limit: usize,
        judged_at: Option<Timestamp>,
    ) -> Self {
        let slots = Arc::new(Semaphore::new(limit));
        let mut tasks = Self {
            set: JoinSet::new(),
            indices: HashMap::with_capacity(definitions.len()),
        };
        for (index, definition) in definitions.iter().enumerate() {
            let (agent, slots, definition) = (agent.clone(), Arc::clone(&slots), Arc::clone(definition));
            let handle = tasks.set.spawn(async move {
                // The semaphore is never closed; were it, the probe would still run, only without its bound.
                let _slot = slots.acquire().await;
                agent.run_once(&definition, judged_at).await
            });
            tasks.indices.insert(handle.id(), index);
        }
        tasks
    }

    /// The next probe that is done, and its run unless it panicked.
    async fn next(&mut self) -> Option<(usize, Result<Run, JoinError>)> {
        let (id, run) = match self.set.join_next_with_id().await? {
            Ok((id, run)) => (id, Ok(run)),
            Err(error) => (error.id(), Err(error)),
        };
        Some((self.indices.remove(&id)?, run))
    }

    async fn abort(&mut self) {
        self.set.shutdown().await;
    }
}

/// What is still under way, for a person who waits at a terminal.
fn tell(definitions: &[Arc<Definition>], runs: &[Option<Run>]) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    let waiting = definitions.iter().zip(runs).filter(|(_, run)| run.is_none());
    let names: Vec<&str> = waiting.map(|(definition, _)| definition.name.as_str()).collect();
    let shown = names.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    let more = if names.len() > 3 { ", …" } else { "" };
    let done = runs.len() - names.len();
    report::note(&format!(
        "{done} of {} done, waiting for {shown}{more}\n",
        runs.len()
    ));
}
