//! What a page in a browser may try.

use insta::assert_snapshot;

use crate::client::exchange;
use crate::services::Served;

#[tokio::test]
async fn a_page_of_another_origin_cannot_reload() {
    let served = Served::start().await;
    let origin = served
        .ask("POST /-/reload", &["origin: http://page.example"])
        .await;
    assert_snapshot!(origin, @"
    403
    content-type: text/plain; charset=utf-8

    this endpoint is not for pages in a browser; use a command such as curl
    ");
    for header in [
        "sec-fetch-site: cross-site",
        "sec-fetch-site: same-site",
        "origin: null",
    ] {
        assert_eq!(
            served.ask("POST /-/reload", &[header]).await.status,
            403,
            "{header}"
        );
        assert_eq!(
            served.ask("GET /probe?target=a&module=b", &[header]).await.status,
            403,
            "{header}"
        );
        // A link from a dashboard to what only reads is no harm.
        assert_eq!(
            served.ask("GET /api/v1/probes", &[header]).await.status,
            200,
            "{header}"
        );
    }
    assert_eq!(served.services.reload_begins.available_permits(), 0);
    assert!(served.services.asks.lock().unwrap().is_empty());
    assert_eq!(served.ask("POST /-/reload", &[]).await.status, 200);
}

#[tokio::test]
async fn a_name_that_was_made_to_resolve_here_is_not_answered_to() {
    let served = Served::start().await;
    let request = "GET /api/v1/probes HTTP/1.1\r\nhost: page.example:4171\r\nconnection: close\r\n\r\n";
    assert_snapshot!(exchange(served.address, request).await, @"
    421
    content-type: text/plain; charset=utf-8

    this prober listens on loopback and does not answer to the name `page.example`; ask `localhost` or its IP address, or let a proxy in front of it set `Host: localhost`
    ");
    for (request, status) in [
        (
            "GET /-/healthy HTTP/1.1\r\nhost: localhost:4171\r\nconnection: close\r\n\r\n",
            200,
        ),
        (
            "GET /-/healthy HTTP/1.1\r\nhost: [::1]\r\nconnection: close\r\n\r\n",
            200,
        ),
        ("GET /-/healthy HTTP/1.1\r\nconnection: close\r\n\r\n", 400),
        ("GET /-/healthy HTTP/1.0\r\n\r\n", 200),
        (
            "GET http://page.example/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
            421,
        ),
    ] {
        assert_eq!(
            exchange(served.address, request).await.status,
            status,
            "{request:?}"
        );
    }
}
