//! The store: what is read of the file and written to it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::freshness::memory::Memory;
use jiff::{SignedDuration, Timestamp};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::connection::connect;
use crate::error::{Obstacle, StoreError};
use crate::schema::{self, Before};
use crate::set_aside::{Identity, SetAside, set_aside};

/// What is stored for a probe that nobody has run for so long is forgotten; until then a rename, a rollback or a pause
/// loses nothing.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What was observed further in the future than this was observed by a clock that was wrong, and gives way to anything.
const MOST_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// So often a file that turns out to be damaged is set aside in one use of it, in case several processes do so at once.
const MOST_TURNS: usize = 4;

/// The file. It is open only while it is used.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
}

/// What a probe remembers after a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Which probe.
    pub probe: ProbeName,
    /// When the run saw what it saw. What is newer stays.
    pub at: Timestamp,
    /// What it remembers.
    pub memory: Arc<Memory>,
}

/// What the file holds for the probes that were asked for.
#[derive(Debug, Default, PartialEq)]
pub struct Recalled {
    /// In the order of the question; a probe that has none is new to the file.
    pub memories: Vec<Observed>,
    /// What is there and makes no sense.
    pub unreadable: Vec<Unreadable>,
    /// The file that turned out to be damaged.
    pub set_aside: Option<SetAside>,
}

/// A memory that makes no sense, as if the probe had none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Which probe's.
    pub probe: ProbeName,
    /// What is wrong with it.
    pub why: String,
}

/// What came of writing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The file that turned out to be damaged.
    pub set_aside: Option<SetAside>,
    /// Whether the file was gone, or set aside, so that the new one holds nothing but what was just written.
    pub began_anew: bool,
}

impl Store {
    /// Opens the file, or makes it, and reads all of it once to see that it is sound. A damaged one gets another name,
    /// which is told.
    ///
    /// # Errors
    /// When the file cannot be used; what [is refused](StoreError::is_refusal) stays as it is.
    pub fn open(path: &Path) -> Result<(Self, Option<SetAside>), StoreError> {
        let store = Self { path: settled(path) };
        let examined = store.attempt(|connection| schema::examine(connection, &store.path))?;
        Ok((store, examined.set_aside))
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What these probes remember.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn recall(&self, probes: &[ProbeName]) -> Result<Recalled, StoreError> {
        let used = self.attempt(|connection| {
            recall(connection, probes).map_err(|error| Obstacle::of(&error, &self.path))
        })?;
        Ok(Recalled {
            set_aside: used.set_aside,
            ..used.result
        })
    }

    /// Writes what probes remember, all of it or nothing. What another process has observed later stays.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn remember(&self, observed: &[Observed], now: Timestamp) -> Result<Written, StoreError> {
        let used = self.attempt(|connection| {
            remember(connection, observed, now).map_err(|error| Obstacle::of(&error, &self.path))
        })?;
        Ok(used.written())
    }

    /// Forgets the probes that nobody has run for 90 days, but none of those that there are.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget_gone(&self, there_are: &[ProbeName], now: Timestamp) -> Result<Written, StoreError> {
        let used = self.attempt(|connection| {
            forget_gone(connection, there_are, now).map_err(|error| Obstacle::of(&error, &self.path))
        })?;
        Ok(used.written())
    }

    /// Uses the file once; when it is damaged, it is set aside and a new one used.
    fn attempt<T>(
        &self,
        work: impl Fn(&mut Connection) -> Result<T, Obstacle>,
    ) -> Result<Used<T>, StoreError> {
        let mut aside = None;
        let mut last = StoreError::Failed {
            path: self.path.clone(),
            why: format!("it was damaged {MOST_TURNS} times in a row"),
        };
        for _ in 0..MOST_TURNS {
            let examined = Identity::of(&self.path);
            let damage = match self.once(&work) {
                Ok((before, result)) => {
                    return Ok(Used {
                        before,
                        result,
                        set_aside: aside,
                    });
                }
                // Another process has moved it away under us: what is there now is another file.
                Err(Obstacle::Error(error))
                    if !error.is_refusal() && Identity::of(&self.path) != examined =>
                {
                    last = error;
                    continue;
                }
                Err(Obstacle::Error(error)) => return Err(error),
                Err(Obstacle::Damage(damage)) => damage,
            };
            // What another process has set aside is its to tell.
            aside = set_aside(&self.path, examined, &damage)?.or(aside);
        }
        Err(last)
    }

    fn once<T>(
        &self,
        work: impl Fn(&mut Connection) -> Result<T, Obstacle>,
    ) -> Result<(Before, T), Obstacle> {
        self.look()?;
        let mut connection = connect(&self.path).map_err(|error| Obstacle::of(&error, &self.path))?;
        let before = schema::settle(&mut connection, &self.path)?;
        let result = work(&mut connection)?;
        Ok((before, result))
    }

    /// Looks at what the database would not tell.
    fn look(&self) -> Result<(), Obstacle> {
        match std::fs::metadata(&self.path) {
            Ok(there) if !there.is_file() => Err(Obstacle::Error(StoreError::NotAFile {
                path: self.path.clone(),
            })),
            // It takes such a file for an empty one.
            Ok(there) if there.len() == 1 => Err(Obstacle::Damage("it is one byte long".into())),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// What came of one use of the file.
struct Used<T> {
    before: Before,
    result: T,
    set_aside: Option<SetAside>,
}

impl Used<()> {
    fn written(self) -> Written {
        Written {
            began_anew: self.before == Before::Nothing,
            set_aside: self.set_aside,
        }
    }
}

/// The path as it stays when links and the current folder change. It is never one of the database's special names, such
/// as `:memory:`.
fn settled(path: &Path) -> PathBuf {
    let known = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    known.unwrap_or_else(|_| path.to_owned())
}

fn recall(connection: &mut Connection, probes: &[ProbeName]) -> rusqlite::Result<Recalled> {
    let transaction = connection.transaction()?;
    let mut recalled = Recalled::default();
    let mut select = transaction.prepare("SELECT memory, observed FROM memories WHERE probe = ?1")?;
    for probe in probes {
        let mut rows = select.query([probe.as_str()])?;
        let Some(row) = rows.next()? else { continue };
        let probe = probe.clone();
        match read(row.get_ref(0)?, row.get(1)?) {
            Ok((memory, at)) => recalled.memories.push(Observed { probe, at, memory }),
            Err(why) => recalled.unreadable.push(Unreadable { probe, why }),
        }
    }
    Ok(recalled)
}

fn read(memory: ValueRef<'_>, observed: i64) -> Result<(Arc<Memory>, Timestamp), String> {
    let text = memory.as_bytes().map_err(|error| error.to_string())?;
    let memory = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let at = Timestamp::from_microsecond(observed).map_err(|error| error.to_string())?;
    Ok((Arc::new(memory), at))
}

fn remember(connection: &mut Connection, observed: &[Observed], now: Timestamp) -> rusqlite::Result<()> {
    let believed = microseconds(now.saturating_add(MOST_AHEAD).unwrap_or(now));
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut upsert = transaction.prepare(
        "INSERT INTO memories (probe, observed, memory) VALUES (?1, ?2, ?3)
         ON CONFLICT (probe) DO UPDATE SET observed = excluded.observed, memory = excluded.memory
         WHERE memories.observed <= excluded.observed OR memories.observed > ?4",
    )?;
    for Observed { probe, at, memory } in observed {
        // One after the other: all of them together may not fit into memory.
        let memory = serde_json::to_string(&**memory)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        upsert.execute(params![probe.as_str(), microseconds(*at), memory, believed])?;
    }
    drop(upsert);
    transaction.commit()
}

fn forget_gone(connection: &mut Connection, there_are: &[ProbeName], now: Timestamp) -> rusqlite::Result<()> {
    let long_ago = microseconds(now.saturating_sub(KEPT_FOR).unwrap_or(now));
    let there_are: HashSet<&str> = there_are.iter().map(ProbeName::as_str).collect();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut old = transaction.prepare("SELECT probe FROM memories WHERE observed < ?1")?;
    let names = old.query_map([long_ago], |row| row.get::<_, String>(0))?;
    let names: Vec<String> = names.collect::<rusqlite::Result<_>>()?;
    drop(old);
    for name in names.iter().filter(|name| !there_are.contains(name.as_str())) {
        transaction.execute("DELETE FROM memories WHERE probe = ?1", [name])?;
    }
    transaction.commit()
}

/// Microseconds since 1970: what a column of integers holds for every time there is.
fn microseconds(time: Timestamp) -> i64 {
    time.as_microsecond()
}
