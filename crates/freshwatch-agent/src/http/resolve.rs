//! Where a host can be reached.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use freshwatch_probe::observation::{Cause, NotMade, Phase};
use freshwatch_probe::request::ResolveOverride;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::{task, time};
use url::Host;

use crate::http::failure::Failure;
use crate::http::target::Target;

/// The address that is known without asking: an IP literal, or what `resolve` of the probe says.
pub(crate) fn known(target: &Target, overrides: &[ResolveOverride]) -> Option<IpAddr> {
    let overridden = overrides
        .iter()
        .find(|entry| entry.port == target.port && entry.host == target.host.to_string())
        .map(|entry| entry.address);
    overridden.or(match target.host {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    })
}

/// As many questions may be open at once. The system's resolver holds a thread for each, also when its run has long
/// timed out; a resolver that hangs must not take the threads that judge large bodies and read secrets.
const OPEN_QUESTIONS: usize = 128;

/// How long a question waits for its turn. A resolver answers in milliseconds, unless it hangs.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Asks the system's resolver.
pub(crate) struct Resolver(Arc<Semaphore>);

impl Default for Resolver {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(OPEN_QUESTIONS)))
    }
}

impl Resolver {
    /// The addresses of a target's host, in the order of the system's resolver (RFC 6724).
    pub async fn ask(&self, target: &Target) -> Result<Vec<SocketAddr>, Failure> {
        let host = target.host.to_string();
        // That our own questions are all taken is no failure of this host.
        let permit = Arc::clone(&self.0).acquire_owned();
        let Ok(Ok(permit)) = time::timeout(LONGEST_WAIT, permit).await else {
            return Err(Failure::NotMade(NotMade::Overload));
        };
        match look_up(permit, host.clone(), target.port).await {
            Ok(addresses) if addresses.is_empty() => Err(no_address(&host, "it has no address")),
            Ok(addresses) => Ok(addresses),
            Err(error) => {
                Err(Failure::exhausted(&error).unwrap_or_else(|| no_address(&host, &reason(&error))))
            }
        }
    }
}

async fn look_up(permit: OwnedSemaphorePermit, host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    let asking = task::spawn_blocking(move || {
        // Given back when the system answers, not when the run gives up.
        let _permit = permit;
        (host.as_str(), port).to_socket_addrs().map(Iterator::collect)
    });
    asking.await.map_err(io::Error::other)?
}

fn no_address(host: &str, why: &str) -> Failure {
    Failure::unreachable(
        Cause::Dns,
        Phase::Resolve,
        format!("`{host}` does not resolve: {why}"),
    )
}

/// What the resolver said, without the standard library's own words before it.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let said = text.rsplit(": ").next().unwrap_or(&text);
    let mut letters = said.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use freshwatch_probe::request::ResolveOverride;
    use futures_util::FutureExt;
    use url::Url;

    use super::{OPEN_QUESTIONS, Resolver, known};
    use crate::http::target::Target;

    #[track_caller]
    fn check(url: &str, address: Option<&str>) {
        let overrides = [ResolveOverride {
            host: "a.example".into(),
            port: 443,
            address: "192.0.2.1".parse().unwrap(),
        }];
        let target = Target::of(&Url::parse(url).unwrap()).unwrap();
        let address: Option<IpAddr> = address.map(|text| text.parse().unwrap());
        assert_eq!(known(&target, &overrides), address);
    }

    #[test]
    fn overrides_hold_for_their_host_and_port() {
        check("https://A.example", Some("192.0.2.1"));
        check("http://a.example", None);
        check("https://b.example", None);
    }

    #[test]
    fn literals_need_no_resolver() {
        check("http://127.0.0.1", Some("127.0.0.1"));
        check("http://[::1]", Some("::1"));
    }

    #[tokio::test]
    async fn questions_that_are_open_keep_others_waiting() {
        let resolver = Resolver::default();
        let target = Target::of(&Url::parse("http://localhost").unwrap()).unwrap();
        let open = resolver
            .0
            .try_acquire_many(OPEN_QUESTIONS.try_into().unwrap())
            .unwrap();
        let mut asking = std::pin::pin!(resolver.ask(&target));
        assert!(asking.as_mut().now_or_never().is_none());
        drop(open);
        assert!(
            asking
                .await
                .ok()
                .unwrap()
                .iter()
                .all(|address| address.ip().is_loopback())
        );
    }
}
