//! What all probes of a process share.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::freshness::memory::Memory;

use crate::clock;
use crate::http::closing::Closing;
use crate::http::kept::KeptConnections;
use crate::http::resolve::Resolver;
use crate::http::tls::roots::Roots;
use crate::memories::Memories;
use crate::tracing::Tracing;

/// Runs probes. Cheap to clone: all clones share the trusted certificates and the kept connections.
#[derive(Clone, Default)]
pub struct Agent {
    pub(crate) shared: Arc<Shared>,
    pub(crate) tracing: Tracing,
}

/// The shared part of an [`Agent`].
#[derive(Default)]
pub(crate) struct Shared {
    /// Loaded when the first https URL needs them: a run over plain HTTP must not pay for them.
    pub roots: Roots,
    /// Bounds the questions to the system's resolver.
    pub resolver: Resolver,
    /// The connections that have served.
    pub closing: Closing,
    /// The connections of probes with `connection: reuse`.
    pub kept: KeptConnections,
    /// What probes remember between their runs; none: there is no place to remember anything.
    pub memories: Option<Memories>,
}

impl Agent {
    /// An agent that has loaded nothing yet, keeps no connection, and remembers nothing of one run for the next.
    pub fn new() -> Self {
        Self::default()
    }

    /// An agent whose probes remember from one run to the next, and begin with what earlier processes have kept.
    pub fn remembering(memories: HashMap<ProbeName, Arc<Memory>>) -> Self {
        Self {
            shared: Arc::new(Shared {
                memories: Some(Memories::new(memories)),
                ..Shared::default()
            }),
            tracing: Tracing::default(),
        }
    }

    /// The same agent, which does this with traces.
    pub fn tracing(self, tracing: Tracing) -> Self {
        Self { tracing, ..self }
    }

    /// Lets a probe begin with what an earlier process has kept, unless it remembers something by now.
    pub fn take_up(&self, probe: &ProbeName, memory: Arc<Memory>) {
        if let Some(memories) = &self.shared.memories {
            memories.take_up(probe, memory);
        }
    }

    /// There are these probes and no others: what others remember is forgotten after a day.
    pub fn there_are(&self, definitions: &[Arc<Definition>]) {
        if let Some(memories) = &self.shared.memories {
            memories.there_are(definitions, clock::monotonic());
        }
    }
}

impl fmt::Debug for Agent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Agent")
    }
}
