//! Which endpoint answers what.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::net::TcpListener;
use tokio::time;

use crate::answer::{Answer, Refusal, plain, refusal, with_header};
use crate::bounds::Bounds;
use crate::bulk::Bulk;
use crate::services::{Readiness, Services};
use crate::{api, front, guard, probe, reload};

/// The daemon's endpoints.
pub struct Endpoints {
    pub(crate) services: Arc<dyn Services>,
    pub(crate) bounds: Bounds,
    pub(crate) bulk: Bulk,
    pub(crate) search: Bulk,
}

/// Who can reach the address that is listened on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listening {
    /// This machine alone.
    Loopback,
    /// Others too.
    Beyond,
}

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint<'p> {
    Front,
    Metrics,
    Healthy,
    Ready,
    Reload,
    Probes,
    OneProbe(&'p str),
    ProbeNow,
}

/// A hint at what was meant is worth no longer wait.
const SEARCH_WAIT: Duration = Duration::from_secs(1);

const NO_SUCH_PATH: &str = "nothing is here; there are: /metrics, /-/healthy, /-/ready, /-/reload (POST), /api/v1/probes, \
                            /api/v1/probes/NAME, /probe?target=…&module=NAME";

impl Endpoints {
    /// Endpoints of these services.
    pub fn new(services: Arc<dyn Services>) -> Self {
        Self::within(services, Bounds::default())
    }

    /// Endpoints with other bounds than usual.
    pub fn within(services: Arc<dyn Services>, bounds: Bounds) -> Self {
        Self {
            services,
            bounds,
            bulk: Bulk::new(bounds.bulk, bounds.bulk_wait),
            search: Bulk::new(1, SEARCH_WAIT),
        }
    }

    /// The answer to a request.
    pub(crate) async fn answer(&self, request: Request<Incoming>, listening: Listening) -> Answer {
        let (head, body) = request.into_parts();
        let answered = async {
            match self.admit(&head, body, listening).await {
                Ok(endpoint) => self.ask(endpoint, &head).await,
                Err(refusal) => *refusal,
            }
        };
        let late = |_| {
            plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "the answer took too long; try again",
            )
        };
        time::timeout(self.bounds.handling, answered)
            .await
            .unwrap_or_else(late)
    }

    /// The endpoint that a request may ask.
    async fn admit<'h>(
        &self,
        head: &'h Parts,
        body: Incoming,
        listening: Listening,
    ) -> Result<Endpoint<'h>, Refusal> {
        guard::host(head, listening)?;
        let endpoint =
            Endpoint::of(head.uri.path()).ok_or_else(|| refusal(StatusCode::NOT_FOUND, NO_SUCH_PATH))?;
        if !endpoint.methods().contains(&head.method) {
            return Err(Box::new(endpoint.other_method()));
        }
        if endpoint.acts() {
            guard::origin(head)?;
        }
        self.discard(body).await?;
        Ok(endpoint)
    }

    async fn ask(&self, endpoint: Endpoint<'_>, head: &Parts) -> Answer {
        match endpoint {
            Endpoint::Front => front::page(),
            Endpoint::Metrics => {
                let services = Arc::clone(&self.services);
                self.bulk.answer(head, move || services.metrics()).await
            }
            Endpoint::Healthy => plain(StatusCode::OK, "freshwatch is alive"),
            Endpoint::Ready => ready(self.services.readiness()),
            Endpoint::Reload => reload::answer(self.services.as_ref()).await,
            Endpoint::Probes => api::probes(self, head).await,
            Endpoint::OneProbe(name) => api::one_probe(self, name).await,
            Endpoint::ProbeNow => probe::answer(self, head).await,
        }
    }

    /// No endpoint wants a body; a small one is no mistake.
    async fn discard(&self, body: Incoming) -> Result<(), Refusal> {
        let read = time::timeout(self.bounds.body, drain(body, self.bounds.body_size));
        let (status, what) = match read.await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(problem)) => problem,
            Err(_) => (StatusCode::REQUEST_TIMEOUT, "did not come to its end"),
        };
        Err(refusal(
            status,
            format!("the request's body {what}; none is needed"),
        ))
    }
}

/// Reads a body of at most so many bytes to its end.
async fn drain(mut body: Incoming, most: u64) -> Result<(), (StatusCode, &'static str)> {
    let too_large = (StatusCode::PAYLOAD_TOO_LARGE, "is too large");
    // What is announced need not be waited for.
    if body.size_hint().lower() > most {
        return Err(too_large);
    }
    let mut left = most;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| (StatusCode::BAD_REQUEST, "cannot be read"))?;
        let size = frame.data_ref().map_or(0, Bytes::len);
        left = left.checked_sub(size as u64).ok_or(too_large)?;
    }
    Ok(())
}

impl Listening {
    /// Who can reach a listener: nobody else than this machine where that cannot be told.
    pub(crate) fn on(listener: &TcpListener) -> Self {
        let is_loopback = |address: SocketAddr| address.ip().to_canonical().is_loopback();
        if listener.local_addr().map_or(true, is_loopback) {
            Self::Loopback
        } else {
            Self::Beyond
        }
    }
}

impl<'p> Endpoint<'p> {
    fn of(path: &'p str) -> Option<Self> {
        match path {
            "/" => Some(Self::Front),
            "/metrics" => Some(Self::Metrics),
            "/-/healthy" => Some(Self::Healthy),
            "/-/ready" => Some(Self::Ready),
            "/-/reload" => Some(Self::Reload),
            "/api/v1/probes" => Some(Self::Probes),
            "/probe" => Some(Self::ProbeNow),
            other => {
                let name = other.strip_prefix("/api/v1/probes/")?;
                (!name.is_empty() && !name.contains('/')).then_some(Self::OneProbe(name))
            }
        }
    }

    fn methods(self) -> &'static [Method] {
        match self {
            Self::Reload => &[Method::POST],
            Self::Front
            | Self::Metrics
            | Self::Healthy
            | Self::Ready
            | Self::Probes
            | Self::OneProbe(_)
            | Self::ProbeNow => &[Method::GET, Method::HEAD],
        }
    }

    /// Whether asking it does more than reading.
    fn acts(self) -> bool {
        match self {
            Self::Reload | Self::ProbeNow => true,
            Self::Front | Self::Metrics | Self::Healthy | Self::Ready | Self::Probes | Self::OneProbe(_) => {
                false
            }
        }
    }

    fn other_method(self) -> Answer {
        let methods: Vec<&str> = self.methods().iter().map(Method::as_str).collect();
        let allow = methods.join(", ");
        let sentence = format!("this endpoint answers {}", methods.join(" and "));
        with_header(
            plain(StatusCode::METHOD_NOT_ALLOWED, sentence),
            header::ALLOW,
            &allow,
        )
    }
}

fn ready(readiness: Readiness) -> Answer {
    match readiness {
        Readiness::Ready => plain(StatusCode::OK, "freshwatch is ready: the schedule runs"),
        Readiness::Starting => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "freshwatch is starting: its probe files are not loaded yet",
        ),
        Readiness::Ending => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "freshwatch is shutting down: no further run starts",
        ),
    }
}
