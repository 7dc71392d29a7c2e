//! One run of a probe: exactly one result, however many attempts it takes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use freshwatch_probe::definition::Definition;
use freshwatch_probe::freshness::memory::{Memory, Recall};
use freshwatch_probe::judge::judge;
use freshwatch_probe::observation::{Body, Exchange, NotMade, Observation, Outcome};
use freshwatch_probe::redact::Redactor;
use freshwatch_probe::run::{Judgment, Run};
use freshwatch_probe::verdict::Verdict;
use jiff::Timestamp;
use tokio::{task, time};

use crate::agent::Agent;
use crate::origin::Question;
use crate::preparation::{Preparation, Prepared};
use crate::tracing::Recording;
use crate::{clock, http, retry};

/// Bodies larger than this, in bytes, are judged off the threads that run the probes: parsing them would make others
/// late.
const QUICKLY_JUDGED: usize = 64 << 10;

/// How long judging may take.
const LONGEST_JUDGING: Duration = Duration::from_secs(10);

impl Agent {
    /// Runs a probe once, judged at `judged_at`, or else at the time when its answer came.
    ///
    /// All attempts share the probe's `timeout`. Dropping the future ends the run and leaves nothing behind.
    pub async fn run_once(&self, definition: &Arc<Definition>, judged_at: Option<Timestamp>) -> Run {
        self.run_prepared(definition, &Prepared::default(), judged_at)
            .await
    }

    /// As [`run_once`](Self::run_once), with what an earlier run of this definition has prepared.
    pub(crate) async fn run_prepared(
        &self,
        definition: &Arc<Definition>,
        prepared: &Prepared,
        judged_at: Option<Timestamp>,
    ) -> Run {
        let started = clock::now();
        let began = clock::monotonic();
        let mut recording = Recording::default();
        let (attempts, observation, judgment) = match prepared.of(definition).await {
            Ok(preparation) => {
                recording = Recording::begin(self.tracing, began);
                self.attempt(definition, &preparation, began, judged_at, &mut recording)
                    .await
            }
            Err(why) => {
                let observation = not_made(why);
                let now = judged_at.unwrap_or_else(clock::now);
                let judgment = judge(definition, &observation, Recall::Nowhere, now);
                (0, observation, judgment)
            }
        };
        if let (Some(memories), Some(memory)) = (&self.shared.memories, &judgment.memory) {
            memories.put(&definition.name, memory);
        }
        Run {
            definition: Arc::clone(definition),
            started,
            took: clock::monotonic() - began,
            attempts,
            exchange: observation.exchange,
            judgment,
            trace: recording.finish(),
        }
    }

    /// Attempts until one is not down, or the probe wants no more, or the next could not start in time.
    async fn attempt(
        &self,
        definition: &Arc<Definition>,
        preparation: &Preparation,
        began: Instant,
        judged_at: Option<Timestamp>,
        recording: &mut Recording,
    ) -> (u32, Observation, Judgment) {
        let deadline = began + definition.timeout;
        let remembered = self.remembered(definition);
        let mut attempts = 0;
        loop {
            attempts += 1;
            recording.attempt(attempts);
            let observation = http::fetch(
                &self.shared,
                definition,
                preparation,
                &preparation.outgoing,
                deadline,
                recording,
            )
            .await;
            let now = judged_at.unwrap_or_else(clock::now);
            let (observation, mut judgment) =
                judge_aside(definition, preparation, observation, remembered.clone(), now).await;
            if judgment.verdict == Verdict::Stale && definition.request.origin.is_some() {
                let question = Question {
                    definition,
                    preparation,
                    remembered: remembered.clone(),
                    deadline,
                    judged_at,
                    recording: &mut *recording,
                };
                // In a box of its own: few runs ask, and every run would carry the room for it.
                Box::pin(self.locate(question, &mut judgment)).await;
            }
            if judgment.verdict != Verdict::Down || attempts >= definition.retry.attempts {
                return (attempts, observation, judgment);
            }
            let delay = retry::delay(definition.retry, attempts, fastrand::f64());
            if deadline.saturating_duration_since(clock::monotonic()) <= delay {
                return (attempts, observation, judgment);
            }
            time::sleep(delay).await;
        }
    }

    /// What earlier runs left; none: there is no place to remember, or nothing that the probe would.
    fn remembered(&self, definition: &Arc<Definition>) -> Option<Arc<Memory>> {
        let memories = self.shared.memories.as_ref()?;
        definition.remembers().then(|| memories.of(&definition.name))
    }
}

/// Judges here, or on a thread of its own when that may take long, and not for ever: a schema that refers to itself can
/// take a deep document through more ways than there is time.
pub(crate) async fn judge_aside(
    definition: &Arc<Definition>,
    preparation: &Preparation,
    observation: Observation,
    remembered: Option<Arc<Memory>>,
    now: Timestamp,
) -> (Observation, Judgment) {
    let large = match &observation.outcome {
        Outcome::Answered(answer) => match &answer.body {
            Body::Complete(bytes) => bytes.len() > QUICKLY_JUDGED,
            Body::TooLarge { .. } | Body::Undecodable { .. } => false,
        },
        Outcome::Unreachable(_) | Outcome::NotMade(_) => false,
    };
    if !large && preparation.is_plain {
        let judgment = judge(definition, &observation, recall(remembered.as_deref()), now);
        return (observation, judgment);
    }
    let owned = Arc::clone(definition);
    let judging = task::spawn_blocking(move || {
        let judgment = judge(&owned, &observation, recall(remembered.as_deref()), now);
        (observation, judgment)
    });
    let why = match time::timeout(LONGEST_JUDGING, judging).await {
        Ok(Ok(judged)) => return judged,
        Ok(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down.
        Ok(Err(_)) => NotMade::Aborted,
        Err(_) => NotMade::Unjudged(LONGEST_JUDGING),
    };
    let observation = not_made(why);
    let judgment = judge(definition, &observation, Recall::Nowhere, now);
    (observation, judgment)
}

fn recall(remembered: Option<&Memory>) -> Recall<'_> {
    remembered.map_or(Recall::Nowhere, Recall::From)
}

fn not_made(why: NotMade) -> Observation {
    Observation {
        exchange: Exchange::default(),
        outcome: Outcome::NotMade(why),
        secrets: Redactor::default(),
    }
}
