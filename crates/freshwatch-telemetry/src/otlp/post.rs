//! One attempt to hand a parcel to the configured endpoint.

use std::time::Duration;

use bytes::Bytes;
use freshwatch_probe::duration;
use http::{HeaderValue, Request, header};
use http_body_util::Full;
use jiff::Timestamp;
use tokio::time::{Instant, sleep, timeout_at};

use super::answer::{Answer, Scope, interpret};
use super::config::Config;
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
        let Ok(exchanged) = timeout_at(until, self.transport.exchange(self.request(parcel))).await else {
            return again(format!("did not answer within {}", duration::show(within)));
        };
        match exchanged {
            Ok(response) => interpret(&response, now, &self.config.secrets),
            Err(NoAnswer::Connection(why)) => again(why),
            Err(NoAnswer::Peer { why, hint }) => Answer::Refused {
                why,
                scope: Scope::Peer,
                hint,
            },
        }
    }

    fn request(&self, parcel: &Parcel) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(parcel.body.clone()));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.config.endpoint.uri.clone();
        let headers = request.headers_mut();
        let agent = HeaderValue::from_static(concat!("freshwatch/", env!("CARGO_PKG_VERSION")));
        headers.insert(header::USER_AGENT, agent);
        headers.extend(self.config.headers.clone());
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
        request
    }
}

/// The moment so far from now. Asking a timer for it leaves the clock to the runtime.
pub(super) fn after(wait: Duration) -> Instant {
    sleep(wait).deadline()
}
