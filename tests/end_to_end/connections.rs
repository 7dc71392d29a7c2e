//! HTTP/2, connections that are kept, and what is sent over them.

use bytes::Bytes;
use freshwatch_agent::Agent;
use freshwatch_probe::definition::Definition;
use freshwatch_probe::observation::Phase;
use freshwatch_probe::request::{Connection, HttpVersion, Method, RequestBody};
use freshwatch_probe::template::Template;
use freshwatch_tests::certificates::Identity;
use freshwatch_tests::checking::{check, check_probe, probe, tell};
use freshwatch_tests::server::{Server, Visit, json};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::sync::Arc;

/// Serves HTTP/2: what is asked decides how it misbehaves.
async fn serve_http2(visit: Visit) {
    let served = http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(visit.into_io()), service_fn(answer_http2));
    let _ = served.await;
}

async fn answer_http2(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let path = request.uri().path().to_owned();
    let authority = request.uri().authority().map(ToString::to_string);
    let body = request
        .into_body()
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes);
    if let Some(length) = path
        .strip_prefix("/head-of-")
        .and_then(|length| length.parse().ok())
    {
        let long = Response::builder().header("x-long", "x".repeat(length));
        return Ok(long.body(Full::default()).expect("a valid response"));
    }
    match path.as_str() {
        "/reset" => Err(std::io::Error::other("no answer")),
        "/short" => Ok(Response::builder()
            .header("content-length", "9")
            .body(Full::from("four"))
            .expect("a valid response")),
        "/authority" => Ok(Response::new(Full::from(authority.unwrap_or_default()))),
        _ => Ok(Response::new(Full::new(body.unwrap_or_default()))),
    }
}

async fn check_http2(path: &str, told: &str) -> freshwatch_probe::run::Run {
    let server = Server::playing(serve_http2).await;
    let mut probe = probe(server.url(path));
    probe.request.http = HttpVersion::Http2;
    check_probe(&probe, &server, told).await
}

#[tokio::test]
async fn http2_with_prior_knowledge() {
    let run = check_http2("/", "ok").await;
    assert_eq!(run.exchange.version, Some(http::Version::HTTP_2));
    let run = check_http2("/authority", "ok").await;
    assert!(run.exchange.body_length.unwrap() > "127.0.0.1:".len() as u64);
}

#[tokio::test]
async fn http2_that_misbehaves() {
    check_http2(
        "/reset",
        "down reset: SERVER broke off the request: internal error",
    )
    .await;
    let told = "down protocol: the head of the answer of SERVER is larger than 64 KiB, or broken";
    for length in [70_000, 100_000, 1 << 20] {
        check_http2(&format!("/head-of-{length}"), told).await;
    }
    let told = "down truncated: the body of SERVER is not as long as announced: it ended after 0 B of 9 B";
    check_http2("/short", told).await;
}

#[tokio::test]
async fn http2_is_agreed_on_over_tls() {
    let identity = Identity::self_signed(&["127.0.0.1"], false);
    for (alpn, http, version) in [
        (&["h2", "http/1.1"][..], HttpVersion::Auto, http::Version::HTTP_2),
        (&["h2"], HttpVersion::Http2, http::Version::HTTP_2),
    ] {
        let server = Server::over_tls(identity.serving(alpn), serve_http2).await;
        let mut probe = probe(server.url("/"));
        probe.request.tls.insecure = true;
        probe.request.http = http;
        let run = check_probe(&probe, &server, "ok").await;
        assert_eq!(run.exchange.version, Some(version));
    }
    for (alpn, told) in [
        (&[][..], "down protocol"),
        (
            &["http/1.1"],
            "down tls: SERVER does not offer the version of HTTP that `http` asks for",
        ),
    ] {
        let server = Server::answering_over_tls(identity.serving(alpn), json("{}")).await;
        let mut probe = probe(server.url("/"));
        probe.request.tls.insecure = true;
        probe.request.http = HttpVersion::Http2;
        check_probe(&probe, &server, told).await;
        probe.request.http = HttpVersion::Http1;
        let run = check_probe(&probe, &server, "ok").await;
        assert_eq!(run.exchange.version, Some(http::Version::HTTP_11));
    }
}

#[tokio::test]
async fn http2_asked_of_a_server_of_http1() {
    let server = Server::answering("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    check(
        &server,
        |probe| probe.request.http = HttpVersion::Http2,
        "down protocol",
    )
    .await;
}

#[tokio::test]
async fn a_large_body_over_http2_is_bounded() {
    let server = Server::playing(serve_http2).await;
    let mut probe = probe(server.url("/"));
    probe.request.http = HttpVersion::Http2;
    probe.request.method = Method::Post;
    probe.request.body = Some(RequestBody::Text(Template::literal("x".repeat(3 << 20))));
    check_probe(&probe, &server, "invalid too_large").await;
    probe.request.max_body = 4 << 20;
    let run = check_probe(&probe, &server, "ok").await;
    assert_eq!(run.exchange.body_length, Some(3 << 20));
}

/// Answers so many requests on each connection and resets it at the next one.
async fn serve_kept(mut visit: Visit, requests: usize) {
    for _ in 0..requests {
        if visit.request().await.is_none() {
            return;
        }
        visit.send(json("{}")).await;
    }
    visit.request().await;
    visit.reset();
}

async fn run_twice(server: &Server, change: impl FnOnce(&mut Definition)) -> [freshwatch_probe::run::Run; 2] {
    let mut probe = probe(server.url("/"));
    probe.request.connection = Connection::Reuse;
    change(&mut probe);
    let agent = Agent::new();
    [
        agent.run_once(&Arc::new(probe.clone()), None).await,
        agent.run_once(&Arc::new(probe.clone()), None).await,
    ]
}

#[tokio::test]
async fn a_kept_connection_is_used_again() {
    let server = Server::playing(|visit| serve_kept(visit, 2)).await;
    let [first, second] = run_twice(&server, |_| {}).await;
    assert_eq!(
        (tell(&first, &server), tell(&second, &server)),
        ("ok".into(), "ok".into())
    );
    assert_eq!(server.connections(), 1);
    assert!(
        first.exchange.phase(Phase::Connect).is_some() && second.exchange.phase(Phase::Connect).is_none()
    );
    assert_eq!(second.exchange.address, first.exchange.address);
    let server = Server::playing(|visit| serve_kept(visit, 2)).await;
    run_twice(&server, |probe| probe.request.connection = Connection::Fresh).await;
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_kept_connection_of_http2_is_used_again() {
    let server = Server::playing(serve_http2).await;
    let [first, second] = run_twice(&server, |probe| probe.request.http = HttpVersion::Http2).await;
    assert_eq!(
        (tell(&first, &server), tell(&second, &server)),
        ("ok".into(), "ok".into())
    );
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_is_made_anew() {
    // It is closed before the second request is sent.
    let server = Server::answering(json("{}")).await;
    let [first, second] = run_twice(&server, |_| {}).await;
    assert_eq!(
        (tell(&first, &server), tell(&second, &server)),
        ("ok".into(), "ok".into())
    );
    assert_eq!((second.attempts, server.connections()), (1, 2));
    // It is reset when the second request has been sent: that may be repeated for a GET, and may not for a POST.
    let server = Server::playing(|visit| serve_kept(visit, 1)).await;
    let [_, second] = run_twice(&server, |_| {}).await;
    assert_eq!(
        (tell(&second, &server), second.attempts, server.connections()),
        ("ok".into(), 1, 2)
    );
    let server = Server::playing(|visit| serve_kept(visit, 1)).await;
    let [_, second] = run_twice(&server, |probe| probe.request.method = Method::Post).await;
    assert_eq!(second.judgment.verdict, freshwatch_probe::verdict::Verdict::Down);
    assert_eq!(server.connections(), 1);
}

/// It would be taken for the answer to the next request.
#[tokio::test]
async fn what_nobody_asked_for_ends_a_kept_connection() {
    let server = Server::playing(async |mut visit| {
        visit.request().await;
        visit.send([json("{}"), json("[]")].concat()).await;
        visit.hang().await;
    })
    .await;
    let [_, second] = run_twice(&server, |_| {}).await;
    assert_eq!((second.exchange.body_length, server.connections()), (Some(2), 2));
}

#[tokio::test]
async fn a_kept_connection_over_tls_is_used_again() {
    let identity = Identity::self_signed(&["127.0.0.1"], false);
    let server = Server::over_tls(identity.serving(&["http/1.1"]), |visit| serve_kept(visit, 2)).await;
    let [first, second] = run_twice(&server, |probe| probe.request.tls.insecure = true).await;
    assert_eq!(
        (tell(&first, &server), tell(&second, &server)),
        ("ok".into(), "ok".into())
    );
    assert_eq!(server.connections(), 1);
    assert!(second.exchange.tls.is_some() && second.exchange.tls == first.exchange.tls);
}

#[tokio::test]
async fn other_terms_need_another_connection() {
    let server = Server::playing(|visit| serve_kept(visit, 9)).await;
    let mut probe = probe(server.url("/"));
    probe.request.connection = Connection::Reuse;
    let agent = Agent::new();
    agent.run_once(&Arc::new(probe.clone()), None).await;
    probe.request.tls.server_name = Some("other.example".into());
    agent.run_once(&Arc::new(probe.clone()), None).await;
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn answers_without_a_body() {
    for (method, head, status) in [
        (
            Method::Head,
            b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n".to_vec(),
            200,
        ),
        (Method::Get, b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), 204),
        (
            Method::Get,
            b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n".to_vec(),
            204,
        ),
    ] {
        let server = Server::answering(head).await;
        let run = check(&server, |probe| probe.request.method = method, "ok").await;
        assert_eq!(
            (run.exchange.status, run.exchange.body_length),
            (Some(status), Some(0))
        );
    }
    let huge = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n";
    let server = Server::answering(huge).await;
    check(&server, |probe| probe.request.method = Method::Head, "ok").await;
}

#[tokio::test]
async fn requests_say_who_asks() {
    let server = Server::answering(json("{}")).await;
    check(&server, |_| {}, "ok").await;
    let request = &server.requests()[0];
    assert_eq!(
        request.header("host"),
        Some(server.address().to_string().as_str())
    );
    assert!(request.header("user-agent").unwrap().starts_with("freshwatch/"));
    assert_eq!(request.header("accept-encoding"), Some("gzip, br, zstd, deflate"));
}
