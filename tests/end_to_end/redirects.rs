//! Servers that send us elsewhere, and what of the request must not go along.

use freshwatch_probe::definition::Definition;
use freshwatch_probe::request::{Auth, Method, RequestBody};
use freshwatch_probe::template::{Part, Secret, Template};
use freshwatch_tests::checking::check;
use freshwatch_tests::server::{Server, answer, json};
use http::HeaderName;

fn redirect(status: u16, location: &str) -> Vec<u8> {
    answer(
        &format!("{status} Elsewhere"),
        &[&format!("Location: {location}")],
        "",
    )
}

fn env(value: &str) -> Template {
    Template::new(vec![Part::Env {
        name: "NAME".into(),
        value: Secret::new(value),
    }])
}

#[tokio::test]
async fn endless_redirects() {
    let server = Server::answering(redirect(302, "/again")).await;
    let run = check(&server, |_| {}, "invalid redirects").await;
    assert_eq!((run.exchange.redirects, server.requests().len()), (10, 11));
    assert_eq!(run.exchange.status, Some(302));
    let run = check(&server, |probe| probe.request.redirects = 2, "invalid redirects").await;
    assert_eq!(run.exchange.redirects, 2);
    let run = check(&server, |probe| probe.request.redirects = 0, "invalid status").await;
    assert_eq!(run.exchange.redirects, 0);
}

#[tokio::test]
async fn redirects_on_the_same_origin_keep_credentials() {
    let server = Server::answering(|request: &freshwatch_tests::server::Recorded| {
        if request.target == "/" {
            redirect(302, "new?place=1")
        } else {
            json("{}")
        }
    })
    .await;
    let bearer = |probe: &mut Definition| probe.request.auth = Some(Auth::Bearer(Template::hidden("t")));
    let run = check(&server, bearer, "ok").await;
    assert_eq!(run.exchange.redirects, 1);
    let requests = server.requests();
    assert_eq!(requests[1].target, "/new?place=1");
    assert_eq!(requests[1].header("authorization"), Some("Bearer t"));
}

/// Every place in which a request can carry a secret.
fn add_credentials(probe: &mut Definition) {
    let request = &mut probe.request;
    request.auth = Some(Auth::Basic {
        username: Template::literal("user"),
        password: env("s3cret"),
    });
    request.headers = vec![
        (
            HeaderName::from_static("cookie"),
            Template::literal("session=s3cret"),
        ),
        (HeaderName::from_static("x-api-key"), env("s3cret")),
        (HeaderName::from_static("x-plain"), Template::literal("plain")),
    ];
    request.query = vec![("key".into(), env("s3cret"))];
}

#[tokio::test]
async fn credentials_are_not_sent_to_another_origin() {
    let elsewhere = Server::answering(json("{}")).await;
    let server = Server::answering(redirect(307, &elsewhere.url("/landing"))).await;
    check(&server, add_credentials, "ok").await;
    let first = &server.requests()[0];
    assert_eq!(first.header("authorization"), Some("Basic dXNlcjpzM2NyZXQ="));
    assert_eq!(
        (first.header("x-api-key"), first.target.as_str()),
        (Some("s3cret"), "/?key=s3cret")
    );
    let second = &elsewhere.requests()[0];
    assert_eq!(second.header("x-plain"), Some("plain"));
    let sent = format!("{second:?}");
    assert!(
        !sent.contains("s3cret") && !sent.contains("dXNlcjpzM2NyZXQ"),
        "{sent}"
    );
    assert_eq!(
        second.header("host"),
        Some(elsewhere.address().to_string().as_str())
    );
}

#[tokio::test]
async fn what_was_dropped_stays_dropped_on_the_way_back() {
    let back = Server::answering(json("{}")).await;
    let away = Server::answering(redirect(302, &back.url("/home"))).await;
    let there = away.url("/");
    let server = Server::answering(move |_: &freshwatch_tests::server::Recorded| redirect(302, &there)).await;
    check(&server, add_credentials, "ok").await;
    assert_eq!(back.requests()[0].header("authorization"), None);
}

#[tokio::test]
async fn a_secret_body_is_not_sent_to_another_origin() {
    let elsewhere = Server::answering(json("{}")).await;
    let server = Server::answering(redirect(307, &elsewhere.url("/"))).await;
    let post = |body: Template| {
        move |probe: &mut Definition| {
            probe.request.method = Method::Post;
            probe.request.body = Some(RequestBody::Text(body));
        }
    };
    check(&server, post(env("s3cret")), "invalid redirects").await;
    assert_eq!(elsewhere.connections(), 0);
    check(&server, post(Template::literal("plain")), "ok").await;
    assert_eq!(elsewhere.requests()[0].body, b"plain");
    assert_eq!(elsewhere.requests()[0].method, "POST");
}

#[tokio::test]
async fn a_post_becomes_a_get() {
    let elsewhere = Server::answering(json("{}")).await;
    let server = Server::answering(redirect(303, &elsewhere.url("/"))).await;
    let post = |probe: &mut Definition| {
        probe.request.method = Method::Post;
        probe.request.body = Some(RequestBody::Json(env("{}")));
    };
    check(&server, post, "ok").await;
    let request = &elsewhere.requests()[0];
    assert_eq!((request.method.as_str(), request.body.len()), ("GET", 0));
    assert_eq!(request.header("content-type"), None);
}

#[tokio::test]
async fn redirects_to_nowhere() {
    for location in ["ftp://elsewhere.example/", "http://[nonsense"] {
        let server = Server::answering(redirect(302, location)).await;
        check(&server, |_| {}, "invalid redirects").await;
    }
    let server = Server::answering(answer("302 Found", &[], "")).await;
    check(&server, |_| {}, "invalid redirects").await;
}
