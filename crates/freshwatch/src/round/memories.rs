//! What the probes of one round remember: read from the state file before it, written there after it.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use freshwatch_agent::{Agent, clock};
use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::run::Run;
use freshwatch_probe::verdict::Verdict;
use freshwatch_store::Observed;
use jiff::Timestamp;

use crate::report;
use crate::state_file::{StateFile, Trouble};

/// What the probes of one round remember.
pub struct Memories {
    agent: Agent,
    /// None when there is no file, or nothing to remember, or it cannot be read.
    kept: Option<Kept>,
}

struct Kept {
    file: StateFile,
    before: HashMap<ProbeName, Observed>,
    there_are: Vec<ProbeName>,
}

impl Memories {
    /// Reads what these probes remember, if any of them does. When that is impossible, people are told, and those
    /// probes have no place to remember.
    ///
    /// # Errors
    /// When the file belongs to somebody else.
    pub async fn recall(path: Option<&Path>, definitions: &[Arc<Definition>]) -> Result<Self> {
        let remembering: HashSet<&ProbeName> = definitions
            .iter()
            .filter(|definition| definition.remembers())
            .map(|definition| &definition.name)
            .collect();
        let Some(path) = path.filter(|_| !remembering.is_empty()) else {
            return Ok(Self::none());
        };
        let file = StateFile::at(path, tell);
        let names = remembering.iter().map(|&name| name.clone()).collect();
        let found = match file.recall(names).await {
            Ok(found) => found,
            Err(trouble) if trouble.is_refusal() => return Err(trouble.into()),
            Err(trouble) => {
                tell(&trouble.to_string());
                return Ok(Self::none());
            }
        };
        let agent = Agent::remembering(HashMap::new());
        for found in &found {
            if remembering.contains(&found.probe) {
                agent.take_up(&found.probe, Arc::clone(&found.memory));
            }
        }
        let kept = Kept {
            file,
            before: found
                .into_iter()
                .map(|found| (found.probe.clone(), found))
                .collect(),
            there_are: definitions
                .iter()
                .map(|definition| definition.name.clone())
                .collect(),
        };
        Ok(Self {
            agent,
            kept: Some(kept),
        })
    }

    fn none() -> Self {
        Self {
            agent: Agent::new(),
            kept: None,
        }
    }

    /// Who runs the probes.
    pub fn agent(&self) -> &Agent {
        &self.agent
    }

    /// Writes what these runs, judged at this time or else when they ended, want remembered.
    pub async fn keep(self, runs: &[Run], judged_at: Option<Timestamp>) {
        let Some(kept) = self.kept else { return };
        let observed = runs
            .iter()
            .filter_map(|run| kept.observed(run, judged_at))
            .collect();
        if let Err(trouble) = kept.write(observed).await {
            tell(&format!("what probes remember is lost: {trouble}"));
        }
    }
}

impl Kept {
    fn observed(&self, run: &Run, judged_at: Option<Timestamp>) -> Option<Observed> {
        let probe = run.probe().clone();
        let memory = match (&run.judgment.memory, run.judgment.verdict) {
            (Some(memory), _) => memory,
            // Nothing new: it holds at the time of this run as well.
            (None, Verdict::Ok | Verdict::Degraded | Verdict::Stale) => &self.before.get(&probe)?.memory,
            (None, Verdict::Invalid | Verdict::Down | Verdict::Unknown) => return None,
        };
        Some(Observed {
            probe,
            at: judged_at.unwrap_or_else(|| run.ended()),
            memory: Arc::clone(memory),
        })
    }

    async fn write(self, observed: Vec<Observed>) -> Result<(), Trouble> {
        let now = clock::now();
        self.file.remember(observed, now).await?;
        self.file.forget_gone(self.there_are, now).await.map(|_| ())
    }
}

fn tell(sentence: &str) {
    report::note(&format!("{sentence}\n"));
}
