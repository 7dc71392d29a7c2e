//! What may run at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use freshwatch_probe::definition::Definition;
use freshwatch_probe::template::RunValues;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

/// What may run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// All probes together.
    pub all: usize,
    /// The probes of one host, whatever the port.
    pub each_host: usize,
}

/// Hands out places to run. Whoever asks first is served first.
#[derive(Debug, Clone)]
pub(super) struct Limiter {
    all: Arc<Semaphore>,
    each_host: usize,
    hosts: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
}

/// The host that a probe asks, as far as it is known before the run.
#[derive(Debug, Clone)]
pub(super) struct Host(Option<Arc<Semaphore>>);

/// A place to run; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Place {
    _host: Option<OwnedSemaphorePermit>,
    _all: Option<OwnedSemaphorePermit>,
}

impl Limiter {
    pub fn new(limits: Limits) -> Self {
        Self {
            all: Arc::new(Semaphore::new(limits.all.min(Semaphore::MAX_PERMITS))),
            each_host: limits.each_host.min(Semaphore::MAX_PERMITS),
            hosts: Arc::default(),
        }
    }

    /// The host of a probe. A URL that is known only at its run counts for none.
    pub fn host(&self, definition: &Definition) -> Host {
        let url = definition.request.url.render(&RunValues::default());
        let url = Url::parse(&url).ok();
        let name = url.as_ref().and_then(Url::host_str);
        Host(name.map(|name| {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            let host = hosts
                .entry(name.to_owned())
                .or_insert_with(|| Arc::new(Semaphore::new(self.each_host)));
            Arc::clone(host)
        }))
    }

    /// A place, if one is free.
    pub fn free_place(&self, host: &Host) -> Option<Place> {
        let at_host = match &host.0 {
            Some(host) => Some(Arc::clone(host).try_acquire_owned().ok()?),
            None => None,
        };
        Some(Place {
            _host: at_host,
            _all: Some(Arc::clone(&self.all).try_acquire_owned().ok()?),
        })
    }

    /// Waits for a place. The host comes first: a probe that waits for its host takes no place from the others.
    pub async fn place(&self, host: &Host) -> Place {
        // The semaphores are never closed; were they, probes would still run, only without their bound.
        let at_host = match &host.0 {
            Some(host) => Arc::clone(host).acquire_owned().await.ok(),
            None => None,
        };
        Place {
            _host: at_host,
            _all: Arc::clone(&self.all).acquire_owned().await.ok(),
        }
    }

    /// Forgets the hosts that no probe asks any more.
    pub fn forget_unused_hosts(&self) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.retain(|_, host| Arc::strong_count(host) > 1);
    }
}
