//! What runs beside the probes: the endpoints, the export, and what writes down what probes remember.

use std::sync::Arc;
use std::time::Duration;

use freshwatch_agent::clock;
use freshwatch_page::Endpoints;
use freshwatch_telemetry::heartbeat::Heartbeat;
use freshwatch_telemetry::otlp::Stream;
use freshwatch_telemetry::parcel::Signal;
use futures_util::future::join_all;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::exports::Exports;
use super::heartbeat;
use super::logs;
use super::remembering::Remembering;
use super::shared::Shared;

/// How long the last export may take.
const FLUSH_BOUND: Duration = Duration::from_secs(5);

/// What runs beside the probes; dropping it cuts it off.
#[derive(Default)]
pub(super) struct Beside {
    remembering: Option<Task>,
    exports: Vec<Task>,
    endpoints: Option<Task>,
    heartbeat: Option<Task>,
}

/// A task that ends when it is asked to.
struct Task {
    set: JoinSet<()>,
    stop: oneshot::Sender<()>,
}

impl Beside {
    pub fn start(
        shared: &Arc<Shared>,
        remembering: Option<Arc<Remembering>>,
        listener: Option<TcpListener>,
        exports: Exports,
        heartbeat: Option<(Heartbeat, Duration)>,
    ) -> Self {
        let heartbeat = heartbeat.map(|(heartbeat, every)| {
            let state = Arc::clone(shared) as _;
            Task::start(|stop| heartbeat::keep(heartbeat, every, state, stop))
        });
        let remembering = remembering.map(|remembering| Task::start(|stop| remembering.keep(stop)));
        let endpoints = listener.map(|listener| {
            let endpoints = Endpoints::new(Arc::clone(shared) as _);
            Task::start(|stop| endpoints.serve(listener, stop))
        });
        let metrics = exports.metrics.map(|exporter| {
            let state = Arc::clone(shared) as _;
            let tell = |told| logs::delivery(Signal::Metrics, told);
            Task::start(|stop| exporter.run(state, clock::now, stop, FLUSH_BOUND, tell))
        });
        let stream = |signal, stream: Stream| {
            let tell = move |told| logs::delivery(signal, told);
            Task::start(|stop| stream.run(clock::now, stop, FLUSH_BOUND, tell))
        };
        let traces = exports.traces.map(|traces| stream(Signal::Traces, traces));
        let logs = exports.logs.map(|logs| stream(Signal::Logs, logs));
        Self {
            remembering,
            exports: [metrics, traces, logs].into_iter().flatten().collect(),
            endpoints,
            heartbeat,
        }
    }

    /// What probes remember is written first, and then the last export goes out, so that whoever watches the endpoints
    /// sees the daemon until the end.
    pub async fn end(self) {
        for task in [self.heartbeat, self.remembering].into_iter().flatten() {
            task.end().await;
        }
        join_all(self.exports.into_iter().map(Task::end)).await;
        if let Some(endpoints) = self.endpoints {
            endpoints.end().await;
        }
    }
}

impl Task {
    fn start<F>(work: impl FnOnce(Stop) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        let mut set = JoinSet::new();
        set.spawn(work(Box::pin(async {
            // It is dropped when everything is: that is a reason to stop as well.
            let _ = stopped.await;
        })));
        Self { set, stop }
    }

    async fn end(mut self) {
        // It may have ended already.
        let _ = self.stop.send(());
        while self.set.join_next().await.is_some() {}
    }
}

type Stop = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
