//! Clients that are slow, many, or too large, and the end.

use std::time::Duration;

use freshwatch_page::Bounds;
use insta::assert_snapshot;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::client::{read_one, rest};
use crate::services::Served;

const SHORT: Duration = Duration::from_millis(100);

async fn connect(served: &Served, sent: &str) -> TcpStream {
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let served = Served::within(Bounds {
        head: SHORT,
        ..Bounds::default()
    })
    .await;
    for sent in ["", "G", "GET / HTTP/1.1\r\nhost: localhost\r\nx: "] {
        let mut stream = connect(&served, sent).await;
        assert_eq!(rest(&mut stream).await, b"", "{sent:?}");
    }
    // One that has had an answer is as idle.
    let mut stream = connect(&served, "GET /-/healthy HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(read_one(&mut stream).await.status, 200);
    assert_eq!(rest(&mut stream).await, b"");
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let served = Served::start().await;
    let mut stream = connect(&served, "").await;
    for path in ["/-/healthy", "/metrics", "/nowhere", "/-/healthy"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let status = read_one(&mut stream).await.status;
        assert_eq!(status, if path == "/nowhere" { 404 } else { 200 });
    }
}

#[tokio::test]
async fn more_connections_than_allowed_wait_for_one_to_end() {
    let served = Served::within(Bounds {
        connections: 2,
        ..Bounds::default()
    })
    .await;
    let request = "GET /-/healthy HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut first = connect(&served, request).await;
    let mut second = connect(&served, request).await;
    read_one(&mut first).await;
    read_one(&mut second).await;
    let mut third = connect(&served, request).await;
    // The third is in the system's queue: the others have answers all the while, and it has none.
    for _ in 0..20 {
        first.write_all(request.as_bytes()).await.unwrap();
        read_one(&mut first).await;
    }
    let mut byte = [0; 1];
    let waits = third.try_read(&mut byte).unwrap_err();
    assert_eq!(waits.kind(), std::io::ErrorKind::WouldBlock);
    drop(first);
    assert_eq!(read_one(&mut third).await.status, 200);
    read_one_more(&mut second, request).await;
}

async fn read_one_more(stream: &mut TcpStream, request: &str) {
    stream.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(read_one(stream).await.status, 200);
}

#[tokio::test]
async fn what_is_too_large_is_not_read() {
    let served = Served::start().await;
    let small =
        "POST /-/reload HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 4\r\n\r\n{}\r\n";
    assert_eq!(crate::client::exchange(served.address, small).await.status, 200);
    let large = "POST /-/reload HTTP/1.1\r\nhost: localhost\r\ncontent-length: 65537\r\n\r\n";
    let mut stream = connect(&served, large).await;
    // Refused by its announced length: nothing of it is waited for.
    assert_snapshot!(read_one(&mut stream).await, @"
    413
    content-type: text/plain; charset=utf-8

    the request's body is too large; none is needed
    ");
    let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000));
    let chunked = "POST /-/reload HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut stream = connect(&served, &format!("{chunked}{chunk}{chunk}{chunk}")).await;
    assert_eq!(read_one(&mut stream).await.status, 413);
    let head = format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n", "x".repeat(20_000));
    let mut stream = connect(&served, &head).await;
    let refused = String::from_utf8(rest(&mut stream).await).unwrap();
    assert!(
        refused.starts_with("HTTP/1.1 431 ") || refused.starts_with("HTTP/1.1 414 "),
        "{refused}"
    );
    assert_eq!(served.services.reload_begins.available_permits(), 1);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let served = Served::within(Bounds {
        body: SHORT,
        ..Bounds::default()
    })
    .await;
    let request = "POST /-/reload HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nx";
    let mut stream = connect(&served, request).await;
    assert_snapshot!(read_one(&mut stream).await, @"
    408
    content-type: text/plain; charset=utf-8

    the request's body did not come to its end; none is needed
    ");
    assert_eq!(served.services.reload_begins.available_permits(), 0);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_not_waited_for() {
    let served = Served::within(Bounds {
        handling: SHORT,
        ..Bounds::default()
    })
    .await;
    served.services.reload_may_end.forget_permits(usize::MAX);
    assert_snapshot!(served.ask("POST /-/reload", &[]).await, @"
    503
    content-type: text/plain; charset=utf-8

    the answer took too long; try again
    ");
}

#[tokio::test]
async fn at_the_end_requests_under_way_are_answered_and_no_others() {
    let mut served = Served::start().await;
    served.services.reload_may_end.forget_permits(usize::MAX);
    let mut idle = connect(&served, "").await;
    let mut under_way = connect(&served, "POST /-/reload HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    served.services.reload_begins.acquire().await.unwrap().forget();
    served.stop();
    assert_eq!(rest(&mut idle).await, b"");
    assert!(TcpStream::connect(served.address).await.is_err());
    served.services.reload_may_end.add_permits(1);
    assert_eq!(read_one(&mut under_way).await.status, 200);
    assert_eq!(rest(&mut under_way).await, b"");
    served.ended().await;
}

#[tokio::test]
async fn the_end_does_not_wait_for_those_who_never_end() {
    let mut served = Served::within(Bounds {
        farewell: SHORT,
        ..Bounds::default()
    })
    .await;
    served.services.reload_may_end.forget_permits(usize::MAX);
    let mut under_way = connect(&served, "POST /-/reload HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let mut half = connect(&served, "GET / HT").await;
    served.services.reload_begins.acquire().await.unwrap().forget();
    served.stop();
    served.ended().await;
    assert_eq!(rest(&mut under_way).await, b"");
    assert_eq!(rest(&mut half).await, b"");
}
