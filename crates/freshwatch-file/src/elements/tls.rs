//! How TLS is verified and authenticated.

use std::path::PathBuf;

use freshwatch_probe::request::{ClientCertificate, Tls};

use super::scalar;
use crate::block::{Block, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::Shape;
use crate::yaml::Node;

pub(super) const TLS: Shape = Shape::closed("`tls`", &["ca", "cert", "key", "server_name", "insecure"]);

/// Reads the key `tls`. Files are relative to the probe file.
pub(crate) fn read(value: Value, context: &Context) -> Option<Tls> {
    let block = Block::open(value, &TLS, context)?;
    let path =
        |node: &Node| -> Option<PathBuf> { Some(context.beside(node.place, scalar::text(node, context)?)) };
    let client = match (block.field("cert"), block.field("key")) {
        (None, None) => None,
        (Some(cert), Some(key)) => path(cert.value.node)
            .zip(path(key.value.node))
            .map(|(cert, key)| ClientCertificate { cert, key }),
        (Some(lonely), None) | (None, Some(lonely)) => {
            let missing = if lonely.key.text == "cert" { "key" } else { "cert" };
            context.refuse(
                Found::new(
                    lonely.key.place,
                    Code::MissingKey,
                    format!("`{}` needs `{missing}` beside it", lonely.key.text),
                )
                .help("a client certificate is a PEM file with the chain and one with its private key"),
            )
        }
    };
    Some(Tls {
        ca: block.read("ca", path),
        client,
        server_name: block.read("server_name", |node| server_name(node, context)),
        insecure: block
            .read("insecure", |node| scalar::flag(node, context))
            .unwrap_or_default(),
    })
}

fn server_name(node: &Node, context: &Context) -> Option<String> {
    let name = scalar::text(node, context)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
    if name.chars().all(allowed) && url::Host::parse(name).is_ok() {
        return Some(name.to_ascii_lowercase());
    }
    context.refuse(
        Found::new(
            node.place,
            Code::BadName,
            format!("`{name}` is not the name of a server"),
        )
        .help("write a host name such as `api.example.com`, without scheme, port and path"),
    )
}
