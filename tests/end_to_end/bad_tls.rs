//! Certificates that are wrong, each in its own way, and those that are right.

use freshwatch_probe::definition::Definition;
use freshwatch_probe::request::ClientCertificate;
use freshwatch_probe::run::Run;
use freshwatch_tests::certificates::{Authority, Identity};
use freshwatch_tests::checking::{check_probe, probe, resolve_to};
use freshwatch_tests::server::{Server, answer, json};

const HOST: &str = "prices.example";

/// Checks a probe of a server whose settings these are.
async fn check(config: rustls::ServerConfig, change: impl FnOnce(&mut Definition), told: &str) -> Run {
    let server = Server::answering_over_tls(config, json("{}")).await;
    let mut probe = probe(server.url_of(HOST, "/"));
    resolve_to(&mut probe, HOST, &server);
    change(&mut probe);
    check_probe(&probe, &server, told).await
}

fn expiry(run: &Run) -> Option<String> {
    let tls = run.exchange.tls.as_ref()?;
    tls.earliest_expiry.map(|expiry| expiry.to_string())
}

#[tokio::test]
async fn a_good_certificate_of_an_authority_of_ones_own() {
    let authority = Authority::new();
    for (versions, name) in [
        (&[&rustls::version::TLS12], "TLS 1.2"),
        (&[&rustls::version::TLS13], "TLS 1.3"),
    ] {
        let config = authority.issue(&[HOST]).serving_versions(&[], versions);
        let run = check(
            config,
            |probe| probe.request.tls.ca = Some(authority.file()),
            "ok",
        )
        .await;
        assert_eq!(run.exchange.tls.as_ref().unwrap().version, name);
        assert_eq!(expiry(&run).as_deref(), Some("2099-01-01T00:00:00Z"));
    }
}

#[tokio::test]
async fn an_expired_certificate_still_tells_when_it_expired() {
    let authority = Authority::new();
    for versions in [&[&rustls::version::TLS12], &[&rustls::version::TLS13]] {
        let config = authority
            .issue_until(&[HOST], 2021)
            .serving_versions(&[], versions);
        let run = check(
            config,
            |probe| probe.request.tls.ca = Some(authority.file()),
            "down tls",
        )
        .await;
        let message = &run.judgment.reasons[0].message;
        assert!(
            message.contains(" expired ") && message.ends_with(" ago, at 2021-01-01T00:00:00Z"),
            "{message}"
        );
        assert_eq!(expiry(&run).as_deref(), Some("2021-01-01T00:00:00Z"));
        let wanted = if versions[0] == &rustls::version::TLS12 {
            "TLS 1.2"
        } else {
            "TLS 1.3"
        };
        assert_eq!(run.exchange.tls.unwrap().version, wanted);
    }
}

#[tokio::test]
async fn an_authority_that_nobody_trusts() {
    let config = Authority::new().issue(&[HOST]).serving(&[]);
    let run = check(config, |_| {}, "down tls").await;
    let message = &run.judgment.reasons[0].message;
    assert!(
        message.contains(" was issued by `CN=Test Authority`, which is not trusted: "),
        "{message}"
    );
}

#[tokio::test]
async fn a_self_signed_certificate() {
    for authority in [false, true] {
        let config = Identity::self_signed(&[HOST], authority).serving(&[]);
        let run = check(config, |_| {}, "down tls").await;
        let message = &run.judgment.reasons[0].message;
        assert!(
            message.ends_with(" is self-signed: if that is right, name it in `tls.ca`"),
            "{message}"
        );
        assert_eq!(expiry(&run).as_deref(), Some("2099-01-01T00:00:00Z"));
    }
}

#[tokio::test]
async fn a_self_signed_certificate_that_is_named_is_trusted() {
    let authority = Authority::new();
    for calls_itself_authority in [false, true] {
        let identity = Identity::self_signed(&[HOST], calls_itself_authority);
        let (file, _) = authority.write_identity(&identity);
        check(
            identity.serving(&[]),
            |probe| probe.request.tls.ca = Some(file),
            "ok",
        )
        .await;
        let elsewhere = Identity::self_signed(&["search.example"], calls_itself_authority);
        let (file, _) = authority.write_identity(&elsewhere);
        check(
            elsewhere.serving(&[]),
            |probe| probe.request.tls.ca = Some(file),
            "down tls",
        )
        .await;
    }
}

#[tokio::test]
async fn a_certificate_for_another_host() {
    let authority = Authority::new();
    let config = || {
        authority
            .issue(&["search.example", "*.chat.example"])
            .serving(&[])
    };
    let trust = |probe: &mut Definition| probe.request.tls.ca = Some(authority.file());
    let run = check(config(), trust, "down tls").await;
    let message = &run.judgment.reasons[0].message;
    assert!(
        message.ends_with(" is not for `prices.example`: it is for `search.example`, `*.chat.example`"),
        "{message}"
    );
    let named = |probe: &mut Definition| {
        trust(probe);
        probe.request.tls.server_name = Some("search.example".into());
    };
    check(config(), named, "ok").await;
    check(config(), |probe| probe.request.tls.insecure = true, "ok").await;
}

#[tokio::test]
async fn a_client_certificate_that_is_demanded() {
    let authority = Authority::new();
    let config = || authority.demanding(&authority.issue(&[HOST]));
    let trust = |probe: &mut Definition| probe.request.tls.ca = Some(authority.file());
    let run = check(config(), trust, "down tls").await;
    let message = &run.judgment.reasons[0].message;
    assert!(
        message.ends_with(" demands a client certificate: set `tls.cert` and `tls.key`"),
        "{message}"
    );
    let (cert, key) = authority.write_identity(&authority.issue_to_client());
    let show = |probe: &mut Definition| {
        trust(probe);
        probe.request.tls.client = Some(ClientCertificate { cert, key });
    };
    check(config(), show, "ok").await;
}

#[tokio::test]
async fn files_of_certificates_that_cannot_be_used() {
    let config = || Identity::self_signed(&[HOST], false).serving(&[]);
    let missing = |probe: &mut Definition| probe.request.tls.ca = Some("/no/such/ca.pem".into());
    let told = "unknown secret: the certificate file `/no/such/ca.pem` cannot be read: there is no such file or folder";
    check(config(), missing, told).await;
    let authority = Authority::new();
    let (cert, _) = authority.write_identity(&authority.issue_to_client());
    let other = Authority::new();
    let (_, key) = other.write_identity(&other.issue_to_client());
    let mixed_up = |probe: &mut Definition| probe.request.tls.client = Some(ClientCertificate { cert, key });
    let told = "unknown secret: the client certificate and its key cannot be used: inconsistent keys";
    check(config(), mixed_up, told).await;
}

#[tokio::test]
async fn a_server_that_speaks_no_tls() {
    let server = Server::answering("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let mut plain = probe(server.url("/").replace("http:", "https:"));
    plain.request.tls.insecure = true;
    // It waits for the end of the request's head, and a handshake has none.
    freshwatch_tests::checking::briefly(&mut plain);
    check_probe(&plain, &server, "down timeout").await;
    let server = Server::playing(async |mut visit| {
        visit.send("HTTP/1.1 400 Bad Request\r\n\r\n").await;
        visit.hang().await;
    })
    .await;
    let plain = probe(server.url("/").replace("http:", "https:"));
    check_probe(&plain, &server, "down tls: SERVER does not speak TLS").await;
    let server = Server::playing(async |visit| visit.close().await).await;
    let plain = probe(server.url("/").replace("http:", "https:"));
    let told = "down tls: SERVER closed the connection in the TLS handshake";
    check_probe(&plain, &server, told).await;
}

/// Without `close_notify` (RFC 8446, section 6.1), nobody can tell the end from a cut.
#[tokio::test]
async fn a_body_that_ends_without_the_goodbye_of_tls() {
    for (head, goodbye, told) in [
        ("HTTP/1.1 200 OK\r\n\r\n", true, "ok"),
        ("HTTP/1.1 200 OK\r\n\r\n", false, "down truncated"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", false, "ok"),
    ] {
        let identity = Identity::self_signed(&["127.0.0.1"], false);
        let server = Server::over_tls(identity.serving(&[]), move |mut visit| async move {
            visit.request().await;
            visit.send(format!("{head}four")).await;
            if goodbye {
                visit.close().await;
            } else {
                visit.cut();
            }
        })
        .await;
        let mut probe = probe(server.url("/"));
        probe.request.tls.insecure = true;
        check_probe(&probe, &server, told).await;
    }
}

/// A server over plain HTTP that sends everybody to a server over TLS, and a probe of it.
async fn redirected(config: rustls::ServerConfig, change: impl FnOnce(&mut Definition), told: &str) {
    let elsewhere = Server::answering_over_tls(config, json("{}")).await;
    let location = format!("Location: {}", elsewhere.url_of(HOST, "/"));
    let server = Server::answering(answer("302 Found", &[&location], "")).await;
    let mut probe = probe(server.url("/"));
    resolve_to(&mut probe, HOST, &elsewhere);
    change(&mut probe);
    check_probe(&probe, &server, told).await;
}

#[tokio::test]
async fn settings_for_one_origin_do_not_hold_for_another() {
    let authority = Authority::new();
    let trust = |probe: &mut Definition| probe.request.tls.ca = Some(authority.file());
    let config = authority.issue(&[HOST]).serving(&[]);
    let named = |probe: &mut Definition| {
        trust(probe);
        probe.request.tls.server_name = Some("search.example".into());
    };
    redirected(config, named, "ok").await;
    let (cert, key) = authority.write_identity(&authority.issue_to_client());
    let show = |probe: &mut Definition| {
        trust(probe);
        probe.request.tls.client = Some(ClientCertificate { cert, key });
    };
    redirected(authority.demanding(&authority.issue(&[HOST])), show, "down tls").await;
}
