//! A dead-man's switch outside: it is called when a round of probing is complete, and raises the alarm when nobody calls.

use std::time::Duration;

use bytes::Bytes;
use freshwatch_probe::duration;
use freshwatch_probe::template::Secret;
use http::{HeaderValue, Request, header};
use http_body_util::Full;
use tokio::time::timeout;
use url::Url;

use crate::otlp::endpoint::{Endpoint, Form};
use crate::otlp::transport::{NoAnswer, Transport};

/// A switch and the connections to it. Whoever knows its URL can keep it quiet, so none of its messages shows more of
/// it than its host.
pub struct Heartbeat {
    endpoint: Endpoint,
    authorization: Option<HeaderValue>,
    place: String,
    transport: Transport,
}

impl Heartbeat {
    /// The switch of this URL.
    ///
    /// # Errors
    /// A fragment that tells what is wrong with it, and nothing of it.
    pub fn new(url: &Secret) -> Result<Self, String> {
        let wrong = || "is not an http or https URL: write it like `https://switch.example/ping`".to_owned();
        let (endpoint, credentials) = Endpoint::parse(url.expose(), Form::Whole).ok_or_else(wrong)?;
        let parsed = Url::parse(url.expose().trim()).map_err(|_| wrong())?;
        let authorization = credentials.authorization;
        let authorization = authorization.map(HeaderValue::try_from).transpose();
        Ok(Self {
            place: parsed.origin().ascii_serialization(),
            authorization: authorization.map_err(|_| wrong())?,
            transport: Transport::plain(endpoint.is_https)?,
            endpoint,
        })
    }

    /// Where it is, as messages may show it: without path and query.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Calls it once.
    ///
    /// # Errors
    /// A fragment that tells why it has not heard of us within that time.
    pub async fn beat(&self, within: Duration) -> Result<(), String> {
        let Ok(exchanged) = timeout(within, self.transport.exchange(self.request())).await else {
            return Err(format!("did not answer within {}", duration::show(within)));
        };
        match exchanged {
            Ok(response) if response.status.is_success() => Ok(()),
            Ok(response) if response.status.is_redirection() => Err(format!(
                "answered {}, and redirects are not followed: configure the final address",
                response.status
            )),
            Ok(response) => Err(format!("answered {}", response.status)),
            Err(NoAnswer::Connection(why) | NoAnswer::Peer { why, .. }) => Err(why),
        }
    }

    fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::default());
        *request.uri_mut() = self.endpoint.uri.clone();
        let headers = request.headers_mut();
        let agent = HeaderValue::from_static(concat!("freshwatch/", env!("CARGO_PKG_VERSION")));
        headers.insert(header::USER_AGENT, agent);
        headers.extend(
            self.authorization
                .clone()
                .map(|value| (header::AUTHORIZATION, value)),
        );
        request
    }
}

#[cfg(test)]
mod tests {
    use freshwatch_probe::template::Secret;

    use super::Heartbeat;

    #[test]
    fn only_the_host_of_a_switch_is_shown() {
        let place = |url| Heartbeat::new(&Secret::new(url)).map(|switch| switch.place().to_owned());
        let shown = place("http://me:s3cret@switch.example:8080/s3cret?key=s3cret");
        assert_eq!(shown.as_deref(), Ok("http://switch.example:8080"));
        for wrong in ["", "switch.example/s3cret", "ftp://switch.example/s3cret"] {
            let why = place(wrong).unwrap_err();
            assert_eq!(
                why,
                "is not an http or https URL: write it like `https://switch.example/ping`"
            );
        }
    }
}
