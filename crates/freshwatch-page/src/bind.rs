//! Takes the address that the endpoints listen on.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::net::TcpListener;

/// The address cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on `{address}`: {kind}; {remedy}, or do without endpoints: `--listen none`", remedy = remedy(*kind))]
pub struct CannotListen {
    /// The address.
    pub address: SocketAddr,
    /// What stands in the way.
    pub kind: ErrorKind,
}

/// Listens on an address.
///
/// # Errors
/// What stands in the way, and the remedy.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, CannotListen> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| CannotListen {
        address,
        kind: error.kind(),
    })
}

fn remedy(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::AddrInUse => {
            "end what listens there (another `freshwatch run`?), or take another port: `--listen 127.0.0.1:4172`"
        }
        ErrorKind::PermissionDenied => "take a port from 1024 on: `--listen 127.0.0.1:4171`",
        ErrorKind::AddrNotAvailable => {
            "take an address of this machine: `--listen 127.0.0.1:4171`, or all of them: `--listen 0.0.0.0:4171`"
        }
        _ => "take another address: `--listen 127.0.0.1:4171`",
    }
}

#[cfg(test)]
mod tests {
    use super::bind;

    #[tokio::test]
    async fn an_address_in_use_is_named_with_the_remedy() {
        let first = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = first.local_addr().unwrap();
        let error = bind(address).await.unwrap_err().to_string();
        insta::assert_snapshot!(
            error.replace(&address.to_string(), "127.0.0.1:4171"),
            @"cannot listen on `127.0.0.1:4171`: address in use; end what listens there (another `freshwatch run`?), or take another port: `--listen 127.0.0.1:4172`, or do without endpoints: `--listen none`"
        );
        let elsewhere = bind("192.0.2.1:4171".parse().unwrap()).await.unwrap_err();
        insta::assert_snapshot!(elsewhere, @"cannot listen on `192.0.2.1:4171`: address not available; take an address of this machine: `--listen 127.0.0.1:4171`, or all of them: `--listen 0.0.0.0:4171`, or do without endpoints: `--listen none`");
    }
}
