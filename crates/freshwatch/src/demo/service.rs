//! The pretend service's socket: HTTP/1.1, one answer a connection, everything bounded.

use std::convert::Infallible;
use std::fmt;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use bytes::Bytes;
use freshwatch_agent::clock;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::clock::StoryClock;
use super::pages::{Answer, answer};
use super::story::Scene;

/// Connections that are open at a time; more wait.
const CONNECTIONS: usize = 64;

/// The longest life of a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// The largest head of a request, in bytes; hyper takes no less.
const LARGEST_HEAD: usize = 8 << 10;

/// The largest body of a request, in bytes.
const LARGEST_BODY: usize = 16 << 10;

/// A breath when no connection can be taken, such as without a free file handle.
const BREATH: Duration = Duration::from_millis(100);

/// Binds the service's address.
///
/// # Errors
/// What stands in the way, and the remedy.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let kind = error.kind();
        let remedy = match kind {
            ErrorKind::AddrInUse => {
                "end what listens there (another `freshwatch demo`?), or take a free port with"
            }
            _ => "take another address, such as",
        };
        anyhow!("the pretend service cannot listen on `{address}`: {kind}; {remedy} `--listen 127.0.0.1:0`")
    })
}

/// Serves until it is dropped; all connections end with it.
pub(crate) async fn serve(listener: &TcpListener, clock: &Arc<StoryClock>) -> Infallible {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        // The semaphore is never closed; were it, the listener's own queue would still be a bound.
        let slot = Arc::clone(&slots).acquire_owned().await;
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let clock = Arc::clone(clock);
        connections.spawn(async move {
            // One that is slow, or that the story cuts, is no matter: the probes tell what they see of it.
            let _ = tokio::time::timeout(PATIENCE, converse(stream, &clock)).await;
            drop(slot);
        });
    }
}

/// One connection: one request, one answer or none.
async fn converse(stream: TcpStream, clock: &StoryClock) -> hyper::Result<()> {
    hyper::server::conn::http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(
            TokioIo::new(stream),
            service_fn(|request| respond(request, clock)),
        )
        .await
}

async fn respond(request: Request<Incoming>, story: &StoryClock) -> Result<Response<Full<Bytes>>, HungUp> {
    let (head, body) = request.into_parts();
    if Limited::new(body, LARGEST_BODY).collect().await.is_err() {
        return Ok(response(StatusCode::PAYLOAD_TOO_LARGE, "{}\n".into()));
    }
    match answer(
        Scene::at(story.elapsed()),
        &head.method,
        head.uri.path(),
        clock::now(),
    ) {
        Answer::Page(status, page) => Ok(response(status, format!("{page:#}\n"))),
        Answer::HangUp => Err(HungUp),
    }
}

fn response(status: StatusCode, page: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(page));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store"),
    );
    response
}

/// The story wants no answer: hyper then closes the connection.
#[derive(Debug)]
struct HungUp;

impl fmt::Display for HungUp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the story wants no answer")
    }
}

impl std::error::Error for HungUp {}
