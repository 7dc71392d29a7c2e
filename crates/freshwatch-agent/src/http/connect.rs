//! Connects to the first of several addresses that answers, as RFC 8305 ("happy eyeballs") has it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use freshwatch_probe::observation::{Cause, Phase};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio::time;

use crate::http::failure::Failure;
use crate::http::target::Target;

/// How long one address may keep the next one waiting (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// Connects. The addresses that lose the race are dropped with this future.
pub(crate) async fn connect(
    addresses: &[SocketAddr],
    target: &Target,
) -> Result<(TcpStream, SocketAddr), Failure> {
    let connected = match *addresses {
        [address] => match dial(address).await {
            (address, Ok(stream)) => Ok((stream, address)),
            (address, Err(error)) => Err(vec![(address, error)]),
        },
        _ => Box::pin(race(addresses)).await,
    };
    connected.map_err(|failures| refused(&failures, target))
}

/// Dials one address after the other without waiting for each for ever; gives the first that answers, or every refusal.
async fn race(addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), Vec<(SocketAddr, io::Error)>> {
    let mut waiting = interleave(addresses).into_iter();
    let mut racing = FuturesUnordered::new();
    let mut failures = Vec::new();
    loop {
        if let Some(address) = waiting.next() {
            racing.push(dial(address));
        } else if racing.is_empty() {
            return Err(failures);
        }
        let more_wait = waiting.len() > 0;
        tokio::select! {
            biased;
            Some((address, result)) = racing.next() => match result {
                Ok(stream) => return Ok((stream, address)),
                Err(error) => failures.push((address, error)),
            },
            () = time::sleep(STAGGER), if more_wait => {}
        }
    }
}

async fn dial(address: SocketAddr) -> (SocketAddr, io::Result<TcpStream>) {
    let stream = TcpStream::connect(address).await;
    // A request is one small write whose answer is waited for: there is nothing to gather.
    let result = stream.and_then(|stream| stream.set_nodelay(true).map(|()| stream));
    (address, result)
}

/// The addresses with their families taking turns, the resolver's first one first (RFC 8305, section 4).
fn interleave(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let leads_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (Vec<SocketAddr>, Vec<SocketAddr>) = addresses
        .iter()
        .rev()
        .partition(|address| address.is_ipv6() == leads_v6);
    let mut ordered = Vec::with_capacity(addresses.len());
    while !first.is_empty() || !second.is_empty() {
        ordered.extend(first.pop());
        ordered.extend(second.pop());
    }
    ordered
}

/// What to say when no address took the connection.
fn refused(failures: &[(SocketAddr, io::Error)], target: &Target) -> Failure {
    if let Some(exhausted) = failures.iter().find_map(|(_, error)| Failure::exhausted(error)) {
        return exhausted;
    }
    let message = match failures {
        [(address, error)] => sentence(*address, error),
        several => {
            let each: Vec<_> = several
                .iter()
                .take(4)
                .map(|(address, error)| sentence(*address, error))
                .collect();
            format!(
                "no address of {} took the connection: {}",
                target.peer(),
                each.join(", ")
            )
        }
    };
    Failure::unreachable(Cause::Connect, Phase::Connect, message)
}

fn sentence(address: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => format!("connection refused by {address}"),
        io::ErrorKind::HostUnreachable => format!("no route to {address}"),
        io::ErrorKind::NetworkUnreachable => format!("the network of {address} cannot be reached"),
        io::ErrorKind::TimedOut => format!("{address} did not answer"),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            format!("connection reset by {address}")
        }
        io::ErrorKind::PermissionDenied => format!("a rule of this machine forbids to connect to {address}"),
        kind => format!("no connection to {address}: {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use url::Url;

    use super::{connect, interleave};
    use crate::http::failure::Failure;
    use crate::http::target::Target;

    #[track_caller]
    fn check(given: &[&str], ordered: &[&str]) {
        let parse =
            |texts: &[&str]| -> Vec<SocketAddr> { texts.iter().map(|text| text.parse().unwrap()).collect() };
        assert_eq!(interleave(&parse(given)), parse(ordered));
    }

    #[test]
    fn families_take_turns() {
        check(
            &["[::1]:1", "[::2]:1", "1.1.1.1:1", "1.1.1.2:1", "1.1.1.3:1"],
            &["[::1]:1", "1.1.1.1:1", "[::2]:1", "1.1.1.2:1", "1.1.1.3:1"],
        );
        check(
            &["1.1.1.1:1", "[::1]:1", "[::2]:1"],
            &["1.1.1.1:1", "[::1]:1", "[::2]:1"],
        );
        check(&[], &[]);
    }

    #[tokio::test]
    async fn an_address_that_refuses_hands_over_at_once() {
        let closed = closed_address().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let (_, address) = connect(&[closed, open], &target()).await.ok().unwrap();
        assert_eq!(address, open);
    }

    #[tokio::test]
    async fn every_refusal_is_named() {
        let (one, two) = (closed_address().await, closed_address().await);
        let Err(Failure::Unreachable(failure)) = connect(&[one, two], &target()).await else {
            panic!("something listens");
        };
        assert_eq!(
            failure.message,
            format!(
                "no address of a.example:80 took the connection: connection refused by {one}, connection refused by \
                 {two}"
            )
        );
    }

    fn target() -> Target {
        Target::of(&Url::parse("http://a.example").unwrap()).unwrap()
    }

    /// An address that nobody listens at.
    async fn closed_address() -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    }
}
