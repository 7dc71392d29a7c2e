//! What the parts of the daemon share: the board, and the way to ask for a reload.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use freshwatch_agent::clock;
use freshwatch_agent::supervise::Gauges;
use freshwatch_page::board::{Board, Reloaded};
use freshwatch_page::{ProbeAnswer, ProbeAsk, Readiness, Refused, Services, Text};
use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::prober::Prober;
use freshwatch_probe::shard::Shard;
use freshwatch_probe::standing::Standing;
use freshwatch_telemetry::prometheus;
use freshwatch_telemetry::state::State;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::exports::Statuses;
use super::files::Ask;
use super::modules::Modules;
use super::remembering::Remembering;

/// What the parts of the daemon share.
pub(super) struct Shared {
    board: Mutex<Board>,
    readiness: Mutex<Readiness>,
    gauges: Gauges,
    export: Statuses,
    asks: mpsc::Sender<Ask>,
    modules: Option<Modules>,
    remembering: Option<Arc<Remembering>>,
    shard: Option<Shard>,
}

impl Shared {
    pub fn new(
        gauges: Gauges,
        export: Statuses,
        asks: mpsc::Sender<Ask>,
        modules: Option<Modules>,
        remembering: Option<Arc<Remembering>>,
        shard: Option<Shard>,
    ) -> Self {
        Self {
            board: Mutex::new(Board::new(clock::now())),
            readiness: Mutex::new(Readiness::Starting),
            gauges,
            export,
            asks,
            modules,
            remembering,
            shard,
        }
    }

    /// What keeps what probes remember; none without a state file.
    pub fn remembering(&self) -> Option<&Remembering> {
        self.remembering.as_deref()
    }

    /// The board, for a moment.
    pub fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_readiness(&self, readiness: Readiness) {
        *self.readiness.lock().unwrap_or_else(PoisonError::into_inner) = readiness;
    }
}

impl State for Shared {
    fn after(&self, last: Option<&ProbeName>, most: usize) -> Vec<Arc<Standing>> {
        self.board().after(last, most)
    }

    fn prober(&self) -> Prober {
        let mut board = self.board();
        board.in_flight(self.gauges.in_flight());
        board.results_lost(self.gauges.lost());
        if let Some(export) = self.export.read() {
            board.exported(export);
        }
        let mut prober = board.prober().clone();
        prober.shard = self.shard;
        prober.state_written = self.remembering().map(Remembering::is_written);
        prober
    }
}

impl Services for Shared {
    fn board(&self) -> &Mutex<Board> {
        &self.board
    }

    fn metrics(&self) -> Text {
        Text {
            content_type: prometheus::CONTENT_TYPE,
            body: prometheus::write(self),
        }
    }

    fn readiness(&self) -> Readiness {
        *self.readiness.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn reload(&self) -> BoxFuture<'_, Result<Reloaded, Refused>> {
        Box::pin(async {
            let (answer, answered) = oneshot::channel();
            if self.asks.send(answer).await.is_err() {
                return Err(Refused::Ending);
            }
            answered.await.unwrap_or(Err(Refused::Ending))
        })
    }

    fn probe(&self, ask: ProbeAsk) -> BoxFuture<'_, ProbeAnswer> {
        Box::pin(async move {
            let Some(modules) = &self.modules else {
                return ProbeAnswer::NotAllowed;
            };
            let name = ProbeName::parse(&ask.module).ok();
            let known = name.and_then(|name| self.board().known(&name));
            match known {
                Some(known) => modules.probe(known.definition(), &ask).await,
                None => ProbeAnswer::UnknownModule,
            }
        })
    }
}
