//! Connections that a probe with `connection: reuse` keeps between its runs.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::observation::TlsFacts;
use freshwatch_probe::request::{HttpVersion, Tls};

use crate::clock;
use crate::http::conversation::{Conversation, Resting};
use crate::http::target::Target;

/// So many connections are kept at most; an idle one takes about 2 KiB, and what the system
/// needs for a socket.
const MOST: usize = 16_384;

/// A connection that was not used for so long belongs to a probe that is gone.
const LONGEST_IDLE: Duration = Duration::from_hours(1);

/// How often connections that nobody uses are looked for.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// Which probe, and whom it talks to: at most one connection each.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// The probe.
    pub probe: ProbeName,
    /// Whom it talks to.
    pub target: Arc<Target>,
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

/// A connection between its uses.
struct Shelved {
    resting: Resting,
    terms: Terms,
    address: IpAddr,
    tls: Option<TlsFacts>,
    used: Instant,
}

/// All kept connections of a process.
#[derive(Default)]
pub(crate) struct KeptConnections(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    connections: HashMap<Key, Shelved>,
    swept: Option<Instant>,
}

impl KeptConnections {
    /// Takes the connection out, so that nobody else uses it, if it was made on these terms and is still open.
    pub async fn take(&self, key: &Key, terms: &Terms) -> Option<Kept> {
        let taken = self.shelf().connections.remove(key);
        let shelved = taken.filter(|shelved| shelved.terms == *terms)?;
        Some(Kept {
            conversation: shelved.resting.resume().await?,
            terms: shelved.terms,
            address: shelved.address,
            tls: shelved.tls,
        })
    }

    /// Keeps a connection, if it can be used again; when there are too many, it is closed instead.
    pub async fn put(&self, key: Key, kept: Kept) {
        let Some(resting) = kept.conversation.rest().await else {
            return;
        };
        let used = clock::monotonic();
        let mut shelf = self.shelf();
        shelf.sweep(used);
        if shelf.connections.len() < MOST || shelf.connections.contains_key(&key) {
            let shelved = Shelved {
                resting,
                terms: kept.terms,
                address: kept.address,
                tls: kept.tls,
                used,
            };
            shelf.connections.insert(key, shelved);
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
            .retain(|_, shelved| since(shelved.used) < LONGEST_IDLE);
    }
}
