//! A collector for all three signals, over HTTP or gRPC, that takes everything unless a test says otherwise.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use freshwatch_telemetry::parcel::Signal;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// A test that waits longer for what must come has failed.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What the collector speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// HTTP/1.1 with protobuf.
    Http,
    /// gRPC over HTTP/2.
    Grpc,
}

/// What it answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// That it has everything.
    Taken,
    /// A status of HTTP, with these header fields.
    Status(u16, Vec<(&'static str, String)>),
    /// A status of gRPC, with these trailers beside it.
    Code(i32, Vec<(&'static str, String)>),
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Came {
    /// Where to.
    pub path: String,
    /// The header fields.
    pub headers: HeaderMap,
    /// The message, unpacked.
    pub message: Vec<u8>,
}

/// A collector on a free port of the loopback. It ends when it is dropped.
pub struct Collector {
    address: SocketAddr,
    is_tls: bool,
    state: Arc<State>,
    changed: watch::Receiver<usize>,
    _task: JoinSet<()>,
}

struct State {
    speaks: Speaks,
    came: Mutex<Vec<Came>>,
    answers: Mutex<BTreeMap<&'static str, VecDeque<Answer>>>,
    /// What is answered when there is nothing else: of a signal, by its word.
    always: Mutex<BTreeMap<&'static str, Answer>>,
    arrivals: watch::Sender<usize>,
}

impl Collector {
    /// Starts one without TLS.
    ///
    /// # Panics
    /// When the loopback cannot be listened at.
    pub async fn start(speaks: Speaks) -> Self {
        Self::serve(speaks, None).await
    }

    /// Starts one with these settings of TLS, to which its protocol is added.
    ///
    /// # Panics
    /// When the loopback cannot be listened at.
    pub async fn start_tls(speaks: Speaks, mut config: rustls::ServerConfig) -> Self {
        config.alpn_protocols = match speaks {
            Speaks::Http => vec![b"http/1.1".to_vec()],
            Speaks::Grpc => vec![b"h2".to_vec()],
        };
        Self::serve(speaks, Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn serve(speaks: Speaks, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (arrivals, changed) = watch::channel(0);
        let state = Arc::new(State {
            speaks,
            came: Mutex::default(),
            answers: Mutex::default(),
            always: Mutex::default(),
            arrivals,
        });
        let is_tls = tls.is_some();
        let mut task = JoinSet::new();
        task.spawn(accept(listener, tls, Arc::clone(&state)));
        Self {
            address,
            is_tls,
            state,
            changed,
            _task: task,
        }
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn endpoint(&self) -> String {
        let scheme = if self.is_tls {
            "https://localhost"
        } else {
            "http://127.0.0.1"
        };
        format!("{scheme}:{}", self.address.port())
    }

    /// The next requests of a signal get these answers.
    pub fn answer(&self, signal: Signal, answers: impl IntoIterator<Item = Answer>) {
        lock(&self.state.answers)
            .entry(signal.as_str())
            .or_default()
            .extend(answers);
    }

    /// Every request of a signal gets this answer.
    pub fn answer_always(&self, signal: Signal, answer: Answer) {
        lock(&self.state.always).insert(signal.as_str(), answer);
    }

    /// Everything of a signal that came so far, in order.
    pub fn requests(&self, signal: Signal) -> Vec<Came> {
        let came = lock(&self.state.came);
        came.iter()
            .filter(|came| came.signal() == signal.as_str())
            .cloned()
            .collect()
    }

    /// Waits until what came of a signal is as wanted.
    ///
    /// # Panics
    /// When it never is.
    pub async fn when(&self, signal: Signal, wanted: impl Fn(&[Came]) -> bool) -> Vec<Came> {
        let mut changed = self.changed.clone();
        let waiting = changed.wait_for(|_| wanted(&self.requests(signal)));
        let come = timeout(LONGEST_WAIT, waiting).await;
        drop(come.unwrap_or_else(|_| panic!("only this came: {:#?}", self.requests(signal))));
        self.requests(signal)
    }

    /// Waits for so many spans.
    ///
    /// # Panics
    /// When they do not come.
    pub async fn spans(&self, count: usize) -> Vec<Span> {
        let came = self
            .when(Signal::Traces, |came| {
                came.iter().flat_map(Came::spans).count() >= count
            })
            .await;
        came.iter().flat_map(Came::spans).collect()
    }

    /// Waits for so many log records.
    ///
    /// # Panics
    /// When they do not come.
    pub async fn records(&self, count: usize) -> Vec<LogRecord> {
        let came = self
            .when(Signal::Logs, |came| {
                came.iter().flat_map(Came::records).count() >= count
            })
            .await;
        came.iter().flat_map(Came::records).collect()
    }
}

impl Came {
    /// The word of its signal.
    fn signal(&self) -> &'static str {
        let path = self.path.to_ascii_lowercase();
        let named = |word: &str| path.contains(word);
        match (named("metrics"), named("trace"), named("logs")) {
            (true, _, _) => "metrics",
            (_, true, _) => "traces",
            (_, _, true) => "logs",
            _ => "",
        }
    }

    /// The value of a header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The spans in it.
    ///
    /// # Panics
    /// When it holds none.
    pub fn spans(&self) -> Vec<Span> {
        let request = ExportTraceServiceRequest::decode(self.message.as_slice()).expect("spans");
        let scopes = request.resource_spans.into_iter().flat_map(|of| of.scope_spans);
        scopes.flat_map(|of| of.spans).collect()
    }

    /// The log records in it.
    ///
    /// # Panics
    /// When it holds none.
    pub fn records(&self) -> Vec<LogRecord> {
        let request = ExportLogsServiceRequest::decode(self.message.as_slice()).expect("records");
        let scopes = request.resource_logs.into_iter().flat_map(|of| of.scope_logs);
        scopes.flat_map(|of| of.log_records).collect()
    }

    /// The names of the metrics in it.
    ///
    /// # Panics
    /// When it holds none.
    pub fn metrics(&self) -> Vec<String> {
        let request = ExportMetricsServiceRequest::decode(self.message.as_slice()).expect("metrics");
        let scopes = request
            .resource_metrics
            .into_iter()
            .flat_map(|of| of.scope_metrics);
        scopes
            .flat_map(|of| of.metrics)
            .map(|metric| metric.name)
            .collect()
    }
}

/// An attribute as text; empty when there is none of this name.
///
/// # Panics
/// When it is a list.
pub fn attribute(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|pair| pair.key == key);
    match found.and_then(|pair| pair.value.as_ref()?.value.clone()) {
        None => String::new(),
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Bytes as Trace Context writes them.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, state) = (tls.clone(), Arc::clone(&state));
        connections.spawn(async move {
            match tls {
                None => converse(stream, state).await,
                Some(tls) => {
                    // Who does not get in has nothing to say.
                    if let Ok(stream) = tls.accept(stream).await {
                        converse(stream, state).await;
                    }
                }
            }
        });
    }
}

async fn converse(io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, state: Arc<State>) {
    let speaks = state.speaks;
    let service = service_fn(move |request| take(request, Arc::clone(&state)));
    let io = TokioIo::new(io);
    // A client that hangs up is no failure of the test.
    let _ = match speaks {
        Speaks::Http => {
            hyper::server::conn::http1::Builder::new()
                .serve_connection(io, service)
                .await
        }
        Speaks::Grpc => {
            hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(io, service)
                .await
        }
    };
}

type Body = http_body_util::combinators::BoxBody<Bytes, Infallible>;

async fn take(request: Request<Incoming>, state: Arc<State>) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return Ok(Response::new(Full::default().boxed()));
    };
    let came = Came {
        path: head.uri.path().to_owned(),
        message: unpacked(state.speaks, &head.headers, &body.to_bytes()),
        headers: head.headers,
    };
    let signal = came.signal();
    let answer = lock(&state.answers).get_mut(signal).and_then(VecDeque::pop_front);
    let answer = answer.or_else(|| lock(&state.always).get(signal).cloned());
    lock(&state.came).push(came);
    state.arrivals.send_modify(|count| *count += 1);
    Ok(respond(state.speaks, answer.unwrap_or(Answer::Taken)))
}

fn respond(speaks: Speaks, answer: Answer) -> Response<Body> {
    let set = |fields: &mut HeaderMap, pairs: Vec<(&'static str, String)>| {
        for (name, value) in pairs {
            fields.insert(name, HeaderValue::try_from(value).expect("a value"));
        }
    };
    match (speaks, answer) {
        (Speaks::Http, Answer::Taken) => Response::new(Full::default().boxed()),
        (_, Answer::Status(status, fields)) => {
            let mut response = Response::new(Full::default().boxed());
            *response.status_mut() = status.try_into().expect("a status");
            set(response.headers_mut(), fields);
            response
        }
        (Speaks::Http, Answer::Code(..)) => panic!("HTTP knows no codes of gRPC"),
        (Speaks::Grpc, Answer::Taken) => called(0, HeaderMap::new()),
        (Speaks::Grpc, Answer::Code(code, fields)) => {
            let mut trailers = HeaderMap::new();
            set(&mut trailers, fields);
            called(code, trailers)
        }
    }
}

/// An answer of gRPC: an empty message where it is no error, and the status behind it.
fn called(code: i32, mut trailers: HeaderMap) -> Response<Body> {
    trailers.insert("grpc-status", code.into());
    let message = if code == 0 {
        Bytes::from_static(&[0; 5])
    } else {
        Bytes::new()
    };
    let body = Full::new(message).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut response = Response::new(body.boxed());
    let kind = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}

fn unpacked(speaks: Speaks, headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
    let (message, is_gzip) = match speaks {
        Speaks::Http => (body, headers.get("content-encoding").is_some()),
        Speaks::Grpc => {
            let (frame, message) = body.split_at(5);
            let length = u32::from_be_bytes([frame[1], frame[2], frame[3], frame[4]]);
            assert_eq!(length as usize, message.len(), "the frame tells its length");
            let is_gzip = frame[0] == 1;
            let coding = headers.get("grpc-encoding").map(HeaderValue::as_bytes);
            assert_eq!(is_gzip, coding == Some(b"gzip"));
            (message, is_gzip)
        }
    };
    if !is_gzip {
        return message.to_vec();
    }
    let mut plain = Vec::new();
    let read = flate2::read::GzDecoder::new(message).read_to_end(&mut plain);
    read.expect("gzip");
    plain
}
