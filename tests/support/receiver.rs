//! An OTLP receiver that answers by a script: one reply a request, then `200` for ever.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::NumberDataPoint;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// What the receiver does with one request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A complete answer: status, further header lines, body.
    Answer(u16, &'static str, Vec<u8>),
    /// No answer, and the connection stays open.
    Hang,
    /// The connection is closed without an answer.
    Cut,
    /// A head with this status that announces more body than comes before the connection is closed.
    CutBody(u16),
    /// A head with this status and a body that never ends.
    Endless(u16),
}

impl Reply {
    /// An answer with a status alone.
    pub fn status(status: u16) -> Self {
        Self::Answer(status, "", Vec::new())
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// When it was complete.
    pub at: Instant,
    /// The request line and the header lines, names in lower case.
    pub head: String,
    /// The body as it came over the wire.
    pub body: Vec<u8>,
}

impl Received {
    /// The value of a header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .filter(|(found, _)| *found == name)
            .map(|(_, value)| value)
            .next()
    }

    /// The request in the body, decompressed where its header says so.
    ///
    /// # Panics
    /// When it is none.
    pub fn request(&self) -> ExportMetricsServiceRequest {
        let mut plain = Vec::new();
        if self.header("content-encoding") == Some("gzip") {
            let mut decoder = flate2::read::GzDecoder::new(self.body.as_slice());
            decoder.read_to_end(&mut plain).expect("the body is gzip");
        } else {
            plain.clone_from(&self.body);
        }
        ExportMetricsServiceRequest::decode(plain.as_slice()).expect("the body is an OTLP request")
    }

    /// Every point of the request, with the name of its metric.
    pub fn points(&self) -> Vec<(String, NumberDataPoint)> {
        let scopes = self
            .request()
            .resource_metrics
            .into_iter()
            .flat_map(|of| of.scope_metrics);
        let mut points = Vec::new();
        for metric in scopes.flat_map(|of| of.metrics) {
            if let Some(Data::Gauge(gauge)) = metric.data {
                points.extend(
                    gauge
                        .data_points
                        .into_iter()
                        .map(|point| (metric.name.clone(), point)),
                );
            }
        }
        points
    }
}

/// A receiver on a free port of the loopback. It ends when it is dropped.
#[derive(Debug)]
pub struct Receiver {
    port: u16,
    scheme: &'static str,
    state: Arc<Mutex<State>>,
    arrived: watch::Receiver<usize>,
    _task: JoinSet<()>,
}

#[derive(Debug)]
struct State {
    script: VecDeque<Reply>,
    received: Vec<Received>,
    arrivals: watch::Sender<usize>,
}

impl Receiver {
    /// Starts one over plain HTTP.
    ///
    /// # Panics
    /// When the loopback cannot be listened at.
    pub async fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        Self::serve(script, None).await
    }

    /// Starts one over HTTPS; its name is `localhost`.
    ///
    /// # Panics
    /// When the loopback cannot be listened at.
    pub async fn start_tls(script: impl IntoIterator<Item = Reply>, tls: TlsAcceptor) -> Self {
        Self::serve(script, Some(tls)).await
    }

    async fn serve(script: impl IntoIterator<Item = Reply>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener
            .local_addr()
            .expect("a bound listener has an address")
            .port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (arrivals, arrived) = watch::channel(0);
        let state = State {
            script: script.into_iter().collect(),
            received: Vec::new(),
            arrivals,
        };
        let state = Arc::new(Mutex::new(state));
        let mut task = JoinSet::new();
        task.spawn(accept(listener, tls, Arc::clone(&state)));
        Self {
            port,
            scheme,
            state,
            arrived,
            _task: task,
        }
    }

    /// The base of its URL.
    pub fn endpoint(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.port).replace("http://localhost", "http://127.0.0.1")
    }

    /// Waits until the nth request has come, counted from 1.
    ///
    /// # Panics
    /// When the receiver has ended.
    pub async fn request(&self, nth: usize) -> Received {
        let mut arrived = self.arrived.clone();
        let come = arrived.wait_for(|count| *count >= nth).await;
        drop(come.expect("the receiver listens"));
        self.requests().swap_remove(nth - 1)
    }

    /// Everything that came so far, in order.
    pub fn requests(&self) -> Vec<Received> {
        lock(&self.state).received.clone()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, state) = (tls.clone(), Arc::clone(&state));
        connections.spawn(async move {
            match tls {
                None => converse(stream, &state).await,
                Some(tls) => {
                    // A client that refuses the certificate has no conversation to record.
                    if let Ok(stream) = tls.accept(stream).await {
                        converse(stream, &state).await;
                    }
                }
            }
        });
    }
}

async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, state: &Mutex<State>) {
    while let Some(received) = read_request(&mut stream).await {
        let reply = {
            let mut state = lock(state);
            state.received.push(received);
            let count = state.received.len();
            state.arrivals.send_replace(count);
            state.script.pop_front().unwrap_or_else(|| Reply::status(200))
        };
        match reply {
            Reply::Answer(status, headers, body) => {
                let mut answer = head(status, body.len(), headers);
                answer.extend(body);
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
            }
            Reply::Hang => std::future::pending().await,
            Reply::Cut => return,
            Reply::CutBody(status) => {
                // The client may have gone, which is what the test is about.
                let _ = stream.write_all(&head(status, 100, "")).await;
                let _ = stream.flush().await;
                return;
            }
            Reply::Endless(status) => {
                let _ = stream.write_all(&head(status, 1 << 40, "")).await;
                while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
                return;
            }
        }
    }
}

fn head(status: u16, length: usize, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {length}\r\n{headers}\r\n").into_bytes()
}

async fn read_request(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Option<Received> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if !bytes[0].is_ascii_uppercase() {
            // No method begins so; a TLS handshake does. A real server answers this without understanding it.
            let _ = stream.write_all(&head(400, 0, "connection: close\r\n")).await;
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = bytes.split_off(end);
    while body.len() < length.unwrap_or(0) {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the receiver measures how long the sender waited"
    )]
    let at = Instant::now();
    Some(Received { at, head, body })
}
