//! The endpoints that answer a sentence, and what is no endpoint.

use freshwatch_page::Readiness;
use insta::assert_snapshot;

use crate::client::exchange;
use crate::services::Served;

#[tokio::test]
async fn health_and_readiness_are_sentences() {
    let served = Served::start().await;
    assert_snapshot!(served.get("/-/healthy").await, @"
    200
    content-type: text/plain; charset=utf-8

    freshwatch is alive
    ");
    assert_snapshot!(served.get("/-/ready").await, @"
    200
    content-type: text/plain; charset=utf-8

    freshwatch is ready: the schedule runs
    ");
    *served.services.readiness.lock().unwrap() = Readiness::Starting;
    assert_snapshot!(served.get("/-/ready").await, @"
    503
    content-type: text/plain; charset=utf-8

    freshwatch is starting: its probe files are not loaded yet
    ");
    *served.services.readiness.lock().unwrap() = Readiness::Ending;
    assert_snapshot!(served.get("/-/ready").await, @"
    503
    content-type: text/plain; charset=utf-8

    freshwatch is shutting down: no further run starts
    ");
    assert_eq!(served.get("/-/healthy").await.status, 200);
}

#[tokio::test]
async fn what_is_not_here_names_what_is() {
    let served = Served::start().await;
    assert_snapshot!(served.get("/nowhere").await, @"
    404
    content-type: text/plain; charset=utf-8

    nothing is here; there are: /metrics, /-/healthy, /-/ready, /-/reload (POST), /api/v1/probes, /api/v1/probes/NAME, /probe?target=…&module=NAME
    ");
    for path in [
        "/metrics/",
        "/api",
        "/api/v1/probes/",
        "/api/v1/probes/a/b",
        "/-/",
        "//",
    ] {
        assert_eq!(served.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn other_methods_are_told_which_are_answered() {
    let served = Served::start().await;
    assert_snapshot!(served.ask("POST /metrics", &[]).await, @"
    405
    allow: GET, HEAD
    content-type: text/plain; charset=utf-8

    this endpoint answers GET and HEAD
    ");
    assert_snapshot!(served.get("/-/reload").await, @"
    405
    allow: POST
    content-type: text/plain; charset=utf-8

    this endpoint answers POST
    ");
    for line in [
        "DELETE /",
        "OPTIONS /-/healthy",
        "PUT /-/reload",
        "TRACE /probe",
        "POST /api/v1/probes/a",
    ] {
        assert_eq!(served.ask(line, &[]).await.status, 405, "{line}");
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let served = Served::start().await;
    for path in [
        "/",
        "/metrics",
        "/-/ready",
        "/api/v1/probes",
        "/nowhere",
        "/api/v1/probes/a",
    ] {
        let (get, head) = (
            served.get(path).await,
            served.ask(&format!("HEAD {path}"), &[]).await,
        );
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        assert_eq!(
            head.header("content-length"),
            Some(get.body.len().to_string().as_str()),
            "{path}"
        );
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
    }
}

#[tokio::test]
async fn the_front_page_leads_on() {
    let served = Served::start().await;
    let page = served.get("/").await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .starts_with("default-src 'none'")
    );
    for path in ["/metrics", "/api/v1/probes", "/-/ready"] {
        assert!(page.text().contains(&format!("href=\"{path}\"")), "{path}");
        assert_eq!(served.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn every_answer_is_of_now_and_of_its_type_and_for_no_other_origin() {
    let served = Served::start().await;
    let asks = [
        "GET /",
        "GET /metrics",
        "GET /api/v1/probes",
        "GET /x",
        "POST /-/reload",
        "PUT /",
        "GET /probe",
    ];
    for line in asks {
        let reply = served.ask(line, &[]).await;
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{line}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{line}");
        assert!(
            !reply
                .headers
                .keys()
                .any(|name| name.starts_with("access-control")),
            "{line}"
        );
    }
}

#[tokio::test]
async fn what_is_not_http_is_refused() {
    let served = Served::start().await;
    for request in [
        "hello\r\n\r\n",
        "GET / HTTP/1.1\r\nbad header\r\n\r\n",
        "GET /\u{0} HTTP/1.1\r\n\r\n",
    ] {
        assert_eq!(exchange(served.address, request).await.status, 400, "{request:?}");
    }
    assert_eq!(served.get("/-/healthy").await.status, 200);
}
