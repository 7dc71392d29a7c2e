//! Where a host can be reached.

use std::io;
use std::net::{IpAddr, SocketAddr};

use freshwatch_probe::observation::{Cause, Phase};
use freshwatch_probe::request::ResolveOverride;
use tokio::net;
use url::Host;

use crate::http::failure::Failure;
use crate::http::target::Target;

/// The address that is known without asking: an IP literal, or what `resolve` of the probe says.
pub(crate) fn known(target: &Target, overrides: &[ResolveOverride]) -> Option<IpAddr> {
    let host = target.host.to_string();
    let overridden = overrides
        .iter()
        .find(|entry| entry.host == host && entry.port == target.port)
        .map(|entry| entry.address);
    overridden.or(match target.host {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    })
}

/// Asks the system's resolver.
pub(crate) async fn ask(target: &Target) -> Result<Vec<SocketAddr>, Failure> {
    let host = target.host.to_string();
    let found = net::lookup_host((host.as_str(), target.port)).await;
    match found.map(Iterator::collect::<Vec<_>>) {
        Ok(addresses) if addresses.is_empty() => Err(no_address(&host, "it has no address")),
        Ok(addresses) => Ok(addresses),
        Err(error) => Err(Failure::exhausted(&error).unwrap_or_else(|| no_address(&host, &reason(&error)))),
    }
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
    use url::Url;

    use super::known;
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
}
