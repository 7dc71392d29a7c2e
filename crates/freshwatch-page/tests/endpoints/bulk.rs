//! Large answers: few at a time.

use std::time::Duration;

use freshwatch_page::Bounds;
use insta::assert_snapshot;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::rest;
use crate::services::Served;

/// More than all buffers between a server and a client that does not read.
const LARGE: usize = 64 << 20;

const SCRAPE: &[u8] = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// A client that reads the beginning of a large answer and no more.
async fn lazy(served: &Served) -> TcpStream {
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(SCRAPE).await.unwrap();
    let mut beginning = [0; 15];
    stream.read_exact(&mut beginning).await.unwrap();
    assert_eq!(&beginning, b"HTTP/1.1 200 OK");
    stream
}

async fn served(bounds: Bounds) -> Served {
    let served = Served::within(bounds).await;
    *served.services.metrics.lock().unwrap() = "x".repeat(LARGE);
    served
}

#[tokio::test]
async fn a_place_is_held_until_the_answer_is_read() {
    let served = served(Bounds {
        bulk: 1,
        bulk_wait: Duration::from_millis(100),
        ..Bounds::default()
    })
    .await;
    let mut holder = lazy(&served).await;
    assert_snapshot!(served.get("/metrics").await, @"
    503
    content-type: text/plain; charset=utf-8
    retry-after: 5

    other large answers are still being sent; try again
    ");
    assert_eq!(served.get("/api/v1/probes").await.status, 503);
    // What is small goes on.
    assert_eq!(served.get("/-/healthy").await.status, 200);
    assert!(rest(&mut holder).await.len() > LARGE);
    assert_eq!(served.get("/metrics").await.status, 200);
}

#[tokio::test]
async fn who_waits_has_its_turn_when_another_goes_away() {
    let served = served(Bounds {
        bulk: 1,
        bulk_wait: Duration::from_mins(1),
        ..Bounds::default()
    })
    .await;
    let holder = lazy(&served).await;
    let (reply, ()) = tokio::join!(served.get("/metrics"), async { drop(holder) });
    assert_eq!((reply.status, reply.body.len()), (200, LARGE));
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answer_is_cut_off() {
    let served = served(Bounds {
        taking: Duration::from_secs(1),
        ..Bounds::default()
    })
    .await;
    let mut holders = [lazy(&served).await, lazy(&served).await];
    // Both places are held; two others get them once patience is lost with both.
    let _others = [lazy(&served).await, lazy(&served).await];
    for holder in &mut holders {
        assert!(rest(holder).await.len() < LARGE);
    }
}
