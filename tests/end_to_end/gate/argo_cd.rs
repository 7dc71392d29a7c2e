//! The message of the commit that Argo CD rolls out.

use std::process::Command;

use freshwatch_tests::server::{Recorded, Server, answer, json};

use super::{Gated, file, gate};

/// An Argo CD with an application whose sync to `abc` is under way.
async fn argo_cd(message: &'static str) -> Server {
    Server::answering(move |request: &Recorded| {
        if request.header("authorization") != Some("Bearer s3cret-token") {
            return answer("401 Unauthorized", &[], "s3cret-token");
        }
        match request.target.as_str() {
            "/api/v1/applications/prices" | "/api/v1/applications/prices?appNamespace=team" => json(
                r#"{"status":{"sync":{"revision":"before"},"operationState":{"phase":"Running","syncResult":{"revision":"abc"}}}}"#,
            ),
            "/api/v1/applications/prices/revisions/abc/metadata"
            | "/api/v1/applications/prices/revisions/abc/metadata?appNamespace=team" => json(&format!(
                r#"{{"author":"Mina <mina@example.com>","message":"{message}","date":"2026-11-21T11:00:00Z"}}"#
            )),
            _ => answer("404 Not Found", &[], ""),
        }
    })
    .await
}

/// A gate that is blocked, for this application of that Argo CD.
async fn blocked(server: &str, application: &str, change: impl FnOnce(&mut Command)) -> Gated {
    let three = r#"{"status":"success","data":{"resultType":"scalar","result":[1795262400,"3"]}}"#;
    let prometheus = Server::answering(json(three)).await;
    let text = file(&prometheus.url(""), "it: {promql: it, below: 1}");
    gate(&text, |command| {
        command.args(["--now", "2026-11-21T12:00:00Z"]);
        command.args(["--argocd-server", server, "--argocd-app", application]);
        command.env("ARGOCD_AUTH_TOKEN", "s3cret-token");
        change(command);
    })
    .await
}

#[tokio::test]
async fn the_commit_that_is_rolled_out_may_ask_for_a_bypass() {
    let server = argo_cd("Fix it [skip-slo-check]").await;
    for application in ["prices", "team/prices"] {
        let gated = blocked(&server.url(""), application, |_| {}).await;
        assert_eq!(gated.code, Some(0), "{gated:?}");
        assert!(
            gated
                .said
                .ends_with("BYPASSED by Mina <mina@example.com>: Fix it\n"),
            "{gated:?}"
        );
    }
    let server = argo_cd("Fix it").await;
    let gated = blocked(&server.url(""), "prices", |_| {}).await;
    assert_eq!((gated.code, gated.noted.as_str()), (Some(1), ""), "{gated:?}");
    let gated = blocked(&server.url(""), "prices", |command| {
        command.args(["--argocd-revision", "abc"]);
    })
    .await;
    assert_eq!(gated.code, Some(1), "{gated:?}");
    assert_eq!(
        server.requests().len(),
        3,
        "who names the revision is not asked for it"
    );
}

#[tokio::test]
async fn a_message_that_is_not_known_is_no_bypass_and_told_without_secrets() {
    let server = argo_cd("Fix it [skip-slo-check]").await;
    let unknown = "the commit's message is not known, so a [skip-slo-check] in it does not count:";
    let noted = |gated: &Gated| gated.noted.strip_prefix(unknown).map(|why| why.trim().to_owned());
    let gated = blocked(&server.url(""), "other", |_| {}).await;
    assert_eq!(
        (gated.code, noted(&gated).as_deref()),
        (Some(1), Some("Argo CD answered 404")),
        "{gated:?}"
    );

    let gated = blocked(&server.url(""), "prices", |command| {
        command.env("ARGOCD_AUTH_TOKEN", "s3cret-other");
    })
    .await;
    let why = "Argo CD answered 401: the token in `ARGOCD_AUTH_TOKEN` may not see the application";
    assert_eq!(
        (gated.code, noted(&gated).as_deref()),
        (Some(1), Some(why)),
        "{gated:?}"
    );
    assert!(!format!("{gated:?}").contains("s3cret"), "{gated:?}");

    let gated = blocked(&server.url(""), "prices", |command| {
        command.env_remove("ARGOCD_AUTH_TOKEN");
    })
    .await;
    let why = "Argo CD answered 401: put a token into `ARGOCD_AUTH_TOKEN`";
    assert_eq!(
        (gated.code, noted(&gated).as_deref()),
        (Some(1), Some(why)),
        "{gated:?}"
    );

    let nothing = Server::answering(json("[]")).await;
    let gated = blocked(&nothing.url(""), "prices", |_| {}).await;
    let why = "Argo CD answered with something that is no application";
    assert_eq!(
        (gated.code, noted(&gated).as_deref()),
        (Some(1), Some(why)),
        "{gated:?}"
    );

    let hanging = Server::playing(async |mut visit| {
        visit.request().await;
        visit.hang().await;
    })
    .await;
    let gated = blocked(&hanging.url(""), "prices", |_| {}).await;
    assert_eq!(
        (gated.code, noted(&gated).as_deref()),
        (Some(1), Some("Argo CD did not answer within 5s"))
    );
}
