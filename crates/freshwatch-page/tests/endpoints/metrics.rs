//! `/metrics`.

use insta::assert_snapshot;

use crate::services::Served;

#[tokio::test]
async fn a_scrape_gets_the_text() {
    let served = Served::start().await;
    assert_snapshot!(served.get("/metrics").await, @"
    200
    content-type: text/plain; version=0.0.4
    vary: Accept-Encoding

    probe_success 1
    ");
}

#[tokio::test]
async fn a_long_text_is_compressed_for_who_takes_that() {
    let served = Served::start().await;
    let text = "probe_success 1\n".repeat(1000);
    served.services.metrics.lock().unwrap().clone_from(&text);
    let packed = served
        .ask("GET /metrics", &["accept-encoding: gzip, deflate"])
        .await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.header("vary"), Some("Accept-Encoding"));
    assert!(packed.body.len() < text.len() / 10);
    assert_eq!(packed.unpacked(), text);
    for headers in [&[][..], &["accept-encoding: gzip;q=0"], &["accept-encoding: br"]] {
        let plain = served.ask("GET /metrics", headers).await;
        assert_eq!(
            (plain.header("content-encoding"), plain.text() == text),
            (None, true),
            "{headers:?}"
        );
        assert_eq!(plain.header("vary"), Some("Accept-Encoding"), "{headers:?}");
    }
}

#[tokio::test]
async fn metrics_that_panic_harm_nothing_else() {
    let served = Served::start().await;
    *served.services.metrics.lock().unwrap() = "panic".into();
    for _ in 0..3 {
        assert_eq!(served.get("/metrics").await.status, 500);
    }
    *served.services.metrics.lock().unwrap() = "fine".into();
    assert_eq!(served.get("/metrics").await.status, 200);
}
