//! The file in which probes remember from one process to the next (`--state`): the disk is waited for on threads of its
//! own, one use after the other, and never for long.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::duration;
use freshwatch_store::{Observed, Recalled, Store, StoreError, Written};
use jiff::Timestamp;
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::{task, time};

/// How long a use of the file may take: longer than the store waits for another process.
const PATIENCE: Duration = Duration::from_secs(8);

/// The file. It is opened when it is first used, and again after it could not be.
#[derive(Debug, Clone)]
pub struct StateFile {
    path: PathBuf,
    store: Arc<Mutex<Option<Store>>>,
    told: fn(&str),
}

/// Why the file could not be used.
#[derive(Debug, Error)]
pub enum Trouble {
    /// The store says so.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk hangs; the thread that waits for it is left behind.
    #[error("`{}` cannot be used: its disk does not answer within {}", path.display(), duration::show(PATIENCE))]
    Hangs {
        /// The file.
        path: PathBuf,
    },
    /// The program ends, or the store has failed inside.
    #[error("`{}` cannot be used: what uses it was cut off", path.display())]
    CutOff {
        /// The file.
        path: PathBuf,
    },
}

impl Trouble {
    /// Whether another file has to be given.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Store(error) => error.is_refusal(),
            Self::Hangs { .. } | Self::CutOff { .. } => false,
        }
    }
}

impl StateFile {
    /// The file of this name. What people have to know of it is `told`: that a damaged one was set aside.
    pub fn at(path: &Path, told: fn(&str)) -> Self {
        Self {
            path: path.to_owned(),
            store: Arc::default(),
            told,
        }
    }

    /// What these probes remember. What makes no sense is told.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn recall(&self, probes: Vec<ProbeName>) -> Result<Vec<Observed>, Trouble> {
        let told = self.told;
        self.used(move |store| {
            let Recalled {
                memories,
                unreadable,
                set_aside,
            } = store.recall(&probes)?;
            if let Some(aside) = set_aside {
                told(&aside.to_string());
            }
            for unreadable in unreadable {
                told(&format!(
                    "`{}` begins to remember anew: what it remembered makes no sense ({})",
                    unreadable.probe, unreadable.why
                ));
            }
            Ok(memories)
        })
        .await
    }

    /// Writes what probes remember. Tells whether the file holds nothing else, as it was gone or damaged.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn remember(&self, observed: Vec<Observed>, now: Timestamp) -> Result<bool, Trouble> {
        let told = self.told;
        self.used(move |store| Ok(began_anew(store, store.remember(&observed, now)?, told)))
            .await
    }

    /// Forgets probes that are long gone, but none of those that there are. Tells whether the file holds nothing, as it
    /// was gone or damaged.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn forget_gone(&self, there_are: Vec<ProbeName>, now: Timestamp) -> Result<bool, Trouble> {
        let told = self.told;
        self.used(move |store| Ok(began_anew(store, store.forget_gone(&there_are, now)?, told)))
            .await
    }

    async fn used<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Trouble> {
        let (path, told) = (self.path.clone(), self.told);
        let using = async {
            let mut place = Arc::clone(&self.store).lock_owned().await;
            let working = task::spawn_blocking(move || {
                let store = match place.take() {
                    Some(store) => store,
                    None => open(&path, told)?,
                };
                let result = work(&store);
                *place = Some(store);
                result
            });
            working.await
        };
        let path = || self.path.clone();
        match time::timeout(PATIENCE, using).await {
            Ok(Ok(result)) => Ok(result?),
            Ok(Err(_)) => Err(Trouble::CutOff { path: path() }),
            Err(_) => Err(Trouble::Hangs { path: path() }),
        }
    }
}

/// Whether the file was begun anew, which people have to know.
fn began_anew(store: &Store, written: Written, told: fn(&str)) -> bool {
    match written.set_aside {
        Some(aside) => told(&aside.to_string()),
        None if written.began_anew => {
            told(&format!(
                "`{}` was gone; it was made anew",
                store.path().display()
            ));
        }
        None => {}
    }
    written.began_anew
}

fn open(path: &Path, told: fn(&str)) -> Result<Store, StoreError> {
    let (store, aside) = Store::open(path)?;
    if let Some(aside) = aside {
        told(&aside.to_string());
    }
    Ok(store)
}
