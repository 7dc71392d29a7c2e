//! One attempt to hand a parcel to the configured endpoint.

use std::time::Duration;

use bytes::Bytes;
use freshwatch_probe::duration;
use http::{HeaderMap, HeaderValue, Request, Version, header};
use http_body_util::Full;
use jiff::Timestamp;
use tokio::time::{Instant, sleep, timeout_at};

use super::answer::{self, Answer, Response, Scope, signal_hint};
use super::config::{Config, Protocol};
use super::grpc;
use super::transport::{NoAnswer, Transport};
use crate::parcel::{Coding, Parcel};

/// A configured endpoint and the connections to it.
pub(super) struct Post {
    pub(super) config: Config,
    transport: Transport,
}

impl Post {
    /// # Errors
    /// A fragment that names the variable and the file that cannot be used.
    pub(super) fn new(config: Config) -> Result<Self, String> {
        let transport = Transport::new(&config)?;
        Ok(Self { config, transport })
    }

    /// Sends a parcel once, and waits for the answer until then, which is `within` from now.
    pub(super) async fn attempt(
        &self,
        parcel: &Parcel,
        until: Instant,
        within: Duration,
        now: Timestamp,
    ) -> Answer {
        let again = |why| Answer::Again { why, after: None };
        let request = self.request(parcel, within);
        let Ok(exchanged) = timeout_at(until, self.transport.exchange(request)).await else {
            return again(format!("did not answer within {}", duration::show(within)));
        };
        match exchanged {
            Ok(response) => self.read(&response, now),
            Err(NoAnswer::Connection(why)) => again(why),
            Err(NoAnswer::Peer { why, hint }) => Answer::Refused {
                why,
                scope: Scope::Peer,
                hint,
            },
        }
    }

    fn read(&self, response: &Response, now: Timestamp) -> Answer {
        let Config { signal, secrets, .. } = &self.config;
        let (answer, takes_none) = match self.config.protocol {
            Protocol::Http => (
                answer::interpret(response, *signal, now, secrets),
                answer::takes_none(response),
            ),
            Protocol::Grpc => (grpc::interpret(response, secrets), grpc::takes_none(response)),
        };
        match (answer, signal_hint(*signal)) {
            (Answer::Refused { why, .. }, Some(hint)) if takes_none && !self.config.is_for_signal => {
                Answer::Refused {
                    why,
                    scope: Scope::Signal,
                    hint: Some(hint),
                }
            }
            (answer, _) => answer,
        }
    }

    fn request(&self, parcel: &Parcel, within: Duration) -> Request<Full<Bytes>> {
        let body = match self.config.protocol {
            Protocol::Http => parcel.body.clone(),
            Protocol::Grpc => grpc::body(parcel),
        };
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.config.endpoint.uri.clone();
        let headers = request.headers_mut();
        let agent = HeaderValue::from_static(concat!("freshwatch/", env!("CARGO_PKG_VERSION")));
        headers.insert(header::USER_AGENT, agent);
        headers.extend(self.config.headers.clone());
        match self.config.protocol {
            Protocol::Http => describe(headers, parcel),
            Protocol::Grpc => {
                *request.version_mut() = Version::HTTP_2;
                grpc::describe(request.headers_mut(), parcel, within);
            }
        }
        request
    }
}

fn describe(headers: &mut HeaderMap, parcel: &Parcel) {
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-protobuf"),
    );
    match parcel.coding {
        Coding::Plain => (),
        Coding::Gzip => {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
    }
}

/// The moment so far from now. Asking a timer for it leaves the clock to the runtime.
pub(super) fn after(wait: Duration) -> Instant {
    sleep(wait).deadline()
}
