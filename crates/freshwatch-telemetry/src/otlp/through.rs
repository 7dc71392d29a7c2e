//! One delivery through the queue on the disk: what waits there from earlier goes first, and what cannot be delivered
//! now waits there for the next.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use freshwatch_probe::run::Run;
use freshwatch_probe::show;
use jiff::Timestamp;
use tokio::task;

use super::config::Config;
use super::encode::Batch;
use super::export::Storage;
use super::parcel::pack;
use super::push::{Courier, Delivery, Failure, batches, batches_of_records, batches_of_spans, push};
use crate::parcel::Parcel;
use crate::resource::Resource;
use crate::spool::{Lost, Spool};

/// Delivers as [`push`] does, through the queue of a folder. Where there is none, or it cannot be used, it is as without.
pub async fn push_through(
    storage: &Storage,
    config: &Config,
    resource: &Resource,
    runs: &[Run],
    now: Timestamp,
    bound: Duration,
) -> Delivery {
    if storage.disk(config.signal).is_none() {
        return push(config, resource, runs, now, bound).await;
    }
    through(storage, config, batches(resource, runs, now), now, bound).await
}

/// Delivers the spans of these runs before `bound` is over, through the queue of a folder where there is one.
pub async fn push_traces(
    storage: &Storage,
    config: &Config,
    resource: &Resource,
    runs: &[Run],
    now: Timestamp,
    bound: Duration,
) -> Delivery {
    let batches = batches_of_spans(resource, runs, now);
    through(storage, config, batches, now, bound).await
}

/// Delivers a log record for each of these runs, which are news, as [`push_traces`] does with spans. The text says why
/// they are, in plain words.
pub async fn push_logs(
    storage: &Storage,
    config: &Config,
    resource: &Resource,
    news: impl Iterator<Item = (&Run, String)>,
    now: Timestamp,
    bound: Duration,
) -> Delivery {
    through(storage, config, batches_of_records(resource, news), now, bound).await
}

async fn through(
    storage: &Storage,
    config: &Config,
    batches: Vec<Batch>,
    now: Timestamp,
    bound: Duration,
) -> Delivery {
    let packed = batches.into_iter().map(|batch| Parcel {
        signal: config.signal,
        ..pack(batch, config.compression, now)
    });
    let parcels: Vec<_> = packed.collect();
    let mut courier = match Courier::new(config, now, bound) {
        Ok(courier) => courier,
        Err(message) => {
            return Delivery {
                points_lost: parcels.iter().map(|parcel| parcel.items).sum(),
                failure: Some(Failure { message, hint: None }),
                ..Delivery::default()
            };
        }
    };
    let disk = storage.disk(config.signal);
    let opening = disk.map(|(folder, limits)| task::spawn_blocking(move || Spool::open(&folder, limits)));
    let opened = match opening {
        Some(opening) => opening.await.ok(),
        None => None,
    };
    match opened {
        Some(Ok(spool)) => {
            let waiting = Waiting(Arc::new(Mutex::new(spool)));
            waiting.deliver(courier, parcels, now).await
        }
        without => {
            for parcel in &parcels {
                courier.deliver_or_lose(parcel).await;
            }
            let mut delivery = courier.delivery;
            let failed = without.and_then(Result::err);
            delivery.of_queue = failed
                .iter()
                .map(|error| cannot_wait(&error.to_string()))
                .collect();
            delivery
        }
    }
}

fn cannot_wait(why: &str) -> String {
    format!("results cannot wait on the disk: {why}")
}

/// The queue, which is used on threads that may wait for the disk.
struct Waiting(Arc<Mutex<Spool>>);

impl Waiting {
    async fn deliver(&self, mut courier: Courier<'_>, parcels: Vec<Parcel>, now: Timestamp) -> Delivery {
        let mut notes = Vec::new();
        let unstored = self.store(parcels, &mut notes).await;
        while let Some(first) = self.with(move |spool| spool.first(now)).await {
            let (number, parcel) = match first {
                Ok(Some(first)) => first,
                Ok(None) => break,
                Err(error) => {
                    notes.push(error.to_string());
                    break;
                }
            };
            if !courier.deliver(&parcel).await {
                break;
            }
            self.with(move |spool| spool.done(number)).await;
        }
        for parcel in unstored {
            courier.deliver_or_lose(&parcel).await;
        }
        let mut delivery = courier.delivery;
        let end = self.with(|spool| {
            let synced = spool.sync();
            (spool.len(), spool.take_lost(), spool.findings(), synced)
        });
        if let Some((kept, lost, findings, synced)) = end.await {
            delivery.batches_kept = kept;
            notes.extend(findings.iter().map(ToString::to_string));
            notes.extend(told(lost));
            notes.extend(synced.err().map(|error| cannot_wait(&error.to_string())));
        }
        delivery.of_queue = notes;
        delivery
    }

    /// Stores what it can; gives the rest.
    async fn store(&self, parcels: Vec<Parcel>, notes: &mut Vec<String>) -> Vec<Parcel> {
        let copies = parcels.clone();
        let storing = self.with(move |spool| {
            let stored = copies.iter().map(|parcel| spool.append(parcel));
            stored.collect::<Vec<_>>()
        });
        let stored = storing.await.unwrap_or_default();
        notes.extend(
            stored
                .iter()
                .find_map(|stored| Some(cannot_wait(&stored.as_ref().err()?.to_string()))),
        );
        let mut stored = stored.into_iter();
        parcels
            .into_iter()
            .filter(|_| !matches!(stored.next(), Some(Ok(()))))
            .collect()
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Spool) -> T + Send + 'static,
    ) -> Option<T> {
        let spool = Arc::clone(&self.0);
        let working =
            task::spawn_blocking(move || work(&mut spool.lock().unwrap_or_else(PoisonError::into_inner)));
        working.await.ok()
    }
}

fn told(lost: Lost) -> Option<String> {
    let batches = lost.full + lost.age + lost.damaged + lost.torn;
    let counted = show::counted(usize::try_from(batches).unwrap_or(usize::MAX), "batch", "batches");
    (batches > 0).then(|| {
        let Lost { full, age, damaged, torn } = lost;
        format!(
            "{counted} that waited on the disk given up: {full} for room, {age} too old, {damaged} damaged, {torn} \
             unfinished"
        )
    })
}
