//! Addresses to use instead of asking the resolver: `HOST:PORT: ADDRESS`.

use std::net::IpAddr;

use freshwatch_probe::request::ResolveOverride;

use super::scalar;
use crate::block::{Block, Field, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::Shape;

pub(super) const RESOLVE: Shape = Shape::free("`resolve`", "api.example.com:443: 192.0.2.1");

/// Reads the key `resolve`.
pub(crate) fn read(value: Value, context: &Context) -> Vec<ResolveOverride> {
    let Some(block) = Block::open(value, &RESOLVE, context) else {
        return Vec::new();
    };
    block.fields().filter_map(|field| entry(field, context)).collect()
}

fn entry(field: Field, context: &Context) -> Option<ResolveOverride> {
    let host_and_port = host_and_port(&field.key.text);
    if host_and_port.is_none() {
        context.report(
            Found::new(
                field.key.place,
                Code::BadAddress,
                format!("`{}` is not a host with a port", field.key.text),
            )
            .help("write it like `api.example.com:443: 192.0.2.1`"),
        );
    }
    let text = scalar::text(field.value.node, context)?;
    let Ok(address) = text.parse::<IpAddr>() else {
        return context.refuse(
            Found::new(
                field.value.place(),
                Code::BadAddress,
                format!("`{text}` is not an IP address"),
            )
            .help("write one such as `192.0.2.1` or `2001:db8::1`, without a port"),
        );
    };
    let (host, port) = host_and_port?;
    Some(ResolveOverride { host, port, address })
}

fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse::<u16>().ok().filter(|port| *port > 0)?;
    let host = url::Host::parse(host).ok()?;
    Some((host.to_string(), port))
}

#[cfg(test)]
mod tests {
    use super::host_and_port;

    #[test]
    fn a_host_and_a_port() {
        assert_eq!(
            host_and_port("Api.Example.com:443"),
            Some(("api.example.com".into(), 443))
        );
        assert_eq!(host_and_port("[::1]:80"), Some(("[::1]".into(), 80)));
        for text in ["host", "host:", "host:0", "host:70000", ":80", "https://host:80"] {
            assert_eq!(host_and_port(text), None, "{text}");
        }
    }
}
