//! One request and its answer: finds, dials, speaks.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use freshwatch_probe::definition::Definition;
use freshwatch_probe::observation::{Body, Cause, Phase};
use freshwatch_probe::request::{Connection, HttpVersion};
use http::header::{Entry, HOST, HeaderName};
use http::{Method, Uri, response};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::net::TcpStream;

use crate::agent::Shared;
use crate::clock;
use crate::http::conversation::Conversation;
use crate::http::failure::{self, Failure};
use crate::http::kept::{Kept, Key, Terms};
use crate::http::outgoing::Outgoing;
use crate::http::progress::Progress;
use crate::http::target::Target;
use crate::http::tls::handshake::{self, Purpose};
use crate::http::{body, connect, facts, resolve};
use crate::preparation::Preparation;

/// By which the service behind continues the trace (W3C Trace Context, section 3.2).
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Sends the requests of one attempt.
pub(crate) struct Exchanger<'r> {
    /// What all probes share.
    pub shared: &'r Shared,
    /// The probe.
    pub definition: &'r Definition,
    /// What the run has read.
    pub preparation: &'r Preparation,
}

/// The head of an answer, and the connection that its body comes over.
pub(crate) struct Reply {
    /// Status and header fields.
    pub head: response::Parts,
    incoming: Incoming,
    method: Method,
    kept: Kept,
    keep_as: Option<Key>,
}

impl Reply {
    /// Reads the body, and gives the head back with it; then the connection is kept if the probe wants that, and
    /// closed otherwise.
    pub async fn read(
        mut self,
        limit: u64,
        shared: &Shared,
        progress: &mut Progress,
    ) -> Result<(response::Parts, Body), Failure> {
        let conversation = &mut self.kept.conversation;
        let body = body::read(
            self.incoming,
            &self.head,
            &self.method,
            limit,
            conversation,
            progress,
        )
        .await?;
        progress.end();
        match (&body, self.keep_as) {
            (Body::Complete(_), Some(key)) => shared.kept.put(key, self.kept).await,
            (Body::Complete(_) | Body::TooLarge { .. } | Body::Undecodable { .. }, _) => {
                shared.closing.close(self.kept.conversation);
            }
        }
        Ok((self.head, body))
    }
}

impl Exchanger<'_> {
    /// Sends a request and waits for the head of its answer.
    pub async fn send(&self, outgoing: &Outgoing, progress: &mut Progress) -> Result<Reply, Failure> {
        let target = &outgoing.way()?.target;
        progress.turn_to(Arc::clone(target));
        progress
            .recording
            .request(outgoing, target, &self.preparation.secrets);
        let request = &self.definition.request;
        let terms = self.terms(target, outgoing);
        let keep_as = match request.connection {
            Connection::Fresh => None,
            Connection::Reuse => Some(Key {
                probe: self.definition.name.clone(),
                target: Arc::clone(target),
            }),
        };
        if let Some(key) = &keep_as
            && let Some(kept) = self.shared.kept.take(key, &terms).await
        {
            match speak(kept, outgoing, progress).await {
                // The peer has closed it just then. That says nothing about the service, and a request that may be
                // repeated (RFC 9110, section 9.2.2) is repeated on a connection of its own.
                Err(failure) if failure.is_reset() && outgoing.method.is_idempotent() => progress.end(),
                spoken => return Ok(Reply { keep_as, ..spoken? }),
            }
        }
        let kept = self.dial(target, terms, progress).await?;
        let reply = speak(kept, outgoing, progress).await?;
        Ok(Reply { keep_as, ..reply })
    }

    /// What of the probe's settings holds for this target: names and client certificates are for the first origin.
    fn terms(&self, target: &Target, outgoing: &Outgoing) -> Terms {
        let request = &self.definition.request;
        let mut tls = request.tls.clone();
        if outgoing.away {
            tls.client = None;
        }
        let home = self.preparation.outgoing.way();
        if tls.server_name.is_some() && home.is_ok_and(|home| *home.target != *target) {
            tls.server_name = None;
        }
        Terms {
            tls,
            http: request.http,
            address: resolve::known(target, &request.resolve),
        }
    }

    async fn dial(&self, target: &Target, terms: Terms, progress: &mut Progress) -> Result<Kept, Failure> {
        let known = terms.address.map(|address| SocketAddr::new(address, target.port));
        let asked;
        let addresses = if let Some(known) = &known {
            std::slice::from_ref(known)
        } else {
            progress.begin(Phase::Resolve);
            asked = Box::pin(self.shared.resolver.ask(target)).await?;
            &asked
        };
        progress.begin(Phase::Connect);
        progress.exchange.address = addresses.first().map(SocketAddr::ip);
        let (stream, address) = connect::connect(addresses, target).await?;
        progress.exchange.address = Some(address.ip());
        progress.exchange.tls = None;
        let conversation = if target.https {
            // In a box of its own: it is large, and every run would carry the room for it.
            Box::pin(self.speak_tls(stream, target, &terms, progress)).await?
        } else {
            progress.begin(Phase::Processing);
            let two = terms.http == HttpVersion::Http2;
            self.speak_http(stream, two, progress).await?
        };
        Ok(Kept {
            conversation,
            terms,
            address: address.ip(),
            tls: progress.exchange.tls.clone(),
        })
    }

    async fn speak_tls(
        &self,
        stream: TcpStream,
        target: &Target,
        terms: &Terms,
        progress: &mut Progress,
    ) -> Result<Conversation, Failure> {
        progress.begin(Phase::Tls);
        let purpose = Purpose {
            roots: &self.shared.roots,
            material: &self.preparation.material,
            settings: &terms.tls,
            http: terms.http,
        };
        let stream = handshake::shake_hands(stream, target, purpose, progress).await?;
        progress.begin(Phase::Processing);
        let agreed = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        if terms.http == HttpVersion::Http2 && !agreed {
            return Err(Failure::unreachable(
                Cause::Protocol,
                Phase::Tls,
                format!("{} does not offer HTTP/2: leave out `http: 2`", target.peer()),
            ));
        }
        self.speak_http(stream, agreed, progress).await
    }

    async fn speak_http<IO>(&self, io: IO, two: bool, progress: &Progress) -> Result<Conversation, Failure>
    where
        IO: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
    {
        let opened = if two {
            Box::pin(Conversation::http2(io, self.definition.request.max_body)).await
        } else {
            Conversation::http1(io).await
        };
        opened.map_err(|error| failure::of_head(&error, &progress.peer()))
    }
}

async fn speak(mut kept: Kept, outgoing: &Outgoing, progress: &mut Progress) -> Result<Reply, Failure> {
    progress.exchange.address = Some(kept.address);
    progress.exchange.tls.clone_from(&kept.tls);
    if progress.phase() != Phase::Processing {
        progress.begin(Phase::Processing);
    }
    let mut request =
        wire_request(outgoing, kept.conversation.is_http2()).ok_or_else(|| unsendable(progress))?;
    // What the probe's author says of the trace holds.
    if let Entry::Vacant(place) = request.headers_mut().entry(TRACEPARENT)
        && let Some(parent) = progress.recording.parent()
    {
        place.insert(parent);
    }
    let answered = kept.conversation.send(request).await;
    let (head, incoming) = answered
        .map_err(|error| failure::of_head(&error, &progress.peer()))?
        .into_parts();
    progress.begin(Phase::Transfer);
    facts::note(&head, clock::now(), &mut progress.exchange);
    Ok(Reply {
        head,
        incoming,
        method: outgoing.method.clone(),
        kept,
        keep_as: None,
    })
}

/// The request as hyper wants it: HTTP/1.1 with the target in origin form and a `Host` field, HTTP/2 with the whole
/// URL, of which it makes `:authority`.
fn wire_request(outgoing: &Outgoing, two: bool) -> Option<http::Request<Full<Bytes>>> {
    let (host, path) = outgoing.way().ok()?.words.clone()?;
    let mut headers = outgoing.headers.clone();
    let uri = if two {
        let host = headers.remove(HOST).unwrap_or(host);
        Uri::builder()
            .scheme(outgoing.url().scheme())
            .authority(host.as_bytes())
            .path_and_query(path)
            .build()
            .ok()?
    } else {
        headers.entry(HOST).or_insert(host);
        path.into()
    };
    let bytes = outgoing.body.as_ref().map(|body| body.bytes.clone());
    let mut request = http::Request::new(Full::new(bytes.unwrap_or_default()));
    *request.uri_mut() = uri;
    *request.method_mut() = outgoing.method.clone();
    *request.headers_mut() = headers;
    Some(request)
}

fn unsendable(progress: &Progress) -> Failure {
    Failure::unreachable(
        Cause::Protocol,
        Phase::Processing,
        format!("the URL for {} cannot be sent over HTTP", progress.peer()),
    )
}
