//! What a real Prometheus does not do: servers that hang, cut, babble or change their minds.

use std::sync::atomic::{AtomicUsize, Ordering};

use freshwatch_tests::certificates::Authority;
use freshwatch_tests::server::{Recorded, Server, answer, json};

use super::{Gated, file, gate};

/// The answer with one value to every query.
fn value(value: &str) -> String {
    format!(
        r#"{{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{}},"value":[1795262400,"{value}"]}}]}}}}"#
    )
}

const CONDITION: &str = "it: {promql: it, below: 1}";

/// Asks a server of this URL as of a time of our own.
async fn ask(prometheus: &str) -> Gated {
    gate(&file(prometheus, CONDITION), |command| {
        command.args(["--now", "2026-11-21T12:00:00Z"]);
    })
    .await
}

/// What a gate says of the answer that is no result.
#[track_caller]
fn assert_inconclusive(gated: &Gated, why: &str) {
    assert_eq!(gated.code, Some(2), "{gated:?}");
    assert_eq!(
        gated.rows(),
        [format!("inconclusive it - below 1 the backend {why}")],
        "{gated:?}"
    );
}

#[tokio::test]
async fn what_is_no_answer_to_a_query_never_passes() {
    let no_answer =
        "answered with something that is not an answer to a query: is it the address of a Prometheus?";
    let cut = value("0.5");
    for (reply, why) in [
        (
            answer("200 OK", &["Content-Type: text/html"], "<html>Log in</html>"),
            no_answer,
        ),
        (json(""), no_answer),
        (json(&cut[..cut.len() - 1]), no_answer),
        (json("{}"), no_answer),
        (
            json(r#"{"status":"success"}"#),
            "gives a result that is of no known type",
        ),
        (answer("204 No Content", &[], ""), no_answer),
        (
            answer("401 Unauthorized", &[], "{}"),
            "answered 401: check the credentials under `prometheus.auth`",
        ),
        (
            answer("404 Not Found", &[], "404 page not found"),
            "answered 404: check the address under `prometheus`; `/api/v1/query` is appended to it",
        ),
        (
            answer(
                "422 Unprocessable",
                &[],
                r#"{"status":"error","errorType":"execution","error":"too many samples"}"#,
            ),
            "gives no result: too many samples",
        ),
    ] {
        let server = Server::answering(reply).await;
        assert_inconclusive(&ask(&server.url("")).await, why);
        assert_eq!(server.requests().len(), 1, "asking again is of no use: {why}");
    }
}

#[tokio::test]
async fn a_backend_that_hangs_cuts_or_floods_is_bounded() {
    let hanging = Server::playing(async |mut visit| {
        visit.request().await;
        visit.hang().await;
    })
    .await;
    let slow = format!("{{url: {}, timeout: 300ms}}", hanging.url(""));
    assert_inconclusive(&ask(&slow).await, "did not answer within 300ms");

    let cutting = Server::playing(async |mut visit| {
        visit.request().await;
        visit
            .send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
            .await;
        visit.close().await;
    })
    .await;
    let gated = ask(&cutting.url("")).await;
    assert_eq!(gated.code, Some(2), "{gated:?}");
    assert_eq!(cutting.connections(), 3, "a cut may not happen again");

    let flooding = Server::playing(async |mut visit| {
        visit.request().await;
        visit.send("HTTP/1.1 200 OK\r\n\r\n{").await;
        while visit.send([b' '; 4096]).await {}
    })
    .await;
    assert_inconclusive(&ask(&flooding.url("")).await, "answered with more than 16 MiB");
}

#[tokio::test]
async fn all_queries_together_are_bounded() {
    let hanging = Server::playing(async |mut visit| {
        visit.request().await;
        visit.hang().await;
    })
    .await;
    let conditions: Vec<String> = (0..40)
        .map(|nth| format!("c{nth}: {{promql: it, below: 1}}"))
        .collect();
    let text = file(&hanging.url(""), &conditions.join("\n"));
    let text = text.replacen("  conditions:", "  timeout: 400ms\n  conditions:", 1);
    let gated = gate(&text, |command| {
        command.args(["--now", "2026-11-21T12:00:00Z"]);
    })
    .await;
    assert_eq!(gated.code, Some(2), "{gated:?}");
    assert_eq!(gated.rows().len(), 40);
    assert!(hanging.connections() <= 4, "{}", hanging.connections());
    assert!(
        gated
            .said
            .contains("was not asked: the `timeout` of 400ms was over"),
        "{gated:?}"
    );
}

#[tokio::test]
async fn what_may_pass_is_asked_again() {
    let asked = AtomicUsize::new(0);
    let server = Server::answering(move |_: &Recorded| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => answer("503 Service Unavailable", &[], "starting"),
        1 => answer("429 Too Many Requests", &[], ""),
        _ => json(&value("0.5")),
    })
    .await;
    let gated = ask(&server.url("")).await;
    assert_eq!(
        (gated.code, gated.rows()),
        (Some(0), vec!["pass it 0.5 below 1 0.5, below 1".to_owned()])
    );
    let away = Server::answering(answer("503 Service Unavailable", &[], "starting")).await;
    assert_inconclusive(&ask(&away.url("")).await, "answered 503");
    assert_eq!(away.requests().len(), 3);
}

#[tokio::test]
async fn a_backend_that_warns_is_not_trusted_to_pass() {
    let warned = |text: &str| json(&value(text).replacen('{', r#"{"warnings":["store 2 is away"],"#, 1));
    let well = Server::answering(warned("0.5")).await;
    let gated = ask(&well.url("")).await;
    let row = "inconclusive it 0.5 below 1 0.5, below 1; the backend warns: store 2 is away";
    assert_eq!((gated.code, gated.rows()), (Some(2), vec![row.to_owned()]));
    let broken = Server::answering(warned("3")).await;
    assert_eq!(ask(&broken.url("")).await.code, Some(1));
}

#[tokio::test]
async fn queries_are_forms_that_name_one_time_for_all() {
    let server = Server::answering(|request: &Recorded| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        if body.contains("query=time%28%29") {
            return json(r#"{"status":"success","data":{"resultType":"scalar","result":[1795262400,"1795262400.25"]}}"#);
        }
        json(&value("3"))
    })
    .await;
    let gated = gate(
        &file(
            &server.url("/prom/"),
            "it: {ratio: {of: a + b, to: c}, at_most: 100%}",
        ),
        |_| {},
    )
    .await;
    assert_eq!(gated.code, Some(0), "{gated:?}");
    let requests = server.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.method == "POST" && request.target == "/prom/api/v1/query")
    );
    let forms = requests
        .iter()
        .map(|request| String::from_utf8_lossy(&request.body).into_owned());
    let mut forms: Vec<String> = forms
        .map(|form| form.replace("timeout=10s", "timeout=T"))
        .collect();
    forms.sort();
    assert_eq!(
        forms,
        [
            "query=a+%2B+b&timeout=T&time=1795262400.250",
            "query=c&timeout=T&time=1795262400.250",
            "query=time%28%29&timeout=T",
        ]
    );
}

#[tokio::test]
async fn a_backend_that_does_not_tell_the_time_is_asked_nothing_else() {
    let server = Server::answering(json(&value("NaN"))).await;
    let gated = gate(&file(&server.url(""), CONDITION), |_| {}).await;
    assert_inconclusive(&gated, "does not tell what time it is");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn credentials_go_out_over_tls_and_are_never_shown() {
    let authority = Authority::new();
    let config = authority.issue(&["localhost"]).serving(&[]);
    // It tells back all that it heard.
    let server = Server::answering_over_tls(config, |request: &Recorded| {
        let heard = request.header("authorization").unwrap_or_default();
        let tenant = request.header("x-scope-orgid").unwrap_or_default();
        let error = format!("no access with {heard} for {tenant}");
        answer(
            "400 Bad Request",
            &[],
            format!(r#"{{"status":"error","errorType":"bad_data","error":"{error}"}}"#),
        )
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let tenant = folder.path().join("tenant");
    std::fs::write(&tenant, "s3cret-tenant\n").unwrap();
    let prometheus = format!(
        "{{url: \"{}\", auth: {{bearer: \"${{env:TOKEN}}\"}}, headers: {{X-Scope-OrgID: \"${{file:{}}}\"}}, tls: {{ca: \"{}\"}}}}",
        server.url_of("localhost", ""),
        tenant.display(),
        authority.file().display()
    );
    let gated = gate(&file(&prometheus, CONDITION), |command| {
        command
            .env("TOKEN", "s3cret-token")
            .args(["--format", "json", "--now", "2026-11-21T12:00:00Z"]);
    })
    .await;
    let heard = &server.requests()[0];
    assert_eq!(
        heard.header("authorization"),
        Some("Bearer s3cret-token"),
        "{gated:?}"
    );
    assert_eq!(heard.header("x-scope-orgid"), Some("s3cret-tenant"));
    let message = &gated.document()["conditions"][0]["findings"][0]["message"];
    assert_eq!(
        message,
        "the backend gives no result: no access with Bearer *** for ***"
    );
    assert!(!format!("{gated:?}").contains("s3cret"), "{gated:?}");

    let gone = folder.path().join("gone");
    let prometheus = prometheus.replace(&tenant.display().to_string(), &gone.display().to_string());
    let gated = gate(&file(&prometheus, CONDITION), |command| {
        command.env("TOKEN", "s3cret-token");
    })
    .await;
    let why = format!(
        "was not asked: the secret file `{}` cannot be read: there is no such file or folder",
        gone.display()
    );
    assert_inconclusive(&gated, &why);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn credentials_do_not_follow_a_redirect_to_another_place() {
    let elsewhere = Server::answering(json(&value("0.5"))).await;
    let location = format!("Location: {}", elsewhere.url("/api/v1/query"));
    let server = Server::answering(answer("307 Temporary Redirect", &[location.as_str()], "")).await;
    let prometheus = format!(
        "{{url: {}, auth: {{bearer: \"${{env:TOKEN}}\"}}}}",
        server.url("")
    );
    let gated = gate(&file(&prometheus, CONDITION), |command| {
        command
            .env("TOKEN", "s3cret-token")
            .args(["--now", "2026-11-21T12:00:00Z"]);
    })
    .await;
    let heard = elsewhere.requests();
    assert!(
        heard
            .iter()
            .all(|request| request.header("authorization").is_none()),
        "{heard:?}"
    );
    assert!(!format!("{gated:?}").contains("s3cret"), "{gated:?}");
}

#[tokio::test]
async fn a_file_with_mistakes_asks_nothing() {
    let server = Server::answering(json(&value("0.5"))).await;
    let text = file(&server.url(""), "it: {promql: it, bellow: 1}");
    let gated = gate(&text, |command| {
        command.args(["--format", "json"]);
    })
    .await;
    assert_eq!(gated.code, Some(78), "{gated:?}");
    let document = gated.document();
    assert_eq!(
        document["mistakes"][0]["help"], "did you mean `below`?",
        "{document:#}"
    );
    assert!(document["verdict"].is_null());
    assert!(
        gated.noted.ends_with("1 mistake; nothing was asked\n"),
        "{gated:?}"
    );
    assert!(server.requests().is_empty());
}
