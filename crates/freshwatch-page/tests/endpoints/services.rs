//! Services that do as they are told, served on a free port of loopback.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use freshwatch_page::board::{Board, Reloaded};
use freshwatch_page::{Bounds, Endpoints, ProbeAnswer, ProbeAsk, Readiness, Refused, Services, Text, bind};
use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::request::Request;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use crate::client::{Reply, exchange};

/// Services that do as they are told.
pub struct Scripted {
    pub board: Mutex<Board>,
    pub metrics: Mutex<String>,
    pub readiness: Mutex<Readiness>,
    pub reload: Mutex<Result<Reloaded, Refused>>,
    pub probe: Mutex<ProbeAnswer>,
    /// What `/probe` was asked.
    pub asks: Mutex<Vec<ProbeAsk>>,
    /// A reload tells that it began, and ends when it gets one of these.
    pub reload_begins: Semaphore,
    pub reload_may_end: Semaphore,
}

/// Services that are being served.
pub struct Served {
    pub address: SocketAddr,
    pub services: Arc<Scripted>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl Scripted {
    pub fn new() -> Self {
        Self {
            board: Mutex::new(Board::new(at(0))),
            metrics: Mutex::new("probe_success 1\n".into()),
            readiness: Mutex::new(Readiness::Ready),
            reload: Mutex::new(Ok(Reloaded::default())),
            probe: Mutex::new(ProbeAnswer::NotAllowed),
            asks: Mutex::default(),
            reload_begins: Semaphore::new(0),
            reload_may_end: Semaphore::new(Semaphore::MAX_PERMITS),
        }
    }
}

impl Services for Scripted {
    fn board(&self) -> &Mutex<Board> {
        &self.board
    }

    fn metrics(&self) -> Text {
        let text = self.metrics.lock().unwrap().clone();
        assert_ne!(text, "panic");
        Text {
            content_type: "text/plain; version=0.0.4",
            body: text.into_bytes(),
        }
    }

    fn readiness(&self) -> Readiness {
        *self.readiness.lock().unwrap()
    }

    fn now(&self) -> Timestamp {
        at(1000)
    }

    fn reload(&self) -> BoxFuture<'_, Result<Reloaded, Refused>> {
        Box::pin(async {
            self.reload_begins.add_permits(1);
            self.reload_may_end.acquire().await.unwrap().forget();
            self.reload.lock().unwrap().clone()
        })
    }

    fn probe(&self, ask: ProbeAsk) -> BoxFuture<'_, ProbeAnswer> {
        self.asks.lock().unwrap().push(ask);
        Box::pin(async { self.probe.lock().unwrap().clone() })
    }
}

impl Served {
    pub async fn start() -> Self {
        Self::within(Bounds::default()).await
    }

    pub async fn within(bounds: Bounds) -> Self {
        let services = Arc::new(Scripted::new());
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let endpoints = Endpoints::within(Arc::<Scripted>::clone(&services), bounds);
        let serving = endpoints.serve(listener, async {
            let _ = stopped.await;
        });
        Self {
            address,
            services,
            stop: Some(stop),
            serving: tokio::spawn(serving),
        }
    }

    /// A request that ends the connection: its first line without the version, and more header fields.
    pub async fn ask(&self, line: &str, headers: &[&str]) -> Reply {
        let mut request = format!(
            "{line} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
            self.address
        );
        for header in headers {
            request.push_str(header);
            request.push_str("\r\n");
        }
        exchange(self.address, &(request + "\r\n")).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.ask(&format!("GET {path}"), &[]).await
    }

    /// Asks it to end.
    pub fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    /// Waits until it has ended.
    pub async fn ended(self) {
        self.serving.await.unwrap();
    }

    pub fn load(&self, definitions: Vec<Definition>) {
        let definitions: Vec<_> = definitions.into_iter().map(Arc::new).collect();
        self.services.board.lock().unwrap().load(&definitions, at(0));
    }
}

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub fn definition(name: &str) -> Definition {
    Definition::new(
        ProbeName::parse(name).unwrap(),
        Request::get("https://a.example/"),
    )
}
