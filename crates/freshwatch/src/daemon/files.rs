//! The probe files: loaded at the start, again when they change or somebody asks, all or nothing.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use freshwatch_agent::clock;
use freshwatch_agent::supervise::{Probing, Supervisor};
use freshwatch_file::{Mistakes, ProbeSet, Stamp};
use freshwatch_page::Refused;
use freshwatch_page::board::Reloaded;
use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::shard::Shard;
use tokio::sync::oneshot;
use tokio::{task, time};

use super::advice::Advice;
use super::logs;
use super::shared::Shared;
use crate::commands;

/// Somebody who asks for a reload and waits for what comes of it.
pub(super) type Ask = oneshot::Sender<Result<Reloaded, Refused>>;

/// Loads the probe files, and keeps of the probes what is run here. Mistakes of the others count all the same: they
/// would be found where those run.
///
/// # Errors
/// Every mistake of every file.
pub fn load(paths: &[PathBuf], shard: Option<Shard>) -> Result<ProbeSet, Mistakes> {
    let mut set = freshwatch_file::load(paths, &commands::environment)?;
    if let Some(shard) = shard {
        set.retain(|definition| shard.holds(&definition.name));
    }
    Ok(set)
}

/// The probe files.
pub(super) struct Files {
    paths: Vec<PathBuf>,
    shard: Option<Shard>,
    /// What the files refer to, such as JSON Schemas.
    referenced: Vec<PathBuf>,
    interval: Duration,
    /// What the disk showed when the files were last loaded, whatever came of it.
    loaded: Option<Stamp>,
    definitions: HashMap<ProbeName, Arc<Definition>>,
    advice: Advice,
}

impl Files {
    /// The files under these paths, of whose probes a part is run here, looked at so often; an interval of zero: never.
    pub fn new(paths: Vec<PathBuf>, shard: Option<Shard>, interval: Duration) -> Self {
        Self {
            paths,
            shard,
            referenced: Vec::new(),
            interval,
            loaded: None,
            definitions: HashMap::new(),
            advice: Advice::default(),
        }
    }

    /// Puts the first set in force.
    pub fn begin(&mut self, set: ProbeSet, supervisor: &mut Supervisor<impl Probing>, shared: &Shared) {
        self.put_in_force(set, supervisor, shared);
    }

    /// Ends when the files have changed since they were last loaded, and have then stood still from one look to the
    /// next: nobody wants what is half written.
    pub async fn changed(&mut self) {
        if self.interval.is_zero() {
            std::future::pending::<()>().await;
        }
        let mut before = None;
        loop {
            let seen = self.look().await;
            let loaded = self.loaded.get_or_insert_with(|| seen.clone());
            if seen == *loaded {
                before = None;
            } else if before.as_ref() == Some(&seen) {
                return;
            } else {
                before = Some(seen);
            }
            time::sleep(self.interval).await;
        }
    }

    /// Loads the files again. With mistakes, what was loaded before stays in force.
    pub async fn reload(
        &mut self,
        supervisor: &mut Supervisor<impl Probing>,
        shared: &Shared,
    ) -> Result<Reloaded, Refused> {
        // Before the load: a change that comes while it reads is seen at the next look.
        let stamp = self.look().await;
        let (paths, shard) = (self.paths.clone(), self.shard);
        let loading = task::spawn_blocking(move || load(&paths, shard));
        let result = match loading.await {
            Ok(Ok(set)) => {
                meet(&set, shared).await;
                let reloaded = self.put_in_force(set, supervisor, shared);
                logs::reloaded(&reloaded);
                Ok(reloaded)
            }
            Ok(Err(mistakes)) => {
                self.referenced = mistakes.referenced().to_vec();
                Err(refused(&mistakes, shared))
            }
            // The runtime ends, or the reader has failed inside.
            Err(error) => {
                shared.board().load_failed();
                tracing::error!("the probe files could not be read, which is a bug: {error}");
                Err(Refused::Mistakes(
                    "the probe files could not be read: this is a bug of freshwatch\n".into(),
                ))
            }
        };
        self.loaded = Some(stamp);
        result
    }

    fn put_in_force(
        &mut self,
        set: ProbeSet,
        supervisor: &mut Supervisor<impl Probing>,
        shared: &Shared,
    ) -> Reloaded {
        self.referenced = set.referenced;
        let definitions: Vec<_> = set
            .definitions
            .into_iter()
            .map(|loaded| self.keep_unchanged(loaded))
            .collect();
        self.definitions = definitions
            .iter()
            .map(|definition| (definition.name.clone(), Arc::clone(definition)))
            .collect();
        // The board first: it must know a probe before anything is told of it.
        let reloaded = shared.board().load(&definitions, clock::now());
        supervisor.apply(&definitions);
        self.advice.look_at(set.calendars, definitions);
        reloaded
    }

    /// The definition that is in force where the loaded one is the same, so that there is one of them in memory.
    fn keep_unchanged(&self, loaded: Arc<Definition>) -> Arc<Definition> {
        match self.definitions.get(&loaded.name) {
            Some(known) if known.fingerprint == loaded.fingerprint => Arc::clone(known),
            Some(_) | None => loaded,
        }
    }

    /// What the disk shows. A disk that hangs holds a thread, and nothing else.
    async fn look(&self) -> Stamp {
        let (paths, referenced) = (self.paths.clone(), self.referenced.clone());
        let looking = task::spawn_blocking(move || freshwatch_file::stamp(&paths, &referenced));
        match looking.await {
            Ok(stamp) => stamp,
            // It fails only when the runtime ends.
            Err(_) => std::future::pending().await,
        }
    }
}

/// What the state file holds of probes that are new is theirs before they run.
async fn meet(set: &ProbeSet, shared: &Shared) {
    if let Some(remembering) = shared.remembering()
        && let Err(trouble) = remembering.meet(&set.definitions).await
    {
        logs::not_remembered(&trouble);
    }
}

fn refused(mistakes: &Mistakes, shared: &Shared) -> Refused {
    shared.board().load_failed();
    logs::not_reloaded(mistakes);
    Refused::Mistakes(mistakes.render(false))
}
