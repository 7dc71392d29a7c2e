//! Servers that misbehave: each has a verdict and a reason code of its own, and none can make a run wait or grow.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use freshwatch_probe::observation::Phase;
use freshwatch_probe::request::Auth;
use freshwatch_probe::template::Template;
use freshwatch_tests::checking::{briefly, check, check_probe, fresh_at, probe, tell};
use freshwatch_tests::server::{Server, answer, json};

#[tokio::test]
async fn refused() {
    let server = Server::answering("").await;
    let closed = closed_address().await;
    let run = check_probe(
        &probe(format!("http://{closed}/")),
        &server,
        &format!("down connect: connection refused by {closed}"),
    )
    .await;
    assert_eq!((run.attempts, run.exchange.status), (1, None));
    assert_eq!(run.exchange.address, Some(closed.ip()));
    assert!(run.exchange.phase(Phase::Connect).is_some() && run.exchange.phase(Phase::Processing).is_none());
}

/// A label over 63 characters is refused by the resolver itself, without a network.
#[tokio::test]
async fn a_host_that_does_not_resolve() {
    let host = format!("{}.example", "x".repeat(64));
    let server = Server::answering("").await;
    let run = freshwatch_agent::Agent::new()
        .run_once(&Arc::new(probe(format!("http://{host}/"))), None)
        .await;
    let told = tell(&run, &server);
    assert!(
        told.starts_with(&format!("down dns: `{host}` does not resolve: ")),
        "{told}"
    );
    assert!(run.exchange.phase(Phase::Resolve).is_some() && run.exchange.phase(Phase::Connect).is_none());
}

#[tokio::test]
async fn hanging_before_headers() {
    let server = Server::playing(async |mut visit| visit.hang().await).await;
    let run = check(
        &server,
        briefly,
        "down timeout: no answer within 300ms: connected after SOON, then still waiting for the first byte",
    )
    .await;
    assert!(run.exchange.phase(Phase::Processing).unwrap().as_millis() >= 250);
}

#[tokio::test]
async fn hanging_in_the_head() {
    let server = Server::playing(async |mut visit| {
        visit.request().await;
        visit.send("HTTP/1.1 200 OK\r\nContent-").await;
        visit.hang().await;
    })
    .await;
    let told =
        "down timeout: no answer within 300ms: connected after SOON, then still waiting for the first byte";
    check(&server, briefly, told).await;
}

#[tokio::test]
async fn hanging_in_the_body() {
    let server = Server::playing(async |mut visit| {
        visit.request().await;
        visit
            .send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour")
            .await;
        visit.hang().await;
    })
    .await;
    let told = "down timeout: no complete answer within 300ms: the head came after SOON, then still waiting for the \
                rest of the body after 4 B";
    let run = check(&server, briefly, told).await;
    assert_eq!(
        (run.exchange.status, run.exchange.content_length),
        (Some(200), Some(9))
    );
    assert_eq!(run.exchange.body_length, Some(4));
}

#[tokio::test]
async fn hanging_in_the_tls_handshake() {
    let server = Server::playing(async |mut visit| visit.hang().await).await;
    let mut probe = probe(server.url("/").replace("http:", "https:"));
    briefly(&mut probe);
    let told = "down timeout: no answer within 300ms: connected after SOON, then still waiting for the TLS handshake";
    check_probe(&probe, &server, told).await;
}

#[tokio::test]
async fn reset() {
    let server = Server::playing(async |mut visit| {
        visit.request().await;
        visit.reset();
    })
    .await;
    check(
        &server,
        |_| {},
        "down reset: SERVER reset the connection before an answer came",
    )
    .await;
}

#[tokio::test]
async fn closed_without_an_answer() {
    let server = Server::answering("").await;
    check(
        &server,
        |_| {},
        "down reset: SERVER closed the connection before an answer came",
    )
    .await;
    let server = Server::answering("HTTP/1.1 200 OK\r\nContent-").await;
    check(
        &server,
        |_| {},
        "down reset: SERVER closed the connection before an answer came",
    )
    .await;
}

#[tokio::test]
async fn short_of_its_content_length() {
    let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour").await;
    let told = "down truncated: SERVER closed the connection in the body, after 4 B of 9 B";
    let run = check(&server, |_| {}, told).await;
    assert_eq!(run.exchange.status, Some(200));
}

#[tokio::test]
async fn reset_in_the_body() {
    let server = Server::playing(async |mut visit| {
        visit.request().await;
        visit.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").await;
        visit.reset();
    })
    .await;
    let told = "down truncated: SERVER reset the connection in the body, after 0 B of 9 B";
    check(&server, |_| {}, told).await;
}

#[tokio::test]
async fn a_chunked_body_that_is_cut() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let server = Server::answering(format!("{head}4\r\nfour\r\n").into_bytes()).await;
    let told = "down truncated: SERVER closed the connection in the body, after 4 B, before its end";
    check(&server, |_| {}, told).await;
    let server = Server::answering(format!("{head}four\r\n").into_bytes()).await;
    let told = "down protocol: the chunks of the body of SERVER cannot be read after 0 B, before its end";
    check(&server, |_| {}, told).await;
}

#[tokio::test]
async fn a_body_without_a_length_ends_with_the_connection() {
    let server = Server::answering("HTTP/1.1 200 OK\r\n\r\nfour").await;
    let run = check(&server, |_| {}, "ok").await;
    assert_eq!(
        (run.exchange.content_length, run.exchange.body_length),
        (None, Some(4))
    );
}

#[tokio::test]
async fn a_gzip_bomb() {
    // 1 GiB of zeros, as sixteen members of 64 MiB.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&vec![0; 64 << 20]).unwrap();
    let bomb = encoder.finish().unwrap().repeat(16);
    let server = Server::answering(answer("200 OK", &["Content-Encoding: gzip"], bomb)).await;
    let run = check(&server, |_| {}, "invalid too_large").await;
    assert!(run.exchange.body_length.unwrap() <= 1 << 20);
}

/// What cannot be written cannot have been read: the server gets rid of no more than the bound and what the system
/// buffers.
#[tokio::test]
async fn a_stream_of_two_gigabytes() {
    let server = Server::playing(async |mut visit| {
        visit.request().await;
        visit.send("HTTP/1.1 200 OK\r\n\r\n").await;
        let block = vec![b'x'; 64 << 10];
        let mut left = (2_u64 << 30) / (64 << 10);
        while left > 0 && visit.send(&block).await {
            left -= 1;
        }
    })
    .await;
    let run = check(&server, |_| {}, "invalid too_large").await;
    assert!(run.exchange.body_length.unwrap() <= 1 << 20);
    assert!(
        server.written() < 64 << 20,
        "{} bytes were written",
        server.written()
    );
}

#[tokio::test]
async fn an_announced_body_that_is_too_large_is_not_read() {
    let server = Server::playing(async |mut visit| {
        visit.request().await;
        visit
            .send("HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n")
            .await;
        visit.hang().await;
    })
    .await;
    let run = check(&server, |_| {}, "invalid too_large").await;
    assert_eq!(run.exchange.content_length, Some(2 << 30));
}

#[tokio::test]
async fn a_header_of_a_megabyte() {
    let head = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(1 << 20));
    let server = Server::answering(head.into_bytes()).await;
    let told = "down protocol: the head of the answer of SERVER is larger than 64 KiB or has over 100 fields";
    check(&server, |_| {}, told).await;
}

#[tokio::test]
async fn garbage_instead_of_http() {
    let told = "down protocol: what SERVER sent is not HTTP";
    for garbage in [
        "\0\u{1}\u{2}\u{3}",
        "<html>hello</html>",
        "HTTP/9.9 200 OK\r\n\r\n",
    ] {
        let server = Server::answering(garbage).await;
        check(&server, |_| {}, told).await;
    }
    // A server of another protocol speaks first.
    let server = Server::playing(async |mut visit| {
        visit.send("220 mail.example ESMTP\r\n").await;
        visit.hang().await;
    })
    .await;
    check(&server, |_| {}, told).await;
}

#[tokio::test]
async fn corrupt_codings() {
    let corrupt = answer("200 OK", &["Content-Encoding: gzip"], "this is no gzip stream");
    let server = Server::answering(corrupt).await;
    check(&server, |_| {}, "invalid encoding").await;
    let unknown = answer("200 OK", &["Content-Encoding: compress"], "x");
    let server = Server::answering(unknown).await;
    check(&server, |_| {}, "invalid encoding").await;
}

#[tokio::test]
async fn bodies_that_are_not_the_json_that_is_needed() {
    let cases = [
        ("text/html", "<html>prices</html>", "invalid not_json"),
        ("application/json", "", "invalid not_json"),
        ("application/json", "[]", "invalid no_match"),
        (
            "application/json",
            r#"{"updatedAt": null}"#,
            "invalid no_timestamp",
        ),
        ("application/json", r#"{"updatedAt": 0}"#, "invalid bad_timestamp"),
        (
            "application/json",
            "{\"updatedAt\": \"\u{fffd}",
            "invalid not_json",
        ),
    ];
    for (content_type, body, told) in cases {
        let content_type = format!("Content-Type: {content_type}");
        let server = Server::answering(answer("200 OK", &[&content_type], body)).await;
        check(&server, |probe| fresh_at(probe, "$.updatedAt"), told).await;
    }
}

#[tokio::test]
async fn bytes_that_are_not_text() {
    let body = b"{\"updatedAt\": \"\xff\xfe\"}";
    let server = Server::answering(answer("200 OK", &["Content-Type: application/json"], body)).await;
    check(
        &server,
        |probe| fresh_at(probe, "$.updatedAt"),
        "invalid not_json",
    )
    .await;
}

#[tokio::test]
async fn json_that_is_nested_without_end() {
    let server = Server::answering(json(&"[".repeat(100_000))).await;
    check(
        &server,
        |probe| fresh_at(probe, "$.updatedAt"),
        "invalid not_json",
    )
    .await;
}

#[tokio::test]
async fn asked_to_come_back_later() {
    let server = Server::answering(answer("429 Too Many Requests", &["Retry-After: 120"], "")).await;
    let run = check(&server, |_| {}, "unknown rate_limited").await;
    assert_eq!(run.exchange.retry_after.unwrap().as_secs(), 120);
}

#[tokio::test]
async fn unauthorized_with_and_without_credentials() {
    let server = Server::answering(answer("401 Unauthorized", &[], "")).await;
    let without = check(&server, |_| {}, "invalid status").await;
    assert_eq!(without.attempts, 1);
    let with_token = |probe: &mut freshwatch_probe::definition::Definition| {
        probe.request.auth = Some(Auth::Bearer(Template::hidden("s3cret")));
    };
    check(&server, with_token, "unknown credential").await;
    assert_eq!(
        server.requests()[1].header("authorization"),
        Some("Bearer s3cret")
    );
}

#[tokio::test]
async fn a_service_that_reports_stale_data_itself() {
    let stale = answer(
        "503 Service Unavailable",
        &["Content-Type: application/json"],
        r#"{"status": "STALE"}"#,
    );
    let server = Server::answering(stale.clone()).await;
    let run = check(
        &server,
        |probe| {
            probe.self_report = true;
            probe.retry.attempts = 3;
        },
        "stale self_report",
    )
    .await;
    assert_eq!(
        run.attempts, 1,
        "a verdict about the data is no luck that another attempt could turn"
    );
    check(&server, |_| {}, "down status").await;
}

#[tokio::test]
async fn a_secret_file_that_is_missing() {
    let server = Server::answering(json("{}")).await;
    let missing = Template::new(vec![freshwatch_probe::template::Part::File(
        "/no/such/file".into(),
    )]);
    let told =
        "unknown secret: the secret file `/no/such/file` cannot be read: there is no such file or folder";
    let run = check(
        &server,
        |probe| probe.request.auth = Some(Auth::Bearer(missing)),
        told,
    )
    .await;
    assert_eq!((run.attempts, server.connections()), (0, 0));
}

#[tokio::test]
async fn interim_answers_without_end() {
    let flood = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000);
    let server = Server::playing(move |mut visit| {
        let flood = flood.clone();
        async move {
            visit.request().await;
            while visit.send(&flood).await {}
        }
    })
    .await;
    let told = "down protocol: SERVER sent 256 KiB of interim answers (1xx) and no answer";
    check(&server, |_| {}, told).await;
}

#[tokio::test]
async fn a_few_interim_answers_are_passed_over() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(100);
    let server = Server::answering([interim.as_bytes(), &json("{}")].concat()).await;
    check(&server, |_| {}, "ok").await;
}

/// An address that nobody listens at.
async fn closed_address() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    listener.local_addr().expect("a bound address")
}
