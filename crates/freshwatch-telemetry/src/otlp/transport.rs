//! The HTTP client of delivery. TLS is set up only for an https endpoint: loading root certificates costs more
//! than a whole plain push.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioTimer;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::task::JoinSet;

use super::answer::Response;
use super::config::{Config, NamedFile, Protocol, TlsFiles};

/// As much of an answer's body is read.
const MOST_BODY: usize = 64 << 10;

/// While a call is under way over HTTP/2, the other side is asked so often whether it is there, and has so long to say so.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// A file with certificates may be so large.
const MOST_PEM: u64 = 4 << 20;

const CERTIFICATE_HINT: &str =
    "`OTEL_EXPORTER_OTLP_CERTIFICATE` names the certificate of an authority to trust";

/// Connections to one endpoint. They end with it.
pub(crate) struct Transport {
    client: AnyClient,
    connections: Connections,
}

enum AnyClient {
    Plain(Client<HttpConnector, Full<Bytes>>),
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

/// Why no answer came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The connection failed: another may not.
    Connection(String),
    /// Whatever answers there cannot be trusted, or does not speak HTTP: it will not later either.
    Peer { why: String, hint: Option<&'static str> },
}

impl Transport {
    /// # Errors
    /// A fragment that names the variable and the file that cannot be used.
    pub(super) fn new(config: &Config) -> Result<Self, String> {
        Self::to(config.endpoint.is_https, config.protocol, &config.tls)
    }

    /// Connections over HTTP/1.1 to a server that a system's authority vouches for.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn plain(is_https: bool) -> Result<Self, String> {
        Self::to(is_https, Protocol::Http, &TlsFiles::default())
    }

    fn to(is_https: bool, protocol: Protocol, tls: &TlsFiles) -> Result<Self, String> {
        let connections = Connections::default();
        let mut builder = Client::builder(connections.clone());
        match protocol {
            Protocol::Http => (),
            // A connection that nobody answers on any more would stay: many requests share it.
            Protocol::Grpc => {
                builder
                    .http2_only(true)
                    .timer(TokioTimer::new())
                    .http2_keep_alive_interval(KEEP_ALIVE)
                    .http2_keep_alive_timeout(KEEP_ALIVE);
            }
        }
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = if is_https {
            connector.enforce_http(false);
            let tls = HttpsConnectorBuilder::new().with_tls_config(tls_config(tls)?);
            let tls = tls.https_only();
            AnyClient::Tls(builder.build(match protocol {
                Protocol::Http => tls.enable_http1().wrap_connector(connector),
                Protocol::Grpc => tls.enable_http2().wrap_connector(connector),
            }))
        } else {
            AnyClient::Plain(builder.build(connector))
        };
        Ok(Self { client, connections })
    }

    /// Sends one request and reads the answer, of whose body no more than 64 KiB.
    pub(crate) async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Response, NoAnswer> {
        let response = match &self.client {
            AnyClient::Plain(client) => client.request(request),
            AnyClient::Tls(client) => client.request(request),
        };
        let (head, body) = response.await.map_err(|error| no_answer(&error))?.into_parts();
        let (status, headers): (_, HeaderMap) = (head.status, head.headers);
        // Only a confirmation must be whole; of a refusal the status says enough.
        let (body, trailers) = match read(body).await {
            Ok(read) => read,
            Err(error) if status.is_success() && !headers.contains_key("grpc-status") => {
                return Err(no_answer(&error));
            }
            Err(_) => (Bytes::new(), HeaderMap::new()),
        };
        Ok(Response {
            status,
            headers,
            body,
            trailers,
        })
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        self.connections.lock().abort_all();
    }
}

/// The body, of which no more than so much, and what comes behind it.
async fn read(mut body: Incoming) -> Result<(Bytes, HeaderMap), hyper::Error> {
    let mut bytes = BytesMut::new();
    let mut trailers = HeaderMap::new();
    while let Some(frame) = body.frame().await {
        match frame?.into_data() {
            Ok(data) => bytes.extend_from_slice(&data[..data.len().min(MOST_BODY - bytes.len())]),
            Err(other) => trailers.extend(other.into_trailers().unwrap_or_default()),
        }
        if bytes.len() == MOST_BODY {
            break;
        }
    }
    Ok((bytes.freeze(), trailers))
}

/// The tasks that hyper drives its connections with.
#[derive(Clone, Default)]
struct Connections(Arc<Mutex<JoinSet<()>>>);

impl Connections {
    fn lock(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Connections {
    fn execute(&self, connection: F) {
        let mut tasks = self.lock();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(connection);
    }
}

fn no_answer(error: &(dyn Error + 'static)) -> NoAnswer {
    let chain = || std::iter::successors(Some(error), |error| cause_of(*error));
    let root = chain().last().map(ToString::to_string).unwrap_or_default();
    for cause in chain() {
        match cause.downcast_ref() {
            Some(rustls::Error::InvalidCertificate(_)) => {
                let why = format!("has a certificate that cannot be trusted: {root}");
                return NoAnswer::Peer {
                    why,
                    hint: Some(CERTIFICATE_HINT),
                };
            }
            Some(rustls::Error::InvalidMessage(_)) => {
                let why = "does not speak TLS".to_owned();
                return NoAnswer::Peer {
                    why,
                    hint: Some("a receiver without TLS has an `http://` endpoint"),
                };
            }
            Some(_) | None => (),
        }
        if let Some(error) = cause.downcast_ref::<hyper::Error>()
            && error.is_parse()
        {
            return NoAnswer::Peer {
                why: format!("does not answer in HTTP/1.1: {root}"),
                hint: None,
            };
        }
        if let Some(error) = cause.downcast_ref::<io::Error>()
            && error.raw_os_error().is_some()
        {
            return NoAnswer::Connection(format!("cannot be reached: {}", error.kind()));
        }
    }
    NoAnswer::Connection(format!("did not answer: {root}"))
}

/// An I/O error that wraps another error does not name it as its source, but that error's.
fn cause_of<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn tls_config(files: &TlsFiles) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?;
    let roots = match &files.ca {
        Some(file) => roots_of(file)?,
        None => system_roots(),
    };
    let builder = builder.with_root_certificates(roots);
    let Some(client) = &files.client else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(&client.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&read_file(&client.key)?);
    let key = key.map_err(|_| unusable(&client.key, "it holds no private key in PEM"))?;
    let config = builder.with_client_auth_cert(chain, key);
    config.map_err(|error| unusable(&client.key, &error.to_string()))
}

fn roots_of(file: &NamedFile) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates(file)?);
    if added == 0 {
        return Err(unusable(file, "it holds no certificate of an authority"));
    }
    Ok(roots)
}

fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn certificates(file: &NamedFile) -> Result<Vec<CertificateDer<'static>>, String> {
    let pem = read_file(file)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let certificates = certificates.map_err(|_| unusable(file, "it is not PEM"))?;
    if certificates.is_empty() {
        return Err(unusable(file, "it holds no certificate in PEM"));
    }
    Ok(certificates)
}

fn read_file(file: &NamedFile) -> Result<Vec<u8>, String> {
    let path = &file.path;
    // A pipe could keep the program waiting for ever.
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Err(unusable(file, "it is not a file"));
    }
    let mut bytes = Vec::new();
    let opened = File::open(path).and_then(|file| file.take(MOST_PEM).read_to_end(&mut bytes));
    opened.map_err(|error| unusable(file, &error.kind().to_string()))?;
    Ok(bytes)
}

fn unusable(NamedFile { variable, path }: &NamedFile, why: &str) -> String {
    format!(
        "`{variable}` names `{}`, which cannot be used: {why}",
        path.display()
    )
}
