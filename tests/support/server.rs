//! Local servers that play a script: they answer, hang, cut, reset or babble, and record what was asked.
//!
//! ```no_run
//! # async fn example() {
//! use freshwatch_tests::server::Server;
//!
//! // The same bytes for every request, then the connection is closed:
//! let server = Server::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
//! // Bytes that depend on the request:
//! let server = Server::answering(|request: &freshwatch_tests::server::Recorded| request.body.clone()).await;
//! // Whatever can be done with a connection:
//! let server = Server::playing(async |mut visit| {
//!     visit.request().await;
//!     visit.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour").await;
//!     visit.close().await;
//! }).await;
//! let url = server.url("/prices");
//! # }
//! ```
//!
//! `Server::over_tls` plays over TLS with a certificate of [`crate::certificates`]. A server ends when it is dropped.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A complete answer with this status line, these header lines and this body, of which it tells the length.
pub fn answer(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let headers: String = headers.iter().flat_map(|line| [line, "\r\n"]).collect();
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// `200 OK` with a JSON body.
pub fn json(body: &str) -> Vec<u8> {
    answer("200 OK", &["Content-Type: application/json"], body)
}

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// The method.
    pub method: String,
    /// The request target.
    pub target: String,
    /// The header fields in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Recorded {
    /// The value of the first header field of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What a server answers to each request.
pub trait Answer: Send + Sync + 'static {
    /// The bytes for the wire.
    fn bytes_for(&self, request: &Recorded) -> Vec<u8>;
}

impl Answer for &'static str {
    fn bytes_for(&self, _request: &Recorded) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl Answer for Vec<u8> {
    fn bytes_for(&self, _request: &Recorded) -> Vec<u8> {
        self.clone()
    }
}

impl<F: Fn(&Recorded) -> Vec<u8> + Send + Sync + 'static> Answer for F {
    fn bytes_for(&self, request: &Recorded) -> Vec<u8> {
        self(request)
    }
}

#[derive(Default)]
struct Record {
    requests: Mutex<Vec<Recorded>>,
    connections: AtomicUsize,
    written: AtomicU64,
}

/// A server on a port of its own on 127.0.0.1.
pub struct Server {
    address: SocketAddr,
    scheme: &'static str,
    record: Arc<Record>,
    listening: JoinHandle<()>,
}

type Script = Arc<dyn Fn(Visit) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

impl Server {
    /// Answers one request a connection, then closes it.
    pub async fn answering(answer: impl Answer) -> Self {
        Self::start(None, answering(answer)).await
    }

    /// Plays a script on every connection.
    pub async fn playing<F>(script: impl Fn(Visit) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(None, Arc::new(move |visit| Box::pin(script(visit)))).await
    }

    /// As [`answering`](Self::answering), over TLS.
    pub async fn answering_over_tls(config: rustls::ServerConfig, answer: impl Answer) -> Self {
        Self::start(Some(config), answering(answer)).await
    }

    /// As [`playing`](Self::playing), over TLS.
    pub async fn over_tls<F>(
        config: rustls::ServerConfig,
        script: impl Fn(Visit) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Some(config), Arc::new(move |visit| Box::pin(script(visit)))).await
    }

    async fn start(tls: Option<rustls::ServerConfig>, script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let record = Arc::new(Record::default());
        Self {
            address: listener.local_addr().expect("a bound address"),
            scheme: if tls.is_some() { "https" } else { "http" },
            record: Arc::clone(&record),
            listening: tokio::spawn(listen(
                listener,
                tls.map(|config| TlsAcceptor::from(Arc::new(config))),
                script,
                record,
            )),
        }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL of it by its address.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// A URL of it by a host name, which needs a `resolve` entry.
    pub fn url_of(&self, host: &str, path: &str) -> String {
        format!("{}://{host}:{}{path}", self.scheme, self.address.port())
    }

    /// The requests that were recorded so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.record
            .requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.record.connections.load(Ordering::SeqCst)
    }

    /// How many bytes the scripts have handed to the system.
    pub fn written(&self) -> u64 {
        self.record.written.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

fn answering(answer: impl Answer) -> Script {
    let answer = Arc::new(answer);
    Arc::new(move |mut visit: Visit| {
        let answer = Arc::clone(&answer);
        Box::pin(async move {
            if let Some(request) = visit.request().await {
                visit.send(answer.bytes_for(&request)).await;
            }
            visit.close().await;
        })
    })
}

async fn listen(listener: TcpListener, tls: Option<TlsAcceptor>, script: Script, record: Arc<Record>) {
    // The visits are owned by this task: when the server is dropped, they end with it.
    let mut visits = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let number = record.connections.fetch_add(1, Ordering::SeqCst);
        let (tls, script, record) = (tls.clone(), Arc::clone(&script), Arc::clone(&record));
        visits.spawn(async move {
            let wire: Box<dyn Wire> = match tls {
                None => Box::new(stream),
                Some(tls) => match tls.accept(stream).into_fallible().await {
                    Ok(stream) => Box::new(stream),
                    // The alert must arrive: closing with bytes unread would reset the connection.
                    Err((_, stream)) => return linger(stream).await,
                },
            };
            script(Visit {
                wire,
                number,
                record,
                unread: Vec::new(),
            })
            .await;
        });
    }
}

async fn linger(mut stream: TcpStream) {
    let _ = stream.shutdown().await;
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
}

/// What a connection consists of.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Wire for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// One connection in a server's script.
pub struct Visit {
    wire: Box<dyn Wire>,
    /// How many connections came before this one.
    pub number: usize,
    record: Arc<Record>,
    unread: Vec<u8>,
}

impl Visit {
    /// Reads and records a request. `None`: the client has gone.
    pub async fn request(&mut self) -> Option<Recorded> {
        let end = loop {
            if let Some(end) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            self.read_more().await?;
        };
        let head = String::from_utf8_lossy(&self.unread[..end]).into_owned();
        self.unread.drain(..end + 4);
        let mut request = parse(&head);
        let length = request
            .header("content-length")
            .and_then(|length| length.parse().ok());
        while self.unread.len() < length.unwrap_or(0) {
            self.read_more().await?;
        }
        request.body = self.unread.drain(..length.unwrap_or(0)).collect();
        let mut requests = self
            .record
            .requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        requests.push(request.clone());
        Some(request)
    }

    async fn read_more(&mut self) -> Option<()> {
        match self.wire.read_buf(&mut self.unread).await {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(()),
        }
    }

    /// Sends bytes. `false`: the client does not take them.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let bytes = bytes.as_ref();
        let sent = self.wire.write_all(bytes).await.is_ok() && self.wire.flush().await.is_ok();
        if sent {
            let length = bytes.len() as u64;
            self.record.written.fetch_add(length, Ordering::SeqCst);
        }
        sent
    }

    /// Sends nothing more and waits until the client goes.
    pub async fn hang(&mut self) {
        while self.read_more().await.is_some() {}
    }

    /// Closes the connection in an orderly way: after what was sent has arrived.
    pub async fn close(mut self) {
        let _ = self.wire.shutdown().await;
        self.hang().await;
    }

    /// Closes the TCP connection in an orderly way, but without the goodbye of TLS (`close_notify`).
    pub fn cut(self) {
        drop(self.wire);
    }

    /// Resets the connection.
    pub fn reset(self) {
        let _ = self.wire.tcp().set_zero_linger();
    }

    /// The connection itself, for protocols of one's own.
    pub fn into_io(self) -> impl AsyncRead + AsyncWrite + Send + Unpin + 'static {
        self.wire
    }
}

fn parse(head: &str) -> Recorded {
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let fields = lines.filter_map(|line| line.split_once(':'));
    Recorded {
        method: first.next().unwrap_or_default().to_owned(),
        target: first.next().unwrap_or_default().to_owned(),
        headers: fields
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect(),
        body: Vec::new(),
    }
}
