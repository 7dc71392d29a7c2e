//! Connections that a probe with `connection: reuse` keeps between its runs.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::observation::TlsFacts;
use freshwatch_probe::request::{HttpVersion, Tls};

use crate::clock;
use crate::http::conversation::Conversation;
use crate::http::target::Target;

/// So many connections are kept at most; an idle one takes about 18 KiB.
const MOST: usize = 4096;

/// A connection that was not used for so long belongs to a probe that is gone.
const LONGEST_IDLE: Duration = Duration::from_hours(1);

/// How often connections that nobody uses are looked for.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// Which probe, and whom it talks to: at most one connection each.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// The probe.
    pub probe: ProbeName,
    /// The origin.
    pub origin: String,
}

impl Key {
    /// The key of a probe's connection to a target.
    pub fn new(probe: &ProbeName, target: &Target) -> Self {
        Self {
            probe: probe.clone(),
            origin: format!("{}://{}", target.scheme(), target.peer()),
        }
    }
}

/// On what terms a connection was made: with others, it must not be used.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    /// How TLS is verified and authenticated.
    pub tls: Tls,
    /// The versions of HTTP.
    pub http: HttpVersion,
    /// The address, where the probe fixes it.
    pub address: Option<IpAddr>,
}

/// A connection and what is known of it.
pub(crate) struct Kept {
    /// The connection.
    pub conversation: Conversation,
    /// On what terms it was made.
    pub terms: Terms,
    /// Where it goes.
    pub address: IpAddr,
    /// Its TLS session.
    pub tls: Option<TlsFacts>,
}

/// All kept connections of a process.
#[derive(Default)]
pub(crate) struct KeptConnections(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    connections: HashMap<Key, (Kept, Instant)>,
    swept: Option<Instant>,
}

impl KeptConnections {
    /// Takes the connection out, so that nobody else uses it, if it was made on these terms and is still open.
    pub async fn take(&self, key: &Key, terms: &Terms) -> Option<Kept> {
        let taken = self.shelf().connections.remove(key);
        let (mut kept, _) = taken.filter(|(kept, _)| kept.terms == *terms)?;
        kept.conversation.is_open().await.then_some(kept)
    }

    /// Keeps a connection; when there are too many, it is closed instead.
    pub fn put(&self, key: Key, kept: Kept) {
        let now = clock::monotonic();
        let mut shelf = self.shelf();
        shelf.sweep(now);
        if shelf.connections.len() < MOST || shelf.connections.contains_key(&key) {
            shelf.connections.insert(key, (kept, now));
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    /// Closes what nobody has used for long. Looking at all of them takes time, so it is done now and then.
    fn sweep(&mut self, now: Instant) {
        let since = |then: Instant| now.saturating_duration_since(then);
        if self.swept.is_some_and(|swept| since(swept) < SWEEP_EVERY) {
            return;
        }
        self.swept = Some(now);
        self.connections
            .retain(|_, (_, used)| since(*used) < LONGEST_IDLE);
    }
}
